//! A response of the mock.

use serde_json::Value;

/// A response of the mock.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Content,
}

/// The body of a response.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// No body.
    Nothing,
    /// A JSON body.
    Json(Value),
    /// A text.
    Text(String),
}

impl Response {
    /// Creates a response without headers.
    pub(crate) fn new(status: u16, body: Content) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// Returns the value of the first header line with this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let own = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }

    /// Adds a header line unless there is one with this name.
    pub(crate) fn add_header(&mut self, name: &str, value: impl Into<String>) {
        if self.header(name).is_none() {
            self.headers.push((name.to_owned(), value.into()));
        }
    }

    /// Returns the body as it is sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Content::Nothing => Vec::new(),
            Content::Json(value) => value.to_string().into_bytes(),
            Content::Text(text) => text.clone().into_bytes(),
        }
    }
}
