//! What a response may cost us. A response is hostile input until it has been read.

use std::time::Duration;

/// The bounds of one exchange.
///
/// Each bound holds for one request; none of them is ever switched off, because one endless response would
/// otherwise hang a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time for making a connection: name lookup, TCP, TLS and a proxy's tunnel together.
    ///
    /// Default 10 s: a TCP handshake that lost two packets still fits (retransmissions after 1 s and 3 s).
    pub connect: Duration,
    /// Time from handing over the request until the head of the response is complete. Connecting and
    /// sending the request's body are part of it.
    ///
    /// Default 30 s: the usual patience of gateways is 60 s and less; tests of upstream time-outs that wait
    /// for longer raise it.
    pub first_byte: Duration,
    /// Time from handing over the request until the last byte of the body.
    ///
    /// Default 60 s: bounds what a body that trickles in can cost.
    pub total: Duration,
    /// Size of the body in bytes *after* content decoding. Reading stops there, so that a small compressed
    /// body cannot become a large one in memory.
    ///
    /// Default 8 MiB: error responses are a few KiB; a control that lists things may be larger.
    pub body: usize,
    /// Size of the response's head in bytes, counted as the sum of all names and values and four bytes for
    /// each header.
    ///
    /// Default 256 KiB. Over HTTP/2 it is also told to the server (`SETTINGS_MAX_HEADER_LIST_SIZE`). On
    /// HTTP/1 hyper itself gives up when a head does not fit into about 408 KiB, which can be lowered here
    /// but not raised.
    pub head: usize,
    /// Number of headers in the response, each line counted.
    ///
    /// Default 100, hyper's own default for HTTP/1 (it reserves space for them on the stack; larger numbers
    /// cost an allocation for each response). Over HTTP/2 it is checked once the head is there.
    pub headers: usize,
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
