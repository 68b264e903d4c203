//! The control gets the failure under test.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "control",
    summary: "the control does not get the failure under test",
    source: "the scenario's control",
    text: "The control is the same request without the fault. It got the failure that the scenario tests, so \
the fault does not cause it: the API responds with this failure to requests that it should accept. (A \
control that fails in another way makes the scenario inconclusive.)",
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
            .cause_finding(
                CHECK.id,
                Provenance::Documented,
                "a success without the fault",
                format!("{id} too"),
            )
            .saying(format!("the control, which has no fault, also got {id} (HTTP {status})")),
    ]
}
