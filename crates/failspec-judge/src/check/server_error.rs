//! An undocumented error of the server.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    subject::{Subject, is_of_document},
};

pub(super) static CHECK: Check = Check {
    id: "server-error",
    summary: "a request that should be rejected does not break the server",
    source: "status 5xx: the server is at fault, whatever the request (RFC 9110, section 15.6)",
    text: "The request got a 5xx status that is no documented failure. That this fault means the failure under \
test is only inferred, so another rejection would be no violation; but no request may break a server. (501 is \
the correct response to a method that the server does not know.) If the failure is documented for this fault, \
the checks `status` and `unrecognized-response` report it. A request that `expect: no_server_error` allows to be \
refused, and one that an OpenAPI document allows, may not break the server either.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let status = subject.response().status;
    let is_undocumented = match &subject.identity {
        Identity::Undocumented(_) | Identity::Unidentified => true,
        // That an OpenAPI document declares 500 excuses no request that breaks the server.
        Identity::Other(_) => is_of_document(subject.contract, subject.scenario),
        _ => false,
    };
    let is_broken = is_server_error(status);
    let is_inferred = !subject.scenario.source.is_binding() || !subject.triggered.source.is_binding();
    if !(is_undocumented && is_broken && is_inferred) {
        return Vec::new();
    }
    vec![broken("a rejection", status)]
}

/// Returns true if a status says that the server broke. 501 is the correct response to a method that the server does not
/// know, and 505 to a version of HTTP.
pub fn is_server_error(status: u16) -> bool {
    matches!(status, 500 | 502..=504 | 506..600)
}

/// Returns the finding that a request broke the server.
pub(super) fn broken(expected: &str, status: u16) -> Finding {
    Finding::new(CHECK.id, Provenance::Documented, expected, format!("HTTP {status}"))
        .saying(format!("the request broke the server: HTTP {status}, which is no documented failure"))
}
