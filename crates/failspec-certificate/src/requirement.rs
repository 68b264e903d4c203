//! The outcome of one documented failure or cause in a certificate.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_judge::report_model::{CaseReport, Coverage, Exercise, FeatureReport, Outcome, State};
use failspec_pack::pack::{Pack, Provenance, Scenario, case_names};

use super::profile::RequiredSet;

/// A documented failure or cause, and its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The failure, or `failure/cause`.
    pub id: String,
    /// The source of the failure or cause. `inferred` ones are never required.
    pub source: Provenance,
    /// The address of the documentation.
    pub documentation: Option<String>,
    /// True if the profile requires it.
    pub required: bool,
    /// Its outcome.
    pub outcome: RequirementOutcome,
    /// The reason, if it was not met.
    pub why: Option<String>,
    /// The number of cases that count for it.
    pub cases: usize,
}

/// The outcome of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementOutcome {
    /// It was covered, and every case of it passed.
    Passed,
    /// A case of it broke a documented rule.
    Failed,
    /// A case of it broke a documented rule that a waiver covers: known, but not a pass.
    Waived,
    /// A case of it could not be judged.
    Inconclusive,
    /// The target does not provide a requirement of one of its cases.
    Skipped,
    /// The target declares it out of reach.
    OutOfReach,
    /// It belongs to an optional part of the API that the product does not have.
    NotApplicable,
    /// The contract excludes it.
    Excluded,
    /// Its cases passed with another code that the documentation also accepts.
    Alternative,
    /// Its cases broke no documented rule, but the failure did not come.
    Unconfirmed,
    /// It has no cases.
    Untested,
}

impl RequirementOutcome {
    /// Returns the name of the outcome for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Waived => "waived",
            Self::Inconclusive => "inconclusive",
            Self::Skipped => "skipped",
            Self::OutOfReach => "out of reach",
            Self::NotApplicable => "not applicable",
            Self::Excluded => "excluded",
            Self::Alternative => "alternative code",
            Self::Unconfirmed => "unconfirmed",
            Self::Untested => "untested",
        }
    }
}

impl RequirementOutcome {
    /// Returns true if a required failure or cause with this outcome keeps a certificate from being a pass.
    pub fn is_unmet(self) -> bool {
        !matches!(self, Self::Passed | Self::NotApplicable)
    }
}

/// Determines the outcome of every failure and cause of a pack. `features` are those of the report.
pub(super) fn requirements(
    pack: &Pack,
    required: &RequiredSet,
    cases: &[&CaseReport],
    coverage: &Coverage,
    features: &[FeatureReport],
) -> Vec<Requirement> {
    let scenarios: HashMap<String, &Scenario> =
        case_names(pack).map(|(name, scenario, _)| (name, scenario.as_ref())).collect();
    let mut found = Vec::new();
    for (index, failure) in pack.contract.failures.iter().enumerate() {
        let own: Vec<&CaseReport> =
            cases.iter().copied().filter(|case| *case.failure == *failure.id).collect();
        let causes = failure.causes.iter().enumerate().map(|(at, cause)| (Some(at), Some(cause.as_str())));
        for (at, cause) in std::iter::once((None, None)).chain(causes) {
            let id = cause.map_or_else(|| failure.id.clone(), |cause| format!("{}/{cause}", failure.id));
            let is_required = required.holds(&id);
            let looked_at: Vec<&CaseReport> = own
                .iter()
                .copied()
                .filter(|case| cause.is_none() || case.cause.as_deref() == cause)
                .filter(|case| {
                    // `core` ignores cases that need a condition.
                    let aside = is_required && required.without_conditions;
                    let scenario = scenarios.get(&*case.name);
                    !aside || scenario.is_none_or(|it| it.condition.is_none())
                })
                .collect();
            let absent = || absent_feature(pack, &failure.id, features);
            let (outcome, why) = match (looked_at.is_empty(), &failure.excluded) {
                (true, Some(why)) => (RequirementOutcome::Excluded, Some(why.clone())),
                (true, None) if absent().is_some() => (RequirementOutcome::NotApplicable, absent()),
                _ => met(&looked_at, cause.is_some(), out_of_reach(coverage, &failure.id)),
            };
            found.push(Requirement {
                id,
                source: source(pack, index, at),
                documentation: failure.documentation.clone().or_else(|| pack.contract.documentation.clone()),
                required: is_required,
                outcome,
                why,
                cases: looked_at.len(),
            });
        }
    }
    found
}

