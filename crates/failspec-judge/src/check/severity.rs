//! The severity of a finding: one function of the rule's source, the scenario's source, what the response was
//! identified as, and the configuration of the target.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::{pack::Provenance, target_config::Level};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A rule that the publisher did not promise: inferred, or of a standard.
    Warning,
    /// A rule that the publisher promised.
    Violation,
}

impl Severity {
    /// Returns the word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Violation => "violation",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The statement that a finding contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The scenario says that this fault causes this failure.
    Cause,
    /// The contract says how a response of this failure looks, and the response was recognised as that failure.
    Recognized,
    /// The contract says how a response of this failure looks, but only the scenario says that the response is one.
    Assumed,
}

/// The sources that decide how binding a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sources {
    /// The source of the rule itself.
    pub rule: Provenance,
    /// The source of the statement that the failure exists.
    pub failure: Provenance,
    /// The source of the scenario: `Inferred` says only that *this fault means that failure* is our reading.
    pub scenario: Provenance,
    /// The statement that the finding contradicts.
    pub claim: Claim,
    /// The knowledge about the route of the request on this target.
    pub route: Route,
}

/// The knowledge about the route of a request on this target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// The publisher names it, or a request to it succeeded.
    Verified,
    /// It is inferred, and no request to it succeeded: what responds there may be no part of the API.
    Unverified,
}

impl Sources {
    /// Returns the source of a finding. In an inferred scenario only a response that was recognised as a documented
    /// failure is bound by the rules of that failure.
    pub fn of_finding(self) -> Provenance {
        let own = self.rule.weaken(self.failure);
        match (self.claim, self.route) {
            (Claim::Recognized, _) => own,
            (Claim::Cause | Claim::Assumed, Route::Verified) => own.weaken(self.scenario),
            (Claim::Cause | Claim::Assumed, Route::Unverified) => own.weaken(Provenance::Inferred),
        }
    }
}

/// Returns the severity of a finding of this source.
pub fn severity(source: Provenance) -> Severity {
    if source.is_binding() { Severity::Violation } else { Severity::Warning }
}

/// Returns the severity of a finding on a target that changes the check; `None` if the check is off.
pub fn on_target(severity: Severity, level: Option<Level>) -> Option<Severity> {
    match level {
        None => Some(severity),
        Some(Level::Off) => None,
        Some(Level::Warn) => Some(Severity::Warning),
        Some(Level::Deny) => Some(Severity::Violation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Provenance::{Documented, Inferred, Published, Standard};

    #[test]
    fn a_target_has_the_last_word() {
        for (level, violation, warning) in [
            (None, Some(Severity::Violation), Some(Severity::Warning)),
            (Some(Level::Off), None, None),
            (Some(Level::Warn), Some(Severity::Warning), Some(Severity::Warning)),
            (Some(Level::Deny), Some(Severity::Violation), Some(Severity::Violation)),
        ] {
            assert_eq!(on_target(Severity::Violation, level), violation, "{level:?}");
            assert_eq!(on_target(Severity::Warning, level), warning, "{level:?}");
        }
    }

    #[test]
    fn severity_follows_from_the_sources() {
        for (rule, failure, scenario, claim, expected) in [
            (Documented, Documented, Documented, Claim::Cause, Severity::Violation),
            (Published, Documented, Documented, Claim::Cause, Severity::Violation),
            (Documented, Published, Published, Claim::Assumed, Severity::Violation),
            (Standard, Documented, Documented, Claim::Recognized, Severity::Warning),
            (Inferred, Documented, Documented, Claim::Recognized, Severity::Warning),
            (Documented, Inferred, Documented, Claim::Recognized, Severity::Warning),
            (Documented, Documented, Inferred, Claim::Cause, Severity::Warning),
            (Documented, Documented, Inferred, Claim::Assumed, Severity::Warning),
            (Documented, Documented, Inferred, Claim::Recognized, Severity::Violation),
        ] {
            let sources = Sources { rule, failure, scenario, claim, route: Route::Verified };
            assert_eq!(severity(sources.of_finding()), expected, "{sources:?}");
            let sources = Sources { route: Route::Unverified, ..sources };
            let expected = if claim == Claim::Recognized { expected } else { Severity::Warning };
            assert_eq!(severity(sources.of_finding()), expected, "{sources:?}");
        }
    }
}
