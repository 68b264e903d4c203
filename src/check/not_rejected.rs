//! The API did what it should have refused.

use crate::pack::Provenance;

use super::rule::{Check, When};

pub(super) static CHECK: Check = Check {
    id: "not-rejected",
    summary: "a request with the documented fault is refused",
    source: "the failure's entry in the contract",
    text: "The request carries a fault for which the documentation names a failure, and the API answered with a \
success. Either the API does not check for the fault, or the scenario's request is not faulty on this target. \
The scenario's control shows the same request without the fault: compare the two. Where the documentation lets an API accept the request as well (`refusal: optional`), it is a warning.",
    when: When::Succeeded,
    run: |subject| {
        let expected = format!("the failure {}", subject.triggered.id);
        let actual = format!("a success (HTTP {})", subject.response().status);
        let source = match subject.triggered.refusal_optional {
            true => Provenance::Inferred,
            false => Provenance::Documented,
        };
        vec![subject.finding(CHECK.id, source, expected, actual).saying(format!(
            "the API accepted what it should have refused as {}: it answered HTTP {}",
            subject.triggered.id,
            subject.response().status
        ))]
    },
};
