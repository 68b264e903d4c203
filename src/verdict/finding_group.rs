//! Findings with one cause as one.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::check::Finding;

use super::CaseReport;

/// Findings that have their cause in common: the same check, the same documented rule, the same shape of what was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingGroup {
    /// The id of the check.
    pub check: String,
    /// Whether it is a violation, at least in one of the cases (and not a warning in all).
    pub violation: bool,
    /// The operation, where the rule belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Where the rule stands that the requests broke, where it belongs to several operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was there.
    pub actual: String,
    /// In how many cases.
    pub cases: usize,
    /// The case with the shortest request that shows it.
    pub example: String,
    /// What is wrong there, in one sentence.
    pub message: String,
}

/// What makes two findings one: check, whose rule it is, expected, actual.
type Key<'a> = (&'a str, Belongs<'a>, &'a str, &'a str);

/// What an accepted fault is a matter of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Belongs<'a> {
    /// One operation: one that checks nothing has one cause.
    Operation(Option<&'a str>),
    /// A rule that several operations have in common: one that is checked nowhere has one cause.
    Rule(&'a str),
}

/// The rules that requests to more than one operation broke.
fn shared_rules<'a>(cases: &[&'a CaseReport]) -> HashSet<&'a str> {
    let mut first: HashMap<&str, &str> = HashMap::new();
    let mut shared = HashSet::new();
    for case in cases {
        let (Some(rule), Some(operation)) = (case.documentation.as_deref(), case.operation.as_deref()) else {
            continue;
        };
        if *first.entry(rule).or_insert(operation) != operation {
            shared.insert(rule);
        }
    }
    shared
}

/// How good an example is, the best one being the least: whether it is a mere warning, and how long its request is.
type Rank = (bool, usize);

/// The causes of all findings of these cases: violations first, the most frequent first. Waived ones are known.
pub fn group_findings<'a>(cases: impl IntoIterator<Item = &'a CaseReport>) -> Vec<FindingGroup> {
    let cases: Vec<&CaseReport> = cases.into_iter().filter(|case| has_findings(case)).collect();
    let shared = shared_rules(&cases);
    let mut known: HashMap<Key<'a>, usize> = HashMap::new();
    let mut causes: Vec<(FindingGroup, Rank)> = Vec::new();
    for case in cases {
        let length = length(case);
        let mut told: Vec<usize> = Vec::new();
        for finding in case.violations.iter().chain(&case.warnings) {
            let index = *known.entry(key(case, finding, &shared)).or_insert_with(|| {
                causes.push((cause(case, finding, &shared), (true, usize::MAX)));
                causes.len() - 1
            });
            let (cause, best) = &mut causes[index];
            cause.violation |= finding.is_violation();
            if !told.contains(&index) {
                cause.cases += 1;
                told.push(index);
            }
            let rank = (!finding.is_violation(), length);
            if rank < *best {
                *best = rank;
                cause.example = case.name.to_string();
                cause.message.clone_from(&finding.message);
            }
        }
    }
    let mut causes: Vec<FindingGroup> = causes.into_iter().map(|(cause, _)| cause).collect();
    causes.sort_by_key(|cause| (!cause.violation, std::cmp::Reverse(cause.cases)));
    causes
}

fn has_findings(case: &CaseReport) -> bool {
    !case.violations.is_empty() || !case.warnings.is_empty()
}

fn key<'a>(case: &'a CaseReport, finding: &'a Finding, shared: &HashSet<&str>) -> Key<'a> {
    let belongs = match case.documentation.as_deref() {
        _ if finding.check != "not-rejected" => Belongs::Operation(None),
        Some(rule) if shared.contains(rule) => Belongs::Rule(rule),
        _ => Belongs::Operation(case.operation.as_deref()),
    };
    (finding.check, belongs, &finding.expected, &finding.actual)
}

fn cause(case: &CaseReport, finding: &Finding, shared: &HashSet<&str>) -> FindingGroup {
    let (check, belongs, expected, actual) = key(case, finding, shared);
    let (operation, rule) = match belongs {
        Belongs::Operation(operation) => (operation, None),
        Belongs::Rule(rule) => (None, Some(rule)),
    };
    FindingGroup {
        check: check.to_owned(),
        violation: false,
        operation: operation.map(str::to_owned),
        rule: rule.map(str::to_owned),
        expected: expected.to_owned(),
        actual: actual.to_owned(),
        cases: 0,
        example: case.name.to_string(),
        message: finding.message.clone(),
    }
}

impl FindingGroup {
    /// What it is a matter of, where that is not the API as a whole: an operation or a rule.
    pub fn subject(&self) -> Option<&str> {
        self.operation.as_deref().or(self.rule.as_deref())
    }
}

/// How long the request under test is, as a command line.
fn length(case: &CaseReport) -> usize {
    let tested = case.exchanges.iter().find(|exchange| exchange.phase == "request");
    tested.map_or(usize::MAX - 1, |exchange| exchange.request.curl.len())
}
