//! Converts errors of the HTTP libraries to [`TransportError`].

use std::{error::Error, io};

use rustls::InvalidMessage;

use super::{
    Limits, Phase, TransportError,
    failure::{Failure, Sent},
};

/// Converts the error of a request that got no response head.
pub(super) fn no_response(failure: &Failure, address: String, limits: &Limits) -> TransportError {
    let timed_out = || TransportError::Timeout { phase: Phase::Connect, limit: limits.connect };
    match failure {
        Failure::ConnectTimeout => timed_out(),
        Failure::Connect(error) if is_timeout(&**error) => timed_out(),
        Failure::Connect(error) => TransportError::Connect { address, reason: root(&**error) },
        Failure::Tls(error) => {
            let plain = causes(error).any(|cause| cause.downcast_ref().is_some_and(is_no_tls));
            let hint = if plain { "; the server there may use plain HTTP, without TLS" } else { "" };
            TransportError::Tls { address, reason: root(error) + hint }
        }
        Failure::Setup(error) => TransportError::Tls { address, reason: root(error) },
        Failure::Exchange { error, .. } if error.is_parse() || is_unexpected(error) => {
            TransportError::Malformed { reason: malformation(error, limits) }
        }
        Failure::Exchange { error, sent: Sent::OnReused } => TransportError::Closed {
            reason: format!(
                "{}; the connection was reused and may have been closed before the request arrived",
                root(error)
            ),
            request_written: true,
        },
        Failure::Exchange { error, sent } => {
            TransportError::Closed { reason: root(error), request_written: *sent == Sent::Whole }
        }
    }
}

/// Returns the innermost cause in one line. The outer ones ("connection error", "tcp connect
/// error") add nothing.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let text = causes(error)
        .last()
        .map_or_else(|| "the HTTP client gave no reason".to_owned(), |cause| cause.to_string());
    // "Connection refused (os error 111)": the number differs between systems, the text is sufficient.
    let text = match text.rfind(" (os error ") {
        Some(end) if text.ends_with(')') => &text[..end],
        _ => &text,
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Iterates over the causes of an error of the client. [`io::Error::source`] skips the error that it wraps, and TLS
/// errors are wrapped in this way.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn below<'a>(cause: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let cause: &'a (dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => cause.source(),
        }
    }
    std::iter::successors(Some(error), below)
}

/// Returns true if the received bytes do not begin like TLS.
fn is_no_tls(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType))
}

/// Returns true if a timeout expired: that of one address, or that of the operating system.
fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    let late = |io: &io::Error| io.kind() == io::ErrorKind::TimedOut;
    causes(error).any(|cause| cause.downcast_ref().is_some_and(late))
}

/// Describes what is wrong with a head. hyper returns the same error for a head that is too large and for one with
/// too many headers.
fn malformation(cause: &hyper::Error, limits: &Limits) -> String {
    match cause.to_string() {
        text if text == "message head is too large" => {
            format!("its head has more than {} headers, or is larger than 408 KiB", limits.headers)
        }
        text => text,
    }
}

/// Returns true if bytes were received on a connection that waits for no response. hyper has no method to detect this
/// kind of error.
pub(super) fn is_unexpected(error: &hyper::Error) -> bool {
    error.to_string() == "received unexpected message from connection"
}
