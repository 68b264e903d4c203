//! A body that matches a schema only because it has none of its properties.

use serde_json::Value;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "vacuous",
    summary: "the body has at least one of the properties that its schema declares",
    source: "the schemas of the contract: declared properties are sent",
    text: "Any object matches a schema without required properties, even one with quite different \
properties. Here none of the declared properties is present: the body passes validation without conforming. \
(Seen in real services whose document declares one error schema while their framework sends another.)",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(body) = subject.view.body() else {
        return Vec::new();
    };
    let envelope = subject.failure.envelope.schema.iter();
    let rules: Vec<_> = envelope.chain(&subject.failure.rules.schema).collect();
    // Optional details may be absent from a body that has what the envelope declares.
    let says_something =
        rules.iter().any(|rule| !rule.rule.is_vacuous_for(body) && rule.rule.declared().next().is_some());
    // A code and a message at their documented places say something too.
    let envelope = &subject.failure.envelope;
    let has_code = subject.view.code(envelope).is_some_and(|code| !code.is_null());
    let has_message = subject.view.message(envelope).is_some_and(|message| !message.is_null());
    if says_something || has_code || has_message {
        return Vec::new();
    }
    rules
        .into_iter()
        .filter(|rule| rule.rule.fits(body) && rule.rule.is_vacuous_for(body))
        .map(|rule| {
            let declared: Vec<&str> = rule.rule.declared().collect();
            let expected = format!("at least one of {}", declared.join(", "));
            subject.finding(CHECK.id, rule.source, &expected, only(body)).saying(format!(
                "the body matches its schema, but has no declared property: expected {expected}"
            ))
        })
        .collect()
}

/// Describes the properties that a body has instead of those that are declared.
pub(super) fn only(body: &Value) -> String {
    let has: Vec<&str> =
        body.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).take(8).collect();
    if has.is_empty() { "no properties".to_owned() } else { format!("only {}", has.join(", ")) }
}
