//! The things that were seen: documented failures, undocumented ones, declared responses, and what was not judged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use failspec_judge::{
    check::OpenApiContext,
    report_model::{
        CauseCoverage, Coverage, ErrorCoverage, FailureCoverage, NotJudged, NotJudgedReason,
        OperationCoverage, RecordedExample, RecordingReport, SeenCode, SeenFailure, SeenOperation,
        SeenUndocumented, State,
    },
};
use failspec_pack::{pack::Contract, target_config::OutOfReach};

/// Maximum number of different operations, codes and undocumented failures that are listed.
const MAX_LISTED: usize = 200;

/// Maximum number of other hosts that are listed.
const MAX_HOSTS: usize = 30;

/// The name of the operations, and of the codes, that are too many to be listed.
const OTHERS: &str = "(others)";

/// Responses of one kind.
#[derive(Debug, Default)]
struct Tally {
    exchanges: u64,
    codes: BTreeMap<String, u64>,
    operations: BTreeMap<String, u64>,
    example: Option<(usize, RecordedExample)>,
}

/// Everything that was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    documented: Vec<Tally>,
    undocumented: BTreeMap<(u16, Option<String>), Tally>,
    /// Operation and declared response of the OpenAPI document → number of responses.
    declared: HashMap<(usize, usize), usize>,
    /// The operations of the OpenAPI document that responded, with whatever status.
    called: HashSet<usize>,
    not_judged: BTreeMap<NotJudgedReason, u64>,
    hosts: usize,
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count += 1;
        return;
    }
    let name = if counts.len() < MAX_LISTED { name } else { OTHERS };
    *counts.entry(name.to_owned()).or_default() += 1;
}

impl Tally {
    fn add(
        &mut self,
        operation: &str,
        code: Option<&str>,
        length: usize,
        example: impl FnOnce() -> RecordedExample,
    ) {
        self.exchanges += 1;
        add(&mut self.operations, operation);
        if let Some(code) = code {
            add(&mut self.codes, code);
        }
        if self.example.as_ref().is_none_or(|(shortest, _)| length < *shortest) {
            self.example = Some((length, example()));
        }
    }

    fn operations(&self) -> Vec<SeenOperation> {
        let all = self.operations.iter();
        let mut all: Vec<SeenOperation> = all
            .map(|(operation, exchanges)| SeenOperation {
                operation: operation.clone(),
                exchanges: *exchanges,
            })
            .collect();
        all.sort_by_key(|seen| std::cmp::Reverse(seen.exchanges));
        all
    }
}

impl Seen {
    pub(crate) fn of(contract: &Contract) -> Self {
        Self { documented: contract.failures.iter().map(|_| Tally::default()).collect(), ..Self::default() }
    }

    /// Notes that an exchange was not judged, or only in part.
    pub(crate) fn not_judged(&mut self, reason: NotJudgedReason) {
        let is_new = !self.not_judged.contains_key(&reason);
        let reason = match reason {
            NotJudgedReason::OtherHost { .. } if is_new && self.hosts >= MAX_HOSTS => {
                NotJudgedReason::OtherHosts
            }
            NotJudgedReason::OtherHost { .. } if is_new => {
                self.hosts += 1;
                reason
            }
            reason => reason,
        };
        *self.not_judged.entry(reason).or_default() += 1;
    }

    /// Notes a documented failure. `length` is that of its request, and `example` is called if it is the shortest.
    pub(crate) fn documented(
        &mut self,
        failure: usize,
        operation: &str,
        code: Option<&str>,
        length: usize,
        example: impl FnOnce() -> RecordedExample,
    ) {
        if let Some(tally) = self.documented.get_mut(failure) {
            tally.add(operation, code, length, example);
        }
    }

    /// Notes a failure that the contract does not list.
    pub(crate) fn undocumented(
        &mut self,
        status: u16,
        code: Option<&str>,
        operation: &str,
        length: usize,
        example: impl FnOnce() -> RecordedExample,
    ) {
        let mut key = (status, code.map(str::to_owned));
        if self.undocumented.len() >= MAX_LISTED && !self.undocumented.contains_key(&key) {
            key.1 = Some(OTHERS.to_owned());
        }
        self.undocumented.entry(key).or_default().add(operation, None, length, example);
    }

