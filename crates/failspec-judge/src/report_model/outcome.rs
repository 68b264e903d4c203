//! The outcome of one case.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The outcome of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The API failed as documented: the failure was seen.
    Passed,
    /// There are violations.
    Failed,
    /// It could not be judged: the setup or the control failed, or there is no response of the API.
    Inconclusive,
    /// The target does not provide a role, variable or condition that the scenario requires.
    Skipped,
    /// It belongs to an optional part of the API that the product does not have.
    NotApplicable,
    /// Its violations are waived, with a reason and an expiry date.
    Waived,
    /// The failure did not come, and no documented rule was broken: that this fault causes it is only inferred.
    Unconfirmed,
    /// It ran several times (`--repeat`), with different outcomes.
    Unstable,
    /// It was seen in recorded traffic, without a violation; nothing shows what caused it.
    Seen,
}

impl Outcome {
    /// Returns true if the response was judged: it was neither skipped, not applicable nor inconclusive.
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Inconclusive | Self::Skipped | Self::NotApplicable)
    }

    /// Returns the word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::NotApplicable => "not applicable",
            Self::Waived => "waived",
            Self::Unconfirmed => "unconfirmed",
            Self::Unstable => "unstable",
            Self::Seen => "seen",
        }
    }
}
