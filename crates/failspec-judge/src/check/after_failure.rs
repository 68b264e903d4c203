//! The request was refused, and done all the same.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "after-failure",
    summary: "what the scenario says must hold after the failure holds",
    source: "`expect` of a step of the scenario's `then`",
    text: "The API responded with the documented failure, but what the scenario expects afterwards is not so: the \
request was refused and took effect all the same, or another resource was changed. Steps of `then` without \
`expect` only have to succeed; if they do not, the case is inconclusive.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let unmet = subject.observed.after_failure.iter();
    unmet
        .map(|unmet| {
            subject
                .finding(CHECK.id, Provenance::Documented, "what the step after the failure expects", unmet)
                .saying(format!("after the failure: {unmet}"))
        })
        .collect()
}
