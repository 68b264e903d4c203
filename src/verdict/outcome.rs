//! What became of one case.

use serde::{Deserialize, Serialize};

/// What became of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The API failed as documented.
    Passed,
    /// There are violations.
    Failed,
    /// It could not be judged: setup or control went wrong, no usable response, something in front of the API
    /// answered.
    Inconclusive,
    /// The target brings no role, variable or condition that the scenario needs.
    Skipped,
    /// A known failure with reason and expiry.
    Waived,
}

impl Outcome {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::Waived => "waived",
        }
    }
}
