//! The HTTP client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use failspec_base::{
    clock::after,
    message::{MOCK_HEADER, is_safe},
};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Body as _, Incoming},
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT},
};
use tokio::time::timeout_at;
use url::Url;

use super::{
    BodyError, ConnectTo, ConnectionUse, Exchange, Limits, Peers, Phase, Proxy, Request, Response, StreamEnd,
    TransportError,
    body_decoder::BodyDecoder,
    error,
    failure::Sent,
    peer_identity::PeerRecorder,
    pool::{Lease, Pool},
};

/// Maximum number of times that a request is sent again because the server said that it did not process it.
const MAX_RESENDS: usize = 3;

/// Options of a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The limits of each exchange.
    pub limits: Limits,
    /// The proxy. Default: that of the environment.
    pub proxy: Proxy,
    /// The address that is connected to in place of that of each URL; then no proxy is used. Default: none.
    pub connect_to: Option<ConnectTo>,
    /// The `User-Agent` of requests that have none. Default: `failspec/<version>`.
    pub user_agent: String,
    /// Certificates (PEM, one or several in each) that are trusted in addition to those of the system.
    pub certificates: Vec<Vec<u8>>,
    /// The client certificate and its private key (PEM, one after the other), for servers that request one.
    pub identity: Option<Vec<u8>>,
    /// True if the certificate of the server is not verified. Default: false.
    pub insecure: bool,
    /// True if the identity of the responding servers is recorded. Default: false.
    pub witness: bool,
    /// True if only requests with a safe method are sent (RFC 9110, section 9.2.1), and logins. Default: false.
    pub read_only: bool,
    /// The values that `Host` may have besides the host of the URL; `None` if it may have any. Default: `None`.
    pub hosts: Option<Vec<String>>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            proxy: Proxy::default(),
            connect_to: None,
            user_agent: concat!("failspec/", env!("CARGO_PKG_VERSION")).to_owned(),
            certificates: Vec::new(),
            identity: None,
            insecure: false,
            witness: false,
            read_only: false,
            hosts: None,
        }
    }
}

/// Returns the address of a request: that of its URL, with the host that `Host` names, which decides who responds where
/// many hosts share one address.
fn addressed(request: &Request) -> Url {
    let mut url = request.url.clone();
    let mut named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = named.next().and_then(|host| Url::parse(&format!("{}://{}", url.scheme(), host.value)).ok());
    if let Some(host) = host {
        // What cannot be a host stays what it is.
        let _ = url.set_host(host.host_str());
        let _ = url.set_port(host.port());
    }
    url
}

/// The error that prevented the creation of a client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A certificate of [`ClientOptions::certificates`] cannot be read.
    #[error("certificate {number} cannot be read: {reason}")]
    Certificate {
        /// Its number in the list, starting at 1.
        number: usize,
        /// The error of the parser.
        reason: String,
    },
    /// [`ClientOptions::identity`] cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    Identity(String),
    /// A proxy cannot be used.
    #[error("{name} cannot be used: {problem}")]
    Proxy {
        /// The variable of the environment, or "the proxy".
        name: String,
        /// The problem with its URL.
        problem: String,
    },
    /// Another setting is invalid: for example, the user agent is not a valid header value.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

