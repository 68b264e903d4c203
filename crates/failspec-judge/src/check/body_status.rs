//! The HTTP status that the body repeats.

use serde_json::Value;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::{Within, show},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "body-status",
    summary: "where the body repeats the HTTP status, the two agree",
    source: "`envelope.status` of the contract",
    text: "The documentation says that the body repeats the HTTP status. Here the two differ, or the body \
has no status. A number (`404` and `404.0`) and a string of digits are both accepted. Of a list of errors, one must \
have the status of the response; 400 or 500 also stands for several errors with other statuses of that class.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(rule) = &subject.failure.envelope.status else {
        return Vec::new();
    };
    // The status of a stream is sent before its error, and that of a job is not that of its error.
    if subject.view.within != Within::Response {
        return Vec::new();
    }
    let Some(body) = subject.view.body_for(&rule.rule) else {
        return Vec::new();
    };
    let status = subject.response().status;
    let mut stated = Vec::new();
    let is_right = rule.rule.find_first(body, &mut |value| {
        stated.push(value);
        says(value, f64::from(status))
    });
    if is_right.is_some() || stands_for_several(status, &stated) {
        return Vec::new();
    }
    let actual = match stated.as_slice() {
        [] => "nothing".to_owned(),
        stated => stated.iter().map(|value| show(value)).collect::<Vec<_>>().join(" and "),
    };
    vec![
        subject
            .finding(CHECK.id, rule.source, format!("{status} at {}", rule.rule), &actual)
            .saying(format!("status in the body: expected {status} at {}, got {actual}", rule.rule)),
    ]
}

/// Returns true if a value is this status, as a number or as digits.
fn says(value: &Value, status: f64) -> bool {
    match value {
        Value::Number(number) => number.as_f64() == Some(status),
        Value::String(text) => *text == status.to_string(),
        _ => false,
    }
}

/// Returns true for the most general status of several errors with statuses of their own: 400 or 500.
fn stands_for_several(status: u16, stated: &[&Value]) -> bool {
    let is_general = matches!(status, 400 | 500);
    let of_class = |value: &&Value| (status..status + 100).any(|own| says(value, f64::from(own)));
    is_general && stated.len() > 1 && stated.iter().all(of_class)
}
