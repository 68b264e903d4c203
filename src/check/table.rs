//! The one table that lists the checks.

use super::{
    accepted, allow, body_status, code, control, document, envelope, expectation,
    finding::Finding,
    headers, item, leaks, matching, media_type, message, recovers, repeatable, request_id, retry_after,
    retry_after_syntax,
    rule::{Check, When},
    schema, status,
    subject::Subject,
    twin, vacuous, wording, www_authenticate,
};

/// All checks, in the order in which their findings are shown.
pub static CHECKS: &[&Check] = &[
    &accepted::CHECK,
    &control::CHECK,
    &item::CHECK,
    &status::CHECK,
    &code::CHECK,
    &matching::CHECK,
    &wording::CHECK,
    &media_type::CHECK,
    &document::CHECK,
    &envelope::CHECK,
    &schema::CHECK,
    &vacuous::CHECK,
    &message::CHECK,
    &request_id::CHECK,
    &body_status::CHECK,
    &headers::CHECK,
    &retry_after::CHECK,
    &expectation::CHECK,
    &repeatable::CHECK,
    &recovers::CHECK,
    &twin::CHECK,
    &leaks::CHECK,
    &www_authenticate::CHECK,
    &allow::CHECK,
    &retry_after_syntax::CHECK,
];

/// Findings of the whole run: no check of one exchange, but explained like them (they cannot be waived).
pub const RUN_CHECKS: &[(&str, &str)] = &[
    ("request-id-reused", "every request of a run has a request id of its own"),
    ("waiver-stale", "a waiver matches something that still breaks its check"),
    ("waiver-expired", "a waiver has not expired"),
    ("snapshot-unreferenced", "every approved snapshot belongs to a scenario"),
];

/// The check of that id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// Everything that `subject` breaks.
pub fn judge(subject: &Subject<'_>) -> Vec<Finding> {
    let succeeded = subject.identity == super::Identity::Success;
    CHECKS
        .iter()
        .filter(|check| match check.when {
            When::Refused => !succeeded,
            When::RefusedInWords => !succeeded && !subject.is_bare(),
            When::Succeeded => succeeded,
            When::Always => true,
        })
        .flat_map(|check| (check.run)(subject))
        .collect()
}
