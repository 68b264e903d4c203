//! Documents and pages by URL. They are not judged, so redirects are followed.

use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};
use failspec_base::message::MediaType;
use url::Url;

use super::{ClientError, ClientOptions, error, tls::TlsSettings};

/// Maximum time until a document has arrived.
const FETCH_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum number of redirects: http to https, to the canonical host, to a login page.
const MAX_REDIRECTS: usize = 5;

/// A document that was fetched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its media type, if the server gave a well-formed one.
    pub media_type: Option<MediaType>,
    /// The URL at which it was found, after redirects.
    pub url: Url,
}

/// The error that prevented a document from being fetched. The texts contain no query: it may contain a secret.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The HTTP client cannot be created.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is no response, or it ended early.
    #[error("cannot fetch {place}: {reason}")]
    NoResponse {
        /// The URL without its query.
        place: String,
        /// The reason.
        reason: String,
    },
    /// The response is not a success.
    #[error("cannot fetch {place}: HTTP {status}")]
    Status {
        /// The URL without its query.
        place: String,
        /// The HTTP status.
        status: u16,
    },
    /// The document is larger than allowed.
    #[error("{place} is larger than {limit} bytes")]
    TooLarge {
        /// The URL without its query.
        place: String,
        /// The limit, in bytes.
        limit: usize,
    },
}

/// Fetches a document of at most `limit` bytes by `http` or `https`. At most five redirects are followed, the proxy of
/// the environment is used, and no credentials are sent.
///
/// # Errors
/// If there is no successful response within a minute, or the document is too large.
pub async fn fetch(url: &Url, limit: usize) -> Result<Fetched, FetchError> {
    let options = ClientOptions::default();
    let tls = TlsSettings::new(&options)?.config()?.as_ref().clone();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(options.user_agent)
        .redirect(reqwest::redirect::Policy::limited(MAX_REDIRECTS))
        .referer(false)
        .connect_timeout(options.limits.connect)
        .timeout(FETCH_TIMEOUT)
        .build()
        .map_err(|error| ClientError::Setup(error::root(&error)))?;
    let place = place(url);
    let lost = |error: &(dyn Error + 'static)| FetchError::NoResponse {
        place: place.clone(),
        reason: error::root(error),
    };
    // Errors of reqwest itself quote the URL; their causes do not.
    let mut response = client.get(url.clone()).send().await.map_err(|error| lost(&error.without_url()))?;
    if !response.status().is_success() {
        return Err(FetchError::Status { place, status: response.status().as_u16() });
    }
    let media_type = response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| MediaType::parse(value.to_str().ok()?));
    let found = response.url().clone();
    let mut bytes = BytesMut::new();
    while let Some(piece) = response.chunk().await.map_err(|error| lost(&error.without_url()))? {
        if bytes.len() + piece.len() > limit {
            return Err(FetchError::TooLarge { place, limit });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Fetched { bytes: bytes.freeze(), media_type, url: found })
}

/// A URL without its query and its user.
fn place(url: &Url) -> String {
    let mut place = url.clone();
    place.set_query(None);
    place.set_fragment(None);
    // A URL without a host has neither.
    let _ = place.set_username("");
    let _ = place.set_password(None);
    place.to_string()
}
