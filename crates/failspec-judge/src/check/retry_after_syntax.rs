//! The syntax of `Retry-After`.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
    wait::is_http_date,
};

pub(super) static CHECK: Check = Check {
    id: "retry-after-syntax",
    summary: "Retry-After is a whole number of seconds or an HTTP date",
    source: "RFC 9110, section 10.2.3; a warning",
    text: "A Retry-After that is neither a whole number of seconds nor an HTTP date (in any of the three forms \
of section 5.6.7) is ignored by clients. Where \
the contract documents the header itself, the check `headers` judges it too.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(text) = subject.response().header("retry-after") else {
        return Vec::new();
    };
    let text = text.trim();
    let is_seconds = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_seconds || is_http_date(text) {
        return Vec::new();
    }
    vec![
        Finding::new(CHECK.id, Provenance::Standard, "a whole number of seconds or an HTTP date", text)
            .saying(format!("Retry-After is neither a whole number of seconds nor an HTTP date: {text}")),
    ]
}
