//! The text, if only it distinguishes two failures of one status.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::show,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "wording",
    summary: "where only text distinguishes two failures, the contract lists the text",
    source: "`match` of the failure in the contract; never more than a warning",
    text: "This contract has no code for the failure: only its status and its text identify it. The status \
is right, but the text is not one that the documentation shows. Texts in documentation are examples, so this \
is for review, not a violation: if the new text is fine, widen `match` in the contract.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Identity::Triggered { by_status_alone: true, .. } = subject.identity else {
        return Vec::new();
    };
    subject
        .triggered
        .rules
        .matches
        .iter()
        .filter_map(|ruled| {
            let (pointer, schema) = &ruled.rule;
            let value = subject.view.judged().and_then(|value| pointer.find(value));
            if value.is_some_and(|value| schema.fits(value)) {
                return None;
            }
            let actual = value.map_or_else(|| "nothing".to_owned(), show);
            Some(
                Finding::new(
                    CHECK.id,
                    Provenance::Inferred,
                    format!("{pointer} to match {}", show(&schema.value)),
                    &actual,
                )
                .saying(format!("the text at {pointer} is not one that the documentation shows: {actual}")),
            )
        })
        .collect()
}
