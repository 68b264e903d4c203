//! How a mutant must be noticed.

use std::{borrow::Cow, fmt};

/// How heavy a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The rule is documented.
    Violation,
    /// The rule is inferred, or from a standard.
    Warning,
}

/// How a mutant must be noticed. By less, it has survived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedDetection {
    /// By a check.
    By {
        /// The check.
        check: &'static str,
        /// How heavy its finding must be. A violation where a warning is due is crying wolf.
        severity: Severity,
        /// In a case of this failure; anywhere if there is none.
        failure: Option<Cow<'static, str>>,
    },
    /// By a finding of the whole run.
    Run(&'static str),
    /// By a diagnosis that stops the run and holds this text; nothing is judged then.
    Diagnosis(&'static str),
    /// By not being judged, for a reason that holds this text; and by no violation.
    Inconclusive(&'static str),
    /// Not at all: clients must tolerate it.
    Harmless,
    /// Not at all: nothing that is documented is broken. The reason is told.
    Unpromised(&'static str),
}

impl ExpectedDetection {
    /// By a violation of a check, anywhere.
    pub const fn violation(check: &'static str) -> Self {
        Self::By { check, severity: Severity::Violation, failure: None }
    }

    /// By a warning of a check, anywhere.
    pub const fn warning(check: &'static str) -> Self {
        Self::By { check, severity: Severity::Warning, failure: None }
    }

    /// In a case of this failure.
    #[must_use]
    pub fn at(self, id: impl Into<Cow<'static, str>>) -> Self {
        match self {
            Self::By { check, severity, .. } => Self::By { check, severity, failure: Some(id.into()) },
            other => other,
        }
    }

    /// The failure whose cases must notice it.
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