/// An HTTP client that sends requests exactly as they are written and records the response.
///
/// It follows no redirects, stores no cookies and adds no `Referer`. In addition to `Host` and the framing headers it
/// adds `User-Agent`, `Accept: */*` and `Accept-Encoding: gzip`, each only if the request does not set it.
///
/// The same rules hold over HTTP/1.1 and HTTP/2, with and without TLS, directly and through a proxy:
///
/// - A request is sent once, with two exceptions. If nothing of it was written, or if the server said that it did not
///   process it (HTTP/2: GOAWAY, REFUSED_STREAM), it is sent on another connection, whatever its method. If a connection
///   that was used before ends after a request of a safe method was sent and before any part of the response arrived,
///   the request is sent once more, on a new connection (RFC 9112, section 9.3.1; [`Exchange::resent`]). From then on
///   no connection to the server is used again.
/// - A response that arrives before the request was written whole is read, also if the rest of the request can no longer
///   be written.
/// - Over HTTP/1.1 a connection is not used again after HEAD, 204, 304, a response that came early, or bytes that belong
///   to no response; once a server was seen to send such bytes, no connection to it is. [`Client::had_surplus`] tells
///   which responses were read before this was known.
///
/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    pool: Pool,
    limits: Limits,
    read_only: bool,
    hosts: Option<Arc<[String]>>,
    witness: Option<Arc<PeerRecorder>>,
    /// True once a response said that it comes from a mock; shared with its clones.
    has_met_mock: Arc<AtomicBool>,
}

