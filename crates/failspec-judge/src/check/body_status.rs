//! The HTTP status that the body repeats.

use serde_json::Value;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::show,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "body-status",
    summary: "where the body repeats the HTTP status, the two agree",
    source: "`envelope.status` of the contract",
    text: "The documentation says that the body repeats the HTTP status. Here the two differ, or the body \
has no status. A number (`404` and `404.0`) and a string of digits are both accepted.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(rule) = &subject.failure.envelope.status else {
        return Vec::new();
    };
    let Some(body) = subject.view.body() else {
        return Vec::new();
    };
    let status = subject.response().status;
    let actual = match rule.rule.find(body) {
        Some(Value::Number(number)) if number.as_f64() == Some(f64::from(status)) => {
            return Vec::new();
        }
        Some(Value::String(text)) if *text == status.to_string() => return Vec::new(),
        Some(other) => show(other),
        None => "nothing".to_owned(),
    };
    vec![
        subject
            .finding(CHECK.id, rule.source, format!("{status} at {}", rule.rule), &actual)
            .saying(format!("status in the body: expected {status} at {}, got {actual}", rule.rule)),
    ]
}
