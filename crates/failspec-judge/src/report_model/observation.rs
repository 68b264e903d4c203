//! The observation of a failure, and the one table of what follows from it.
//!
//! | observed | violations | could not be judged | waived | outcome |
//! |---|---|---|---|---|
//! | anything | yes | — | — | failed |
//! | anything | no | yes | — | inconclusive |
//! | anything | no | no | yes | waived |
//! | the failure, or the success that is expected | no | no | no | passed |
//! | anything else | no | no | no | unconfirmed |

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::pack::ProofGap;

use super::{CaseReport, Exercise, Outcome, Verdict};

/// The kind of response to the request under test.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Observation {
    /// The failure under test.
    Triggered {
        /// The code that was seen instead of the failure's own, if the documentation also accepts that one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alternative: Option<String>,
        /// True if the control, which has no fault, got it too: then the request proves nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        control_too: bool,
        /// The reason why the scenario proves nothing, whatever the response is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gap: Option<ProofGap>,
    },
    /// Another documented failure.
    OtherFailure {
        /// Its id.
        failure: String,
    },
    /// A failure that the contract does not list.
    UndocumentedFailure {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: String,
    },
    /// The success that the scenario expects.
    Expected {
        /// The HTTP status.
        status: u16,
    },
    /// A documented failure in recorded traffic: nothing shows what caused it.
    Seen {
        /// Its id.
        failure: String,
    },
    /// A success.
    Success {
        /// The HTTP status.
        status: u16,
    },
    /// A response that is nothing that the contract documents.
    Unrecognized {
        /// The HTTP status.
        status: u16,
    },
    /// No response.
    #[default]
    NoResponse,
}

impl Observation {
    /// Returns the coverage of the failure under test that the response alone gives.
    pub fn exercise(&self) -> Exercise {
        match self {
            Self::Triggered { control_too: true, .. } | Self::Triggered { gap: Some(_), .. } => Exercise::No,
            Self::Triggered { alternative: Some(code), .. } => Exercise::Alternative(code.clone()),
            Self::Triggered { alternative: None, .. } | Self::Expected { .. } => Exercise::Exercised,
            _ => Exercise::No,
        }
    }
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Triggered { control_too: true, .. } => f.write_str("a failure that the control got too"),
            Self::Triggered { .. } => f.write_str("the failure"),
            Self::OtherFailure { failure } => write!(f, "another documented failure, {failure}"),
            Self::UndocumentedFailure { status, code } => {
                write!(f, "HTTP {status} with an undocumented code {code}")
            }
            Self::Seen { failure } => write!(f, "the failure {failure}, in recorded traffic"),
            Self::Success { status } | Self::Expected { status } => write!(f, "a success (HTTP {status})"),
            Self::Unrecognized { status } => write!(f, "no documented failure (HTTP {status})"),
            Self::NoResponse => f.write_str("none"),
        }
    }
}

/// The facts about a case that decide its outcome.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'o> {
    /// The kind of response that came.
    pub observation: &'o Observation,
    /// True if there are violations that no waiver covers.
    pub violated: bool,
    /// True if there are violations that a waiver covers.
    pub waived: bool,
    /// True if the case, or a step of it, could not be judged.
    pub unjudged: bool,
}

impl Judgement<'_> {
    /// Returns the outcome of the case.
    pub fn outcome(self) -> Outcome {
        let is_seen = self.observation.exercise() != Exercise::No;
        match (self.violated, self.unjudged, self.waived) {
            // A violation is a failure, even if requests before or after it could not be sent.
            (true, _, _) => Outcome::Failed,
            (false, true, _) => Outcome::Inconclusive,
            (false, false, true) => Outcome::Waived,
            (false, false, false) if is_seen => Outcome::Passed,
            (false, false, false) => Outcome::Unconfirmed,
        }
    }

    /// Returns the coverage of the failure under test by the case.
    pub fn exercise(self) -> Exercise {
        match self.outcome() {
            Outcome::Inconclusive
            | Outcome::Skipped
            | Outcome::NotApplicable
            | Outcome::Unconfirmed
            | Outcome::Unstable
            | Outcome::Seen => Exercise::No,
            Outcome::Passed | Outcome::Failed | Outcome::Waived => self.observation.exercise(),
        }
    }
}

/// The status of a test case in formats that know only these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStatus {
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// It could not be judged.
    Error,
    /// It proves nothing, and is no fault of the API either.
    Skipped,
}

impl Outcome {
    /// Returns the verdict that a case with this outcome alone forces upon the run.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Failed | Self::Unstable => Some(Verdict::Violations),
            Self::Inconclusive => Some(Verdict::Inconclusive),
            // Whether these make the run incomplete depends on the other cases of the failure.
            Self::Passed
            | Self::Unconfirmed
            | Self::Skipped
            | Self::NotApplicable
            | Self::Waived
            | Self::Seen => None,
        }
    }

    /// Returns the status of the case in formats such as JUnit.
    pub fn test_status(self) -> TestStatus {
        match self {
            Self::Passed | Self::Seen => TestStatus::Success,
            Self::Failed | Self::Unstable => TestStatus::Failure,
            Self::Inconclusive => TestStatus::Error,
            Self::Skipped | Self::NotApplicable | Self::Waived | Self::Unconfirmed => TestStatus::Skipped,
        }
    }
}

