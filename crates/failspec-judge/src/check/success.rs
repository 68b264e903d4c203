//! A success that a scenario expects.

use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
};

pub(super) static CHECK: Check = Check {
    id: "success",
    summary: "a request that must succeed does",
    source: "`expect: success` of a scenario",
    text: "The scenario has no fault: it says that this request must succeed, and perhaps with which status, headers and \
body. Such a case keeps an API from rejecting what the documentation allows, such as the shortest valid name beside \
the empty one. It counts for no coverage of failures.",
    when: When::Always,
    // A subject has a failure under test; see `unmet_success`.
    run: |_| Vec::new(),
};

/// Returns the finding that a request which must succeed did not.
pub fn unmet_success(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let unmet = observed.unmet_success.as_ref()?;
    let source = Provenance::Documented.weaken(scenario.source);
    let finding = Finding::new(CHECK.id, source, "a success", unmet);
    Some(finding.saying(format!("the request must succeed, but {unmet}")))
}
