//! Which documented failures a run exercised.

use std::collections::{BTreeSet, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_pack::{pack::Contract, target_config::OutOfReach};

use super::{CaseReport, Exercise, Outcome};

/// The failures and causes (by index) of the scenarios that a selector or a shard picked.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Failures.
    pub failures: BTreeSet<usize>,
    /// Causes: failure and cause.
    pub causes: BTreeSet<(usize, usize)>,
}

/// One documented failure, as far as coverage needs to know it.
struct DocumentedFailure<'d> {
    id: &'d str,
    /// What the contract or the target says about not showing it.
    declared: Option<State>,
    selected: bool,
    /// Causes, and whether each is selected.
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
    /// It was not selected.
    NotSelected,
    /// None of the above: the run is incomplete.
    Missing(String),
}

impl State {
    /// True if a run with this state can be complete.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Self::Missing(_))
    }
}

impl Coverage {
    /// What `cases` show of the failures of `contract`; `selection` is what was asked for, if not everything.
    pub fn of(
        contract: &Contract,
        cases: &[&CaseReport],
        out_of_reach: &[OutOfReach],
        selection: Option<&Selection>,
    ) -> Self {
        let documented = contract.failures.iter().enumerate().map(|(index, failure)| {
            let declared = if let Some(reason) = &failure.excluded {
                Some(State::Excluded(reason.clone()))
            } else {
                out_of_reach
                    .iter()
                    .find(|entry| entry.matches(&contract.name, &failure.id))
                    .map(|entry| State::OutOfReach(entry.reason.clone()))
            };
            let causes = failure.causes.iter().enumerate().map(|(at, cause)| {
                (cause.as_str(), selection.is_none_or(|selection| selection.causes.contains(&(index, at))))
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

    /// What the cases of all shards show together of the failures that each shard's coverage lists; `full` says
    /// whether the shards have all cases of the pack.
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
            // A shard that does not show a failure says what the contract or the target declares about it.
            let declared = in_shards
                .flat_map(|failure| of_causes(failure).into_iter().chain([failure.state.clone()]))
                .find(|state| matches!(state, State::Excluded(_) | State::OutOfReach(_)));
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
                    // What was not asked for need not be explained.
                    _ if !selected => State::NotSelected,
                    (Some(declared), _) => declared.clone(),
                    (None, shown) => shown,
                }
            };
            let causes = failure.causes.iter().map(|(cause, selected)| {
                let of_cause: Vec<&CaseReport> =
                    own.iter().copied().filter(|case| case.cause.as_deref() == Some(*cause)).collect();
                let state = match state(&of_cause, *selected) {
                    // Of a loose group any code shows the cause: the codes are the failure's, not the cause's.
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

    /// How many failures are in a state.
    pub fn count(&self, fits: impl Fn(&State) -> bool) -> usize {
        self.failures.iter().filter(|failure| fits(&failure.state)).count()
    }

    /// What keeps the run from being complete: `failure` or `failure/cause`, and why.
    pub fn missing(&self) -> Vec<(String, String)> {
        let mut missing = Vec::new();
        for failure in &self.failures {
            if let State::Missing(why) = &failure.state {
                missing.push((failure.failure.clone(), why.clone()));
                continue;
            }
            for cause in &failure.causes {
                if let State::Missing(why) = &cause.state {
                    missing.push((format!("{}/{}", failure.failure, cause.cause), why.clone()));
                }
            }
        }
        missing
    }

    /// How many causes there are, and how many of them were exercised.
    pub fn causes(&self) -> (usize, usize) {
        let causes = self.failures.iter().flat_map(|failure| &failure.causes);
        let exercised = causes.clone().filter(|cause| cause.state == State::Exercised).count();
        (causes.count(), exercised)
    }
}

/// The best that cases show: exercised, else an alternative, else waived, else why not.
fn shown_by(cases: &[&CaseReport]) -> State {
    let mut best: Option<State> = None;
    for case in cases {
        let state = match (&case.exercised, case.outcome) {
            (Exercise::Exercised, Outcome::Passed | Outcome::Failed | Outcome::Waived) => State::Exercised,
            (Exercise::Alternative(code), Outcome::Passed | Outcome::Failed | Outcome::Waived) => {
                State::CoveredByAlternative(code.clone())
            }
            (_, Outcome::Waived) => {
                State::Waived(case.waived.first().map(|it| it.reason.clone()).unwrap_or_default())
            }
            (_, outcome) => {
                let why =
                    case.reason.clone().unwrap_or_else(|| "the response was not this failure".to_owned());
                State::Missing(format!("{}: {why}", outcome.word()))
            }
        };
        best = Some(best.map_or(state.clone(), |best| best.min(state)));
    }
    best.unwrap_or_else(|| State::Missing("no scenario triggers it".to_owned()))
}
