//! Mutants of KubeGlass.

use super::violation_in;
use crate::ExpectedDetection;

/// Mutant, the failure whose scenarios must notice it, and the check.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("kubernetes-unreachable-ignored", "api_unreachable", "not-rejected"),
    ("deadline-exceeded-ignored", "timeout", "not-rejected"),
    ("internal-fault-ignored", "internal_error", "not-rejected"),
    ("context-switch-fails-ignored", "context_switch_failed", "not-rejected"),
    ("kubeconfig-unreadable-ignored", "context_list_failed", "not-rejected"),
    ("source-cluster-unreachable-ignored", "source_fetch_failed", "not-rejected"),
    ("target-cluster-unreachable-ignored", "target_fetch_failed", "not-rejected"),
    ("helm-missing-ignored", "helm_not_found", "not-rejected"),
    ("metrics-unreachable-ignored", "dependency_unavailable", "not-rejected"),
    ("stale-version-accepted", "conflict", "not-rejected"),
    // Also the control, which has the parameter, gets the failure under test.
    ("query-parameter-overlooked", "missing_query_param", "control"),
    ("duplicate-name-accepted", "already_exists", "not-rejected"),
    ("bad-limit-accepted", "invalid_parameter", "not-rejected"),
    ("invalid-propagation-accepted", "invalid_propagation", "not-rejected"),
    ("any-token-accepted", "unauthorized", "not-rejected"),
    ("missing-token-accepted", "unauthorized", "not-rejected"),
    ("secrets-open-to-everyone", "forbidden", "not-rejected"),
    ("rbac-not-enforced", "forbidden", "not-rejected"),
    ("target-cluster-rbac-not-enforced", "insufficient_permissions", "not-rejected"),
    ("large-body-accepted", "body_too_large", "not-rejected"),
    ("second-drain-accepted", "drain_in_progress", "not-rejected"),
    // 51 contexts that do not exist: when nobody counts them, the first one is not found.
    ("too-many-contexts-accepted", "too_many_contexts", "code"),
    ("negative-replicas-accepted", "invalid_field", "not-rejected"),
];

/// How one of its own mutants must be noticed.
pub(super) fn noticed(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // The scenarios that surely meet this code are our reading of "user input".
        "accepts-invalid-input" => Some(ExpectedDetection::warning("not-rejected").at("invalid_input")),
        "mistakes-invalid-input" => Some(ExpectedDetection::warning("code").at("invalid_input")),
        // The page calls a revision "invalid" and does not say what becomes of one that never was.
        "unknown-revision-accepted" => {
            Some(ExpectedDetection::warning("not-rejected").at("invalid_revision"))
        }
        "context-switched-for-everyone" => {
            Some(ExpectedDetection::Unpromised("the scope of a context switch is not a documented failure"))
        }
        _ => violation_in(VIOLATIONS, mutant),
    }
}
