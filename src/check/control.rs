//! The control gets the failure under test.

use crate::pack::{Control, Provenance};

use super::{
    finding::Finding,
    identity::Identity,
    observed::Phase,
    subject::Subject,
    table::{Check, When},
    view::View,
};

pub(super) static CHECK: Check = Check {
    id: "control",
    summary: "without the fault the same request does not fail the same way",
    source: "the scenario's control",
    text: "The control is the same request without the fault. It got the very failure that the scenario is about, \
so the fault has nothing to do with it: the API answers this failure to requests that it should accept. (A control \
that fails in another way makes the scenario inconclusive.)",
    when: When::Always,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    if !matches!(subject.scenario.control, Control::Course(_)) {
        return Vec::new();
    }
    // The last exchange of the phase is the one that counts: an unexpected 429 is resent.
    let Some(answer) =
        subject.observed.of(Phase::Control).last().and_then(|it| it.exchange.result.as_ref().ok())
    else {
        return Vec::new();
    };
    let view = View::new(answer, None);
    let is_the_failure = matches!(
        Identity::of(view, subject.contract, subject.scenario.failure),
        Identity::Triggered { by_status_alone: false, .. }
    );
    if !is_the_failure || super::identity::is_success(view, subject.contract) {
        return Vec::new();
    }
    let id = &subject.triggered.id;
    vec![
        subject
            .finding(CHECK.id, Provenance::Documented, "a success without the fault", format!("{id} as well"))
            .saying(format!("the control, which has no fault, got {id} as well (HTTP {})", answer.status)),
    ]
}