    /// Notes a declared response.
    pub(crate) fn declared(&mut self, operation: usize, response: usize) {
        *self.declared.entry((operation, response)).or_default() += 1;
    }

    /// Returns how often a documented failure was seen.
    pub(crate) fn count(&self, failure: usize) -> u64 {
        self.documented.get(failure).map_or(0, |tally| tally.exchanges)
    }

    pub(crate) fn not_judged_report(&self) -> Vec<NotJudged> {
        let mut all: Vec<NotJudged> = self
            .not_judged
            .iter()
            .map(|(reason, exchanges)| NotJudged { reason: reason.clone(), exchanges: *exchanges })
            .collect();
        all.sort_by_key(|it| std::cmp::Reverse(it.exchanges));
        all
    }

    pub(crate) fn documented_report(&self, contract: &Contract) -> Vec<SeenFailure> {
        let listed = contract.failures.iter().zip(&self.documented);
        let listed = listed.filter(|(failure, _)| !failure.is_any_refusal());
        listed
            .map(|(failure, tally)| SeenFailure {
                failure: failure.id.clone(),
                exchanges: tally.exchanges,
                codes: tally
                    .codes
                    .iter()
                    .map(|(code, exchanges)| SeenCode { code: code.clone(), exchanges: *exchanges })
                    .collect(),
                operations: tally.operations(),
                example: tally.example.as_ref().map(|(_, example)| example.clone()),
            })
            .collect()
    }

    pub(crate) fn undocumented_report(&self) -> Vec<SeenUndocumented> {
        let all = self.undocumented.iter().filter_map(|((status, code), tally)| {
            Some(SeenUndocumented {
                status: *status,
                code: code.clone(),
                exchanges: tally.exchanges,
                operations: tally.operations(),
                example: tally.example.as_ref()?.1.clone(),
            })
        });
        let mut all: Vec<SeenUndocumented> = all.collect();
        all.sort_by_key(|seen| std::cmp::Reverse(seen.exchanges));
        all
    }

    /// Notes an operation of the document that responded.
    pub(crate) fn called(&mut self, operation: usize) {
        self.called.insert(operation);
    }

    /// Returns the operations of the document of which no response was seen.
    pub(crate) fn operations_not_called(&self, against: &OpenApiContext) -> Vec<String> {
        let operations = against.declared.api.operations.iter().enumerate();
        let others = operations.filter(|(index, _)| !self.called.contains(index));
        others.map(|(_, operation)| operation.name()).collect()
    }

    /// Returns the declared errors of all operations of the document, and how many responses were each of them.
    pub(crate) fn operations_report(&self, against: &OpenApiContext) -> Vec<OperationCoverage> {
        let all = against.declared.api.operations.iter().enumerate();
        all.map(|(index, operation)| {
            let errors = operation.responses.iter().enumerate().filter(|(_, it)| it.status.may_be_failure());
            let errors = errors.map(|(at, response)| ErrorCoverage {
                status: response.status.to_string(),
                cases: self.declared.get(&(index, at)).copied().unwrap_or_default(),
            });
            OperationCoverage { operation: operation.name(), errors: errors.collect() }
        })
        .filter(|operation| !operation.errors.is_empty())
        .collect()
    }

    /// Returns the state of each documented failure: seen or not, never exercised.
    pub(super) fn coverage(&self, contract: &Contract, out_of_reach: &[OutOfReach]) -> Coverage {
        let failures = contract.failures.iter().enumerate().filter(|(_, failure)| !failure.is_any_refusal());
        let failures = failures.map(|(index, failure)| {
            let exchanges = self.count(index);
            let declared = match &failure.excluded {
                Some(reason) => Some(State::Excluded(reason.clone())),
                None => out_of_reach
                    .iter()
                    .find(|entry| entry.matches(&contract.name, &failure.id))
                    .map(|entry| State::OutOfReach(entry.reason.clone())),
            };
            let state =
                declared.filter(|_| exchanges == 0).unwrap_or_else(|| RecordingReport::state(exchanges));
            FailureCoverage {
                failure: failure.id.clone(),
                causes: failure
                    .causes
                    .iter()
                    .map(|cause| CauseCoverage { cause: cause.clone(), state: state.clone() })
                    .collect(),
                state,
                codes_seen: BTreeSet::new(),
            }
        });
        Coverage { failures: failures.collect() }
    }
}
