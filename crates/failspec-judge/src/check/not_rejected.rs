//! The API accepted a request that it should have rejected.

use failspec_pack::pack::{Provenance, show_statuses};

use super::definition::{Check, When};

pub(super) static CHECK: Check = Check {
    id: "not-rejected",
    summary: "a request with the documented fault is rejected",
    source: "the failure's entry in the contract",
    text: "The request has a fault for which the documentation names a failure, but the API responded with a \
success. Either the API does not check for the fault, or the scenario's request is not faulty on this \
target: compare it with the control, which is the same request without the fault. Where the documentation \
also lets an API accept the request (`refusal: optional`), it is a warning, unless steps of `then` show that the request did \
what it must not (`after-failure`).",
    when: When::Succeeded,
    run: |subject| {
        // That finding says more: the request was accepted, and did what it must not.
        if subject.triggered.refusal_optional && !subject.observed.after_failure.is_empty() {
            return Vec::new();
        }
        let expected = format!("the failure {}", subject.triggered.id);
        let actual = format!("a success (HTTP {})", subject.response().status);
        let source = match subject.triggered.refusal_optional {
            true => Provenance::Inferred,
            false => Provenance::Documented,
        };
        let documented = show_statuses(subject.triggered.statuses());
        let status = if documented.is_empty() { String::new() } else { documented + " " };
        vec![subject.cause_finding(CHECK.id, source, expected, actual).saying(format!(
            "expected {status}{}, but the request succeeded (HTTP {})",
            subject.triggered.id,
            subject.response().status
        ))]
    },
};
