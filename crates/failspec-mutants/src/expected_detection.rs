//! The expected detection of a mutant.

use std::{borrow::Cow, fmt};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A finding for a documented rule.
    Violation,
    /// A finding for a rule that is inferred or from a standard.
    Warning,
}

/// The way in which a mutant must be detected. A mutant that is not detected in this way has survived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedDetection {
    /// Detection by a check.
    By {
        /// The id of the check.
        check: &'static str,
        /// The severity that the finding must have. A violation where a warning is expected is a false positive.
        severity: Severity,
        /// The id of the failure: the finding must be in one of its cases. Any case counts if `None`.
        failure: Option<Cow<'static, str>>,
    },
    /// Detection by a finding of this check about the whole run.
    Run(&'static str),
    /// Detection by a diagnosis that contains this text. It stops the run, so no case is judged.
    Diagnosis(&'static str),
    /// Detection by an inconclusive case with a reason that contains this text, and without any violation.
    Inconclusive(&'static str),
    /// No detection: clients must tolerate the change.
    Harmless,
    /// No detection: the mutant breaks no documented rule. The text is the reason, which is reported.
    Unpromised(&'static str),
}

impl ExpectedDetection {
    /// Expects a violation of a check, in any case.
    pub const fn violation(check: &'static str) -> Self {
        Self::By { check, severity: Severity::Violation, failure: None }
    }

    /// Expects a warning of a check, in any case.
    pub const fn warning(check: &'static str) -> Self {
        Self::By { check, severity: Severity::Warning, failure: None }
    }

    /// Restricts the detection to the cases of this failure.
    #[must_use]
    pub fn at(self, id: impl Into<Cow<'static, str>>) -> Self {
        match self {
            Self::By { check, severity, .. } => Self::By { check, severity, failure: Some(id.into()) },
            other => other,
        }
    }

    /// The failure to which the detection is restricted, if any.
    pub fn failure(&self) -> Option<&str> {
        match self {
            Self::By { failure, .. } => failure.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for ExpectedDetection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By { check, severity, failure } => {
                let severity = match severity {
                    Severity::Violation => "violation",
                    Severity::Warning => "warning",
                };
                write!(formatter, "{severity} {check}")?;
                failure.as_ref().map_or(Ok(()), |failure| write!(formatter, " at {failure}"))
            }
            Self::Run(check) => write!(formatter, "run finding {check}"),
            Self::Diagnosis(text) => write!(formatter, "diagnosis `{text}`"),
            Self::Inconclusive(text) => write!(formatter, "inconclusive `{text}`"),
            Self::Harmless => write!(formatter, "nothing"),
            Self::Unpromised(why) => write!(formatter, "nothing: {why}"),
        }
    }
}
