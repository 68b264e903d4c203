//! Connections to all servers, and the choice of the connection for a request.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Request, Response, StatusCode, Uri,
    header::{Entry, HOST, HeaderValue, PROXY_AUTHORIZATION},
    uri::{Authority, PathAndQuery, Scheme},
};
use hyper::body::Incoming;

use failspec_base::message::{ConnectionUse, Suppressed};

use super::{
    ClientError, ClientOptions, Limits,
    connection::{Http1Connection, Http2Connection},
    connector::Connector,
    failure::{Failure, Sent},
    keep_alive::{ConnectionChoice, KeepAliveState, Probe},
    route::Route,
    settlement::Ledger,
};

/// Maximum idle time of a connection.
///
/// Shorter than the idle timeout of common servers (gunicorn 2 s, Node.js, uvicorn and Apache 5 s): a request that is
/// sent while the server closes the connection is lost, and for a POST it is unknown if it was processed. Under load,
/// connections are reused within milliseconds. So long a report may also be held back until no response in it is in
/// doubt.
const MAX_IDLE: Duration = Duration::from_millis(400);

/// Interval at which connections that have been idle for too long are closed.
const REAP_INTERVAL: Duration = Duration::from_millis(200);

/// A pool of connections. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connector: Connector,
    limits: Limits,
    /// Headers that are added to each request that does not set them.
    defaults: HeaderMap,
    ledger: Ledger,
    servers: Mutex<HashMap<(Scheme, Authority), Arc<Server>>>,
    is_reaped: AtomicBool,
}

/// One server, and the connections to it.
#[derive(Debug, Default)]
struct Server {
    keep_alive: Arc<KeepAliveState>,
    /// The connections that are waiting for a request, and since when. The last one was used last.
    idle: Mutex<Vec<(Instant, Http1Connection)>>,
    http2: Mutex<Option<Http2Connection>>,
    /// Held while a connection over TLS is established and it is not known that the server speaks HTTP/1.1: over HTTP/2
    /// one connection serves all requests.
    connecting: tokio::sync::Mutex<()>,
    speaks_http1: AtomicBool,
}

/// A connection on which a response is being read. Dropping it closes the connection.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) certificate: Option<Arc<[u8]>>,
    pub(super) usage: Option<ConnectionUse>,
    used: Used,
}

/// The connection of a lease. It must be held until the response is read, also if it is not used again.
#[derive(Debug)]
enum Used {
    Http1 { connection: Box<Http1Connection>, server: Arc<Server>, pool: Weak<Shared>, next: Next },
    Http2(#[expect(dead_code, reason = "held, not read")] Http2Connection),
}

/// The use of an HTTP/1.1 connection once a response was read whole.
#[derive(Debug)]
enum Next {
    Close,
    Reuse,
    Watch(Probe),
}

impl Lease {
    /// Records that the response was read whole: now the connection can be used for another request.
    pub(super) fn complete(self) {
        let Used::Http1 { connection, server, pool, next } = self.used else { return };
        let connection = *connection;
        // The rest of the request is still under way: what the server makes of it is not known.
        if connection.stats.is_early() || matches!(next, Next::Close) {
            return;
        }
        connection.stats.complete();
        if connection.stats.has_surplus() {
            server.keep_alive.record_surplus();
        }
        if connection.stats.responses() > 1 {
            server.keep_alive.keeps();
        }
        match next {
            Next::Watch(probe) => probe.watch(connection),
            _ if connection.is_worn() => connection.retire(),
            _ => {
                server.idle().push((Instant::now(), connection));
                if let Some(pool) = pool.upgrade() {
                    Pool(pool).reap();
                }
            }
        }
    }
}

impl Pool {
    /// # Errors
    /// If an option cannot be applied.
    pub(super) fn new(options: ClientOptions, defaults: HeaderMap) -> Result<Self, ClientError> {
        let limits = options.limits;
        Ok(Self(Arc::new(Shared {
            connector: Connector::new(options)?,
            limits,
            defaults,
            ledger: Ledger::default(),
            servers: Mutex::default(),
            is_reaped: AtomicBool::new(false),
        })))
    }

