//! Mutants of Kubeadapt.

use super::violation_in;
use crate::ExpectedDetection;

/// Mutant, the failure whose scenarios must notice it, and the check.
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

/// How one of its own mutants must be noticed, or one that fits every contract, where this one has a say of its own.
pub(super) fn noticed(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // Two good dates in the wrong order are no invalid field.
        "contradictory-dates-accepted" => {
            Some(ExpectedDetection::warning("not-rejected").at("validation_failed"))
        }
        // "Each invalid field" may be read as the first one.
        "first-problem-only" => Some(ExpectedDetection::warning("expectation").at("validation_failed")),
        // The members of the objects are those of FastAPI, which the page does not name.
        "problems-of-another-shape" => Some(ExpectedDetection::warning("schema").at("validation_failed")),
        // The page gives both 404s one status, not one text.
        "foreign-cluster-told-apart" => Some(ExpectedDetection::warning("indistinguishable").at("not_found")),
        "remaining-above-zero" => Some(ExpectedDetection::warning("headers").at("rate_limited")),
        "reset-in-the-past" | "retry-after-disagrees" => {
            Some(ExpectedDetection::warning("retry-after").at("rate_limited"))
        }
        "internal-error-leaks-message" => Some(ExpectedDetection::warning("leaks").at("server_error")),
        // Nothing but the status tells an error from a success.
        "status-200" => Some(ExpectedDetection::violation("not-rejected")),
        _ => violation_in(VIOLATIONS, mutant),
    }
}
