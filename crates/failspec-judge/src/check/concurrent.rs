//! Requests that were sent at the same time.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "concurrent",
    summary: "of requests that are sent at the same time, as many succeed as the documentation says",
    source: "`concurrent` of the scenario",
    text: "Several requests were sent at the same time, and one of them, or as many as the scenario says, must succeed. Fewer \
did, so a client gets nothing although nobody else did; or more did, although that cannot be by the documentation. \
Where requests that are processed one after the other may all succeed, more successes show nothing: such a case is \
sent again a few times, and then not judged.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(result) = &subject.observed.concurrent else { return Vec::new() };
    // What came in place of the failure is another finding.
    let is_failure = matches!(subject.identity, Identity::Triggered { .. });
    if !is_failure || result.succeeded == result.wanted {
        return Vec::new();
    }
    let expected = format!("{} of {} requests to succeed", result.wanted, result.sent);
    let actual = result.succeeded.to_string();
    let message =
        format!("of {} requests at once, expected {} to succeed, got {actual}", result.sent, result.wanted);
    vec![subject.cause_finding(CHECK.id, Provenance::Documented, expected, actual).saying(message)]
}
