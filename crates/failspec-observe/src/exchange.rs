//! Recorded exchanges, as all readers give them.

use bytes::Bytes;

/// One request of a recording, and its response.
#[derive(Debug, Clone, Default)]
pub struct RecordedExchange {
    /// Its number in the recording, from 1.
    pub entry: u64,
    /// When it was sent, as the recording has it.
    pub started: Option<String>,
    /// Time from sending to the end of the response, in milliseconds; 0 if it is not known.
    pub ms: f64,
    /// The request.
    pub request: RecordedRequest,
    /// The response; `None` if none came.
    pub response: Option<RecordedResponse>,
    /// True if the client took the response from its cache.
    pub is_cached: bool,
    /// True if the connection became a WebSocket.
    pub is_upgraded: bool,
}

/// A recorded request.
#[derive(Debug, Clone, Default)]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The absolute URL.
    pub url: String,
    /// The headers in order, without those that begin with `:`.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none, or if the recording does not have it.
    pub body: Bytes,
}

/// A recorded response.
#[derive(Debug, Clone, Default)]
pub struct RecordedResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers in order, without those that begin with `:`.
    pub headers: Vec<(String, String)>,
    /// The body after content decoding.
    pub body: RecordedBody,
}

/// The body of a recorded response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedBody {
    /// All of it; empty if there was none.
    Whole(Bytes),
    /// The recording does not have it.
    Absent,
    /// The recording has only a part of it.
    Truncated,
    /// It was too large to be kept.
    TooLarge,
    /// It has a content coding that is not read here.
    Encoded,
}

impl Default for RecordedBody {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl RecordedRequest {
    /// Returns the value of the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

impl RecordedResponse {
    /// Returns the value of the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
