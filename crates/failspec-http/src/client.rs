//! The HTTP client.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{body::Body as _, header::HeaderMap};
use tokio::time::timeout_at;
use url::Url;

use super::{
    BodyError, Exchange, Limits, PeerIdentity, Phase, Request, Response, TransportError,
    body_decoder::BodyDecoder,
    error,
    http1_pool::{ConnectionLost, ReadWhole},
    peer_identity::PeerRecorder,
    transport::{IncomingBody, Transport},
};

/// Options of a [`Client`].
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The limits of each exchange.
    pub limits: Limits,
    /// True if `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are used. Loopback addresses are always
    /// connected directly. Default: true.
    pub environment_proxy: bool,
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
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            environment_proxy: true,
            user_agent: concat!("failspec/", env!("CARGO_PKG_VERSION")).to_owned(),
            certificates: Vec::new(),
            identity: None,
            insecure: false,
            witness: false,
        }
    }
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
    /// Another setting is invalid: for example, the user agent is not a valid header value, or the URL of a proxy in
    /// the environment is not valid.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

/// An HTTP client that sends requests exactly as they are written and records the response.
///
/// It follows no redirects, stores no cookies and adds no `Referer`. In addition to `Host` and the framing headers it
/// adds `User-Agent`, `Accept: */*` and `Accept-Encoding: gzip`, each only if the request does not set it.
///
/// It sends a request once, with two exceptions. If a pooled connection is found to be closed before any part of the
/// request was written, the request is sent on another connection, whatever its method. If a pooled connection
/// without TLS is closed after a request of a safe method was sent and before any part of the response arrived, the
/// request is sent once more, on a new connection (RFC 9112, section 9.3.1).
///
/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    limits: Limits,
    witness: Option<Arc<PeerRecorder>>,
}

impl Client {
    /// Creates a client with its own connection pool.
    ///
    /// # Errors
    /// If an option cannot be applied. Missing system certificates are not an error here: a target without TLS does
    /// not need them, and with TLS every exchange results in [`TransportError::Tls`].
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let limits = options.limits;
        let witness = options.witness.then(Arc::default);
        Ok(Self { transport: Transport::new(options)?, limits, witness })
    }

    /// Returns the identity of the servers that responded so far; `None` unless [`ClientOptions::witness`] is true.
    pub fn answerer(&self) -> Option<PeerIdentity> {
        self.witness.as_ref().map(|witness| witness.answerer())
    }

    /// Sends `request` and waits for the end of the response, within [`Limits`].
    ///
    /// Requires a tokio runtime. Dropping the future aborts the exchange and closes its connection.
    pub async fn send(&self, request: Request) -> Exchange {
        let started = Instant::now();
        let result = self.response(&request, started).await;
        Exchange { request, result, elapsed: started.elapsed() }
    }

    async fn response(&self, request: &Request, started: Instant) -> Result<Response, TransportError> {
        let outgoing = request.to_http()?;
        let limits = &self.limits;
        let patience = limits.first_byte.min(limits.total);
        let response = timeout_at((started + patience).into(), self.head(outgoing, request))
            .await
            .map_err(|_| TransportError::Timeout { phase: Phase::Head, limit: patience })?;
        let (head, body) = response?.into_parts();
        let first_byte = started.elapsed();

        check_head(&head.headers, limits)?;
        if let Some(witness) = &self.witness {
            witness.note(&head.headers, head.extensions.get(), request.url.scheme() == "https");
        }
        let whole: Option<ReadWhole> = head.extensions.get().cloned();
        let content = BodyDecoder::new(&head.headers, body.size_hint().exact(), limits);
        let (body, defect) = timeout_at((started + limits.total).into(), read(body, content, limits))
            .await
            .map_err(|_| TransportError::Timeout { phase: Phase::Body, limit: limits.total })??;
        if let Some(whole) = whole.filter(|_| defect.is_none()) {
            whole.record();
        }
        let mut response = Response::new(head.status.as_u16(), head.headers, body);
        response.defect = defect;
        response.first_byte = first_byte;
        Ok(response)
    }

    /// Sends the request and waits for the head of the response.
    async fn head(
        &self,
        outgoing: hyper::Request<Bytes>,
        request: &Request,
    ) -> Result<hyper::Response<IncomingBody>, TransportError> {
        let safe = outgoing.method().is_safe();
        let response = match self.transport.send(outgoing, &request.url).await {
            Err(failure) if safe && failure.is::<ConnectionLost>() => {
                self.transport.send_alone(request.to_http()?).await
            }
            response => response,
        };
        response.map_err(|error| error::no_response(&*error, address(&request.url), &self.limits))
    }
}

async fn read(
    mut body: IncomingBody,
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
            Some(Err(error)) => break Some(error::root(&*error)),
            None => break None,
        }
        if content.is_broken() {
            break None;
        }
    };
    content.finish(ended).map_err(too_large)
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
