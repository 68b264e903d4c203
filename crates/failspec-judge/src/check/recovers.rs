//! The request succeeds after the documented recovery.

use failspec_pack::pack::Provenance;

use super::{
    case_log::Phase,
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::View,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "recovers",
    summary: "the request succeeds after the documented recovery",
    source: "`retry` of the failure in the contract, carried out by the scenario's `then`",
    text: "The documentation tells clients how to recover from this failure: wait as long as the response \
asks, refresh the token, fetch the resource again, or try later. The scenario did so and resent the request, \
which still did not succeed.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    // Without documented advice, it is inferred that this should help.
    let source =
        if subject.triggered.retry.is_some() { Provenance::Documented } else { Provenance::Inferred };
    subject
        .observed
        .of(Phase::Resend)
        .filter_map(|record| {
            let response = record.exchange.result.as_ref().ok()?;
            let what = match Identity::of_any(View::new(response, None), subject.contract) {
                Identity::Success => return None,
                Identity::Other(index) => {
                    format!("{} (HTTP {})", subject.contract.failures[index].id, response.status)
                }
                _ => format!("HTTP {}", response.status),
            };
            Some(
                subject
                    .finding(CHECK.id, source, "a success", &what)
                    .saying(format!("expected a success after the documented recovery, got {what}")),
            )
        })
        .collect()
}
