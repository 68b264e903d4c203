//! The syntax of `Content-Range` on 416.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
};

pub(super) static CHECK: Check = Check {
    id: "content-range",
    summary: "Content-Range of a 416 response says how long the content is",
    source: "RFC 9110, sections 14.4 and 15.5.17; a warning",
    text: "A 416 response may have Content-Range, and then it says `bytes */` and the length of the content, so that \
clients can ask again. A range is none that was sent.",
    when: When::Refused,
    run: |subject| {
        let response = subject.response();
        let Some(actual) = response.header("content-range").filter(|_| response.status == 416) else {
            return Vec::new();
        };
        let is_length = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_right = actual
            .trim()
            .split_once(' ')
            .is_some_and(|(unit, rest)| !unit.is_empty() && rest.strip_prefix("*/").is_some_and(is_length));
        if is_right {
            return Vec::new();
        }
        let message = format!(
            "Content-Range of a 416 response is not `bytes */<length>` (RFC 9110, section 14.4): {actual}"
        );
        vec![Finding::new(CHECK.id, Provenance::Standard, "bytes */<length>", actual).saying(message)]
    },
};
