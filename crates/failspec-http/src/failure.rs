//! The reason why a request has no response head.

use std::{error::Error, io};

use super::ClientError;

/// The error of a request without a response head.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// No connection was established, or the proxy opened no tunnel.
    #[error("no connection")]
    Connect(#[source] Box<dyn Error + Send + Sync>),
    /// Establishing the connection took longer than the limit.
    #[error("connecting took too long")]
    ConnectTimeout,
    /// TLS failed.
    #[error("no TLS connection")]
    Tls(#[source] io::Error),
    /// A setting for TLS cannot be applied.
    #[error("TLS cannot be set up")]
    Setup(#[source] ClientError),
    /// The connection ended or was no HTTP.
    #[error("no response")]
    Exchange {
        /// The error of the HTTP library.
        #[source]
        error: hyper::Error,
        /// The knowledge about the request.
        sent: Sent,
    },
}

/// The knowledge about a request without a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing of it was written, or the server said that it did not process it (HTTP/2: GOAWAY, REFUSED_STREAM): it
    /// can be sent again, whatever its method (RFC 9113, section 8.7).
    NotProcessed,
    /// It was written on a connection that was used before, and which then ended without any part of a response: it may
    /// not have reached the server.
    OnReused,
    /// A part of it could not be written.
    InPart,
    /// It was written whole.
    Whole,
}

impl Failure {
    pub(super) fn sent(&self) -> Option<Sent> {
        match self {
            Self::Exchange { sent, .. } => Some(*sent),
            _ => None,
        }
    }
}
