//! What is sent, and what may be shown of it.

use bytes::Bytes;

/// A request, ready to be sent.
///
/// Each part that can hold a secret or a generated value is there twice: as it goes out, and as it may be
/// shown (template holes that are secret replaced by a placeholder).
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, as written.
    pub method: String,
    /// The absolute URL that is requested.
    pub url: url::Url,
    /// The URL as it may be shown.
    pub shown_url: String,
    /// Headers in the order in which they go out.
    pub headers: Vec<Header>,
    /// The body, if there is one.
    pub body: Option<Body>,
}

/// One header of a request.
#[derive(Debug, Clone)]
pub struct Header {
    /// The name, as written.
    pub name: String,
    /// The value that goes out.
    pub value: String,
    /// The value as it may be shown.
    pub shown: String,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub struct Body {
    /// The bytes that go out, exactly.
    pub bytes: Bytes,
    /// The body as it may be shown: text, or length and digest where it was generated or is not text.
    pub shown: String,
}