    /// Sends a request and waits for the head of the response. With `is_new`, it is sent on a new connection.
    pub(super) async fn send(
        &self,
        mut request: Request<Bytes>,
        is_new: bool,
    ) -> Result<(Response<Incoming>, Lease), Failure> {
        let pool = &*self.0;
        let suppressed = request.extensions_mut().remove::<Suppressed>().unwrap_or_default();
        for (name, value) in pool.defaults.iter().filter(|(name, _)| !suppressed.0.contains(name)) {
            if let Entry::Vacant(entry) = request.headers_mut().entry(name) {
                entry.insert(value.clone());
            }
        }
        let uri = request.uri().clone();
        let route = pool.connector.route(&uri);
        let server = self.server(&uri);
        if let Some(http2) = server.http2().filter(|_| !is_new) {
            return self.send_http2(http2, request).await;
        }
        // Some servers send a body after HEAD, 204 or 304, which have none (RFC 9112, section 6.3): on a connection that
        // is used again it would become the response to the next request.
        let choice = match request.method() {
            _ if is_new || server.sends_surplus() || server.keep_alive.loses_requests() => {
                ConnectionChoice::New
            }
            &Method::HEAD => ConnectionChoice::New,
            method if method.is_safe() => ConnectionChoice::Any,
            _ => server.keep_alive.route(),
        };
        let (found, next) = match choice {
            ConnectionChoice::Any => (server.take_idle().await, Next::Reuse),
            ConnectionChoice::Proven(connection) => (Some(*connection), Next::Reuse),
            ConnectionChoice::New => (None, Next::Close),
            ConnectionChoice::Probe(probe) => (None, Next::Watch(probe)),
        };
        let mut connection = match found {
            Some(connection) => connection,
            None => match self.connect(&server, &uri, &route, is_new).await? {
                Connected::Http1(connection) => connection,
                Connected::Http2(connection) => return self.send_http2(connection, request).await,
            },
        };
        write_target(&mut request, &route);
        let sent = connection.send(request).await;
        if connection.stats.has_surplus() {
            server.keep_alive.record_surplus();
        }
        match sent {
            Ok(response) => {
                let (earlier, settlement) = connection.settlement();
                let usage = pool.ledger.record(settlement, earlier);
                let certificate = connection.certificate.clone();
                let has_no_body =
                    matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
                let next = if has_no_body { Next::Close } else { next };
                let (server, pool) = (Arc::clone(&server), Arc::downgrade(&self.0));
                let used = Used::Http1 { connection: Box::new(connection), server, pool, next };
                Ok((response, Lease { certificate, usage: Some(usage), used }))
            }
            Err(failure) => {
                if failure.sent() == Some(Sent::OnReused) {
                    server.keep_alive.loses();
                }
                Err(failure)
            }
        }
    }

    async fn send_http2(
        &self,
        mut connection: Http2Connection,
        request: Request<Bytes>,
    ) -> Result<(Response<Incoming>, Lease), Failure> {
        let response = connection.send(request).await?;
        let certificate = connection.certificate.clone();
        Ok((response, Lease { certificate, usage: None, used: Used::Http2(connection) }))
    }

    /// Establishes a connection.
    async fn connect(
        &self,
        server: &Server,
        uri: &Uri,
        route: &Route,
        is_resent: bool,
    ) -> Result<Connected, Failure> {
        let limits = &self.0.limits;
        let is_shared = uri.scheme() == Some(&Scheme::HTTPS) && !server.speaks_http1.load(Relaxed);
        let _connecting = match is_shared {
            true => Some(server.connecting.lock().await),
            false => None,
        };
        // Another request may have established it meanwhile.
        if is_shared
            && !is_resent
            && let Some(http2) = server.http2()
        {
            return Ok(Connected::Http2(http2));
        }
        let opened = self.0.connector.open(uri, route).await?;
        if opened.is_http2 {
            let connection = Http2Connection::start(opened, limits).await?;
            server.set_http2(&connection);
            return Ok(Connected::Http2(connection));
        }
        server.speaks_http1.store(true, Relaxed);
        Http1Connection::start(opened, limits, &self.0.ledger).await.map(Connected::Http1)
    }

