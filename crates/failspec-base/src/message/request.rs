//! Requests: the parts that are sent, and the forms in which they may be shown.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    Method, Uri,
    header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING},
};

use super::trace::TraceHeaders;
use crate::secret::RedactedText;

/// A request, ready to be sent.
///
/// Each part that can contain a secret or a generated value is stored twice: as it is sent, and as it may be shown
/// (with a marker in place of each secret). `Debug` prints the latter.
#[derive(Clone)]
pub struct Request {
    /// The method, as written.
    pub method: String,
    /// The absolute URL that is requested.
    pub url: url::Url,
    /// The URL as it may be shown.
    pub shown_url: RedactedText,
    /// Headers in the order in which they are sent. The names of HTTP/1 are sent in lower case, and headers with the
    /// same name together, which has the same meaning (RFC 9110, sections 5.1 and 5.3).
    pub headers: Vec<Header>,
    /// Names of headers that must not be sent, although a client would add them by itself.
    pub suppressed: Vec<String>,
    /// The body, if there is one.
    pub body: Option<Body>,
    /// The headers of its trace: sent like the others, but no part of what is tested.
    pub trace: Option<Box<TraceHeaders>>,
    /// How long its response may take at least, if that is longer than the limit of the client
    /// ([`Limits::first_byte`](super::Limits::first_byte)): a documented deadline.
    pub first_byte: Option<Duration>,
    /// How far a response is read that is a stream; `None` if it is not read as one.
    pub stream: Option<StreamEnd>,
    /// True if it is sent on a connection of its own.
    pub own_connection: bool,
    /// A pause while the body is sent.
    pub pause: Option<BodyPause>,
}

/// A pause while a body is sent: an extension of the requests that HTTP clients take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyPause {
    /// The number of bytes that are sent before it; at least the last one comes after it.
    pub after: usize,
    /// Its length.
    pub pause: Duration,
    /// True if the rest is never sent: after the pause, the sending side is closed.
    pub cut: bool,
}

/// Tells of the beginning of a body if it has what is waited for.
pub type HasArrived = dyn Fn(&[u8]) -> bool + Send + Sync;

/// The end of what is read of a response that is a stream: it may stay open for hours.
#[derive(Clone)]
pub struct StreamEnd {
    /// Maximum time from the first byte of the response.
    pub within: Duration,
    /// Returns true for a body that has what was waited for.
    pub has_arrived: Arc<HasArrived>,
}

impl fmt::Debug for StreamEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamEnd").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Request {
    /// Creates a request without headers and body; its URL may be shown as it is.
    pub fn new(method: impl Into<String>, url: url::Url) -> Self {
        Self {
            method: method.into(),
            shown_url: url.as_str().into(),
            url,
            headers: Vec::new(),
            suppressed: Vec::new(),
            body: None,
            trace: None,
            first_byte: None,
            stream: None,
            own_connection: false,
            pause: None,
        }
    }
}

impl Header {
    /// Creates a header that may be shown as it is sent.
    pub fn open(name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { name: name.into(), shown: RedactedText::from(value.as_str()), value }
    }
}

/// One header of a request.
#[derive(Clone)]
pub struct Header {
    /// The name, as written.
    pub name: String,
    /// The value that is sent.
    pub value: String,
    /// The value as it may be shown.
    pub shown: RedactedText,
}

/// The body of a request.
#[derive(Clone)]
pub struct Body {
    /// The exact bytes that are sent.
    pub bytes: Bytes,
    /// The body as it may be shown: text, or length and digest if it was generated or is not text.
    pub shown: RedactedText,
}

/// Headers that a client must not add to a request by itself: an extension of the requests that HTTP clients take.
#[derive(Debug, Clone, Default)]
pub struct Suppressed(pub Vec<HeaderName>);

/// Reason why a request cannot be sent as it is written.
///
/// A value never appears here, because it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not a token (RFC 9110, section 9.1).
    #[error("{0:?} is not an HTTP method")]
    Method(String),
    /// `CONNECT` requests a tunnel; what the server sent back would not be a response.
    #[error("CONNECT opens a tunnel and cannot be tested")]
    Connect,
    /// Not a token (RFC 9110, section 5.1).
    #[error("{0:?} is not a header name")]
    HeaderName(String),
    /// The value contains a line break, a NUL or another control character (RFC 9110, section 5.5).
    #[error("the value of the header {0:?} contains a line break or another control character")]
    HeaderValue(String),
    /// More headers than the library supports.
    #[error("there are more headers than can be sent")]
    TooManyHeaders,
    /// A `Content-Length` that differs from the length of the body. The connection could not be reused, and the
    /// server would wait for bytes that never arrive.
    #[error("Content-Length does not match the body of {actual} bytes")]
    ContentLength {
        /// The length of the body, in bytes.
        actual: usize,
    },
    /// A `Transfer-Encoding` other than `chunked` with a body and without `Content-Length`.
    #[error("Transfer-Encoding may only be \"chunked\", with a body and without Content-Length")]
    TransferEncoding,
    /// A scheme other than `http` and `https`.
    #[error("{0:?} is not http or https")]
    Scheme(String),
    /// User name or password in the URL, which would not be sent.
    #[error("the URL contains a user name or a password")]
    Credentials,
    /// The URL cannot be put into a request line: it is too long, or contains characters that RFC 3986 does not
    /// permit.
    #[error("the URL cannot be sent: {0}")]
    Url(String),
}

