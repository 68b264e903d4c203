//! An undocumented error of the server.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "server-error",
    summary: "a request that should be rejected does not break the server",
    source: "status 5xx: the server is at fault, whatever the request (RFC 9110, section 15.6)",
    text: "The request got a 5xx status that is no documented failure. That this fault means the failure under \
test is only inferred, so another rejection would be no violation; but no request may break a server. (501 is \
the correct response to a method that the server does not know.) If the failure is documented for this fault, \
the checks `status` and `unrecognized-response` report it.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let status = subject.response().status;
    let is_undocumented = matches!(subject.identity, Identity::Undocumented(_) | Identity::Unidentified);
    let is_broken = matches!(status, 500 | 502..=504 | 506..600);
    let is_inferred = !subject.scenario.source.is_binding() || !subject.triggered.source.is_binding();
    if !(is_undocumented && is_broken && is_inferred) {
        return Vec::new();
    }
    let finding = Finding::new(CHECK.id, Provenance::Documented, "a rejection", format!("HTTP {status}"));
    vec![
        finding
            .saying(format!("the request broke the server: HTTP {status}, which is no documented failure")),
    ]
}
