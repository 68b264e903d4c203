//! Mutants of KubeGlass.

use super::violation_in;
use crate::proof::Noticed;

/// Mutant, the failure whose scenarios must notice it, and the check.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("kubernetes-unreachable-ignored", "api_unreachable", "accepted"),
    ("deadline-exceeded-ignored", "timeout", "accepted"),
    ("internal-fault-ignored", "internal_error", "accepted"),
    ("context-switch-fails-ignored", "context_switch_failed", "accepted"),
    ("kubeconfig-unreadable-ignored", "context_list_failed", "accepted"),
    ("source-cluster-unreachable-ignored", "source_fetch_failed", "accepted"),
    ("target-cluster-unreachable-ignored", "target_fetch_failed", "accepted"),
    ("helm-missing-ignored", "helm_not_found", "accepted"),
    ("metrics-unreachable-ignored", "dependency_unavailable", "accepted"),
    ("stale-version-accepted", "conflict", "accepted"),
    // Also the control, which has the parameter, gets the failure under test.
    ("query-parameter-overlooked", "missing_query_param", "control"),
    ("duplicate-name-accepted", "already_exists", "accepted"),
    ("bad-limit-accepted", "invalid_parameter", "accepted"),
    ("invalid-propagation-accepted", "invalid_propagation", "accepted"),
    ("any-token-accepted", "unauthorized", "accepted"),
    ("missing-token-accepted", "unauthorized", "accepted"),
    ("secrets-open-to-everyone", "forbidden", "accepted"),
    ("rbac-not-enforced", "forbidden", "accepted"),
    ("target-cluster-rbac-not-enforced", "insufficient_permissions", "accepted"),
    ("large-body-accepted", "body_too_large", "accepted"),
    ("second-drain-accepted", "drain_in_progress", "accepted"),
    // 51 contexts that do not exist: when nobody counts them, the first one is not found.
    ("too-many-contexts-accepted", "too_many_contexts", "code"),
    ("negative-replicas-accepted", "invalid_field", "accepted"),
];

/// How one of its own mutants must be noticed.
pub(super) fn noticed(mutant: &str) -> Option<Noticed> {
    match mutant {
        // The scenarios that surely meet this code are our reading of "user input".
        "accepts-invalid-input" => Some(Noticed::warning("accepted").at("invalid_input")),
        "mistakes-invalid-input" => Some(Noticed::warning("code").at("invalid_input")),
        // The page calls a revision "invalid" and does not say what becomes of one that never was.
        "unknown-revision-accepted" => Some(Noticed::warning("accepted").at("invalid_revision")),
        "context-switched-for-everyone" => {
            Some(Noticed::Unpromised("that contexts are switched per session is no failure"))
        }
        _ => violation_in(VIOLATIONS, mutant),
    }
}
