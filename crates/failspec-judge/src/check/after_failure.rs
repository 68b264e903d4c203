//! The request was refused, and done all the same; or it was accepted, and did what it must not.

use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "after-failure",
    summary: "what the scenario says must hold after the failure holds",
    source: "`expect` of a step of the scenario's `then`",
    text: "The API responded with the documented failure, but what the scenario expects afterwards is not so: the \
request was refused and took effect all the same, or another resource was changed. Where the API may accept the request \
(`refusal: optional`), this must hold after a success, too, and so it must after a request without a fault. Steps of `then` without `expect` only have to succeed; if they \
do not, the case is inconclusive.",
    when: When::Always,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.observed.after_failure.is_empty() {
        return Vec::new();
    }
    let when = match subject.identity {
        // That it was not rejected says it already.
        Identity::Success if !subject.triggered.refusal_optional => return Vec::new(),
        Identity::Success => {
            format!("after the request, which succeeded (HTTP {})", subject.response().status)
        }
        _ => "after the failure".to_owned(),
    };
    let unmet = subject.observed.after_failure.iter();
    unmet
        .map(|unmet| {
            subject
                .finding(CHECK.id, Provenance::Documented, "what the step after the failure expects", unmet)
                .saying(format!("{when}: {unmet}"))
        })
        .collect()
}

/// Returns the findings about what must hold after the success of a request without a fault.
pub(super) fn after_success(scenario: &Scenario, observed: &Observed) -> Vec<Finding> {
    let source = Provenance::Documented.weaken(scenario.source);
    let finding = |unmet: &String| {
        let finding = Finding::new(CHECK.id, source, "what the step after the request expects", unmet);
        finding.saying(format!("after the request, which succeeded: {unmet}"))
    };
    observed.after_failure.iter().map(finding).collect()
}
