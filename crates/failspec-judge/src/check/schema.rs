//! The failure's own schema.

use super::{
    definition::{Check, When},
    envelope::misfits,
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "schema",
    summary: "the body matches the failure's own schema",
    source: "`schema` of the failure in the contract",
    text: "In addition to the schema that all errors share, this failure documents one for its own body, and \
the response does not match it. Fields that the schema does not name are allowed.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(body) = subject.view.body() else {
        return Vec::new();
    };
    subject
        .failure
        .rules
        .schema
        .iter()
        .flat_map(|rule| misfits(CHECK.id, subject, &rule.rule, rule.source, body))
        .collect()
}
