//! The media type of the response.

use failspec_base::message::StreamFormat;
use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::Within,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "media-type",
    summary: "the response has the documented media type",
    source: "`envelope.media_type` of the contract, or `stream: sse` of the scenario; case and parameters are ignored (RFC 9110, 8.3.1)",
    text: "A client that checks Content-Type before it parses cannot read this response. Only type and \
subtype are compared (of a stream of events, `text/event-stream`); `charset` and other parameters, and upper and lower case, are ignored.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    // What is in a stream has the media type of the stream, and the error of a job that of the job.
    let stream = match subject.view.within {
        Within::Response => None,
        Within::Stream(StreamFormat::Sse) => Some("text/event-stream"),
        Within::Stream(StreamFormat::Ndjson) | Within::Value => return Vec::new(),
    };
    if let Some(expected) = stream {
        let actual = subject.response().header("content-type").unwrap_or("no Content-Type");
        if actual.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(expected)) {
            return Vec::new();
        }
        let message = format!("media type: expected {expected}, got {actual}");
        return vec![subject.finding(CHECK.id, Provenance::Documented, expected, actual).saying(message)];
    }
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