impl Request {
    /// Checks that this request can be sent exactly as it is written.
    ///
    /// # Errors
    /// The first reason why it cannot.
    pub fn validate(&self) -> Result<(), RequestError> {
        self.uri()?;
        self.http_method()?;
        self.header_map().map(drop)
    }

    /// Converts the request to the type that HTTP clients take. The body is shared, not copied.
    ///
    /// # Errors
    /// The first reason why it cannot be sent.
    pub fn to_http(&self) -> Result<http::Request<Bytes>, RequestError> {
        let mut outgoing =
            http::Request::new(self.body.as_ref().map(|body| body.bytes.clone()).unwrap_or_default());
        *outgoing.uri_mut() = self.uri()?;
        *outgoing.method_mut() = self.http_method()?;
        *outgoing.headers_mut() = self.header_map()?;
        let names = self.suppressed.iter().filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok());
        outgoing.extensions_mut().insert(Suppressed(names.collect()));
        if let Some(pause) = self.pause {
            outgoing.extensions_mut().insert(pause);
        }
        Ok(outgoing)
    }

    fn http_method(&self) -> Result<Method, RequestError> {
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| RequestError::Method(self.method.clone()))?;
        if method == Method::CONNECT {
            return Err(RequestError::Connect);
        }
        Ok(method)
    }

    fn uri(&self) -> Result<Uri, RequestError> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(RequestError::Scheme(self.url.scheme().to_owned()));
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Err(RequestError::Credentials);
        }
        self.url.as_str().parse().map_err(|error: http::uri::InvalidUri| RequestError::Url(error.to_string()))
    }

    fn header_map(&self) -> Result<HeaderMap, RequestError> {
        // `HeaderMap` panics beyond 32,768 entries; `try_append` reports it.
        let mut map = HeaderMap::new();
        for Header { name, value, shown } in &self.headers {
            let known = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| RequestError::HeaderName(name.clone()))?;
            let mut sent = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| RequestError::HeaderValue(name.clone()))?;
            // Keeps the value out of HTTP/2's compression tables (RFC 7541, section 7.1.3).
            sent.set_sensitive(!shown.is_plain());
            map.try_append(known, sent).map_err(|_| RequestError::TooManyHeaders)?;
        }
        for (name, value) in self.trace.iter().flat_map(|trace| trace.headers()) {
            let known = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| RequestError::HeaderName(name.to_owned()))?;
            let value =
                HeaderValue::from_str(value).map_err(|_| RequestError::HeaderValue(name.to_owned()))?;
            map.try_append(known, value).map_err(|_| RequestError::TooManyHeaders)?;
        }
        self.frame(&mut map)?;
        Ok(map)
    }

    /// Checks that `Content-Length` and `Transfer-Encoding` match the body, and adds `Content-Length: 0` if it is
    /// needed.
    fn frame(&self, map: &mut HeaderMap) -> Result<(), RequestError> {
        let actual = self.body.as_ref().map_or(0, |body| body.bytes.len());
        let mut lengths = map.get_all(CONTENT_LENGTH).iter();
        if lengths.any(|given| given.as_bytes() != actual.to_string().as_bytes()) {
            return Err(RequestError::ContentLength { actual });
        }
        if let Some(coding) = map.get(TRANSFER_ENCODING) {
            let only = map.get_all(TRANSFER_ENCODING).iter().count() == 1;
            let chunked = coding.as_bytes().eq_ignore_ascii_case(b"chunked");
            if !only || !chunked || actual == 0 || map.contains_key(CONTENT_LENGTH) {
                return Err(RequestError::TransferEncoding);
            }
            return Ok(());
        }
        // RFC 9110, section 8.6: a request with a method that anticipates content has `Content-Length` even if the
        // body is empty. hyper adds none for an empty body.
        let anticipated = matches!(self.method.as_str(), "POST" | "PUT" | "PATCH");
        if actual == 0 && (self.body.is_some() || anticipated) {
            map.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.shown_url.to_string())
            .field("headers", &self.headers)
            .field("body", &self.body)
            .finish()
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {:?}", self.name, self.shown.to_string())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown.to_string())
    }
}
