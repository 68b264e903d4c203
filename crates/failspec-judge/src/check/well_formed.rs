//! The body is exactly one JSON document.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "well-formed",
    summary: "the body is exactly one well-formed JSON document",
    source: "the contract documents a JSON envelope; RFC 8259 (unique keys: section 4; no byte order mark: \
section 8.1)",
    text: "The contract expects code, message or schema in a JSON body, but the body is not one JSON \
document: it is empty, HTML, cut off, followed by more bytes, not UTF-8, starts with a byte order mark, or \
has a key twice, of which one parser takes the first and another the last. Until the body can be parsed, \
nothing else in it can be checked.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let envelope = &subject.failure.envelope;
    let reads_json = envelope.code.is_some()
        || envelope.message.is_some()
        || envelope.schema.is_some()
        || !subject.failure.rules.schema.is_empty();
    if !reads_json {
        return Vec::new();
    }
    let broken = subject.response().defect.iter().map(ToString::to_string);
    let defects = subject.response().document().defects.iter().map(ToString::to_string);
    broken
        .chain(defects)
        .map(|defect| {
            subject
                .finding(CHECK.id, Provenance::Documented, "one JSON document", &defect)
                .saying(format!("the body is not one well-formed JSON document: {defect}"))
        })
        .collect()
}
