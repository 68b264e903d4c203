//! Requests to an API.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use serde_json::Value;

/// An HTTP request, reduced to the parts that an API needs.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method as it was sent; it is case-sensitive (RFC 9110, 9.1).
    pub method: String,
    /// The path as it was sent, including percent-encodings and empty segments.
    pub path: String,
    /// The part after the `?` as it was sent; `None` without a `?`.
    pub query: Option<String>,
    /// The header names and values in the order in which they were sent. Bytes that are not UTF-8 were replaced.
    pub headers: Vec<(String, String)>,
    /// The body. The server passes on at most its cap plus one byte.
    pub body: Bytes,
    /// The address of the client.
    pub remote: IpAddr,
}

impl Request {
    /// Creates a request from the local machine without headers and body; `target` is a path with an optional query.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query,
            headers: Vec::new(),
            body: Bytes::new(),
            remote: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `Authorization: Bearer …`.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_header("Authorization", &format!("Bearer {token}"))
    }

    /// Sets the body, byte for byte.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body and its media type.
    #[must_use]
    pub fn with_json(self, body: &Value) -> Self {
        self.with_header("Content-Type", "application/json").with_body(body.to_string())
    }

    /// Sets the address of the client.
    #[must_use]
    pub fn from_remote(mut self, remote: IpAddr) -> Self {
        self.remote = remote;
        self
    }

    /// Returns every value of a header, in the order in which they were sent.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the token of `Authorization: Bearer …` (RFC 6750, 2.1), if there is exactly one such header.
    ///
    /// Two `Authorization` headers contradict each other, so they count as none.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let mut values = self.headers("authorization");
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    }
}
