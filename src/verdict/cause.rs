//! Findings with one cause as one.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::check::Finding;

use super::TrialReport;

/// Findings that have their cause in common: the same check, the same documented rule, the same shape of what was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cause {
    /// The id of the check.
    pub check: String,
    /// Whether it is a violation, at least in one of the trials (and not a warning in all).
    pub violation: bool,
    /// The operation, where the rule belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// In how many trials.
    pub trials: usize,
    /// The trial with the shortest request that shows it.
    pub example: String,
    /// What is wrong there, in one sentence.
    pub message: String,
}

/// What makes two findings one: check, operation, expected, actual.
type Key<'a> = (&'a str, Option<&'a str>, &'a str, &'a str);

/// How good an example is, the best one being the least: whether it is a mere warning, and how long its request is.
type Rank = (bool, usize);

/// The causes of all findings of these trials: violations first, the most frequent first. Waived ones are known.
pub fn causes<'a>(trials: impl IntoIterator<Item = &'a TrialReport>) -> Vec<Cause> {
    let mut known: HashMap<Key<'a>, usize> = HashMap::new();
    let mut causes: Vec<(Cause, Rank)> = Vec::new();
    for trial in trials {
        let length = length(trial);
        let mut told: Vec<usize> = Vec::new();
        for finding in trial.violations.iter().chain(&trial.warnings) {
            let index = *known.entry(key(trial, finding)).or_insert_with(|| {
                causes.push((cause(trial, finding), (true, usize::MAX)));
                causes.len() - 1
            });
            let (cause, best) = &mut causes[index];
            cause.violation |= finding.is_violation();
            if !told.contains(&index) {
                cause.trials += 1;
                told.push(index);
            }
            let rank = (!finding.is_violation(), length);
            if rank < *best {
                *best = rank;
                cause.example = trial.name.to_string();
                cause.message.clone_from(&finding.message);
            }
        }
    }
    let mut causes: Vec<Cause> = causes.into_iter().map(|(cause, _)| cause).collect();
    causes.sort_by_key(|cause| (!cause.violation, std::cmp::Reverse(cause.trials)));
    causes
}

/// That an API accepts something is a matter of the operation: one that checks nothing has one cause.
fn key<'a>(trial: &'a TrialReport, finding: &'a Finding) -> Key<'a> {
    let operation = trial.operation.as_deref().filter(|_| finding.check == "accepted");
    (finding.check, operation, &finding.expected, &finding.actual)
}

fn cause(trial: &TrialReport, finding: &Finding) -> Cause {
    let (check, operation, expected, actual) = key(trial, finding);
    Cause {
        check: check.to_owned(),
        violation: false,
        operation: operation.map(str::to_owned),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        trials: 0,
        example: trial.name.to_string(),
        message: finding.message.clone(),
    }
}

/// How long the request under test is, as a command line.
fn length(trial: &TrialReport) -> usize {
    let tested = trial.exchanges.iter().find(|exchange| exchange.phase == "request");
    tested.map_or(usize::MAX - 1, |exchange| exchange.request.curl.len())
}
