//! Expected detection of the mutants of KubeGlass.

use super::violation_in;
use crate::ExpectedDetection;

/// Mutants that a violation must detect: mutant, failure and check. The finding must be in a case of that failure.
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
    // The control, which has the parameter, gets the failure under test too.
    ("path-parameter-overlooked", "missing_path_param", "control"),
    ("duplicate-name-accepted", "already_exists", "not-rejected"),
    ("bad-limit-accepted", "invalid_parameter", "not-rejected"),
    ("invalid-propagation-accepted", "invalid_propagation", "not-rejected"),
    ("any-token-accepted", "unauthorized", "not-rejected"),
    ("missing-token-accepted", "unauthorized", "not-rejected"),
    ("rbac-not-enforced", "forbidden", "not-rejected"),
    ("target-cluster-rbac-not-enforced", "insufficient_permissions", "not-rejected"),
    ("large-body-accepted", "body_too_large", "not-rejected"),
    ("second-drain-accepted", "drain_in_progress", "not-rejected"),
    // The request names 51 contexts that do not exist. If they are not counted, the first one is not found.
    ("too-many-contexts-accepted", "too_many_contexts", "code"),
];

/// Returns the expected detection of a mutant of this API.
pub(super) fn noticed(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // The scenarios that certainly get this code depend on an inferred meaning of "user input".
        "accepts-invalid-input" => Some(ExpectedDetection::warning("not-rejected").at("invalid_input")),
        "mistakes-invalid-input" => Some(ExpectedDetection::warning("code").at("invalid_input")),
        // The control, which has the parameter, gets the failure under test too. No source names a required parameter,
        // so it may be one that the API does not have.
        "query-parameter-overlooked" => Some(ExpectedDetection::Inconclusive("the control")),
        // No source names the number of replicas.
        "negative-replicas-accepted" => Some(ExpectedDetection::warning("not-rejected").at("invalid_field")),
        // The page calls a revision "invalid" and does not define the response for a revision that never existed.
        "unknown-revision-accepted" => {
            Some(ExpectedDetection::warning("not-rejected").at("invalid_revision"))
        }
        "context-switched-for-everyone" => {
            Some(ExpectedDetection::Unpromised("the scope of a context switch is not a documented failure"))
        }
        _ => violation_in(VIOLATIONS, mutant),
    }
}