impl CaseReport {
    /// Returns true if the outcome agrees with what was observed and found; a report of failspec always does.
    pub fn is_consistent(&self) -> bool {
        let is_seen = self.exercised != Exercise::No;
        let is_clean = self.violations.is_empty();
        match self.outcome {
            Outcome::Passed => is_clean && self.waived.is_empty() && is_seen,
            Outcome::Unconfirmed | Outcome::Seen => is_clean && self.waived.is_empty() && !is_seen,
            Outcome::Failed => !is_clean,
            // One of its runs stands in the report, with what it found.
            Outcome::Unstable => !is_seen,
            Outcome::Waived => is_clean && !self.waived.is_empty(),
            Outcome::Inconclusive | Outcome::Skipped => is_clean && !is_seen,
            // Nothing of it was sent.
            Outcome::NotApplicable => {
                is_clean && !is_seen && self.waived.is_empty() && self.exchanges.is_empty()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triggered(alternative: Option<&str>, control_too: bool) -> Observation {
        Observation::Triggered { alternative: alternative.map(str::to_owned), control_too, gap: None }
    }

    #[test]
    fn outcome_and_coverage_follow_from_what_was_observed() {
        use Outcome::{Failed, Inconclusive, Passed, Unconfirmed, Waived};
        let seen = triggered(None, false);
        let alternative = triggered(Some("gone"), false);
        let control_too = triggered(None, true);
        let unproven =
            Observation::Triggered { alternative: None, control_too: false, gap: Some(ProofGap::NoControl) };
        let other = Observation::OtherFailure { failure: "odd".to_owned() };
        let undocumented = Observation::UndocumentedFailure { status: 400, code: "x".to_owned() };
        let (success, unknown) =
            (Observation::Success { status: 200 }, Observation::Unrecognized { status: 404 });
        let gone = || Exercise::Alternative("gone".to_owned());
        for (observation, violated, unjudged, waived, outcome, exercise) in [
            (&seen, false, false, false, Passed, Exercise::Exercised),
            (&seen, true, false, false, Failed, Exercise::Exercised),
            (&seen, true, true, true, Failed, Exercise::Exercised),
            (&seen, false, true, false, Inconclusive, Exercise::No),
            (&seen, false, true, true, Inconclusive, Exercise::No),
            (&seen, false, false, true, Waived, Exercise::Exercised),
            (&alternative, false, false, false, Passed, gone()),
            (&alternative, true, false, false, Failed, gone()),
            (&control_too, true, false, false, Failed, Exercise::No),
            (&control_too, false, false, true, Waived, Exercise::No),
            (&unproven, false, false, false, Unconfirmed, Exercise::No),
            (&unproven, true, false, false, Failed, Exercise::No),
            (&other, false, false, false, Unconfirmed, Exercise::No),
            (&other, true, false, false, Failed, Exercise::No),
            (&undocumented, false, false, false, Unconfirmed, Exercise::No),
            (&success, false, false, false, Unconfirmed, Exercise::No),
            (&success, false, false, true, Waived, Exercise::No),
            (&unknown, false, false, false, Unconfirmed, Exercise::No),
            (&Observation::NoResponse, false, true, false, Inconclusive, Exercise::No),
        ] {
            let judgement = Judgement { observation, violated, waived, unjudged };
            assert_eq!((judgement.outcome(), judgement.exercise()), (outcome, exercise), "{judgement:?}");
        }
    }

    #[test]
    fn verdict_and_test_status_follow_from_the_outcome() {
        for (outcome, verdict, is_judged, status) in [
            (Outcome::Passed, None, true, TestStatus::Success),
            (Outcome::Failed, Some(Verdict::Violations), true, TestStatus::Failure),
            (Outcome::Unstable, Some(Verdict::Violations), true, TestStatus::Failure),
            (Outcome::Inconclusive, Some(Verdict::Inconclusive), false, TestStatus::Error),
            (Outcome::Unconfirmed, None, true, TestStatus::Skipped),
            (Outcome::Skipped, None, false, TestStatus::Skipped),
            (Outcome::NotApplicable, None, false, TestStatus::Skipped),
            (Outcome::Waived, None, true, TestStatus::Skipped),
            (Outcome::Seen, None, true, TestStatus::Success),
        ] {
            assert_eq!(outcome.verdict(), verdict, "{outcome:?}");
            assert_eq!(outcome.is_judged(), is_judged, "{outcome:?}");
            assert_eq!(outcome.test_status(), status, "{outcome:?}");
        }
    }
}
