//! The HTTP status.

use failspec_pack::pack::show_statuses;

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "status",
    summary: "the response has the documented HTTP status",
    source: "`status` of the failure in the contract",
    text: "Clients, proxies and retry libraries act on the status before they read a body. The status of the \
response is not the one documented for this failure. If the response has another accepted code of the \
contract, it is compared with the status of that failure.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(rule) = &subject.expected.rules.status else {
        return Vec::new();
    };
    let actual = subject.response().status;
    if subject.expected.allows_status(actual) {
        return Vec::new();
    }
    let expected = show_statuses(&rule.rule);
    let was = match &subject.identity {
        Identity::Other(index) => format!("{actual} ({})", subject.contract.failures[*index].id),
        _ => actual.to_string(),
    };
    vec![
        subject
            .cause_finding(CHECK.id, rule.source, &expected, was.clone())
            .saying(format!("HTTP status: expected {expected}, got {was}")),
    ]
}
