//! Removals that an OpenAPI document declares, and that the API never does.

use failspec_base::sanitize::shortened;
use failspec_pack::pack::Provenance;

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
};

/// Maximum length of what the server said in a finding, in characters.
const MAX_SAID: usize = 160;

pub(super) static CHECK: Check = Check {
    id: "removal-refused",
    summary: "the removal that the OpenAPI document declares is not refused",
    source: "the operation of the OpenAPI document that removes what another one makes",
    text: "The run made things, and the operation that removes them was refused at least three times and never succeeded. So \
what it made is left, and no more is made: the cases that need such a thing are inconclusive. Accept the removal for whoever may create \
the thing, or say in the document who may remove it, and when. It is a warning: a document may leave that to words. If the API \
answered HTTP 500, it is a violation.",
    when: When::Always,
    run: |subject| refused(subject.observed).into_iter().collect(),
};

/// Returns the finding that a removal was refused whenever the run sent it.
pub(super) fn refused(observed: &Observed) -> Option<Finding> {
    let index = observed.refused_removal?;
    let record = observed.records.get(index)?;
    let request = &record.exchange.request;
    let response = record.exchange.result.as_ref().ok()?;
    let path = request.url.path();
    let operation = observed.against.as_ref().and_then(|against| against.operation(&request.method, path));
    let operation = operation.map_or_else(|| format!("{} {path}", request.method), |it| it.name());
    let said = String::from_utf8_lossy(&response.body);
    let said = shortened(said.trim(), MAX_SAID);
    // Whatever the document leaves to words, it does not let the server break.
    let source = if response.status >= 500 { Provenance::Documented } else { Provenance::Inferred };
    let finding = Finding::new(CHECK.id, source, "the removal succeeds", format!("{operation} is refused"));
    let finding = finding.saying(format!(
        "the removal that the document declares is refused: {operation} got HTTP {} ({said}), and never succeeded in the run",
        response.status
    ));
    Some(Finding { record: Some(index), ..finding })
}
