//! Documented headers.

use failspec_pack::pack::{HeaderRule, Provenance};

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "headers",
    summary: "the documented headers are present and match",
    source: "`headers` of the failure in the contract",
    text: "The documentation lists headers for this failure. One is missing, or its value does not match. \
Values are compared as numbers where the contract declares them as numbers.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let rules = subject.failure.rules.headers.iter();
    rules.flat_map(|rule| judge_header(CHECK.id, subject, &rule.rule, rule.source)).collect()
}

/// Returns the findings about one header.
pub(super) fn judge_header(
    check: &'static str,
    subject: &Subject<'_>,
    rule: &HeaderRule,
    source: Provenance,
) -> Vec<Finding> {
    let name = &rule.name;
    let Some(text) = subject.response().header(name) else {
        let finding = subject.finding(check, source, format!("the header {name}"), "none");
        return vec![finding.saying(format!("the header {name} is missing"))];
    };
    let value = rule.value(text);
    let misfits = rule.schema.misfits(&value);
    misfits
        .into_iter()
        .map(|misfit| {
            subject
                .finding(check, source, format!("{name} to match {}", rule.schema.value), text)
                .saying(format!("the header {name}: {}", misfit.message))
        })
        .collect()
}
