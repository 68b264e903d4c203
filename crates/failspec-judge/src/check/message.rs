//! The message for people.

use serde_json::Value;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::show,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "message",
    summary: "the response has a message for people",
    source: "`envelope.message` of the contract; its wording is never compared",
    text: "The documentation promises a description for people, and it is missing, empty or not text. Its \
wording is not checked: texts change between releases.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(rule) = &subject.failure.envelope.message else {
        return Vec::new();
    };
    if subject.view.judged().is_none() || !subject.view.is_of_format(&rule.rule) {
        return Vec::new();
    }
    // Of a list of errors, one that has a message is enough.
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    if subject.view.message_that(&subject.failure.envelope, is_text).is_some() {
        return Vec::new();
    }
    let actual = match subject.view.message(&subject.failure.envelope) {
        None => "nothing".to_owned(),
        // If the documentation allows something other than text here, the envelope's schema defines it and is
        // checked.
        Some(Value::Array(items)) if !items.is_empty() && allows_lists(subject) => {
            return Vec::new();
        }
        Some(other) => show(other),
    };
    vec![
        subject
            .finding(CHECK.id, rule.source, format!("text at {}", rule.rule), &actual)
            .saying(format!("message: expected text at {}, got {actual}", rule.rule)),
    ]
}

/// Returns true if the failure's schemas accept the body as it is, including a list in place of the message. Inferred
/// schemas do not restrict what the documentation allows.
fn allows_lists(subject: &Subject<'_>) -> bool {
    let envelope = subject.failure.envelope.schema.iter();
    let all = envelope.chain(&subject.failure.rules.schema);
    let mut schemas = all.filter(|schema| schema.source.is_binding()).peekable();
    schemas.peek().is_some()
        && subject.view.body().is_some_and(|body| schemas.all(|schema| schema.rule.fits(body)))
}
