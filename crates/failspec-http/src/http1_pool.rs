//! HTTP/1.1 client for `http` URLs without a proxy.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, StatusCode, Uri,
    body::Incoming,
    header::{Entry, HeaderMap},
    http::{Extensions, uri::Authority},
};
use hyper_util::{
    client::legacy::{
        self,
        connect::{HttpConnector, capture_connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tower::{BoxError, ServiceExt as _, timeout::Timeout, util::BoxCloneSyncService};

use super::{
    Limits,
    counting_stream::{ConnectionStats, Socket},
    keep_alive::{ConnectionChoice, KeepAliveState},
    transport::{Failure, IDLE},
};

/// A connector with the timeout [`Limits::connect`], which includes the name lookup.
type Connector = BoxCloneSyncService<Uri, TokioIo<Socket>, BoxError>;

type Client = legacy::Client<Connector, Full<Bytes>>;

/// The error when a reused connection was closed before any part of the response was received.
#[derive(Debug, thiserror::Error)]
#[error("a reused connection was closed")]
pub(super) struct ConnectionLost(#[source] legacy::Error);

/// An extension of a response whose body is still to be read.
#[derive(Debug, Clone)]
pub(super) struct ReadWhole {
    stats: Arc<ConnectionStats>,
    /// Number of writes on the connection before the response.
    writes: usize,
    server: Arc<KeepAliveState>,
}

impl ReadWhole {
    /// Records that the body was read to its end.
    pub(super) fn record(&self) {
        self.stats.complete(self.writes, &self.server);
    }
}

/// An HTTP/1.1 client with a connection pool.
///
/// reqwest uses the same pool, but over a quarter of its time per request is spent on work that is not needed here:
/// it copies the headers for redirects that are never followed, and parses the URL twice more. It also does not
/// report whether a connection was used before.
#[derive(Debug, Clone)]
pub(super) struct Http1Client {
    pool: Client,
    /// Client for keep-alive probes; it keeps only their connections.
    probes: Client,
    /// Client that never reuses a connection.
    single: Client,
    servers: Arc<Mutex<HashMap<Authority, Arc<KeepAliveState>>>>,
    defaults: HeaderMap,
}

impl Http1Client {
    /// Creates a client. `defaults` are headers that are added to each request that does not set them.
    pub(super) fn new(defaults: HeaderMap, limits: &Limits) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        // This timeout is divided among the addresses of a name, so that an address that does not respond leaves time
        // for the next.
        tcp.set_connect_timeout(Some(limits.connect));
        let sockets = tcp.map_response(|io| TokioIo::new(Socket::new(io.into_inner())));
        let connector = Connector::new(Timeout::new(sockets, limits.connect));
        let client = |idle| {
            legacy::Client::builder(TokioExecutor::new())
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(idle)
                .http1_max_headers(limits.headers)
                .build(connector.clone())
        };
        Self {
            pool: client(usize::MAX),
            probes: client(1),
            single: client(0),
            servers: Arc::default(),
            defaults,
        }
    }

    /// Sends a request and waits for the head of the response.
    ///
    /// # Errors
    /// [`ConnectionLost`] if a reused connection was closed before any part of the response was received: the request
    /// may not have reached the server.
    pub(super) async fn send(
        &self,
        request: hyper::Request<Bytes>,
    ) -> Result<hyper::Response<Incoming>, Failure> {
        let keeping = self.keeping(request.uri());
        // Some servers send a body after HEAD, 204 or 304, which have none (RFC 9112, section 6.3): on a connection that
        // is used again it would become the response to the next request.
        let route = match request.method() {
            _ if keeping.sends_surplus() => ConnectionChoice::New,
            &Method::HEAD => ConnectionChoice::New,
            method if method.is_safe() => ConnectionChoice::Any,
            _ => keeping.route(),
        };
        let client = match &route {
            ConnectionChoice::Any => &self.pool,
            ConnectionChoice::New => &self.single,
            ConnectionChoice::Probe(_) => &self.probes,
        };
        let mut request = self.prepared(request);
        let connection = capture_connection(&mut request);
        match client.request(request).await {
            Ok(mut response) => {
                if matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
                    && let Some(connection) = &*connection.connection_metadata()
                {
                    connection.poison();
                }
                if let Some(usage) = response.extensions_mut().remove::<Arc<ConnectionStats>>() {
                    let (is_reused, writes) = usage.answered();
                    if let Some(writes) = writes {
                        let (stats, server) = (Arc::clone(&usage), Arc::clone(&keeping));
                        response.extensions_mut().insert(ReadWhole { stats, writes, server });
                    }
                    if is_reused {
                        keeping.keeps();
                    }
                    if let ConnectionChoice::Probe(probe) = route {
                        probe.answered(usage);
                    }
                }
                Ok(response)
            }
            Err(error) if is_lost(&error) => {
                keeping.loses();
                Err(ConnectionLost(error).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a request on a new connection, which is not reused.
    pub(super) async fn send_alone(
        &self,
        request: hyper::Request<Bytes>,
    ) -> Result<hyper::Response<Incoming>, Failure> {
        Ok(self.single.request(self.prepared(request)).await?)
    }

    fn prepared(&self, mut request: hyper::Request<Bytes>) -> hyper::Request<Full<Bytes>> {
        for (name, value) in &self.defaults {
            if let Entry::Vacant(entry) = request.headers_mut().entry(name) {
                entry.insert(value.clone());
            }
        }
        request.map(Full::new)
    }

    fn keeping(&self, uri: &Uri) -> Arc<KeepAliveState> {
        let Some(authority) = uri.authority() else { return Arc::default() };
        // The map is never left in an inconsistent state.
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        match servers.get(authority) {
            Some(keeping) => Arc::clone(keeping),
            None => Arc::clone(servers.entry(authority.clone()).or_default()),
        }
    }
}

fn is_lost(error: &legacy::Error) -> bool {
    let mut extensions = Extensions::new();
    if let Some(connection) = error.connect_info() {
        connection.get_extras(&mut extensions);
    }
    extensions.get::<Arc<ConnectionStats>>().is_some_and(|usage| usage.is_lost())
}
