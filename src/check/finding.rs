//! One rule that an answer broke.

use serde::Serialize;

use crate::pack::Provenance;

/// One rule that an answer broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The id of the check.
    pub check: &'static str,
    /// Where the rule comes from.
    pub source: Provenance,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// Both in one sentence.
    pub message: String,
}

impl Finding {
    /// A finding; the sentence is made of what was expected and what was there.
    pub fn new(
        check: &'static str,
        source: Provenance,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        let message = format!("expected {expected}, got {actual}");
        Self { check, source, expected, actual, message }
    }

    /// Sets the sentence.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Whether breaking the rule is a violation (and not a warning).
    pub fn is_violation(&self) -> bool {
        self.source.is_binding()
    }
}
