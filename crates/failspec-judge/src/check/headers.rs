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
    source: "`headers` and `optional_headers` of the failure in the contract",
    text: "The documentation lists headers for this failure. One is missing, or its value does not match; an \
optional one is compared only if it is there. \
A value is tried as each type that its schema allows: `12` is text and a number. All lines of a header count, as \
one list (RFC 9110, section 5.2).",
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
    let response = subject.response();
    let Some(text) = response.combined_header(name) else {
        if rule.optional {
            return Vec::new();
        }
        let finding = subject.finding(check, source, format!("the header {name}"), "none");
        return vec![finding.saying(format!("the header {name} is missing"))];
    };
    // `Set-Cookie` is no list: each line is a value of its own, and one of them is enough.
    let is_cookie = name.eq_ignore_ascii_case("set-cookie");
    if is_cookie && response.header_lines(name).iter().any(|line| rule.value.fits(line)) {
        return Vec::new();
    }
    let misfits = rule.value.misfits(&text);
    misfits
        .into_iter()
        .map(|misfit| {
            subject
                .finding(check, source, format!("{name} to match {}", rule.schema), text.as_ref())
                .saying(format!("the header {name}: {}", misfit.message))
                .about_annotation(misfit.is_annotation)
        })
        .collect()
}
