//! Expected detection of the mutants of Kubeadapt.

use super::violation_in;
use crate::ExpectedDetection;

/// Mutants that a violation must detect: mutant, failure and check. The finding must be in a case of that failure.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("accepts-invalid-timeframe", "invalid_query_parameter", "not-rejected"),
    ("accepts-malformed-id", "malformed_cluster_id", "not-rejected"),
    ("accepts-missing-key", "missing_key", "not-rejected"),
    ("accepts-invalid-key", "invalid_key", "not-rejected"),
    ("accepts-missing-scope", "missing_scope", "not-rejected"),
    ("accepts-cluster-not-allowed", "cluster_not_allowed", "not-rejected"),
    ("accepts-not-found", "not_found", "not-rejected"),
    ("accepts-invalid-parameters", "validation_failed", "not-rejected"),
    ("accepts-rate-limited", "rate_limited", "not-rejected"),
    ("accepts-internal-error", "server_error", "not-rejected"),
    ("mistakes-invalid-timeframe", "invalid_query_parameter", "match"),
    ("mistakes-malformed-id", "malformed_cluster_id", "match"),
    ("mistakes-missing-key", "missing_key", "match"),
    ("mistakes-invalid-key", "invalid_key", "match"),
    ("mistakes-missing-scope", "missing_scope", "match"),
    ("mistakes-cluster-not-allowed", "cluster_not_allowed", "match"),
    ("internal-fault-ignored", "server_error", "not-rejected"),
    ("unknown-timeframe-accepted", "invalid_query_parameter", "not-rejected"),
    ("invalid-number-accepted", "validation_failed", "not-rejected"),
    ("problems-as-texts", "validation_failed", "envelope"),
    ("invalid-number-is-400", "validation_failed", "status"),
    ("malformed-id-is-404", "malformed_cluster_id", "status"),
    ("missing-key-accepted", "missing_key", "not-rejected"),
    ("unknown-key-accepted", "invalid_key", "not-rejected"),
    ("revoked-key-accepted", "invalid_key", "not-rejected"),
    ("revoked-key-is-403", "invalid_key", "status"),
    ("scope-not-enforced", "missing_scope", "not-rejected"),
    ("allowed-clusters-not-enforced", "cluster_not_allowed", "not-rejected"),
    ("absent-cluster-answered", "not_found", "not-rejected"),
    ("foreign-cluster-revealed", "not_found", "not-rejected"),
    ("rate-limit-not-enforced", "rate_limited", "not-rejected"),
    ("still-refused-after-wait", "rate_limited", "recovers"),
    ("limit-headers-missing", "rate_limited", "headers"),
    ("limit-headers-in-words", "rate_limited", "headers"),
    ("retry-after-missing", "rate_limited", "headers"),
    ("retry-after-in-words", "rate_limited", "headers"),
    ("retry-after-header-missing", "rate_limited", "headers"),
    ("retry-after-header-in-words", "rate_limited", "headers"),
    ("retry-after-header-negative", "rate_limited", "headers"),
    ("internal-error-hidden", "server_error", "not-rejected"),
];

/// Returns the expected detection of a mutant of this API, or of a general mutant where this contract differs from
/// the others.
pub(super) fn noticed(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // Two valid dates in the wrong order are not an invalid field.
        "contradictory-dates-accepted" => {
            Some(ExpectedDetection::warning("not-rejected").at("validation_failed"))
        }
        // "Each invalid field" can also be read as the first invalid field.
        "first-problem-only" => Some(ExpectedDetection::warning("expectation").at("validation_failed")),
        // The page does not name the members of the objects; the contract uses those of FastAPI.
        "problems-of-another-shape" => Some(ExpectedDetection::warning("schema").at("validation_failed")),
        // The page gives both 404s the same status, but not the same text.
        "foreign-cluster-told-apart" => Some(ExpectedDetection::warning("indistinguishable").at("not_found")),
        "remaining-above-zero" => Some(ExpectedDetection::warning("headers").at("rate_limited")),
        "reset-in-the-past" | "retry-after-disagrees" => {
            Some(ExpectedDetection::warning("retry-after").at("rate_limited"))
        }
        "internal-error-leaks-message" => Some(ExpectedDetection::warning("leaks").at("server_error")),
        // Only the status distinguishes an error from a success.
        "status-200" => Some(ExpectedDetection::violation("not-rejected")),
        _ => violation_in(VIOLATIONS, mutant),
    }
}
