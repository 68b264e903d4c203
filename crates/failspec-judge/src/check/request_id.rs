//! The request id.

use serde_json::Value;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::{View, show},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "request-id",
    summary: "the response has a request id of its own, in the documented form",
    source: "`envelope.request_id` of the contract",
    text: "Users quote the request id and operators search for it. It is missing, not text, not of the \
documented form, not the same in body and header, or the same for two requests of this scenario. (Reuse \
across scenarios is a finding of the whole run.)",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(ruled) = &subject.failure.envelope.request_id else {
        return Vec::new();
    };
    let rule = &ruled.rule;
    let mut wrong = Vec::new();
    let mut say = |expected: &str, actual: String| {
        let finding = subject.finding(CHECK.id, ruled.source, expected, &actual);
        wrong.push(finding.saying(format!("request id: expected {expected}, got {actual}")));
    };
    // Without a body to read, the request id in it cannot be checked: the check `well-formed` reports that.
    let mut found = Vec::new();
    if let Some(pointer) = &rule.pointer
        && let Some(body) = subject.view.body_for(pointer)
    {
        match pointer.find(body) {
            Some(Value::String(id)) if !id.trim().is_empty() => found.push(id.clone()),
            Some(other) => say(&format!("text at {pointer}"), show(other)),
            None => say(&format!("text at {pointer}"), "nothing".to_owned()),
        }
    }
    if let Some(name) = &rule.header {
        match subject.response().combined_header(name).filter(|id| !id.is_empty()) {
            Some(id) => found.push(id.into_owned()),
            None => say(&format!("the header {name}"), "none".to_owned()),
        }
    }
    if let [in_body, in_header] = found.as_slice()
        && in_body != in_header
    {
        say("the same in body and header", format!("{in_body} and {in_header}"));
    }
    if let Some(pattern) = &rule.pattern {
        for id in found.iter().filter(|id| !pattern.fits(&Value::from(id.as_str()))) {
            let form = pattern.value.get("pattern").and_then(Value::as_str).unwrap_or_default();
            say(&format!("the form {form}"), id.clone());
        }
    }
    if let Some(id) = found.first()
        && let Some(other) = reused(subject, id)
    {
        say("one that no other request has", format!("{id}, which the {other} has too"));
    }
    wrong
}

/// Returns the phase of another exchange of the case that has a response with the same request id.
fn reused(subject: &Subject<'_>, id: &str) -> Option<&'static str> {
    let records = subject.observed.records.iter().enumerate();
    records
        .filter(|(index, _)| *index != subject.observed.judged)
        .find(|(_, record)| {
            let response = record.exchange.result.as_ref().ok();
            response.is_some_and(|response| {
                View::new(response, None).request_id(&subject.failure.envelope).as_deref() == Some(id)
            })
        })
        .map(|(_, record)| record.phase.as_str())
}
