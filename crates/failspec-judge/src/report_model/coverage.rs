//! Coverage: the documented failures that a run exercised.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::{pack::Contract, target_config::OutOfReach};

use super::{CaseReport, Exercise, FeatureReport, Outcome, Reason};

/// The failures and causes (by index) of the scenarios that a selector or a shard selected.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Failures.
    pub failures: BTreeSet<usize>,
    /// Causes: failure and cause.
    pub causes: BTreeSet<(usize, usize)>,
}

/// One documented failure, with the facts that coverage needs.
struct DocumentedFailure<'d> {
    id: &'d str,
    /// The state that the contract or the target declares for a failure that is not exercised.
    declared: Option<State>,
    selected: bool,
    /// Causes, each with true if it is selected.
    causes: Vec<(&'d str, bool)>,
}

/// The coverage of one pack's failures.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The documented failures, in the order of the contract.
    pub failures: Vec<FailureCoverage>,
}

/// The coverage of one failure.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FailureCoverage {
    /// Its id.
    pub failure: String,
    /// Its state.
    pub state: State,
    /// The coverage of its causes.
    pub causes: Vec<CauseCoverage>,
    /// The codes of the responses to its scenarios.
    pub codes_seen: BTreeSet<String>,
}

/// The coverage of one cause.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CauseCoverage {
    /// Its name.
    pub cause: String,
    /// Its state.
    pub state: State,
}

/// The state of a failure or a cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state", content = "why")]
pub enum State {
    /// A response was identified as it.
    Exercised,
    /// Only another code that the documentation also accepts was seen.
    CoveredByAlternative(String),
    /// Its violations are waived.
    Waived(String),
    /// The contract excludes it.
    Excluded(String),
    /// The target declares it out of reach.
    OutOfReach(String),
    /// It belongs to an optional part of the API that the product does not have.
    NotApplicable(String),
    /// It was not selected.
    NotSelected,
    /// None of the above: the run is incomplete.
    Missing(NotCovered),
}

/// The reason why a failure or a cause was not covered. [`fmt::Display`] writes it as a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotCovered {
    /// No scenario triggers it.
    NoScenario,
    /// Its cases did not show it; the first of them in the order of the sentences.
    Case {
        /// The outcome of the case.
        outcome: Outcome,
        /// The reason of the outcome.
        reason: Option<Reason>,
    },
    /// It was seen in recorded traffic, where nothing shows what caused it.
    Seen {
        /// Number of responses.
        exchanges: u64,
    },
    /// It was not seen in recorded traffic.
    NotSeen,
}

impl NotCovered {
    /// Returns true if the case was skipped because the target does not provide what it requires.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Self::Case { reason: Some(Reason::MissingRequirements { .. }), .. })
    }
}

impl fmt::Display for NotCovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScenario => f.write_str("no scenario triggers it"),
            Self::Seen { exchanges: 1 } => f.write_str("seen once in recorded traffic, never exercised"),
            Self::Seen { exchanges } => {
                write!(f, "seen {exchanges} times in recorded traffic, never exercised")
            }
            Self::NotSeen => f.write_str("not seen in recorded traffic"),
            Self::Case { outcome, reason: Some(reason) } => write!(f, "{}: {reason}", outcome.as_str()),
            Self::Case { outcome, reason: None } => {
                write!(f, "{}: the response was not this failure", outcome.as_str())
            }
        }
    }
}

impl PartialOrd for NotCovered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Orders reasons by their sentences, so that the one that is shown is the same in every run.
impl Ord for NotCovered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl State {
    /// Returns true if a run with this state can be complete.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Missing(_))
    }
}

impl Coverage {
    /// Computes the coverage of the failures of `contract` by `cases`; `features` are the optional parts of the API, and
    /// `selection` is what was requested, if not everything.
    pub fn of(
        contract: &Contract,
        cases: &[&CaseReport],
        out_of_reach: &[OutOfReach],
        features: &[FeatureReport],
        selection: Option<&Selection>,
    ) -> Self {
        let documented = contract.failures.iter().enumerate();
        let documented =
            documented.filter(|(_, failure)| !failure.is_any_refusal()).map(|(index, failure)| {
                let declared = if let Some(reason) = &failure.excluded {
                    Some(State::Excluded(reason.clone()))
                } else {
                    let own = features.iter().filter(|feature| feature.failures.contains(&failure.id));
                    let absent = own.filter_map(FeatureReport::why_not_applicable).next();
                    let mut out_of_reach = out_of_reach.iter();
                    let out_of_reach = out_of_reach.find(|it| it.matches(&contract.name, &failure.id));
                    absent
                        .map(State::NotApplicable)
                        .or_else(|| out_of_reach.map(|entry| State::OutOfReach(entry.reason.clone())))
                };
                let causes = failure.causes.iter().enumerate().map(|(at, cause)| {
                    (
                        cause.as_str(),
                        selection.is_none_or(|selection| selection.causes.contains(&(index, at))),
                    )
                });
                DocumentedFailure {
                    id: &failure.id,
                    declared,
                    selected: selection.is_none_or(|selection| selection.failures.contains(&index)),
                    causes: causes.collect(),
                }
            });
        Self::shown(documented, cases)
    }

