//! The expectation of a scenario without a fault: a success, or anything but a server error.

use failspec_pack::{
    openapi::{Response, ResponseStatus},
    pack::{Contract, Provenance, Scenario},
};

use super::{
    case_log::{Observed, UnmetSuccess},
    definition::{Check, When},
    finding::Finding,
    server_error::broken,
    subject::is_of_document,
};

pub(super) static CHECK: Check = Check {
    id: "success",
    summary: "a request that must succeed does",
    source: "`expect: success` of a scenario",
    text: "The scenario has no fault: it says that this request must succeed, and perhaps with which status, headers and \
body. Such a case keeps an API from rejecting what the documentation allows, such as the shortest valid name beside \
the empty one. It counts for no coverage of failures. If only an OpenAPI document says that the request is right, a \
refusal is a warning, and none if the document declares it; a server error is the violation `server-error`.",
    when: When::Always,
    // A subject has a failure under test; see `unmet_success`.
    run: |_| Vec::new(),
};

/// Returns the finding that a request without a fault did not get what it must.
pub fn unmet_success(contract: &Contract, scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let of_document = is_of_document(contract, scenario);
    let unmet = match observed.unmet_success.as_ref()? {
        UnmetSuccess::ServerError(status) if scenario.may_be_refused || of_document => {
            return Some(broken(contract, "no server error", *status));
        }
        UnmetSuccess::ServerError(status) => format!("got HTTP {status}, expected a success"),
        UnmetSuccess::NoSuccess(_) if of_document && is_refusal_of_document(observed) => return None,
        UnmetSuccess::NoSuccess(unmet) => unmet.clone(),
    };
    let source = if of_document { Provenance::Inferred } else { Provenance::Documented };
    let finding = Finding::new(CHECK.id, source.weaken(scenario.source), "a success", &unmet);
    Some(finding.saying(format!("the request must succeed, but {unmet}")))
}

/// Returns true if the OpenAPI document speaks of the refusal under test: it declares the status, or leaves it out, which
/// is the finding `undeclared-status`.
fn is_refusal_of_document(observed: &Observed) -> bool {
    let Some(record) = observed.records.get(observed.judged) else { return false };
    let (Some(against), Ok(response)) = (&observed.against, &record.exchange.result) else { return false };
    let request = &record.exchange.request;
    let Some(operation) = against.operation(&request.method, request.url.path()) else { return false };
    let declared = Response::of(&operation.responses, response.status);
    // 501 says that the server has no such function (RFC 9110, section 15.6.2): it is not broken.
    matches!(response.status, 300..=499 | 501)
        && !operation.responses.is_empty()
        && declared.is_none_or(|declared| declared.status != ResponseStatus::Default)
}
