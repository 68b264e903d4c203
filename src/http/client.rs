//! Sends requests.

use std::{
    env,
    net::{Ipv4Addr, Ipv6Addr},
    sync::{Arc, Once, OnceLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use tokio::time::timeout_at;
use url::{Host, Url};

use super::{
    Answer, Answerer, BodyDefect, Exchange, Limits, NoAnswer, Phase, Request, cause, content::Content,
    witness::Witness,
};

/// How long an unused connection is kept.
///
/// Shorter than the patience of common servers (gunicorn 2 s, Node.js, uvicorn and Apache 5 s): a request
/// that goes out while the server is closing the connection is lost, and for POST nobody can say whether it
/// was handled. Under load connections are reused within milliseconds.
const IDLE: Duration = Duration::from_millis(1500);

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
    /// Whether it is taken down who answers. Default: no.
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
/// It sends a request once. Only when a pooled connection turns out to be closed before anything of the
/// request was written, the request goes out on another one, whatever its method.
///
/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    /// For `http`: it knows no certificates. To read those of the system takes longer than a hundred requests.
    plain: reqwest::Client,
    /// For `https`; made when it is first asked for, unless an option could keep it from being made.
    secure: Arc<OnceLock<reqwest::Client>>,
    options: Arc<ClientOptions>,
    proxied: Option<reqwest::Client>,
    limits: Limits,
    witness: Option<Arc<Witness>>,
}

impl Client {
    /// A client with its own pool of connections.
    ///
    /// # Errors
    /// When an option cannot be obeyed. That the system has no certificates is no error here: a target
    /// without TLS needs none, and with TLS every exchange ends in [`NoAnswer::Tls`].
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        install_crypto();
        let proxied = (options.environment_proxy && environment_has_proxy())
            .then(|| build(&options, true))
            .transpose()?;
        let plain = builder(&options, false)?.tls_certs_only([]).build().map_err(setup)?;
        let secure = OnceLock::new();
        if !options.certificates.is_empty() || options.identity.is_some() {
            let _ = secure.set(build(&options, false)?);
        }
        let (secure, limits) = (Arc::new(secure), options.limits);
        let witness = options.witness.then(Arc::default);
        Ok(Self { plain, secure, options: Arc::new(options), proxied, limits, witness })
    }

    /// Who has answered so far; `None` unless [`ClientOptions::witness`] asks for it.
    pub fn answerer(&self) -> Option<Answerer> {
        self.witness.as_ref().map(|witness| witness.answerer())
    }

    /// The client for a URL that is reached directly.
    fn direct(&self, url: &Url) -> &reqwest::Client {
        if url.scheme() != "https" {
            return &self.plain;
        }
        // It differs from the plain one by the certificates of the system alone, and is made without them where they
        // cannot be read. If it cannot be made all the same, nobody is trusted.
        self.secure.get_or_init(|| build(&self.options, false).unwrap_or_else(|_| self.plain.clone()))
    }

    /// Sends `request` and waits for the end of the answer, within [`Limits`].
    ///
    /// Runs on tokio. Dropping the future gives up the exchange and its connection.
    pub async fn send(&self, request: Request) -> Exchange {
        let started = Instant::now();
        let result = self.answer(&request, started).await;
        Exchange { request, result, elapsed: started.elapsed() }
    }

    async fn answer(&self, request: &Request, started: Instant) -> Result<Answer, NoAnswer> {
        let outgoing = request.outgoing()?;
        let limits = &self.limits;
        let client = match &self.proxied {
            Some(proxied) if !is_loopback(&request.url) => proxied,
            _ => self.direct(&request.url),
        };

        let patience = limits.first_byte.min(limits.total);
        let response = timeout_at((started + patience).into(), client.execute(outgoing))
            .await
            .map_err(|_| NoAnswer::Timeout { phase: Phase::Head, limit: patience })?;
        let mut response =
            response.map_err(|error| cause::no_answer(&error, address(&request.url), limits))?;
        let first_byte = started.elapsed();

        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        check_head(&headers, limits)?;
        if let Some(witness) = &self.witness {
            witness.note(&headers, response.extensions().get(), request.url.scheme() == "https");
        }
        let content = Content::new(&headers, response.content_length(), limits);
        let (body, defect) = timeout_at((started + limits.total).into(), read(response, content, limits))
            .await
            .map_err(|_| NoAnswer::Timeout { phase: Phase::Body, limit: limits.total })??;
        Ok(Answer { defect, first_byte, ..Answer::new(status, headers, body) })
    }
}

