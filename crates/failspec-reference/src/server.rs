//! A server for an API.

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

/// The maximum size of a body that an API gets, in bytes. No API here accepts bodies of more than a few MiB; a larger
/// one is cut one byte after this limit, which is enough for the API to reject it.
const BODY_CAP: usize = 16 * 1024 * 1024;

/// The size, in bytes, up to which an over-long body is read and discarded, so that a client that is still sending
/// can read its 413 instead of a reset connection.
const DRAIN_CAP: usize = 64 * 1024 * 1024;

/// The time that [`Server::stop`] waits for responses in progress.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// The options of a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 (the default, on the loopback interface) selects a free port.
    pub listen: SocketAddr,
    /// The mutant to serve instead of the unchanged API.
    pub mutant: Option<Mutant>,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), mutant: None }
    }
}

/// The header in which every response says that it comes from an embedded reference implementation, and from which.
/// `failspec certify` looks for it: such a server is no product.
const REFERENCE_HEADER: HeaderName = HeaderName::from_static("failspec-reference");

/// An error that prevents the start of a server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is in use or not available.
    #[error("cannot listen on {address}")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The mutant belongs to another API.
    #[error("{api} has no mutant {mutant}")]
    Foreign {
        /// The API to serve.
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
        // Responses are small, and a test suite waits for their latency.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let router = Router::new().fallback(handle).with_state(Arc::new(Served { api, mutant }));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
            .with_graceful_shutdown(async move { drop(stopped.await) });
        let task = tokio::spawn(async move { drop(serving.await) });
        Ok(Self { address, stop: Some(stop), task })
    }

    /// The address on which it listens, with the actual port.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The base URL, without a trailing slash. For a server that listens on all interfaces, it contains the loopback
    /// address.
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

    /// Stops accepting connections and lets responses in progress finish, for at most two seconds.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has stopped already.
            let _ = stop.send(());
        }
        if tokio::time::timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
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
        // The client aborted within its body and will probably not read a response.
        return wire(Response::empty(400), served.api.name());
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
    wire(response, served.api.name())
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

/// Reads a body up to one byte after the cap.
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

/// Converts a response to one of axum. Anything that HTTP cannot express is left out, instead of a panic.
fn wire(response: Response, api: &'static str) -> WireResponse {
    let mut wire = WireResponse::new(Body::from(response.body));
    *wire.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
        {
            wire.headers_mut().append(name, value);
        }
    }
    wire.headers_mut().insert(REFERENCE_HEADER, HeaderValue::from_static(api));
    wire
}