    /// Ends all connections that are not in use.
    pub(super) fn retire_idle(&self) {
        for server in self.all() {
            for (_, connection) in std::mem::take(&mut *server.idle()) {
                connection.retire();
            }
            if let Some(connection) = server.keep_alive.take_watched() {
                connection.retire();
            }
        }
    }

    /// Waits until a connection has ended; returns true if there were bytes on it that belong to no response.
    pub(super) async fn had_surplus(&self, connection: u64) -> bool {
        self.0.ledger.had_surplus(connection).await
    }

    /// Starts a task that closes connections that have been idle for too long, unless there is one.
    fn reap(self) {
        if self.0.is_reaped.swap(true, Relaxed) {
            return;
        }
        let pool = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REAP_INTERVAL).await;
                let Some(pool) = pool.upgrade() else { return };
                for server in Pool(pool).all() {
                    let mut idle = server.idle();
                    while idle.first().is_some_and(|(since, _)| since.elapsed() >= MAX_IDLE) {
                        idle.remove(0).1.retire();
                    }
                }
            }
        });
    }

    fn all(&self) -> Vec<Arc<Server>> {
        // The map is never left in an inconsistent state.
        self.0.servers.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn server(&self, uri: &Uri) -> Arc<Server> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else { return Arc::default() };
        let key = (scheme.clone(), authority.clone());
        let mut servers = self.0.servers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(servers.entry(key).or_default())
    }
}

enum Connected {
    Http1(Http1Connection),
    Http2(Http2Connection),
}

impl Server {
    /// Takes the connection that was used last, if it is still open.
    async fn take_idle(&self) -> Option<Http1Connection> {
        loop {
            let (since, mut connection) = self.idle().pop()?;
            if since.elapsed() < MAX_IDLE && connection.is_usable().await {
                return Some(connection);
            }
            if connection.stats.has_surplus() {
                self.keep_alive.record_surplus();
            }
        }
    }

    /// Returns true if no connection to the server may be used twice, also because of what arrived since the last use.
    fn sends_surplus(&self) -> bool {
        if !self.keep_alive.sends_surplus()
            && self.idle().iter().any(|(_, connection)| connection.stats.has_surplus())
        {
            self.keep_alive.record_surplus();
        }
        self.keep_alive.sends_surplus()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Http1Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the HTTP/2 connection, if it can take another request.
    fn http2(&self) -> Option<Http2Connection> {
        let mut http2 = self.http2.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = http2.take().filter(Http2Connection::is_usable)?;
        *http2 = Some(usable.clone());
        Some(usable)
    }

    fn set_http2(&self, connection: &Http2Connection) {
        let mut kept = connection.clone();
        kept.is_reused = true;
        *self.http2.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

/// Writes the request target and `Host` of an HTTP/1.1 request: the path alone, or the whole URL for a proxy that
/// forwards requests (RFC 9112, section 3.2).
fn write_target(request: &mut Request<Bytes>, route: &Route) {
    let uri = request.uri().clone();
    if let Some(authority) = uri.authority()
        && let Entry::Vacant(entry) = request.headers_mut().entry(HOST)
        && let Ok(host) = HeaderValue::from_str(host_of(&uri, authority).as_str())
    {
        entry.insert(host);
    }
    if let Route::Forward(proxy) = route {
        if let Some(authorization) = &proxy.authorization {
            request.headers_mut().entry(PROXY_AUTHORIZATION).or_insert_with(|| authorization.clone());
        }
    } else {
        let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(target);
    }
}

/// The value of `Host`: without the port if it is that of the scheme.
fn host_of(uri: &Uri, authority: &Authority) -> String {
    let is_default = match authority.port_u16() {
        Some(80) => uri.scheme() == Some(&Scheme::HTTP),
        Some(443) => uri.scheme() == Some(&Scheme::HTTPS),
        _ => false,
    };
    match is_default {
        true => authority.host().to_owned(),
        false => authority.to_string(),
    }
}
