//! Bodies where the documentation says that there is none.

use failspec_pack::pack::BodyRule;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "empty-body",
    summary: "the body is empty where the documentation says so",
    source: "`body: empty` of the envelope, or of the failure's own",
    text: "The documentation says that this failure has no body, and the response has one. Such a body often comes \
from a gateway or a default error page, not from the API. No single byte is allowed, white space included.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let envelope = &subject.failure.envelope;
    let len = subject.response().body.len();
    if envelope.body != BodyRule::Empty || len == 0 {
        return Vec::new();
    }
    let actual = format!("{len} bytes");
    let message = format!("the body: expected none, got {actual}");
    vec![subject.finding(CHECK.id, subject.failure.source, "an empty body", actual).saying(message)]
}