/// Returns the reason why a failure without cases is not applicable, if it belongs to a feature that the product does
/// not have.
fn absent_feature(pack: &Pack, failure: &str, features: &[FeatureReport]) -> Option<String> {
    let own = pack.contract.features.iter().filter(|feature| feature.failures.iter().any(|id| id == failure));
    let reports = own.filter_map(|feature| features.iter().find(|report| report.name == feature.name));
    reports.filter_map(FeatureReport::why_not_applicable).next()
}

/// Returns the reason why a failure is out of reach, if the target declares it so.
fn out_of_reach<'c>(coverage: &'c Coverage, failure: &str) -> Option<&'c str> {
    let of = coverage.failures.iter().find(|it| it.failure == failure)?;
    let states = std::iter::once(&of.state).chain(of.causes.iter().map(|cause| &cause.state));
    states.into_iter().find_map(|state| match state {
        State::OutOfReach(why) => Some(why.as_str()),
        _ => None,
    })
}

/// Determines the source of a failure or cause. It is inferred if there are scenarios for it and none of them has a
/// binding source.
pub(super) fn source(pack: &Pack, failure: usize, cause: Option<usize>) -> Provenance {
    let documented = pack.contract.failures[failure].source;
    let mut own = pack
        .scenarios
        .iter()
        .filter(|scenario| scenario.failure == Some(failure) && (cause.is_none() || scenario.cause == cause))
        .peekable();
    let claimed = own.peek().is_none() || own.any(|scenario| scenario.source.is_binding());
    if claimed { documented } else { Provenance::Inferred }
}

/// Determines an outcome and its reason: the outcome of the worst case or, if all cases passed, whether one of them
/// covered the failure.
fn met(
    cases: &[&CaseReport],
    is_cause: bool,
    out_of_reach: Option<&str>,
) -> (RequirementOutcome, Option<String>) {
    let with = |outcome: Outcome| cases.iter().find(|case| case.outcome == outcome);
    let reason = |case: &CaseReport| case.reason.as_ref().map(ToString::to_string);
    // Cases that are not applicable say nothing beside others.
    if let (Some(case), true) =
        (with(Outcome::NotApplicable), cases.iter().all(|case| case.outcome == Outcome::NotApplicable))
    {
        return (RequirementOutcome::NotApplicable, reason(case));
    }
    if let Some(case) = with(Outcome::Failed) {
        let first = case.violations.first();
        return (
            RequirementOutcome::Failed,
            first.map(|finding| format!("{}: {}", case.name, finding.check)),
        );
    }
    if let Some(case) = with(Outcome::Waived) {
        return (RequirementOutcome::Waived, case.waived.first().map(|waived| waived.reason.clone()));
    }
    if let Some(case) = with(Outcome::Inconclusive) {
        return (RequirementOutcome::Inconclusive, reason(case));
    }
    if let Some(case) = with(Outcome::Skipped) {
        return match out_of_reach {
            Some(why) => (RequirementOutcome::OutOfReach, Some(why.to_owned())),
            None => (RequirementOutcome::Skipped, reason(case)),
        };
    }
    let exercised = cases.iter().any(|case| case.exercised == Exercise::Exercised);
    let alternative = cases.iter().find_map(|case| match &case.exercised {
        Exercise::Alternative(code) => Some(code),
        _ => None,
    });
    match (exercised, alternative) {
        (true, _) => (RequirementOutcome::Passed, None),
        // The codes belong to the failure, not to the cause: any accepted code covers the cause.
        (false, Some(_)) if is_cause => (RequirementOutcome::Passed, None),
        (false, Some(code)) => (RequirementOutcome::Alternative, Some(format!("the code was {code}"))),
        (false, None) if cases.is_empty() => (RequirementOutcome::Untested, out_of_reach.map(str::to_owned)),
        (false, None) => {
            let why = with(Outcome::Unconfirmed).and_then(|case| reason(case));
            let why = why.unwrap_or_else(|| "no response was identified as this failure".to_owned());
            (RequirementOutcome::Unconfirmed, Some(why))
        }
    }
}
