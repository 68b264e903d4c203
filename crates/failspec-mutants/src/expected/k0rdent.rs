//! Expected detection of the mutants of k0rdent AI.

use super::violation_in;
use crate::ExpectedDetection;

/// Mutants that a violation must detect: mutant, failure and check. The finding must be in a case of that failure.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("bmc-unreachable-ignored", "bmc_connection_failed", "not-rejected"),
    ("internal-fault-ignored", "internal_error", "not-rejected"),
    ("missing-token-accepted", "unauthorized", "not-rejected"),
    ("any-token-accepted", "unauthorized", "not-rejected"),
    ("permission-not-enforced", "forbidden", "not-rejected"),
    ("rate-limit-not-enforced", "rate_limited", "not-rejected"),
    ("still-limited-after-waiting", "rate_limited", "recovers"),
    ("limit-without-retry-after", "rate_limited", "headers"),
    ("limit-with-retry-after-in-words", "rate_limited", "headers"),
    ("retry-after-header-missing", "rate_limited", "headers"),
    ("retry-after-header-in-words", "rate_limited", "headers"),
    ("retry-after-header-negative", "rate_limited", "headers"),
    ("validation-skipped", "validation_error", "not-rejected"),
    ("duplicate-accepted", "conflict", "not-rejected"),
    ("deleted-server-found", "not_found", "not-rejected"),
    ("state-machine-not-enforced", "invalid_state_transition", "not-rejected"),
    ("pool-capacity-not-enforced", "pool_capacity_exceeded", "not-rejected"),
    ("quota-not-enforced", "quota_exceeded", "not-rejected"),
    ("bmc-failure-hidden", "bmc_connection_failed", "not-rejected"),
    ("internal-fault-hidden", "internal_error", "not-rejected"),
    ("bulk-hides-failed-items", "bulk_partial_failure", "not-rejected"),
    ("bulk-item-without-code", "bulk_partial_failure", "code"),
    ("bulk-says-failure", "bulk_partial_failure", "envelope"),
    ("bulk-responses-200", "bulk_partial_failure", "not-rejected"),
    ("bulk-refused-for-one-item", "bulk_partial_failure", "bulk-item"),
    ("request-ids-disagree", "not_found", "request-id"),
    ("request-id-of-another-form", "not_found", "request-id"),
    ("timestamp-as-number", "not_found", "envelope"),
    ("fields-as-list", "validation_error", "schema"),
    ("error-says-success", "not_found", "envelope"),
];

/// Returns the expected detection of a mutant of this API, or of a general mutant where this contract differs from
/// the others.
pub(super) fn noticed(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // The documentation names no media type.
        id if id.starts_with("media-type-") => Some(ExpectedDetection::warning("media-type")),
        "envelope-problem-details" => Some(ExpectedDetection::violation("envelope")),
        // The example lists two fields at once, but no statement says that every invalid field is listed.
        "first-bad-field-alone" => Some(ExpectedDetection::warning("expectation").at("validation_error")),
        // No source names a request that is a semantic error.
        "semantic-error-accepted" => Some(ExpectedDetection::warning("not-rejected").at("semantic_error")),
        // HTTP defines DELETE as idempotent, and the documentation does not define the response to a second one.
        "absent-deleted" => Some(ExpectedDetection::warning("not-rejected").at("not_found")),
        // The documentation does not mention the resources of other organisations.
        "foreign-server-shown" => Some(ExpectedDetection::warning("not-rejected").at("not_found")),
        "foreign-server-told-apart" => Some(ExpectedDetection::warning("indistinguishable").at("not_found")),
        "pool-in-use-deleted" => Some(ExpectedDetection::warning("not-rejected").at("conflict")),
        "internal-fault-leaks" => Some(ExpectedDetection::warning("leaks").at("internal_error")),
        // An empty 200 is not a documented success, so even the controls fail.
        "always-empty" => Some(ExpectedDetection::Diagnosis("responds with a page that is not JSON")),
        _ => violation_in(VIOLATIONS, mutant),
    }
}
