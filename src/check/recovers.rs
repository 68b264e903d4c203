//! What the documentation advises helps.

use crate::pack::Provenance;

use super::{
    finding::Finding,
    identity::Identity,
    observed::Phase,
    rule::{Check, When},
    subject::Subject,
    view::View,
};

pub(super) static CHECK: Check = Check {
    id: "recovers",
    summary: "after what the documentation advises, the request succeeds",
    source: "`retry` of the failure in the contract, carried out by the scenario's `then`",
    text: "The documentation tells clients how to get over this failure: wait as told, refresh the token, fetch the \
resource again, or try later. The scenario did that and sent the request once more, and it still did not succeed.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    // Without documented advice it is our own reading that this should help.
    let source =
        if subject.triggered.retry.is_some() { Provenance::Documented } else { Provenance::Inferred };
    subject
        .observed
        .of(Phase::Again)
        .filter_map(|record| {
            let response = record.exchange.result.as_ref().ok()?;
            let what = match Identity::of_any(View::new(response, None), subject.contract) {
                Identity::Success => return None,
                Identity::Other(index) => {
                    format!("{} (HTTP {})", subject.contract.failures[index].id, response.status)
                }
                _ => format!("HTTP {}", response.status),
            };
            Some(subject.finding(CHECK.id, source, "a success", &what).saying(format!(
                "after what the documentation advises the request should succeed and got {what}"
            )))
        })
        .collect()
}