impl Client {
    /// Creates a client with its own connection pool.
    ///
    /// # Errors
    /// If an option cannot be applied. Missing system certificates are not an error here: a target without TLS does
    /// not need them, and with TLS every exchange results in [`TransportError::Tls`].
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let limits = options.limits;
        let (witness, read_only) = (options.witness.then(Arc::default), options.read_only);
        let hosts = options.hosts.as_deref().map(Arc::from);
        let defaults = default_headers(&options)?;
        let (pool, has_met_mock) = (Pool::new(options, defaults)?, Arc::default());
        Ok(Self { pool, limits, read_only, hosts, witness, has_met_mock })
    }

    /// Ends the connections that are not in use. The server is told that no further request comes on them.
    pub fn retire_idle(&self) {
        self.pool.retire_idle();
    }

    /// Waits until a connection ([`Exchange::connection`]) has ended; returns true if there were bytes on it that belong
    /// to no response. Then each response on it but the first may belong to another request. A connection that is idle
    /// ends with [`Client::retire_idle`], or after less than a second.
    pub async fn had_surplus(&self, connection: u64) -> bool {
        self.pool.had_surplus(connection).await
    }

    /// Returns the addresses that requests were sent to so far, each with the identity of the servers that responded;
    /// `None` unless [`ClientOptions::witness`] is true.
    pub fn peers(&self) -> Option<Peers> {
        self.witness.as_ref().map(|witness| witness.peers())
    }

    /// Returns true if a response said that it comes from `failspec mock`, which is no API.
    pub fn has_met_mock(&self) -> bool {
        self.has_met_mock.load(Ordering::Relaxed)
    }

    /// Sends `request` and waits for the end of the response, within [`Limits`]. This is the one gate before everything
    /// that is sent: a client that is read-only refuses all methods that are not safe, and any client refuses hosts that
    /// its options do not allow.
    ///
    /// Requires a tokio runtime. Dropping the future aborts the exchange and closes its connection.
    pub async fn send(&self, request: Request) -> Exchange {
        let refused = if self.read_only && !is_safe(&request.method) {
            Some(TransportError::ReadOnly { method: request.method.clone() })
        } else {
            self.names_another_host(&request).then_some(TransportError::OtherHost)
        };
        if let Some(refused) = refused {
            let result = Err(refused);
            return Exchange { request, result, elapsed: Duration::ZERO, connection: None, resent: false };
        }
        self.send_login(request).await
    }

    /// Returns true if a request names a host that it must not name: where many hosts share one address, `Host` decides
    /// which of them gets the credentials of the target.
    fn names_another_host(&self, request: &Request) -> bool {
        let Some(hosts) = &self.hosts else { return false };
        let host = request.url.host_str().unwrap_or_default();
        let with_port = request.url.port_or_known_default().map(|port| format!("{host}:{port}"));
        // Without a port it is that of the scheme.
        let is_own = |named: &str| {
            (request.url.port().is_none() && named.eq_ignore_ascii_case(host))
                || with_port.as_ref().is_some_and(|own| named.eq_ignore_ascii_case(own))
        };
        let mut named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
        named.any(|header| {
            !is_own(&header.value) && !hosts.iter().any(|host| header.value.eq_ignore_ascii_case(host))
        })
    }

    /// Sends a request that logs in: also a client that is read-only does.
    pub async fn send_login(&self, request: Request) -> Exchange {
        let started = Instant::now();
        if let Some(witness) = &self.witness {
            witness.contact(&addressed(&request));
        }
        let (mut connection, mut resent) = (None, false);
        let result = self.response(&request, started, &mut connection, &mut resent).await;
        Exchange { request, result, elapsed: started.elapsed(), connection, resent }
    }

    async fn response(
        &self,
        request: &Request,
        started: Instant,
        connection: &mut Option<ConnectionUse>,
        resent: &mut bool,
    ) -> Result<Response, TransportError> {
        let limits = &self.limits.with_first_byte(request.first_byte);
        let patience = limits.first_byte.min(limits.total);
        let response = timeout_at(after(started, patience).into(), self.head(request, resent))
            .await
            .map_err(|_| TransportError::Timeout { phase: Phase::Head, limit: patience })?;
        let (response, lease) = response?;
        *connection = lease.usage;
        let (head, body) = response.into_parts();
        let first_byte = started.elapsed();

        check_head(&head.headers, limits)?;
        if head.headers.contains_key(MOCK_HEADER) {
            self.has_met_mock.store(true, Ordering::Relaxed);
        }
        if let Some(witness) = &self.witness {
            witness.note(&addressed(request), &head.headers, lease.certificate.as_deref());
        }
        let content = BodyDecoder::new(&head.headers, body.size_hint().exact(), limits);
        let is_begin = request.stream.is_none() && is_event_stream(&head.headers);
        let reading = async {
            match &request.stream {
                Some(end) => read_stream(body, content, limits, end).await,
                None if is_begin => read_begin(body, content, limits).await,
                None => read(body, content, limits).await.map(|(body, defect)| (body, defect, false)),
            }
        };
        let deadline =
            limits.total.max(request.stream.as_ref().map_or(Duration::ZERO, |end| end.within + first_byte));
        let (body, defect, is_open) =
            timeout_at(after(started, deadline).into(), Box::pin(reading))
                .await
                .map_err(|_| TransportError::Timeout { phase: Phase::Body, limit: deadline })??;
        if defect.is_none() && !is_open && !is_begin {
            lease.complete();
        }
        let mut response = Response::new(head.status.as_u16(), head.headers, body);
        response.defect = defect;
        response.first_byte = first_byte;
        response.is_open = is_open;
        Ok(response)
    }

    /// Sends the request and waits for the head of the response.
    async fn head(
        &self,
        request: &Request,
        resent: &mut bool,
    ) -> Result<(hyper::Response<Incoming>, Lease), TransportError> {
        let mut resends = 0;
        loop {
            let outgoing = request.to_http()?;
            let is_safe = outgoing.method().is_safe();
            let failure = match self.pool.send(outgoing, resends > 0 || request.own_connection).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let again = match failure.sent() {
                Some(Sent::NotProcessed) => resends < MAX_RESENDS,
                Some(Sent::OnReused) => is_safe && !*resent,
                _ => false,
            };
            if !again {
                return Err(error::no_response(&failure, address(&request.url), &self.limits));
            }
            *resent |= failure.sent() == Some(Sent::OnReused);
            resends += 1;
        }
    }
}

