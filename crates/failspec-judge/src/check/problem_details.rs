//! Problem details (RFC 9457).

use fluent_uri::UriRef;
use serde_json::{Map, Value};

use failspec_base::message::phrases;
use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::show,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "problem-details",
    summary: "the members of application/problem+json are as RFC 9457 defines them",
    source: "RFC 9457, sections 3.1 and 4.2.1; a warning",
    text: "The response says that its body is a problem details object. Then `type` and `instance` are URI references, \
`title` and `detail` are texts, and `status` is the HTTP status of the response. A client ignores a member of another \
type. Without `type`, or with `about:blank`, the problem says no more than its HTTP status, and the title is the usual \
phrase of that status: a problem with a title of its own needs a type of its own. Each member may be absent, and others \
may be added.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let response = subject.response();
    // Few responses are such, and most are ruled out without parsing the header.
    let may_be = response.header("content-type").is_some_and(|it| it.contains(['+']));
    let is_problem =
        may_be && response.media_type().is_some_and(|it| it.essence() == "application/problem+json");
    let Some(Value::Object(problem)) = subject.view.body().filter(|_| is_problem) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut wrong = |member: &str, section: &str, expected: &str, actual: &Value| {
        let message = format!(
            "problem details: expected {expected} as {member} (RFC 9457, section {section}), got {}",
            show(actual)
        );
        findings.push(
            Finding::new(CHECK.id, Provenance::Standard, format!("{expected} as {member}"), show(actual))
                .saying(message),
        );
    };
    for (member, section) in [("type", "3.1.1"), ("instance", "3.1.5")] {
        if let Some(actual) = problem.get(member).filter(|value| !is_uri_reference(value)) {
            wrong(member, section, "a URI reference", actual);
        }
    }
    for (member, section) in [("title", "3.1.3"), ("detail", "3.1.4")] {
        if let Some(actual) = problem.get(member).filter(|value| !value.is_string()) {
            wrong(member, section, "a text", actual);
        }
    }
    // Where the contract documents the member, `body-status` judges it.
    let is_documented = subject.failure.envelope.status.is_some();
    if let Some(actual) = problem.get("status").filter(|_| !is_documented)
        && actual.as_f64() != Some(f64::from(response.status))
    {
        wrong("status", "3.1.2", &format!("the number {}", response.status), actual);
    }
    let is_english =
        response.header("content-language").is_none_or(|it| it.trim().to_ascii_lowercase().starts_with("en"));
    if let Some(title) = problem.get("title").and_then(Value::as_str)
        && is_blank(problem)
        && is_english
        && response.status >= 400
        && let [usual, ..] = phrases(response.status)
        && !phrases(response.status).iter().any(|phrase| phrase.eq_ignore_ascii_case(title.trim()))
    {
        let what = format!("\"{usual}\", or a type of its own,");
        wrong("title", "4.2.1", &what, &title.into());
    }
    findings
}

fn is_uri_reference(value: &Value) -> bool {
    value.as_str().is_some_and(|text| UriRef::parse(text).is_ok())
}

/// Returns true if the problem has no type of its own.
fn is_blank(problem: &Map<String, Value>) -> bool {
    problem.get("type").is_none_or(|it| it == "about:blank")
}
