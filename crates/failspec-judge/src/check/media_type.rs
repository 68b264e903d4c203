//! The media type of the response.

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "media-type",
    summary: "the response has the documented media type",
    source: "`envelope.media_type` of the contract; case and parameters are ignored (RFC 9110, 8.3.1)",
    text: "A client that checks Content-Type before it parses cannot read this response. Only type and \
subtype are compared; `charset` and other parameters, and upper and lower case, are ignored.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(rule) = &subject.failure.envelope.media_type else {
        return Vec::new();
    };
    let actual = match subject.response().header("content-type") {
        None => "no Content-Type".to_owned(),
        Some(value) => {
            let essence = value.split(';').next().unwrap_or_default().trim();
            if rule.rule.contains(essence) {
                return Vec::new();
            }
            value.to_owned()
        }
    };
    vec![
        subject
            .finding(CHECK.id, rule.source, rule.rule.to_string(), &actual)
            .saying(format!("media type: expected {}, got {actual}", rule.rule)),
    ]
}
