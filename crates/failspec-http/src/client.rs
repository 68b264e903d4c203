//! Sends requests.

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
    http1_pool::ConnectionLost,
    peer_identity::PeerRecorder,
    transport::{IncomingBody, Transport},
};

/// What a client may be told.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// The bounds of each exchange.
    pub limits: Limits,
    /// Whether `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed. Loopback addresses are
    /// always reached directly. Default: yes.
    pub environment_proxy: bool,
    /// The `User-Agent` of requests that bring none. Default: `failspec/<version>`.
    pub user_agent: String,
    /// Certificates (PEM, one or several in each) that are trusted beside those of the system.
    pub certificates: Vec<Vec<u8>>,
    /// Our own certificate and its private key (PEM, one after the other), for servers that ask for one.
    pub identity: Option<Vec<u8>>,
    /// Whether the certificate of the server is not checked. Default: no.
    pub insecure: bool,
    /// Whether the identity of the responding servers is recorded. Default: no.
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

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A certificate of [`ClientOptions::certificates`] cannot be read.
    #[error("certificate {number} cannot be read: {reason}")]
    Certificate {
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// [`ClientOptions::identity`] cannot be used.
    #[error("the client certificate cannot be used: {0}")]
    Identity(String),
    /// The user agent cannot be a header value, a proxy in the environment is no URL, or the like.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

/// Sends requests exactly as they are written and observes what comes back.
///
/// It follows no redirect, keeps no cookie and adds no `Referer`. Beside `Host` and the framing it adds
/// `User-Agent`, `Accept: */*` and `Accept-Encoding: gzip`, each only where the request has none of its own.
///
/// It sends a request once, with two exceptions. When a pooled connection turns out to be closed before anything of the
/// request was written, the request goes out on another one, whatever its method. And when a pooled connection without
/// TLS is closed under a request of a safe method before anything came back, that request goes out once more, on a new
/// connection (RFC 9112, section 9.3.1).
///
/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    transport: Transport,
    limits: Limits,
    witness: Option<Arc<PeerRecorder>>,
}

impl Client {
    /// A client with its own pool of connections.
    ///
    /// # Errors
    /// When an option cannot be obeyed. That the system has no certificates is no error here: a target
    /// without TLS needs none, and with TLS every exchange ends in [`NoResponse::Tls`].
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let limits = options.limits;
        let witness = options.witness.then(Arc::default);
        Ok(Self { transport: Transport::new(options)?, limits, witness })
    }

    /// Who has answered so far; `None` unless [`ClientOptions::witness`] asks for it.
    pub fn answerer(&self) -> Option<PeerIdentity> {
        self.witness.as_ref().map(|witness| witness.answerer())
    }

    /// Sends `request` and waits for the end of the response, within [`Limits`].
    ///
    /// Runs on tokio. Dropping the future gives up the exchange and its connection.
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
        let content = BodyDecoder::new(&head.headers, body.size_hint().exact(), limits);
        let (body, defect) = timeout_at((started + limits.total).into(), read(body, content, limits))
            .await
            .map_err(|_| TransportError::Timeout { phase: Phase::Body, limit: limits.total })??;
        let mut response = Response::new(head.status.as_u16(), head.headers, body);
        response.defect = defect;
        response.first_byte = first_byte;
        Ok(response)
    }

    /// Waits for the head of the response.
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
            // What is not data is trailers, which nothing is promised of.
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

/// Holds [`Limits::head`] and [`Limits::headers`] against a head that hyper has let through.
fn check_head(headers: &HeaderMap, limits: &Limits) -> Result<(), TransportError> {
    // Four bytes for the colon, a blank and the line break.
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

/// Host and port, as they may be shown.
fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
