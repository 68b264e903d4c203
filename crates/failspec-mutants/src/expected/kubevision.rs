//! Expected detection of the mutants of KubeVision.

use failspec_pack::pack::Pack;

use super::violation_in;
use crate::ExpectedDetection;

/// Failures that the page of August 2026 has under another one: the failure of March and that of August.
const MERGED: &[(&str, &str)] = &[
    ("cluster_forbidden", "action_forbidden"),
    ("namespace_forbidden", "action_forbidden"),
    ("user_not_found", "resource_not_found"),
    ("cluster_not_found", "resource_not_found"),
    ("already_exists", "conflict"),
    ("version_conflict", "conflict"),
    ("dry_run_rejected", "validation_failed"),
];

/// Mutants that a violation must detect: mutant, failure and check. The finding must be in a case of that failure.
const VIOLATIONS: &[(&str, &str, &str)] = &[
    ("internal-fault-ignored", "internal_error", "not-rejected"),
    ("missing-parameter-accepted", "missing_parameter", "not-rejected"),
    ("malformed-parameter-accepted", "invalid_parameter", "not-rejected"),
    ("missing-token-accepted", "not_logged_in", "not-rejected"),
    ("expired-token-accepted", "token_expired", "not-rejected"),
    ("refreshed-token-expired", "token_expired", "recovers"),
    ("two-factor-skipped", "two_factor_required", "not-rejected"),
    ("any-totp-code-accepted", "two_factor_failed", "not-rejected"),
    ("action-permission-not-enforced", "action_forbidden", "not-rejected"),
    ("cluster-permission-not-enforced", "cluster_forbidden", "not-rejected"),
    ("namespace-permission-not-enforced", "namespace_forbidden", "not-rejected"),
    ("absent-resource-answered", "resource_not_found", "not-rejected"),
    ("absent-user-answered", "user_not_found", "not-rejected"),
    ("absent-cluster-answered", "cluster_not_found", "not-rejected"),
    ("duplicate-accepted", "already_exists", "not-rejected"),
    ("stale-version-accepted", "version_conflict", "not-rejected"),
    ("invalid-yaml-accepted", "invalid_yaml", "not-rejected"),
    ("dry-run-accepts-everything", "dry_run_rejected", "not-rejected"),
    ("internal-error-leaks-message", "internal_error", "leaks"),
    ("internal-error-leaks-data", "internal_error", "leaks"),
    ("unreachable-cluster-answered", "cluster_unreachable", "not-rejected"),
];

/// Returns the expected detection of a mutant of this API, or of a general mutant where this contract differs from
/// the others.
pub(super) fn noticed(pack: &Pack, mutant: &str) -> Option<ExpectedDetection> {
    let is_of_march = pack.contract.failures.iter().any(|failure| failure.id == "cluster_forbidden");
    let expected = match later(mutant) {
        Some(expected) if !is_of_march => expected,
        _ => documented(mutant)?,
    };
    let is_here = |failure: &str| pack.contract.failures.iter().any(|known| known.id == failure);
    let later = expected
        .failure()
        .filter(|failure| !is_here(failure))
        .and_then(|failure| MERGED.iter().find(|(earlier, _)| *earlier == failure).map(|(_, later)| *later));
    Some(match later {
        Some(failure) => expected.at(failure),
        None => expected,
    })
}

/// Returns the expected detection of what the page of August 2026 no longer promises.
fn later(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // "Response metadata or headers": where the id is, the page leaves open.
        "request-id-missing"
        | "request-id-empty"
        | "request-id-null"
        | "request-id-number"
        | "request-id-key-renamed"
        | "request-id-constant"
        | "envelope-flattened" => Some(ExpectedDetection::warning("request-id")),
        leak if leak.starts_with("leaks-") || leak.starts_with("internal-error-leaks-") => {
            Some(ExpectedDetection::warning("leaks").at("internal_error"))
        }
        _ => None,
    }
}

/// Returns the expected detection with the failures of the page of March 2026.
fn documented(mutant: &str) -> Option<ExpectedDetection> {
    match mutant {
        // RFC 6238, 5.2. The page does not say that a code can be used only once.
        "used-totp-code-accepted" => Some(ExpectedDetection::warning("not-rejected").at("two_factor_failed")),
        // The page documents the purpose of the temporary token, but not the response to any other use.
        "temporary-token-accepted" => Some(ExpectedDetection::warning("not-rejected")),
        // The documentation does not define which of two faults is reported first.
        "lookup-before-parameters" => Some(ExpectedDetection::warning("code").at("missing_parameter")),
        // The form of an item of a batch is that of the server.
        "batch-permission-not-enforced" => Some(ExpectedDetection::warning("success")),
        // `data` and `meta` may be absent, so all that is missed is the request id of a 50000.
        "envelope-flattened" => Some(ExpectedDetection::violation("request-id").at("internal_error")),
        "http-status-used" | "status-204" => Some(ExpectedDetection::violation("status")),
        // "Never exposes internals" (50000) is documented here.
        leak if leak.starts_with("leaks-") => {
            Some(ExpectedDetection::violation("leaks").at("internal_error"))
        }
        // If a login issues no token, no role has credentials.
        "always-success" | "always-empty" | "always-unauthorized" | "always-not-found" => {
            Some(ExpectedDetection::Diagnosis("cannot log in"))
        }
        _ => violation_in(VIOLATIONS, mutant),
    }
}
