//! The verdict of a run in one word, and the exit code that follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseReport, Reason, Summary};

/// The verdict of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Stopped by a signal, after the teardowns.
    Interrupted,
    /// A documented rule was broken.
    Violations,
    /// Something could not be judged.
    Inconclusive,
    /// Not everything that is documented was exercised.
    Incomplete,
    /// The API fails as its documentation says.
    Conforms,
    /// Recorded traffic has no violation. Nothing was exercised, so it shows no more than that.
    NoViolationsSeen,
}

/// Exit codes of every command, by precedence.
pub mod exit {
    /// Everything conforms; for other commands: done.
    pub const CONFORMS: u8 = 0;
    /// Violations, run findings, or changed snapshots under `--snapshots check`.
    pub const VIOLATIONS: u8 = 1;
    /// Files or options are wrong; nothing was sent.
    pub const USAGE: u8 = 2;
    /// Something could not be judged: unreachable target, refused login, failed setup. Or an output cannot be written.
    pub const INCONCLUSIVE: u8 = 3;
    /// Not everything that is documented was exercised.
    pub const INCOMPLETE: u8 = 4;
    /// Interrupted, after cleanup.
    pub const INTERRUPTED: u8 = 130;
}

impl Verdict {
    /// Returns the word on the last line and in every report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Violations => "violations",
            Self::Inconclusive => "inconclusive",
            Self::Incomplete => "incomplete",
            Self::Conforms => "conforms",
            Self::NoViolationsSeen => "no violations seen",
        }
    }

    /// Returns the exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupted => exit::INTERRUPTED,
            Self::Violations => exit::VIOLATIONS,
            Self::Inconclusive => exit::INCONCLUSIVE,
            Self::Incomplete => exit::INCOMPLETE,
            Self::Conforms | Self::NoViolationsSeen => exit::CONFORMS,
        }
    }
}

/// Returns true if the time of the run was up before all cases were judged: then something is missing, even if all
/// documented failures were exercised.
pub fn is_cut_short(cases: &[CaseReport]) -> bool {
    cases.iter().any(|case| case.reason.as_ref().is_some_and(Reason::is_stop))
}

/// Input of the verdict.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerdictInput {
    /// True if a signal stopped the run.
    pub interrupted: bool,
    /// True if something kept a started run from judging: an unreachable target, a refused login, a diagnosis.
    pub stopped: bool,
    /// True if there is a run finding, a changed snapshot under `check`, or a warning under `--deny warnings`.
    pub violation: bool,
    /// True if something that is documented and selected was not exercised.
    pub missing: bool,
}

impl Summary {
    /// Returns the verdict. A run in which nothing was judged never conforms.
    pub fn verdict(&self, evidence: VerdictInput) -> Verdict {
        let judged = self.passed + self.failed + self.waived;
        if evidence.interrupted {
            Verdict::Interrupted
        } else if self.failed + self.unstable > 0 || evidence.violation {
            Verdict::Violations
        } else if self.inconclusive > 0 || evidence.stopped {
            Verdict::Inconclusive
        } else if evidence.missing || judged == 0 {
            Verdict::Incomplete
        } else {
            Verdict::Conforms
        }
    }
}
