//! Mutants of KubeVision.

use super::violation_in;
use crate::proof::Noticed;

/// Mutant, the failure whose scenarios must notice it, and the check.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("internal-fault-ignored", "internal_error", "accepted"),
    ("missing-parameter-accepted", "missing_parameter", "accepted"),
    ("malformed-parameter-accepted", "invalid_parameter", "accepted"),
    ("missing-token-accepted", "not_logged_in", "accepted"),
    ("expired-token-accepted", "token_expired", "accepted"),
    ("refreshed-token-expired", "token_expired", "recovers"),
    ("two-factor-skipped", "two_factor_required", "accepted"),
    ("any-totp-code-accepted", "two_factor_failed", "accepted"),
    ("action-permission-not-enforced", "action_forbidden", "accepted"),
    ("cluster-permission-not-enforced", "cluster_forbidden", "accepted"),
    ("namespace-permission-not-enforced", "namespace_forbidden", "accepted"),
    ("absent-resource-answered", "resource_not_found", "accepted"),
    ("absent-user-answered", "user_not_found", "accepted"),
    ("absent-cluster-answered", "cluster_not_found", "accepted"),
    ("duplicate-accepted", "already_exists", "accepted"),
    ("stale-version-accepted", "version_conflict", "accepted"),
    ("invalid-yaml-accepted", "invalid_yaml", "accepted"),
    ("dry-run-accepts-everything", "dry_run_rejected", "accepted"),
    ("internal-error-leaks-message", "internal_error", "leaks"),
    ("internal-error-leaks-data", "internal_error", "leaks"),
    ("unreachable-cluster-answered", "cluster_unreachable", "accepted"),
];

/// How one of its own mutants must be noticed, or one that fits every contract, where this one has a say of its own.
pub(super) fn noticed(mutant: &str) -> Option<Noticed> {
    match mutant {
        // RFC 6238, 5.2: the page does not say that a code is good only once.
        "used-totp-code-accepted" => Some(Noticed::warning("accepted").at("two_factor_failed")),
        // The page says what the temporary token is for, not what becomes of another use.
        "temporary-token-accepted" => Some(Noticed::warning("accepted")),
        // Which of two faults is told first is nowhere documented.
        "lookup-before-parameters" => Some(Noticed::warning("code").at("missing_parameter")),
        // The codes of single items of a batch are our reading.
        "batch-permission-not-enforced" => Some(Noticed::warning("code")),
        "http-status-used" | "status-204" => Some(Noticed::violation("status")),
        // "Never exposes internals" (50000) is a promise here.
        leak if leak.starts_with("leaks-") => Some(Noticed::violation("leaks").at("internal_error")),
        // A login that gives out no token gives nobody a role.
        "always-success" | "always-empty" | "always-unauthorized" | "always-not-found" => {
            Some(Noticed::Diagnosis("cannot log in"))
        }
        _ => violation_in(VIOLATIONS, mutant),
    }
}
