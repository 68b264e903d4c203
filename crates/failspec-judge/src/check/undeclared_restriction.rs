//! Requests that an OpenAPI document allows and the API refuses.

use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    undeclared_requirement::WITHOUT_OPTIONAL_MEMBER,
};

pub(super) static CHECK: Check = Check {
    id: "undeclared-restriction",
    summary: "the API accepts what its OpenAPI document allows",
    source: "`expect: accepted` of a scenario: the schemas of the request allow it",
    text: "The API refused a value that the schema of the document allows: an empty text without `minLength`, a text beyond ASCII, \
`null`, the exact bound of a number, zero or a negative one without a bound, the document's own example, a member that the document does not name although it allows others, any text for a query parameter, a body that is \
left out although it is optional. Or it refused the document's own example of a body, and accepted it without some of the \
optional members, of which those that name another thing may name none; from then on the run leaves them out. Say in the schema what the API accepts (`minLength`, `enum`, `pattern`, \
`additionalProperties: false`, `required`), or accept it. It is a warning: a document may leave to words what its schemas \
cannot say. The rows of a report name it only for operations that accept anything at all.",
    when: When::Always,
    // A subject has a failure under test; for requests without one see `restriction`.
    run: |subject| examples(subject.observed),
};

/// The expectation of a finding about an example. The case that it is found in is about something else.
pub(crate) const EXAMPLE_IS_ACCEPTED: &str = "the document's own example is accepted";

/// Returns true if a finding says that the API refuses what its document allows.
pub fn is_about_restrictions(finding: &Finding) -> bool {
    finding.check == CHECK.id
}

/// Returns the findings that the API refuses the document's own example of a body, and accepts it without optional members.
pub(super) fn examples(observed: &Observed) -> Vec<Finding> {
    let records = observed.records.iter().enumerate();
    let completed = records.filter_map(|(index, record)| Some((index, record.completed.as_deref()?)));
    let refused = completed.filter(|(_, completed)| !completed.removed.is_empty());
    refused
        .map(|(index, completed)| {
            let members = completed.removed.iter().map(|(name, value)| format!("{name} ({value})"));
            let members = members.collect::<Vec<String>>().join(", ");
            let verb = if completed.broke { "breaks" } else { "is refused" };
            let message = format!(
                "{} {verb} with the document's own example ({}), and accepted without {members}",
                completed.operation, completed.refusal
            );
            // Whatever the document leaves to words, it does not let the server break.
            let source = if completed.broke { Provenance::Documented } else { Provenance::Inferred };
            let actual = format!("{} {verb} with its example", completed.operation);
            let finding = Finding::new(CHECK.id, source, EXAMPLE_IS_ACCEPTED, actual).saying(message);
            Finding { record: Some(index), ..finding }
        })
        .collect()
}

/// Returns the finding that the API refuses a request that should be accepted.
pub(super) fn restriction(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let record = observed.records.get(observed.judged)?;
    let response = record.exchange.result.as_ref().ok()?;
    // Others are about the state, the role or the load.
    // That one without an optional member is refused is a requirement.
    let is_without = scenario.fault.as_deref() == Some(WITHOUT_OPTIONAL_MEMBER);
    let is_refused = scenario.should_be_accepted && !is_without && matches!(response.status, 400 | 422);
    is_refused.then(|| {
        let actual = format!("HTTP {}", response.status);
        Finding::new(CHECK.id, Provenance::Inferred, "what the document allows is accepted", actual).saying(
            format!("the document allows the request, and it is refused with HTTP {}", response.status),
        )
    })
}
