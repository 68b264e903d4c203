//! One request and what came of it.

use std::{fmt, time::Duration};

use super::{Request, RequestError, Response};

/// One request and the response as observed.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// What came back, or why there is nothing that could be judged.
    pub result: Result<Response, TransportError>,
    /// From the first attempt to send until the end of the response (or the giving up).
    pub elapsed: Duration,
}

/// Why an exchange has no response that could be judged.
///
/// The texts are one line each and name neither the URL's path nor its query: both may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request cannot be expressed in HTTP, or not by this client. Nothing was sent.
    #[error("the request cannot be sent: {0}")]
    Unsendable(#[from] RequestError),
    /// No connection was made. A name that cannot be resolved is this, too.
    #[error("no connection to {address}: {reason}")]
    Connect {
        /// Host and port that were tried.
        address: String,
        /// What the operating system said.
        reason: String,
    },
    /// There was a connection, but TLS failed: a certificate, a version, or no TLS at all on the other side.
    #[error("no TLS connection to {address}: {reason}")]
    Tls {
        /// Host and port that were tried.
        address: String,
        /// What the TLS library said.
        reason: String,
    },
    /// A bound of [`Limits`](super::Limits) on time was reached.
    #[error("{phase} took longer than {limit:?}")]
    Timeout {
        /// What was being waited for.
        phase: Phase,
        /// The bound that was reached.
        limit: Duration,
    },
    /// What came back is not HTTP, or its head is malformed or larger than [`Limits`](super::Limits) allow.
    #[error("the response is not well-formed HTTP: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The connection ended before the head of a response was complete.
    #[error("the connection ended before there was a response: {reason}")]
    Closed {
        /// How it ended.
        reason: String,
    },
    /// The body, after content decoding, is larger than [`Limits::body`](super::Limits::body).
    #[error("the body of the response is larger than {limit} bytes")]
    BodyTooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
}

/// What an exchange was waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A connection: name lookup, TCP, TLS.
    Connect,
    /// The head of the response.
    Head,
    /// The rest of the body.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Head => "waiting for a response",
            Self::Body => "reading the body",
        })
    }
}
