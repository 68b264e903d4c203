//! An API on a socket.

use std::{
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{ConnectInfo, State},
    http::{HeaderName, HeaderValue, StatusCode, request::Parts},
    response::Response as WireResponse,
    serve::ListenerExt,
};
use bytes::{Bytes, BytesMut};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Api, Mutant, Request, Response, control};

/// No API here takes bodies beyond a few MiB; one that is larger than this is cut one byte behind it, which is
/// enough for the API to refuse it.
const BODY_CAP: usize = 16 * 1024 * 1024;

/// How much of an over-long body is read and thrown away, so that a client that is still sending gets to read
/// its 413 instead of a reset connection.
const DRAIN_CAP: usize = 64 * 1024 * 1024;

/// How long [`Server::stop`] waits for responses that are under way.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 (the default, on the loopback interface) takes a free one.
    pub listen: SocketAddr,
    /// One deliberate change.
    pub mutant: Option<Mutant>,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), mutant: None }
    }
}

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is in use or not available.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The mutant belongs to another API.
    #[error("{api} has no mutant {mutant}")]
    Foreign {
        /// The API that was to be served.
        api: &'static str,
        /// The mutant.
        mutant: String,
    },
}

/// A running server (HTTP/1.1, and HTTP/2 with prior knowledge). Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

struct Served {
    api: Arc<dyn Api>,
    mutant: Option<Mutant>,
}

impl Server {
    /// Listens and serves in the background of the current tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be bound, or if the mutant does not belong to this API.
    pub async fn start(api: Arc<dyn Api>, options: Options) -> Result<Self, StartError> {
        let Options { listen, mutant } = options;
        if let Some(mutant) = mutant.as_ref().filter(|mutant| !mutant.prepare(&*api)) {
            return Err(StartError::Foreign { api: api.name(), mutant: mutant.id.to_string() });
        }
        let refused = |source| StartError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        // Responses are small and latency is what a suite waits for.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let router = Router::new().fallback(handle).with_state(Arc::new(Served { api, mutant }));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move { drop(stopped.await) });
        let task = tokio::spawn(async move { drop(serving.await) });
        Ok(Self { address, stop: Some(stop), task })
    }

    /// The address that it listens on, with the actual port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a slash at its end. A server that listens on all interfaces is reached by loopback.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            });
        }
        format!("http://{address}")
    }

    /// Accepts no more connections and lets responses that are under way finish, for at most two seconds.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // That nobody listens means that it has stopped already.
            let _ = stop.send(());
        }
        if tokio::time::timeout(STOP_PATIENCE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(
    State(served): State<Arc<Served>>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    request: axum::extract::Request,
) -> WireResponse {
    let (parts, body) = request.into_parts();
    let Ok(body) = read(body).await else {
        // The client broke off within its body; it will hardly read any response.
        return wire(Response::empty(400));
    };
    let request = plain(&parts, body, remote.ip());
    let api = served.api.as_ref();
    let response = control::response(api, &request).unwrap_or_else(|| {
        let mut response = api.response(&request);
        if let Some(mutant) = &served.mutant {
            mutant.change(api, &request, &mut response);
        }
        response
    });
    if !response.delay.is_zero() {
        tokio::time::sleep(response.delay).await;
    }
    wire(response)
}

fn plain(parts: &Parts, body: Bytes, remote: IpAddr) -> Request {
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers,
        body,
        remote,
    }
}

/// Reads a body up to one byte behind the cap.
async fn read(mut body: Body) -> Result<Bytes, axum::Error> {
    let mut kept = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        let room = (BODY_CAP + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
        if seen > DRAIN_CAP {
            break;
        }
    }
    Ok(kept.freeze())
}

/// Turns a response into what axum sends. What HTTP cannot express is left out rather than a panic.
fn wire(response: Response) -> WireResponse {
    let mut wire = WireResponse::new(Body::from(response.body));
    *wire.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
        {
            wire.headers_mut().append(name, value);
        }
    }
    wire
}
