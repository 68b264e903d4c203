//! Findings: rules that a response broke.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use failspec_pack::pack::Provenance;

use super::registry::find;

/// A rule that a response broke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The id of the check.
    pub check: &'static str,
    /// The source of the rule.
    pub source: Provenance,
    /// The expected value.
    pub expected: String,
    /// The observed value.
    pub actual: String,
    /// Both in one sentence.
    pub message: String,
}

impl Finding {
    /// Creates a finding; its message consists of the expected and the actual value.
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

    /// Sets the message.
    #[must_use]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Returns true if breaking the rule is a violation (and not a warning).
    pub fn is_violation(&self) -> bool {
        self.source.is_binding()
    }
}

/// Deserializes what [`Serialize`] writes. The id of the check must be in the registry: an unknown one is an error.
impl<'de> Deserialize<'de> for Finding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            check: String,
            source: Provenance,
            expected: String,
            actual: String,
            message: String,
        }
        let Written { check, source, expected, actual, message } = Written::deserialize(deserializer)?;
        let unknown = || D::Error::custom(format!("there is no check `{check}`"));
        let check = find(&check).ok_or_else(unknown)?.id;
        Ok(Self { check, source, expected, actual, message })
    }
}
