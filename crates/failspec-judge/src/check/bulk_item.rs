//! The item of a bulk response.

use failspec_base::message::StreamFormat;
use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    response_view::{Item, Within},
};

pub(super) static CHECK: Check = Check {
    id: "bulk-item",
    summary: "a bulk response has exactly one item for the resource that failed, a stream has the error",
    source: "`at` of the scenario",
    text: "The scenario looks for the failure in one item of a bulk response, which `where` selects. No item \
matches, or several do, so a client cannot tell what happened to the resource. Or the error is in a stream, and the stream \
ended without it.",
    when: When::Always,
    run: |subject| {
        let Item::Unpicked(count) = subject.view.item else {
            return Vec::new();
        };
        let actual = if count == 0 { "none".to_owned() } else { count.to_string() };
        let sought = match subject.view.within {
            Within::Response => None,
            Within::Stream(StreamFormat::Sse) => Some("an event of the stream that is the error"),
            Within::Stream(StreamFormat::Ndjson) => Some("a line of the stream that is the error"),
            Within::Value => Some("the error of the job at its place"),
        };
        if let Some(sought) = sought {
            let message = format!("expected {sought}, got {actual}");
            return vec![
                subject.cause_finding(CHECK.id, Provenance::Documented, sought, &actual).saying(message),
            ];
        }
        vec![
            subject
                .cause_finding(
                    CHECK.id,
                    Provenance::Documented,
                    "exactly one item that matches `where`",
                    &actual,
                )
                .saying(format!(
                    "expected exactly one item for this resource in the bulk response, got {actual}"
                )),
        ]
    },
};
