//! A request, as the mock received it.

use bytes::Bytes;

/// A request to the mock.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query, percent-encoded.
    pub query: Option<String>,
    /// The header lines, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// Iterates over the values of all header lines with this name.
    pub fn header_lines<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let own = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }
}
