//! Requests that an OpenAPI document allows and the API refuses.

use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
};

pub(super) static CHECK: Check = Check {
    id: "undeclared-restriction",
    summary: "the API accepts what its OpenAPI document allows",
    source: "`expect: accepted` of a scenario: the schemas of the request allow it",
    text: "The API refused a value that the schema of the document allows: an empty text without `minLength`, a text beyond ASCII, \
`null`, the exact bound of a number, zero or a negative one without a bound, the document's own example, a member that the document does not name although it allows others, any text for a query parameter, a body that is \
left out although it is optional. Say in the schema what the API accepts (`minLength`, `enum`, `pattern`, \
`additionalProperties: false`, `required`), or accept it. It is a warning: a document may leave to words what its schemas \
cannot say. The rows of a report name it only for operations that accept anything at all.",
    when: When::Always,
    // A subject has a failure under test; see `restriction`.
    run: |_| Vec::new(),
};

/// Returns the finding that the API refuses a request that should be accepted.
pub(super) fn restriction(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let record = observed.records.get(observed.judged)?;
    let response = record.exchange.result.as_ref().ok()?;
    // Others are about the state, the role or the load.
    let is_refused = scenario.should_be_accepted && matches!(response.status, 400 | 422);
    is_refused.then(|| {
        let actual = format!("HTTP {}", response.status);
        Finding::new(CHECK.id, Provenance::Inferred, "what the document allows is accepted", actual).saying(
            format!("the document allows the request, and it is refused with HTTP {}", response.status),
        )
    })
}
