//! Connection pools, and the choice of the pool for a request.

use std::{
    env,
    error::Error,
    sync::{Arc, Once, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Either;
use hyper::{
    body::Incoming,
    header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderValue, USER_AGENT},
};
use url::Url;

use failspec_base::message::is_loopback;

use super::{ClientError, ClientOptions, error, http1_pool::Http1Client};

/// Maximum idle time of a pooled connection.
///
/// Shorter than the idle timeout of common servers (gunicorn 2 s, Node.js, uvicorn and Apache 5 s): a request that is
/// sent while the server closes the connection is lost, and for a POST it is unknown if it was processed. Under load,
/// connections are reused within milliseconds.
pub(super) const IDLE: Duration = Duration::from_millis(1500);

/// The error of a request without a response head, or of an incomplete body.
pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// A response body that is being received.
pub(super) type IncomingBody = Either<Incoming, reqwest::Body>;

/// A transport that sends each request once to the server of its URL.
///
/// Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    /// Client for `http` without a proxy.
    plain: Http1Client,
    /// Client for `https` without a proxy. Created on first use, unless certificates in the options could make its
    /// creation fail: reading the system certificates takes longer than a hundred requests.
    secure: Arc<OnceLock<reqwest::Client>>,
    /// Client for all hosts except loopback, if the environment configures a proxy.
    proxied: Option<reqwest::Client>,
    options: Arc<ClientOptions>,
}

impl Transport {
    /// # Errors
    /// If an option cannot be applied.
    pub(super) fn new(options: ClientOptions) -> Result<Self, ClientError> {
        install_crypto();
        let proxied = (options.environment_proxy && environment_has_proxy())
            .then(|| build(&options, true))
            .transpose()?;
        let secure = OnceLock::new();
        if !options.certificates.is_empty() || options.identity.is_some() {
            let _ = secure.set(build(&options, false)?);
        }
        let plain = Http1Client::new(default_headers(&options)?, &options.limits);
        Ok(Self { plain, secure: Arc::new(secure), proxied, options: Arc::new(options) })
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(
        &self,
        request: hyper::Request<Bytes>,
        url: &Url,
    ) -> Result<hyper::Response<IncomingBody>, Failure> {
        let client = match &self.proxied {
            Some(proxied) if !is_loopback(url) => proxied,
            _ if url.scheme() == "https" => self.secure()?,
            _ => return Ok(self.plain.send(request).await?.map(Either::Left)),
        };
        let (head, body) = request.into_parts();
        let mut outgoing = reqwest::Request::new(head.method, url.clone());
        *outgoing.headers_mut() = head.headers;
        *outgoing.body_mut() = (!body.is_empty()).then(|| body.into());
        Ok(hyper::Response::from(client.execute(outgoing).await?).map(Either::Right))
    }

    /// Sends a request again, on a new connection, after [`ConnectionLost`](super::http1_pool::ConnectionLost).
    pub(super) async fn send_alone(
        &self,
        request: hyper::Request<Bytes>,
    ) -> Result<hyper::Response<IncomingBody>, Failure> {
        Ok(self.plain.send_alone(request).await?.map(Either::Left))
    }

    fn secure(&self) -> Result<&reqwest::Client, ClientError> {
        if let Some(secure) = self.secure.get() {
            return Ok(secure);
        }
        let made = build(&self.options, false)?;
        Ok(self.secure.get_or_init(|| made))
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

fn build(options: &ClientOptions, proxied: bool) -> Result<reqwest::Client, ClientError> {
    match builder(options, proxied)?.build() {
        // Without user certificates this fails if the system has none, as in small containers. Then no certificate is
        // trusted, which is an error only if TLS is used.
        Err(_) if options.certificates.is_empty() => {
            builder(options, proxied)?.tls_certs_only([]).build().map_err(setup)
        }
        built => built.map_err(setup),
    }
}

fn setup(error: reqwest::Error) -> ClientError {
    ClientError::Setup(error::root(&error))
}

fn builder(options: &ClientOptions, proxied: bool) -> Result<reqwest::ClientBuilder, ClientError> {
    let limits = &options.limits;
    let mut builder = reqwest::Client::builder()
        .default_headers(default_headers(options)?)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // By default reqwest resends a request that an HTTP/2 server refused (REFUSED_STREAM, GOAWAY), up to twice;
        // here the refusal is the result of the exchange.
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
            reqwest::Certificate::from_pem_bundle(pem).map_err(|error| unreadable(error::root(&error)))?;
        if bundle.is_empty() {
            return Err(unreadable("there is no certificate in it".to_owned()));
        }
        builder = builder.tls_certs_merge(bundle);
    }
    if let Some(pem) = &options.identity {
        let identity =
            reqwest::Identity::from_pem(pem).map_err(|error| ClientError::Identity(error::root(&error)))?;
        builder = builder.identity(identity);
    }
    if options.insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    Ok(builder)
}

/// Installs a cryptography provider: reqwest is built without one and uses that of the process.
fn install_crypto() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // An error means that the program using this library has already installed one.
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
