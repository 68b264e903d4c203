//! The whole run in numbers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseReport, Coverage, Outcome, State};

/// The whole run in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Cases in which the API failed as documented.
    pub passed: usize,
    /// Cases with violations.
    pub failed: usize,
    /// Cases that could not be judged.
    pub inconclusive: usize,
    /// Cases whose requirements the target does not provide.
    pub skipped: usize,
    /// Cases of optional parts of the API that the product does not have.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_applicable: usize,
    /// Cases with known failures.
    pub waived: usize,
    /// Cases in which the failure did not come, without a violation.
    #[serde(default)]
    pub unconfirmed: usize,
    /// Cases that ran several times, with different outcomes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unstable: usize,
    /// Cases of recorded traffic without a violation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seen: usize,
    /// Cases with warnings.
    pub warned: usize,
    /// Documented failures of the packs of the run.
    pub documented: usize,
    /// Failures that were exercised.
    pub exercised: usize,
    /// Documented causes.
    pub causes: usize,
    /// Causes that were exercised.
    pub causes_exercised: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Summary {
    /// Computes the numbers of a run.
    pub fn of<'a>(cases: &[CaseReport], coverage: impl Iterator<Item = &'a Coverage>) -> Self {
        let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
        let mut summary = Self {
            passed: count(Outcome::Passed),
            failed: count(Outcome::Failed),
            inconclusive: count(Outcome::Inconclusive),
            skipped: count(Outcome::Skipped),
            not_applicable: count(Outcome::NotApplicable),
            waived: count(Outcome::Waived),
            unconfirmed: count(Outcome::Unconfirmed),
            unstable: count(Outcome::Unstable),
            seen: count(Outcome::Seen),
            warned: cases.iter().filter(|case| !case.warnings.is_empty()).count(),
            ..Self::default()
        };
        for coverage in coverage {
            let (causes, causes_exercised) = coverage.causes();
            summary.documented += coverage.failures.len();
            summary.exercised += coverage.count(|state| *state == State::Exercised);
            summary.causes += causes;
            summary.causes_exercised += causes_exercised;
        }
        summary
    }
}
