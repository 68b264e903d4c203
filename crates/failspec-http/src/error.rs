//! Converts errors of the HTTP libraries to [`TransportError`].

use std::{error::Error, io};

use hyper_util::client::legacy;
use rustls::InvalidMessage;
use tower::timeout::error::Elapsed;

use super::{ClientError, Limits, Phase, TransportError, http1_pool::ConnectionLost};

/// Converts the error of a request that got no response head.
pub(super) fn no_response(
    error: &(dyn Error + Send + Sync + 'static),
    address: String,
    limits: &Limits,
) -> TransportError {
    let chain: Vec<_> = causes(error).collect();
    if chain.iter().any(|cause| cause.is::<rustls::Error>() || cause.is::<ClientError>()) {
        let plain = chain.iter().any(|cause| cause.downcast_ref().is_some_and(is_no_tls));
        let hint = if plain { "; the server there may use plain HTTP, without TLS" } else { "" };
        return TransportError::Tls { address, reason: root(error) + hint };
    }
    if chain.iter().any(|cause| cause.downcast_ref().is_some_and(legacy::Error::is_connect)) {
        if is_timeout(error, &chain) {
            return TransportError::Timeout { phase: Phase::Connect, limit: limits.connect };
        }
        return TransportError::Connect { address, reason: root(error) };
    }
    let malformed = chain
        .iter()
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .find(|cause| cause.is_parse() || is_unexpected(cause));
    match malformed {
        Some(cause) => TransportError::Malformed { reason: malformation(cause, limits) },
        None if error.is::<ConnectionLost>() => TransportError::Closed {
            reason: format!(
                "{}; the connection was reused and may have been closed before the request arrived",
                root(error)
            ),
        },
        None => TransportError::Closed { reason: root(error) },
    }
}

/// Returns the innermost cause in one line. The outer ones ("error sending request", "client error (Connect)") add
/// nothing, and the outermost error of reqwest contains the URL with any secrets in it.
pub(super) fn root(error: &(dyn Error + Send + Sync + 'static)) -> String {
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
fn causes<'a>(
    error: &'a (dyn Error + Send + Sync + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn below<'a>(cause: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        let cause: &'a (dyn Error + 'static) = *cause;
        match cause.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as _),
            None => cause.source(),
        }
    }
    let first = if error.is::<reqwest::Error>() { error.source() } else { Some(error as _) };
    std::iter::successors(first, below)
}

/// Returns true if the received bytes do not begin like TLS.
fn is_no_tls(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType))
}

/// Returns true if a timeout expired: that of the connection as a whole, that of one address, or that of the
/// operating system.
fn is_timeout(error: &(dyn Error + Send + Sync + 'static), chain: &[&(dyn Error + 'static)]) -> bool {
    let late = |io: &io::Error| io.kind() == io::ErrorKind::TimedOut;
    error.downcast_ref().is_some_and(reqwest::Error::is_timeout)
        || chain.iter().any(|cause| cause.is::<Elapsed>() || cause.downcast_ref().is_some_and(late))
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
fn is_unexpected(error: &hyper::Error) -> bool {
    error.to_string() == "received unexpected message from connection"
}
