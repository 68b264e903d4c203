//! The schema that error responses share.

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "envelope",
    summary: "the body matches the schema of the envelope",
    source: "`envelope.schema` of the contract",
    text: "All errors of this API share a schema, and this response does not match it. Fields that the \
schema does not name are allowed: clients must tolerate additions.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(rule) = &subject.failure.envelope.schema else {
        return Vec::new();
    };
    let Some(body) = subject.view.body() else {
        return Vec::new();
    };
    misfits(CHECK.id, subject, &rule.rule, rule.source, body)
}

/// Returns a finding for every validation error, with the message of the validator.
pub(super) fn misfits(
    check: &'static str,
    subject: &Subject<'_>,
    schema: &failspec_pack::pack::Schema,
    source: failspec_pack::pack::Provenance,
    value: &serde_json::Value,
) -> Vec<Finding> {
    schema
        .misfits(value)
        .into_iter()
        .map(|misfit| {
            let at = if misfit.at.is_empty() { "the body" } else { &misfit.at };
            let finding = subject
                .finding(check, source, format!("{at} to match the schema"), &misfit.shape)
                .saying(format!("{at}: {}", misfit.message))
                .breaking(misfit.rule.as_deref(), misfit.null_member.as_deref())
                .about_annotation(misfit.is_annotation);
            Finding { written_as: misfit.written_as, ..finding }
        })
        .collect()
}
