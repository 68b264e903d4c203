//! Expected detection of the general mutants, which change responses and fit every contract.

use crate::ExpectedDetection;

/// General mutants and the check that must detect each with a violation: these rules are documented in every
/// contract.
const VIOLATIONS: &[(&str, &str)] = &[
    ("status-other", "status"),
    ("status-200", "status"),
    ("status-204", "not-rejected"),
    ("status-500", "status"),
    ("status-418", "status"),
    ("code-undocumented", "code"),
    ("code-other", "code"),
    ("code-missing", "code"),
    ("code-null", "code"),
    ("code-empty", "code"),
    ("code-wrong-type", "code"),
    ("code-wrong-case", "code"),
    ("code-padded", "code"),
    ("code-dashed", "code"),
    ("code-key-renamed", "code"),
    ("message-missing", "message"),
    ("message-empty", "message"),
    ("message-null", "message"),
    ("message-number", "message"),
    ("message-key-renamed", "message"),
    ("request-id-missing", "request-id"),
    ("request-id-empty", "request-id"),
    ("request-id-null", "request-id"),
    ("request-id-number", "request-id"),
    ("request-id-header-missing", "request-id"),
    ("request-id-header-differs", "request-id"),
    ("request-id-key-renamed", "request-id"),
    ("media-type-plain", "media-type"),
    ("media-type-html", "media-type"),
    ("media-type-missing", "media-type"),
    ("media-type-malformed", "media-type"),
    ("body-html", "well-formed"),
    ("body-html-as-json", "well-formed"),
    ("body-empty", "well-formed"),
    ("body-empty-object", "envelope"),
    ("body-null", "envelope"),
    ("body-text", "envelope"),
    ("body-truncated", "well-formed"),
    ("body-trailing-bytes", "well-formed"),
    ("body-two-documents", "well-formed"),
    ("body-bom", "well-formed"),
    ("body-duplicate-keys", "well-formed"),
    ("body-in-array", "envelope"),
    ("body-not-utf8", "well-formed"),
    ("envelope-nested", "envelope"),
    ("envelope-flattened", "envelope"),
    ("envelope-problem-details", "media-type"),
    ("always-success", "not-rejected"),
    ("always-empty", "not-rejected"),
    ("second-attempt-accepted", "repeatable"),
];

/// General mutants and the check that must detect each with a warning: the rule is from a standard or inferred.
const WARNINGS: &[(&str, &str)] = &[
    ("www-authenticate-missing", "www-authenticate"),
    ("allow-missing", "allow"),
    ("leaks-go-trace", "leaks"),
    ("leaks-java-trace", "leaks"),
    ("leaks-python-trace", "leaks"),
    ("leaks-rust-panic", "leaks"),
    ("leaks-node-trace", "leaks"),
    ("leaks-sql", "leaks"),
    ("leaks-path", "leaks"),
    ("leaks-upstream", "leaks"),
];

/// Returns the expected detection of a general mutant where the contract has no rule of its own.
pub(super) fn noticed(_pack: &str, mutant: &str) -> Option<ExpectedDetection> {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(known, _)| *known == mutant).map(|(_, check)| *check)
    };
    match mutant {
        "always-unauthorized" | "always-not-found" => Some(ExpectedDetection::Diagnosis("first request")),
        "request-id-constant" => Some(ExpectedDetection::Run("request-id-reused")),
        _ => find(VIOLATIONS)
            .map(ExpectedDetection::violation)
            .or_else(|| find(WARNINGS).map(ExpectedDetection::warning)),
    }
}