/// Returns the headers that are added to each request that does not set them.
fn default_headers(options: &ClientOptions) -> Result<HeaderMap, ClientError> {
    let agent = HeaderValue::from_str(&options.user_agent)
        .map_err(|_| ClientError::Setup("the user agent is not a valid header value".to_owned()))?;
    Ok(HeaderMap::from_iter([
        (ACCEPT, HeaderValue::from_static("*/*")),
        (USER_AGENT, agent),
        (ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
    ]))
}

async fn read(
    mut body: Incoming,
    mut content: BodyDecoder,
    limits: &Limits,
) -> Result<(Bytes, Option<BodyError>), TransportError> {
    let too_large = |_| TransportError::BodyTooLarge { limit: limits.body };
    let ended = loop {
        match body.frame().await {
            // A frame without data contains trailers, which are not checked.
            Some(Ok(frame)) => match frame.into_data() {
                Ok(piece) => content.push(piece).map_err(too_large)?,
                Err(_) => continue,
            },
            Some(Err(error)) => break Some(error::root(&error)),
            None => break None,
        }
        if content.is_broken() {
            break None;
        }
    };
    content.finish(ended).map_err(too_large)
}

/// Time for the first event of an event stream: it may stay open for hours, and only its beginning is shown.
const EVENT_TIMEOUT: Duration = Duration::from_millis(300);

/// Returns true for a stream of events, which may never end.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("text/event-stream")
}

/// Reads what arrives of a stream at once. That the rest is missing is no error.
async fn read_begin(
    mut body: Incoming,
    mut content: BodyDecoder,
    limits: &Limits,
) -> Result<(Bytes, Option<BodyError>, bool), TransportError> {
    let too_large = |_| TransportError::BodyTooLarge { limit: limits.body };
    if let Ok(Some(Ok(frame))) = tokio::time::timeout(EVENT_TIMEOUT, body.frame()).await
        && let Ok(piece) = frame.into_data()
    {
        content.push(piece).map_err(too_large)?;
    }
    let (bytes, _) = content.finish(None).map_err(too_large)?;
    Ok((bytes, None, true))
}

/// Maximum number of times that a stream is looked through for what is waited for: each time all of it is parsed.
const MAX_LOOKS: usize = 200;

/// Reads a stream until what is waited for has arrived, the time is over, or it ends. Returns also if more could follow.
async fn read_stream(
    mut body: Incoming,
    mut content: BodyDecoder,
    limits: &Limits,
    end: &StreamEnd,
) -> Result<(Bytes, Option<BodyError>, bool), TransportError> {
    let too_large = |_| TransportError::BodyTooLarge { limit: limits.body };
    let deadline = after(Instant::now(), end.within).into();
    let (mut looks, mut looked) = (0, 0);
    let (ended, is_open) = loop {
        match timeout_at(deadline, body.frame()).await {
            Err(_) => break (None, true),
            Ok(None) => break (None, false),
            Ok(Some(Err(error))) => break (Some(error::root(&error)), false),
            Ok(Some(Ok(frame))) => {
                let Ok(piece) = frame.into_data() else { continue };
                content.push(piece).map_err(too_large)?;
            }
        }
        if content.is_broken() {
            break (None, false);
        }
        // Of a stream that trickles in, not every byte is a reason to look again: the more there is, the rarer.
        let so_far = content.so_far();
        if looks < MAX_LOOKS && so_far.len() > looked + looked / 16 {
            (looks, looked) = (looks + 1, so_far.len());
            if (end.has_arrived)(so_far) {
                break (None, true);
            }
        }
    };
    let (bytes, defect) = content.finish(ended).map_err(too_large)?;
    // What was not waited for need not be decoded to its end.
    Ok((bytes, defect.filter(|_| !is_open), is_open))
}

/// Checks a head that hyper accepted against [`Limits::head`] and [`Limits::headers`].
fn check_head(headers: &HeaderMap, limits: &Limits) -> Result<(), TransportError> {
    // Four bytes for the colon, a space and the line break.
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let reason = if headers.len() > limits.headers {
        format!("its head has more than {} headers", limits.headers)
    } else if size > limits.head {
        format!("its head is larger than {} bytes", limits.head)
    } else {
        return Ok(());
    };
    Err(TransportError::Malformed { reason })
}

/// Returns host and port for error messages.
fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
