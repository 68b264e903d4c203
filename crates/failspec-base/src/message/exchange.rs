//! Exchanges: one request and its result.

use std::{fmt, time::Duration};

use super::{Request, RequestError, Response};

/// One request and the response as observed.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request that was sent.
    pub request: Request,
    /// The response, or the reason why there is none that can be judged.
    pub result: Result<Response, TransportError>,
    /// Time from the first attempt to send until the end of the response, or until the attempt was abandoned.
    pub elapsed: Duration,
    /// The connection on which the response arrived. `None` without a response, and over HTTP/2.
    pub connection: Option<ConnectionUse>,
    /// True if the request was sent twice: the first connection, which was used before, ended without a response.
    pub resent: bool,
}

/// One use of an HTTP/1.1 connection. Bytes that a server sends beyond a response look like the response to the next
/// request on the same connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionUse {
    /// Number of the connection, unique in the process.
    pub connection: u64,
    /// Number of exchanges on it before this one. The first response on a connection is never in doubt.
    pub earlier: usize,
}

/// Reason why an exchange has no response that can be judged.
///
/// The texts are one line each and contain neither the path nor the query of the URL: both may contain secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request cannot be expressed in HTTP, or cannot be sent by this client. Nothing was sent.
    #[error("the request cannot be sent: {0}")]
    Unsendable(#[from] RequestError),
    /// The target is read-only, and the method may change something. Nothing was sent.
    #[error("not sent: the target is read-only, and {method} may change something")]
    ReadOnly {
        /// The method.
        method: String,
    },
    /// The request names another host than that of its URL, and the target does not allow it. Nothing was sent.
    #[error("not sent: its `Host` is not that of the target, and `hosts` of the target does not list it")]
    OtherHost,
    /// No connection was established. A name that cannot be resolved is reported as this error, too.
    #[error("no connection to {address}: {reason}")]
    Connect {
        /// Host and port of the attempt.
        address: String,
        /// The error of the operating system.
        reason: String,
    },
    /// A connection was established, but TLS failed: a certificate, a version, or no TLS on the other side.
    #[error("no TLS connection to {address}: {reason}")]
    Tls {
        /// Host and port of the attempt.
        address: String,
        /// The error of the TLS library.
        reason: String,
    },
    /// A timeout of [`Limits`](super::Limits) expired.
    #[error("{phase} took longer than {limit:?}")]
    Timeout {
        /// The phase that timed out.
        phase: Phase,
        /// The timeout.
        limit: Duration,
    },
    /// The received bytes are not HTTP, or the head is malformed or larger than [`Limits`](super::Limits) allow.
    #[error("the response is not well-formed HTTP: {reason}")]
    Malformed {
        /// The defect.
        reason: String,
    },
    /// The connection ended before the head of a response was complete.
    #[error("the connection ended before there was a response: {reason}")]
    Closed {
        /// The way in which it ended.
        reason: String,
        /// True if the request was written whole. A server may refuse a large body and close the connection.
        request_written: bool,
    },
    /// The body, after content decoding, is larger than [`Limits::body`](super::Limits::body).
    #[error("the body of the response is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// Phase of an exchange that can time out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Connecting: name lookup, TCP, TLS.
    Connect,
    /// Waiting for the head of the response.
    Head,
    /// Reading the rest of the body.
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
