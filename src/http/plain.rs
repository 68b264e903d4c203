//! `http` without TLS and without a proxy.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Uri,
    body::Incoming,
    header::{Entry, HeaderMap},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::net::TcpStream;
use tower::{BoxError, timeout::Timeout, util::BoxCloneSyncService};

use super::{
    Limits,
    transport::{Failure, IDLE},
};

/// Opens a connection, within [`Limits::connect`]: the search for the address included.
type Connector = BoxCloneSyncService<Uri, TokioIo<TcpStream>, BoxError>;

/// Sends requests over pooled connections of HTTP/1.1.
///
/// reqwest stands on the same pool, and spends over a quarter of the time of a request on what is of no use here: it
/// copies the headers for a redirect that is never followed, and parses the URL twice more.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pool: Client<Connector, Full<Bytes>>,
    defaults: HeaderMap,
}

impl Plain {
    /// `defaults` go out with every request that has none of its own.
    pub(super) fn new(defaults: HeaderMap, limits: &Limits) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // Shares the time out among the addresses of a name, so that one that is silent leaves some to the next.
        tcp.set_connect_timeout(Some(limits.connect));
        let pool = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_headers(limits.headers)
            .build(Connector::new(Timeout::new(tcp, limits.connect)));
        Self { pool, defaults }
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(
        &self,
        mut request: hyper::Request<Bytes>,
    ) -> Result<hyper::Response<Incoming>, Failure> {
        for (name, value) in &self.defaults {
            if let Entry::Vacant(entry) = request.headers_mut().entry(name) {
                entry.insert(value.clone());
            }
        }
        Ok(self.pool.request(request.map(Full::new)).await?)
    }
}
