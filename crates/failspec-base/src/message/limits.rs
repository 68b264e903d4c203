//! Limits on the resources that a response may use. A response is hostile input until it has been parsed.

use std::time::Duration;

/// Limits of one exchange.
///
/// Each limit applies to one request. None of them is ever switched off, because one endless response would otherwise
/// block a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Timeout for establishing a connection: name lookup, TCP, TLS and a proxy's tunnel together.
    ///
    /// Default 10 s: a TCP handshake that lost two packets still fits (retransmissions after 1 s and 3 s).
    pub connect: Duration,
    /// Timeout from handing over the request until the head of the response is complete. Connecting and sending the
    /// request's body are included.
    ///
    /// Default 30 s: the usual timeout of gateways is 60 s or less; tests of upstream timeouts that wait longer raise
    /// it.
    pub first_byte: Duration,
    /// Timeout from handing over the request until the last byte of the body.
    ///
    /// Default 60 s: limits the cost of a body that trickles in.
    pub total: Duration,
    /// Maximum size of the body in bytes *after* content decoding. Reading stops there, so that a small compressed
    /// body cannot become a large one in memory.
    ///
    /// Default 8 MiB: error responses are a few KiB; a control that returns a list may be larger.
    pub body: usize,
    /// Maximum size of the response's head in bytes, counted as the sum of all names and values plus four bytes for
    /// each header.
    ///
    /// Default 256 KiB. Over HTTP/2 it is also sent to the server (`SETTINGS_MAX_HEADER_LIST_SIZE`). On HTTP/1 hyper
    /// itself fails when a head does not fit into about 408 KiB; this limit can be lowered here but not raised.
    pub head: usize,
    /// Maximum number of headers in the response, each line counted.
    ///
    /// Default 100, hyper's own default for HTTP/1 (it reserves space for them on the stack; larger numbers cost an
    /// allocation for each response). Over HTTP/2 it is checked when the head is complete.
    pub headers: usize,
}

impl Limits {
    /// Returns the limits for a response whose head may take this long, if that is longer. The time for the body stays.
    #[must_use]
    pub fn with_first_byte(self, first_byte: Option<Duration>) -> Self {
        let first_byte = first_byte.unwrap_or_default().max(self.first_byte);
        let more = first_byte - self.first_byte;
        Self { first_byte, total: self.total.saturating_add(more), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(30),
            total: Duration::from_secs(60),
            body: 8 * 1024 * 1024,
            head: 256 * 1024,
            headers: 100,
        }
    }
}
