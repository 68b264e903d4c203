//! Responses of an API.

use std::time::Duration;

use serde_json::Value;

/// An HTTP response before it is sent.
///
/// It is deliberately plain, because a mutant must be able to make it wrong in every way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The header names and values in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// The time that the server waits before it sends the response. The API itself never blocks.
    pub delay: Duration,
}

impl Response {
    /// Creates a response without headers and body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO }
    }

    /// Creates a response with `Content-Type: application/json`.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        let mut response = Self::empty(status).with_header("Content-Type", "application/json");
        response.body = body.to_string().into_bytes();
        response
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Replaces every value of a header with one value.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.remove_header(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Removes every value of a header.
    pub fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Returns the body as JSON, if it is JSON.
    #[must_use]
    pub fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Replaces the body with a JSON document; the headers stay.
    pub fn set_document(&mut self, document: &Value) {
        self.body = document.to_string().into_bytes();
    }
}