    /// Computes the coverage, by the cases of all shards, of the failures that each shard's coverage lists; `full` is
    /// true if the shards have all cases of the pack.
    pub(super) fn joined(shards: &[&Self], cases: &[&CaseReport], full: bool) -> Self {
        let Some(first) = shards.first() else { return Self { failures: Vec::new() } };
        let failures: HashSet<&str> = cases.iter().map(|case| &*case.failure).collect();
        let causes: HashSet<(&str, Option<&str>)> =
            cases.iter().map(|case| (&*case.failure, case.cause.as_deref())).collect();
        let documented = first.failures.iter().enumerate().map(|(index, failure)| {
            let in_shards = shards.iter().filter_map(|shard| shard.failures.get(index));
            let of_causes = |failure: &FailureCoverage| {
                failure.causes.iter().map(|cause| cause.state.clone()).collect::<Vec<_>>()
            };
            // A shard that does not exercise a failure reports the state that the contract or the target declares for
            // it.
            let declared = in_shards
                .flat_map(|failure| of_causes(failure).into_iter().chain([failure.state.clone()]))
                .find(|state| {
                    matches!(state, State::Excluded(_) | State::OutOfReach(_) | State::NotApplicable(_))
                });
            let id = failure.failure.as_str();
            let selected = |cause: &str| full || causes.contains(&(id, Some(cause)));
            DocumentedFailure {
                id,
                declared,
                selected: full || failures.contains(id),
                causes: failure
                    .causes
                    .iter()
                    .map(|cause| (cause.cause.as_str(), selected(&cause.cause)))
                    .collect(),
            }
        });
        Self::shown(documented, cases)
    }

    fn shown<'d>(documented: impl Iterator<Item = DocumentedFailure<'d>>, cases: &[&CaseReport]) -> Self {
        // One pass over the cases: a pack may have very many of them.
        let mut by_failure: HashMap<&str, Vec<&CaseReport>> = HashMap::new();
        for case in cases {
            by_failure.entry(&case.failure).or_default().push(case);
        }
        let failures = documented.map(|failure| {
            let own = by_failure.remove(failure.id).unwrap_or_default();
            let state = |cases: &[&CaseReport], selected: bool| {
                let shown = shown_by(cases);
                match (&failure.declared, shown) {
                    (_, shown @ (State::Exercised | State::CoveredByAlternative(_))) => shown,
                    // Failures that were not requested need no explanation.
                    _ if !selected => State::NotSelected,
                    // Of a feature that the product does not have, no case was tried.
                    (Some(State::NotApplicable(_)), State::Missing(NotCovered::Case { outcome, reason })) => {
                        State::Missing(NotCovered::Case { outcome, reason })
                    }
                    (Some(declared), _) => declared.clone(),
                    (None, shown) => shown,
                }
            };
            let causes = failure.causes.iter().map(|(cause, selected)| {
                let of_cause: Vec<&CaseReport> =
                    own.iter().copied().filter(|case| case.cause.as_deref() == Some(*cause)).collect();
                let state = match state(&of_cause, *selected) {
                    // In a loose group any code covers the cause: the codes belong to the failure, not to the cause.
                    State::CoveredByAlternative(_) => State::Exercised,
                    other => other,
                };
                CauseCoverage { cause: (*cause).to_owned(), state }
            });
            FailureCoverage {
                failure: failure.id.to_owned(),
                state: state(&own, failure.selected),
                causes: causes.collect(),
                codes_seen: own
                    .iter()
                    .filter(|case| case.exercised != Exercise::No)
                    .filter_map(|case| case.observed.as_ref()?.code.as_ref())
                    .map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned))
                    .collect(),
            }
        });
        Self { failures: failures.collect() }
    }

    /// Returns the number of failures with a matching state.
    pub fn count(&self, fits: impl Fn(&State) -> bool) -> usize {
        self.failures.iter().filter(|failure| fits(&failure.state)).count()
    }

    /// Returns what keeps the run from being complete: `failure` or `failure/cause`, and the reason.
    pub fn missing(&self) -> Vec<(String, &NotCovered)> {
        let mut missing = Vec::new();
        for failure in &self.failures {
            if let State::Missing(why) = &failure.state {
                missing.push((failure.failure.clone(), why));
                continue;
            }
            for cause in &failure.causes {
                if let State::Missing(why) = &cause.state {
                    missing.push((format!("{}/{}", failure.failure, cause.cause), why));
                }
            }
        }
        missing
    }

    /// Returns the number of causes, and the number of those that were exercised.
    pub fn causes(&self) -> (usize, usize) {
        let causes = self.failures.iter().flat_map(|failure| &failure.causes);
        let exercised = causes.clone().filter(|cause| cause.state == State::Exercised).count();
        (causes.count(), exercised)
    }
}

/// Returns the best state that the cases have: exercised, else an alternative, else waived, else the reason why not. They
/// are not applicable only if all of them are.
pub(super) fn shown_by(cases: &[&CaseReport]) -> State {
    let mut best: Option<State> = None;
    let applies = |case: &&&CaseReport| case.outcome != Outcome::NotApplicable;
    if let (Some(case), None) = (cases.first(), cases.iter().find(applies)) {
        return State::NotApplicable(case.reason.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    for case in cases.iter().filter(applies) {
        let state = match (&case.exercised, case.outcome) {
            (Exercise::Exercised, Outcome::Passed | Outcome::Failed) => State::Exercised,
            (Exercise::Alternative(code), Outcome::Passed | Outcome::Failed) => {
                State::CoveredByAlternative(code.clone())
            }
            // Seen, but not as documented: another case may show it.
            (_, Outcome::Waived) => {
                State::Waived(case.waived.first().map(|it| it.reason.clone()).unwrap_or_default())
            }
            (_, outcome) => State::Missing(NotCovered::Case { outcome, reason: case.reason.clone() }),
        };
        best = Some(best.map_or(state.clone(), |best| best.min(state)));
    }
    best.unwrap_or(State::Missing(NotCovered::NoScenario))
}
