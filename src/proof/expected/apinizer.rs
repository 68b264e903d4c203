//! Mutants of Apinizer.

use super::violation_in;
use crate::proof::Noticed;

/// Mutant, the failure whose scenarios must notice it, and the check.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("internal-fault-ignored", "internal_error", "accepted"),
    ("bad-client-credentials-accepted", "unauthorized_client", "accepted"),
    ("missing-token-accepted", "unauthorized_client", "accepted"),
    ("malformed-token-accepted", "unauthorized_client", "accepted"),
    ("unknown-token-accepted", "invalid_token", "accepted"),
    ("expired-token-accepted", "token_expired", "accepted"),
    ("revoked-token-accepted", "unauthorized_client", "accepted"),
    ("project-permission-not-enforced", "forbidden", "accepted"),
    ("role-not-enforced", "forbidden", "accepted"),
    ("restriction-not-enforced", "forbidden", "accepted"),
    ("rate-limit-not-enforced", "rate_limit_exceeded", "accepted"),
    ("still-limited-after-waiting", "rate_limit_exceeded", "recovers"),
    ("limit-without-retry-after-field", "rate_limit_exceeded", "retry-after"),
    ("retry-after-field-as-text", "rate_limit_exceeded", "retry-after"),
    ("retry-after-field-negative", "rate_limit_exceeded", "retry-after"),
    ("unusable-body-accepted", "bad_request", "accepted"),
    ("missing-field-accepted", "bad_request", "accepted"),
    ("wrong-type-accepted", "bad_request", "accepted"),
    ("invalid-value-accepted", "bad_request", "accepted"),
    ("rule-violation-accepted", "bad_request", "accepted"),
    ("bad-parameter-accepted", "invalid_parameter", "accepted"),
    ("validation-errors-misshapen", "validation_failed", "envelope"),
    ("absent-project-is-empty", "not_found", "accepted"),
    ("deleted-proxy-found", "not_found", "accepted"),
    ("proxy-of-other-project-found", "not_found", "accepted"),
    ("names-case-insensitive", "not_found", "accepted"),
    ("absent-deleted", "resource_not_found", "accepted"),
    ("absent-group-filled", "resource_not_found", "accepted"),
    ("duplicate-name-accepted", "duplicate_name", "accepted"),
    ("unique-constraint-ignored", "conflict", "accepted"),
    ("internal-fault-hidden", "internal_error", "accepted"),
];

/// How one of its own mutants must be noticed, or one that fits every contract, where this one has a say of its own.
pub(super) fn noticed(mutant: &str) -> Option<Noticed> {
    match mutant {
        "filled-group-deleted" => Some(Noticed::warning("accepted").at("conflict")),
        "internal-fault-leaks" => Some(Noticed::warning("leaks").at("internal_error")),
        // The wait is documented in the body, so the body is believed: longer than the target lets us wait.
        "retry-after-field-disagrees" => Some(Noticed::Inconclusive("asks to wait")),
        // The header is no part of the documentation; only its syntax is a standard's.
        "retry-after-header-missing" => {
            Some(Noticed::Unpromised("the body tells the wait, the header need not"))
        }
        "retry-after-header-in-words" | "retry-after-header-negative" => {
            Some(Noticed::warning("retry-after-syntax").at("rate_limit_exceeded"))
        }
        "status-204" => Some(Noticed::violation("status")),
        // An empty 200 is no documented success: not even a control succeeds.
        "always-empty" => Some(Noticed::Diagnosis("answers with a page that is not JSON")),
        _ => violation_in(VIOLATIONS, mutant),
    }
}
