//! Expected detection of the mutants of Apinizer.

use super::violation_in;
use crate::ExpectedDetection;

/// Mutants that a violation must detect: mutant, failure and check. The finding must be in a case of that failure.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("internal-fault-ignored", "internal_error", "not-rejected"),
    ("bad-client-credentials-accepted", "unauthorized_client", "not-rejected"),
    ("missing-token-accepted", "unauthorized_client", "not-rejected"),
    ("malformed-token-accepted", "unauthorized_client", "not-rejected"),
    ("unknown-token-accepted", "invalid_token", "not-rejected"),
    ("expired-token-accepted", "token_expired", "not-rejected"),
    ("revoked-token-accepted", "unauthorized_client", "not-rejected"),
    ("project-permission-not-enforced", "forbidden", "not-rejected"),
    ("role-not-enforced", "forbidden", "not-rejected"),
    ("restriction-not-enforced", "forbidden", "not-rejected"),
    ("rate-limit-not-enforced", "rate_limit_exceeded", "not-rejected"),
    ("still-limited-after-waiting", "rate_limit_exceeded", "recovers"),
    ("limit-without-retry-after-field", "rate_limit_exceeded", "retry-after"),
    ("retry-after-field-as-text", "rate_limit_exceeded", "retry-after"),
    ("retry-after-field-negative", "rate_limit_exceeded", "retry-after"),
    ("unusable-body-accepted", "bad_request", "not-rejected"),
    ("missing-field-accepted", "bad_request", "not-rejected"),
    ("wrong-type-accepted", "bad_request", "not-rejected"),
    ("invalid-value-accepted", "bad_request", "not-rejected"),
    ("rule-violation-accepted", "bad_request", "not-rejected"),
    ("validation-errors-misshapen", "validation_failed", "envelope"),
    ("absent-project-is-empty", "not_found", "not-rejected"),
    ("deleted-proxy-found", "not_found", "not-rejected"),
    ("proxy-of-other-project-found", "not_found", "not-rejected"),
    ("names-case-insensitive", "not_found", "not-rejected"),
    ("absent-deleted", "resource_not_found", "not-rejected"),
    ("absent-group-filled", "resource_not_found", "not-rejected"),
    ("duplicate-name-accepted", "duplicate_name", "not-rejected"),
    ("internal-fault-hidden", "internal_error", "not-rejected"),
];

/// Returns the expected detection of a mutant of this API, or of a general mutant where this contract differs from
/// the others.
pub(super) fn noticed(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // Names are documented as unique, paths are not.
        "unique-constraint-ignored" => Some(ExpectedDetection::warning("not-rejected").at("conflict")),
        "internal-fault-leaks" => Some(ExpectedDetection::warning("leaks").at("internal_error")),
        // The wait is documented in the body, so the value of the body counts. It is longer than the target allows.
        "retry-after-field-disagrees" => Some(ExpectedDetection::Inconclusive("asks to wait")),
        // The header is not part of the documentation; only its syntax is standardized.
        "retry-after-header-missing" => {
            Some(ExpectedDetection::Unpromised("the body gives the wait; the header is optional"))
        }
        "retry-after-header-in-words" | "retry-after-header-negative" => {
            Some(ExpectedDetection::warning("retry-after-syntax").at("rate_limit_exceeded"))
        }
        "status-204" => Some(ExpectedDetection::violation("status")),
        // An empty 200 is not a documented success, so even the controls fail.
        "always-empty" => Some(ExpectedDetection::Diagnosis("responds with a page that is not JSON")),
        _ => violation_in(VIOLATIONS, mutant),
    }
}
