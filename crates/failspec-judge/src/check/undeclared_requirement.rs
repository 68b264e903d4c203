//! Members of a body and parameters of a query that the API requires, and its OpenAPI document does not.

use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
};

/// The kind of a request without an optional member that the valid one has, as an import writes it.
pub(crate) const WITHOUT_OPTIONAL_MEMBER: &str = "without_optional_member";

pub(super) static CHECK: Check = Check {
    id: "undeclared-requirement",
    summary: "the API requires no member of a body, and no parameter, that the OpenAPI document leaves out",
    source: "`required` of the schema of the request body in the OpenAPI document",
    text: "The API refused a request with everything that the OpenAPI document requires, and accepted the same request with \
more members (`optional_members` of the contract), or with values that the refusal named in place of those that the run made \
up. It may be parameters of the query that the document calls optional, or the author's own example of a body, \
which the schema of the body forbids, where it refuses what the schema allows. Or it refused a valid request without one of its optional members, such as one of the document's own example. Declare those that the API needs as `required`, or accept the request \
without them. Which of the members that were added are needed the response without them may say. From then on the run sends \
them with every request to the operation. It is a warning: a document may leave to words what its schemas cannot say. If the \
API answered HTTP 500 without them, it is a violation.",
    when: When::Always,
    run: |subject| requirements(subject.observed),
};

/// Maximum length of the refusal in a finding, in characters: more would hide what comes behind it.
const MAX_REFUSAL_LEN: usize = 160;

/// Returns the beginning of a long text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_REFUSAL_LEN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(super) fn requirements(observed: &Observed) -> Vec<Finding> {
    let completed = observed.records.iter().enumerate();
    let completed = completed.filter_map(|(index, record)| Some((index, record.completed.as_deref()?)));
    let completed = completed.filter(|(_, completed)| completed.removed.is_empty());
    completed
        .map(|(index, completed)| {
            let members = completed.members.join(", ");
            let values = completed.values.iter().map(|(name, value)| format!("{name} = {value}"));
            let values = values.collect::<Vec<String>>().join(", ");
            let verb = if completed.broke { "breaks" } else { "is refused" };
            let accepted = match (members.is_empty(), values.is_empty()) {
                _ if completed.by_example => "the author's example, which the schema forbids".to_owned(),
                (_, true) => format!("more: {members}"),
                (true, false) => values.clone(),
                (false, false) => format!("more: {members}, and {values}"),
            };
            let message = format!(
                "{} {verb} with what the document requires ({}), and accepted with {accepted}",
                completed.operation,
                shortened(&completed.refusal)
            );
            let expected = "no more than the document requires";
            // The same members that several operations require are one deviation.
            let names = completed.members.iter().chain(completed.values.iter().map(|(name, _)| name));
            let names = names.map(String::as_str).collect::<Vec<&str>>().join(", ");
            let actual = match members.is_empty() {
                _ if completed.by_example => {
                    format!("{} takes an example that its schema forbids", completed.operation)
                }
                true => format!("only some values of {names} are accepted"),
                false => format!("some of {names} is required"),
            };
            // Whatever the document leaves to words, it does not let the server break.
            let source = if completed.broke { Provenance::Documented } else { Provenance::Inferred };
            let finding = Finding::new(CHECK.id, source, expected, actual).saying(message);
            Finding { record: Some(index), ..finding }
        })
        .collect()
}

/// Returns the finding that the API refuses a valid request without an optional member.
pub(super) fn omission(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let is_about_it = scenario.fault.as_deref() == Some(WITHOUT_OPTIONAL_MEMBER);
    let member = scenario.part.as_deref().filter(|_| is_about_it)?;
    let response = observed.records.get(observed.judged)?.exchange.result.as_ref().ok()?;
    // Others are about the state, the role or the load.
    matches!(response.status, 400 | 422).then(|| {
        let actual = format!("some of {member} is required");
        let finding =
            Finding::new(CHECK.id, Provenance::Inferred, "no more than the document requires", actual);
        finding.saying(format!(
            "the document does not require `{member}`, and the request without it is refused with HTTP {}",
            response.status
        ))
    })
}
