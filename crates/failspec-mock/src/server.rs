//! The server of a mock.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response as WireResponse,
};
use failspec_base::message::MOCK_HEADER;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Mock, Request, Response};

/// The software that a mock names in `Server`.
const SOFTWARE: &str = concat!("failspec-mock/", env!("CARGO_PKG_VERSION"));

/// Maximum size of a request's body, in bytes: 64 MiB, what a request of a scenario can have.
const MAX_BODY: usize = 64 << 20;

/// The time that [`Server::stop`] waits for responses in progress.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

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
}

/// A running mock. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens and serves in the background of the current tokio runtime.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn start(mock: Arc<Mock>, listen: SocketAddr) -> Result<Self, StartError> {
        let refused = |source| StartError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let router = Router::new().fallback(handle).with_state(mock);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving =
            axum::serve(listener, router).with_graceful_shutdown(async move { drop(stopped.await) });
        let task = tokio::spawn(async move { drop(serving.await) });
        Ok(Self { address, stop: Some(stop), task })
    }

    /// The base URL, without a trailing slash. For a server that listens on all interfaces, it contains the loopback
    /// address.
    #[must_use]
    pub fn url(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
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

async fn handle(State(mock): State<Arc<Mock>>, request: axum::extract::Request) -> WireResponse {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return wire(&Response::new(413, crate::response::Content::Nothing), &mock);
    };
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let request = Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body,
    };
    wire(&mock.respond(&request), &mock)
}

/// Converts a response to one of axum. Anything that HTTP cannot express is left out, instead of a panic.
fn wire(response: &Response, mock: &Mock) -> WireResponse {
    let mut wire = WireResponse::new(Body::from(response.bytes()));
    *wire.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let name = mock.pack().name.as_str();
    let own = [(header::SERVER.as_str(), SOFTWARE), (MOCK_HEADER, name)];
    let headers = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in headers.chain(own) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            wire.headers_mut().append(name, value);
        }
    }
    wire
}
