//! Findings grouped by cause.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::{Finding, Phase};

use super::CaseReport;

/// Findings with a common cause: the same check, the same documented rule, the same shape of the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingGroup {
    /// The id of the check.
    pub check: String,
    /// True if it is a violation in at least one of the cases.
    pub violation: bool,
    /// The operation, if the rule belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The place of the rule that the requests broke, if it belongs to several operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The expected value.
    pub expected: String,
    /// The observed value.
    pub actual: String,
    /// Number of cases.
    pub cases: usize,
    /// The case with the shortest request that shows it.
    pub example: String,
    /// The finding in the example, in one sentence.
    pub message: String,
}

/// The grouping key: check, owner of the rule, expected, actual.
type Key<'a> = (&'a str, Belongs<'a>, &'a str, &'a str);

/// Grouping key of faults that were not rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Belongs<'a> {
    /// One operation: an operation that checks nothing is one cause.
    Operation(Option<&'a str>),
    /// A rule that several operations have in common: a rule that is checked nowhere is one cause.
    Rule(&'a str),
}

/// Returns the rules that requests to more than one operation broke.
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

/// Rank of an example; the best one has the lowest rank: true if it is only a warning, then the length of its
/// request.
type Rank = (bool, usize);

/// Groups the findings of these cases by cause: violations first, the most frequent first. Waived findings are left
/// out.
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
    /// Returns the operation or rule that it belongs to; `None` for the API as a whole.
    pub fn subject(&self) -> Option<&str> {
        self.operation.as_deref().or(self.rule.as_deref())
    }
}

/// Returns the length of the request under test as a command line, in bytes.
fn length(case: &CaseReport) -> usize {
    let tested = case.exchanges.iter().find(|exchange| exchange.phase == Phase::Request);
    tested.map_or(usize::MAX - 1, |exchange| exchange.request.curl().to_string().len())
}
