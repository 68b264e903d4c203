//! An undocumented error of the server.

use failspec_pack::{
    openapi::{Response, ResponseStatus},
    pack::{Contract, Failure, Provenance, Scenario},
};

use super::{
    case_log::Observed,
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
the correct response to a method that the server does not know; where it comes to a request that may be refused, and nobody \
documents it, it is a warning, and so is 505.) If the failure is documented for this fault, \
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
    vec![broken(subject.contract, "a rejection", status)]
}

/// Returns true if a status says that the server broke. 501 is the correct response to a method that the server does not
/// know, and 505 to a version of HTTP.
pub fn is_server_error(status: u16) -> bool {
    matches!(status, 500 | 502..=504 | 506..600)
}

/// Returns true for a status of the class 5xx that says that the server cannot do what is asked, and not that it broke.
fn is_unsupported(status: u16) -> bool {
    matches!(status, 501 | 505)
}

/// Returns the finding that a request broke the server.
pub(super) fn broken(contract: &Contract, expected: &str, status: u16) -> Finding {
    let rest = match documented(contract, status) {
        Some(failure) => format!("which is documented (`{}`), but not for this request", failure.id),
        None => "which is no documented failure".to_owned(),
    };
    Finding::new(CHECK.id, Provenance::Documented, expected, format!("HTTP {status}"))
        .saying(format!("the request broke the server: HTTP {status}, {rest}"))
}

/// Returns the finding that a request which may be refused got a status that says that the server cannot do it at all. A
/// refusal says what is wrong with the request; so this is named, and no violation.
pub(super) fn unsupported(contract: &Contract, scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let record = observed.records.get(observed.judged)?;
    let status = record.exchange.result.as_ref().ok()?.status;
    let request = &record.exchange.request;
    let against = observed.against.as_ref();
    let operation = against.and_then(|it| it.operation(&request.method, request.url.path()));
    let is_declared =
        operation.is_some_and(|it| declares(&it.responses, status)) || documented(contract, status).is_some();
    let is_named = scenario.may_be_refused && is_unsupported(status) && !is_declared;
    is_named.then(|| {
        Finding::new(CHECK.id, Provenance::Inferred, "no server error", format!("HTTP {status}")).saying(
            format!(
                "the request got HTTP {status}, which says that the server does not support it, and not what is wrong with it"
            ),
        )
    })
}

/// Returns a failure with this status that the publisher documents.
fn documented(contract: &Contract, status: u16) -> Option<&Failure> {
    contract.failures.iter().find(|failure| failure.source.is_binding() && failure.allows_status(status))
}

/// Returns true if a document names exactly this status.
fn declares(responses: &[Response], status: u16) -> bool {
    responses.iter().any(|response| response.status == ResponseStatus::Exactly(status))
}
