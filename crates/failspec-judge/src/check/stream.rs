//! Responses that are a stream of events or of lines, where no scenario says that the error is inside.

use failspec_base::message::Response;
use failspec_pack::pack::{Contract, Envelope, Failure};

/// Media types of streams. A body of one of them is no JSON document, and may never end.
const STREAMS: &[&str] = &[
    "text/event-stream",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/json-seq",
    "application/stream+json",
    "multipart/x-mixed-replace",
];

/// Returns words for a response that is a stream, or in an encoding that is not read; `None` for any other.
pub fn describe_stream(response: &Response) -> Option<String> {
    if let Some(unread) = response.document().defects.iter().find(|defect| defect.is_unread()) {
        return Some(format!("one of which {unread}, which failspec does not read"));
    }
    let essence = response.media_type()?.essence();
    STREAMS
        .contains(&essence.as_str())
        .then(|| format!("a stream ({essence}), which failspec reads only where `at` has a `stream`"))
}

/// Returns the reason why a response to the request under test cannot be judged: it is a stream, and the contract says
/// what is in a body. A stream in place of another documented media type is judged by that.
pub fn unread_stream(response: &Response, contract: &Contract, failure: &Failure) -> Option<String> {
    let Envelope { schema, code, message, media_type, .. } = &failure.envelope;
    let reads_body = code.is_some()
        || message.is_some()
        || schema.is_some()
        || !failure.rules.schema.is_empty()
        || !failure.rules.matches.is_empty()
        || contract.success.iter().any(|success| !success.matches.is_empty());
    let is_other = media_type
        .as_ref()
        .is_some_and(|ruled| response.media_type().is_none_or(|it| !ruled.rule.contains(&it.essence())));
    if reads_body && !is_other { describe_stream(response) } else { None }
}
