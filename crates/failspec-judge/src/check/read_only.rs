//! Members that an OpenAPI document calls `readOnly`, and that the API lets a request set.

use serde_json::Value;

use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
};

/// The kind of fault of a request with a value for such a member that the API would not choose, as an import writes it.
const READ_ONLY_MEMBER: &str = "read_only_member";

pub(super) static CHECK: Check = Check {
    id: "read-only",
    summary: "a member that is `readOnly` does not take the value of a request",
    source: "`readOnly` in the OpenAPI document, and JSON Schema Validation 2020-12, section 9.4: the owner of the data is expected \
to ignore or reject attempts to change it; a warning",
    text: "The OpenAPI document says that the API alone sets the member, such as `id` or `created_at`. The request had a value \
for it that the API would not choose, and the response of the successful request has the same value. Ignore it or refuse it, or \
take `readOnly` from the schema. It is a warning: the response may repeat what was sent, and what is stored may be another \
value.",
    when: When::Always,
    // A subject has a failure under test; see `kept_value`.
    run: |_| Vec::new(),
};

/// Returns the finding that a success has the value of a member that only the API should set as the request sent it.
pub(super) fn kept_value(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let is_about_it = scenario.fault.as_deref() == Some(READ_ONLY_MEMBER);
    let member = scenario.part.as_deref().filter(|_| is_about_it)?;
    let record = observed.records.get(observed.judged)?;
    let response = record.exchange.result.as_ref().ok()?;
    if !(200..300).contains(&response.status) {
        return None;
    }
    let sent: Value = serde_json::from_slice(&record.exchange.request.body.as_ref()?.bytes).ok()?;
    let sent = sent.get(member).filter(|value| !value.is_null())?;
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let kept = places(&body).any(|object| object.get(member) == Some(sent));
    kept.then(|| {
        let expected = format!("a value of `{member}` that the API chose");
        Finding::new(CHECK.id, Provenance::Standard, expected, "the value of the request").saying(format!(
            "`{member}` is readOnly in the document, and the response has the value that the request sent"
        ))
    })
}

/// Returns the objects of a response that may be what the request created or changed: the body, an object in it such as `data`,
/// and the first one of a list.
fn places(body: &Value) -> impl Iterator<Item = &Value> {
    let inner = body.as_object().into_iter().flat_map(|object| object.values());
    let first = body.as_array().and_then(|items| items.first());
    std::iter::once(body).chain(inner).chain(first)
}
