//! The control gets the failure under test.

use crate::pack::Provenance;

use super::{
    finding::Finding,
    rule::{Check, When},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "control",
    summary: "without the fault the same request does not fail the same way",
    source: "the scenario's control",
    text: "The control is the same request without the fault. It got the very failure that the scenario is about, \
so the fault has nothing to do with it: the API responses this failure to requests that it should accept. (A control \
that fails in another way makes the scenario inconclusive.)",
    when: When::Always,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(record) = subject.observed.control_failed.and_then(|index| subject.observed.records.get(index))
    else {
        return Vec::new();
    };
    let status = record.exchange.result.as_ref().map_or(0, |response| response.status);
    let id = &subject.triggered.id;
    vec![
        subject
            .finding(CHECK.id, Provenance::Documented, "a success without the fault", format!("{id} as well"))
            .saying(format!("the control, which has no fault, got {id} as well (HTTP {status})")),
    ]
}
