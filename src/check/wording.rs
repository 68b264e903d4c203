//! The text that alone tells two failures of one status apart.

use crate::pack::Provenance;

use super::{
    finding::Finding,
    identity::Identity,
    rule::{Check, When},
    subject::Subject,
    view::show,
};

pub(super) static CHECK: Check = Check {
    id: "wording",
    summary: "where only text tells two failures apart, the text is one that the contract knows",
    source: "`match` of the failure in the contract; never more than a warning",
    text: "This contract has no code for the failure: its status, and its text, are all there is. The status is \
right and the text is none that the documentation shows. Texts in documentation are examples, so this is for review, \
not a violation: if the new text is fine, widen `match` in the contract.",
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
            let actual = value.map_or_else(|| "nothing there".to_owned(), show);
            Some(
                Finding::new(
                    CHECK.id,
                    Provenance::Inferred,
                    format!("{pointer} to fit {}", show(&schema.value)),
                    &actual,
                )
                .saying(format!("the text at {pointer} is not one that the documentation shows: {actual}")),
            )
        })
        .collect()
}