async fn read(
    mut response: reqwest::Response,
    mut content: Content,
    limits: &Limits,
) -> Result<(Bytes, Option<BodyDefect>), NoAnswer> {
    let too_large = |_| NoAnswer::BodyTooLarge { limit: limits.body };
    let ended = loop {
        match response.chunk().await {
            Ok(Some(piece)) => content.push(piece).map_err(too_large)?,
            Ok(None) => break None,
            Err(error) => break Some(cause::root(&error)),
        }
        if content.is_broken() {
            break None;
        }
    };
    content.finish(ended).map_err(too_large)
}

/// Holds [`Limits::head`] and [`Limits::headers`] against a head that hyper has let through.
fn check_head(headers: &HeaderMap, limits: &Limits) -> Result<(), NoAnswer> {
    // Four bytes for the colon, a blank and the line break.
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let reason = if headers.len() > limits.headers {
        format!("its head has more than {} headers", limits.headers)
    } else if size > limits.head {
        format!("its head is larger than {} bytes", limits.head)
    } else {
        return Ok(());
    };
    Err(NoAnswer::Malformed { reason })
}

fn build(options: &ClientOptions, proxied: bool) -> Result<reqwest::Client, ClientError> {
    match builder(options, proxied)?.build() {
        // Without certificates of the user this fails where the system has none, as in small containers.
        // Then nobody is trusted, which is an error only when TLS is used.
        Err(_) if options.certificates.is_empty() => {
            builder(options, proxied)?.tls_certs_only([]).build().map_err(setup)
        }
        built => built.map_err(setup),
    }
}

fn setup(error: reqwest::Error) -> ClientError {
    ClientError::Setup(cause::root(&error))
}

fn builder(options: &ClientOptions, proxied: bool) -> Result<reqwest::ClientBuilder, ClientError> {
    let limits = &options.limits;
    let agent = HeaderValue::from_str(&options.user_agent)
        .map_err(|_| ClientError::Setup("the user agent is no header value".to_owned()))?;
    let coding = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
    let mut builder = reqwest::Client::builder()
        .user_agent(agent)
        .default_headers(coding)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // By default a request that an HTTP/2 server refused (REFUSED_STREAM, GOAWAY) is sent again, up to
        // twice; here that is what came of the exchange.
        .retry(reqwest::retry::never())
        .connect_timeout(limits.connect)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .tls_info(options.witness)
        .http1_max_headers(limits.headers)
        .http2_max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX));
    if !proxied {
        builder = builder.no_proxy();
    }
    for (index, pem) in options.certificates.iter().enumerate() {
        let unreadable = |reason| ClientError::Certificate { number: index + 1, reason };
        let bundle =
            reqwest::Certificate::from_pem_bundle(pem).map_err(|error| unreadable(cause::root(&error)))?;
        if bundle.is_empty() {
            return Err(unreadable("there is no certificate in it".to_owned()));
        }
        builder = builder.tls_certs_merge(bundle);
    }
    if let Some(pem) = &options.identity {
        let identity =
            reqwest::Identity::from_pem(pem).map_err(|error| ClientError::Identity(cause::root(&error)))?;
        builder = builder.identity(identity);
    }
    if options.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    Ok(builder)
}

/// reqwest is built without a cryptography provider of its own and takes the one of the process.
fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error means that the program around this library has chosen one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn environment_has_proxy() -> bool {
    ["http_proxy", "https_proxy", "all_proxy"].iter().any(|name| {
        [name.to_string(), name.to_ascii_uppercase()]
            .iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
    })
}

/// Whether the URL stays on this machine (RFC 6761, section 6.3, for names below `localhost`).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip == Ipv4Addr::UNSPECIFIED,
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip == Ipv6Addr::UNSPECIFIED,
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// Host and port, as they may be shown.
fn address(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
