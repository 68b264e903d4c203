//! The same safe request fails in the same way again.

use failspec_pack::pack::{Provenance, Retry};

use super::{
    case_log::Phase,
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::View,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "repeatable",
    summary: "a failure that is documented as not worth retrying happens again",
    source: "`retry: never` or `fix_request` of the failure in the contract",
    text: "The documentation tells clients not to retry this failure, or only with a corrected request. The \
same safe request (GET, HEAD, OPTIONS) was resent unchanged and got a different response, so a client that \
followed the advice gave up on a request that would have worked.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    if !matches!(subject.triggered.retry, Some(Retry::Never | Retry::FixRequest)) {
        return Vec::new();
    }
    let Identity::Triggered { .. } = subject.identity else {
        return Vec::new();
    };
    let first = (subject.response().status, subject.view.code_of(subject.failure));
    subject
        .observed
        .of(Phase::Repeat)
        .filter_map(|record| {
            let response = record.exchange.result.as_ref().ok()?;
            let view =
                View::new(response, subject.observed.pick.as_ref()).to(&record.exchange.request.method);
            let second = (response.status, view.code_of(subject.failure));
            let identity = Identity::of(view, subject.contract, subject.triggered_index);
            // Another documented status or code of the same failure is the same failure.
            let is_again = matches!(identity, Identity::Triggered { .. })
                && subject.triggered.allows_status(response.status);
            // If there is no code, the text may still identify another failure.
            let is_same = first == second && !matches!(identity, Identity::Other(_));
            if is_again || is_same {
                return None;
            }
            let what = match identity {
                Identity::Success => format!("a success (HTTP {})", response.status),
                Identity::Other(index) => {
                    format!("{} (HTTP {})", subject.contract.failures[index].id, response.status)
                }
                _ => format!("HTTP {}", response.status),
            };
            let id = &subject.triggered.id;
            Some(
                subject
                    .finding(CHECK.id, Provenance::Documented, format!("{id} again"), &what)
                    .saying(format!("expected {id} again for the same request, got {what}")),
            )
        })
        .collect()
}
