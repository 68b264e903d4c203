//! The grouping of findings: which of them are one deviation, and which deviations have one cause.

mod accepting;
mod breaking;
mod causes;
mod deviation;
mod error_message;
mod families;
mod missing_part;
mod proving;
mod restrictions;
mod same_words;
mod shapes;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use failspec_base::sanitize::shortened;
use failspec_pack::pack::{WrittenAs, fault_kind};

use crate::check::{Finding, Phase};

use super::{CaseReport, ExchangeReport, FaultCount, FaultPlace, FindingGroup, ResponseExcerpt};
pub(super) use causes::UNDECLARED_RESTRICTION;
use causes::{Cause, Causes, Rule, UNSUPPORTED_METHOD, Weight};
use deviation::{Deviation, Kind, deviations};
pub use families::grouped_fault_kinds;
use proving::Proofs;
use same_words::SameWords;

/// Maximum length of the body that a row quotes, in characters.
const MAX_SAID: usize = 200;

/// Maximum number of further findings that a row quotes.
const MAX_DETAILS: usize = 10;

/// Checks whose findings come before those of others.
const SEVERE: [&str; 1] = ["leaks"];

/// Groups the findings of these cases by cause: violations first, of these errors of the server and leaks, then the most
/// frequent; last the warnings that say least. Waived findings are left out.
pub fn group_findings<'a>(cases: impl IntoIterator<Item = &'a CaseReport>) -> Vec<FindingGroup> {
    let cases: Vec<&'a CaseReport> = cases.into_iter().collect();
    let proofs = Proofs::of(&cases);
    let found = cases.into_iter().filter(|case| !case.violations.is_empty() || !case.warnings.is_empty());
    let deviations = found.flat_map(deviations).filter_map(|deviation| proofs.proven(deviation));
    let deviations: Vec<Deviation<'a>> = deviations.collect();
    let causes = Causes::of(&deviations);
    let words = SameWords::of(&deviations, &causes);
    let mut known: HashMap<Cause<'a>, usize> = HashMap::new();
    let mut rows: Vec<Row<'a>> = Vec::new();
    for deviation in &deviations {
        let cause = words.cause(deviation, causes.cause(deviation));
        let index = *known.entry(cause.clone()).or_insert_with(|| {
            rows.push(Row::new(cause));
            rows.len() - 1
        });
        rows[index].add(deviation);
    }
    let mut groups: Vec<(u8, FindingGroup)> = rows.into_iter().filter_map(Row::finish).collect();
    groups.sort_by_key(|(rank, group)| (*rank, Reverse(group.cases)));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The deviation that a group shows: that with the shortest request.
struct Example<'a> {
    case: &'a CaseReport,
    exchange: Option<&'a ExchangeReport>,
    findings: Vec<&'a Finding>,
    /// The best one has the lowest: true if it is only a warning, then the length of its request.
    rank: (bool, usize),
}

/// The evidence of a deviation.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Evidence<'a> {
    Case(&'a str),
    Operation(Option<&'a str>),
}

/// A group while its deviations are added.
struct Row<'a> {
    cause: Cause<'a>,
    checks: BTreeSet<&'static str>,
    violation: bool,
    cases: Vec<Arc<str>>,
    exchanges: u64,
    operations: Vec<Arc<str>>,
    known_operations: HashSet<&'a str>,
    /// The cases whose request under test shows it, and the operations of which another request does: many cases have one
    /// control in common.
    evidence: HashSet<Evidence<'a>>,
    /// The parameters that the requests are about.
    parameters: BTreeSet<&'a str>,
    /// The kinds of faults of the requests under test, each with the number of its cases.
    faults: BTreeMap<&'a str, usize>,
    example: Option<Example<'a>>,
    /// One finding for each thing that is wrong with the shape of the bodies.
    shapes: BTreeMap<(&'a str, &'a str), &'a Finding>,
}

impl<'a> Row<'a> {
    fn new(cause: Cause<'a>) -> Self {
        Self {
            cause,
            checks: BTreeSet::new(),
            violation: false,
            cases: Vec::new(),
            exchanges: 0,
            operations: Vec::new(),
            known_operations: HashSet::new(),
            evidence: HashSet::new(),
            parameters: BTreeSet::new(),
            faults: BTreeMap::new(),
            example: None,
            shapes: BTreeMap::new(),
        }
    }

    fn add(&mut self, deviation: &Deviation<'a>) {
        self.checks.extend(deviation.findings().map(|finding| finding.check));
        let is_violation = deviation.findings().any(Finding::is_violation);
        self.violation |= is_violation;
        // A case may show it several times; its deviations come one after the other.
        if self.cases.last() != Some(&deviation.case.name) {
            self.cases.push(Arc::clone(&deviation.case.name));
            self.exchanges += deviation.case.recorded.as_ref().map_or(0, |recorded| recorded.exchanges);
            let fault = deviation.case.fault.as_deref().filter(|_| deviation.is_tested());
            fault.into_iter().for_each(|fault| *self.faults.entry(fault).or_default() += 1);
        }
        self.parameters.extend(deviation.parameter());
        self.evidence.insert(match deviation.is_tested() {
            true => Evidence::Case(&deviation.case.name),
            false => Evidence::Operation(deviation.operation().map(|operation| &**operation)),
        });
        if let Some(operation) = deviation.operation()
            && self.known_operations.insert(operation)
        {
            self.operations.push(Arc::clone(operation));
        }
        if deviation.kind == Kind::Shape {
            for finding in deviation.findings() {
                let rule = finding.schema_rule().unwrap_or(&finding.actual);
                self.shapes.entry((finding.check, rule)).or_insert(finding);
            }
        }
        let rank = (!is_violation, length(deviation.case));
        if self.example.as_ref().is_none_or(|best| rank < best.rank) {
            let findings = deviation.findings().collect();
            self.example =
                Some(Example { case: deviation.case, exchange: deviation.exchange, findings, rank });
        }
    }

    /// Returns the group and its rank, the most important lowest.
    fn finish(self) -> Option<(u8, FindingGroup)> {
        let Example { case, exchange, findings, .. } = self.example?;
        let first = findings.first()?;
        let rank = rank(self.violation, &self.cause, first.check);
        let operation = match &self.cause {
            Cause::ServerError(operation, ..) => operation.map(str::to_owned),
            Cause::Accepts(operation, _) => Some((*operation).to_owned()),
            _ => None,
        };
        let (fault, part) = match self.cause {
            Cause::ServerErrorByFault((kind, ..)) | Cause::Restriction(kind) | Cause::Converted(kind) => {
                (Some(kind), None)
            }
            Cause::Unclaimed(Weight::OtherParent) => (Some(fault_kind::ANOTHER_PARENT), None),
            Cause::NothingThere(_) => (Some(fault_kind::UNKNOWN_ID), None),
            Cause::AcceptedByAll(Rule::Fault(kind, part)) => (Some(kind), Some(part)),
            Cause::LacksRequiredWith(part) => (None, Some(part)),
            _ => (None, None),
        };
        let place = match self.cause {
            Cause::ServerErrorByFault((_, true, _)) => Some(FaultPlace::Parameter),
            Cause::ServerErrorByFault((_, false, _)) => Some(FaultPlace::Body),
            _ => None,
        };
        let (rule, missing, parameter) = match &self.cause {
            Cause::AcceptedByAll(Rule::At(rule)) | Cause::ServerErrorAt((rule, _)) => {
                (Some((*rule).to_owned()), None, None)
            }
            Cause::AcceptedByAll(Rule::Missing(missing)) => (None, Some(missing.clone()), None),
            Cause::AcceptedByAll(Rule::Parameter(name)) => (None, None, Some((*name).to_owned())),
            Cause::ServerErrorByParameter(names) => (None, None, Some(names.join(", "))),
            Cause::ShapeWithParameter(name) => (None, None, Some((*name).to_owned())),
            Cause::AcceptedParameters(_) | Cause::ServerErrorNaming(..) => {
                (None, None, Some(self.parameters.into_iter().collect::<Vec<_>>().join(", ")))
            }
            _ => (None, None, None),
        };
        let said = match &self.cause {
            Cause::ServerErrorSaying(_, sentence) => Some(sentence.clone()),
            _ => None,
        };
        let message = message(&self.cause, self.operations.len(), first);
        let mut details: Vec<String> = Vec::new();
        let broken = |finding: &Finding| finding.schema_rule().unwrap_or(&finding.actual).to_owned();
        let known: BTreeSet<String> = findings.iter().map(|finding| broken(finding)).collect();
        let others = self.shapes.values().copied().filter(|finding| !known.contains(&broken(finding)));
        for finding in findings[1..].iter().copied().chain(others) {
            if finding.message != first.message && !details.contains(&finding.message) {
                details.push(finding.message.clone());
            }
        }
        details.truncate(MAX_DETAILS);
        let faults = self.faults.into_iter().map(|(kind, cases)| FaultCount { kind: kind.into(), cases });
        let mut faults: Vec<FaultCount> = faults.collect();
        faults.sort_by_key(|fault| Reverse(fault.cases));
        if fault.is_some() || faults.len() < 2 {
            faults.clear();
        }
        let also = self.checks.into_iter().filter(|check| *check != first.check);
        let group = FindingGroup {
            check: first.check.to_owned(),
            also: also.map(str::to_owned).collect(),
            violation: self.violation,
            operation,
            rule,
            missing,
            parameter,
            fault: fault.map(str::to_owned),
            part: part.map(str::to_owned),
            place,
            said,
            faults,
            expected: first.expected.clone(),
            actual: first.actual.clone(),
            cases: self.evidence.len(),
            exchanges: self.exchanges,
            case_names: self.cases,
            operations: self.operations,
            example: case.name.to_string(),
            message,
            details,
            exchange: exchange
                .and_then(|exchange| case.exchanges.iter().position(|other| std::ptr::eq(other, exchange))),
            response: exchange.and_then(excerpt),
        };
        Some((rank, group))
    }
}

/// Returns the rank of a row, the most important lowest.
fn rank(violation: bool, cause: &Cause<'_>, check: &str) -> u8 {
    match (violation, cause) {
        (true, cause) if breaks_the_server(cause) => 0,
        (true, Cause::Unclaimed(Weight::OtherParent) | Cause::Open) => 0,
        (true, _) if SEVERE.contains(&check) => 0,
        (true, _) => 1,
        (false, Cause::Unclaimed(Weight::OtherParent)) => 2,
        (false, Cause::Unclaimed(Weight::NothingThere)) => 4,
        (false, Cause::Unclaimed(_)) => 5,
        (false, cause) if breaks_the_server(cause) => 2,
        (false, _) if SEVERE.contains(&check) => 2,
        (false, _) if ["undeclared-status", UNDECLARED_RESTRICTION, UNSUPPORTED_METHOD].contains(&check) => 4,
        // The import has said it.
        (false, Cause::NotCompared) => 5,
        (false, _) => 3,
    }
}

/// Returns the sentence of a row about so many operations, whose example has this finding.
fn message(cause: &Cause<'_>, operations: usize, first: &Finding) -> String {
    match cause {
        // The sentence of the example speaks of one operation, and may speak of another status that is due there.
        Cause::Undeclared(status) if operations > 1 => {
            format!("HTTP {status}, which {} operations do not declare", operations)
        }
        Cause::AcceptsManyKinds if operations > 1 => {
            format!("{} operations accept faults of many kinds: {}", operations, first.message)
        }
        Cause::NotCompared if operations > 1 => format!(
            "responses of {} operations were not compared with all that the document says; one reason: {}",
            operations, first.actual
        ),
        Cause::WrittenAs(other) => {
            let what = match other {
                WrittenAs::NumberAsText => "texts for numbers",
                WrittenAs::BooleanAsText => "texts for booleans",
                WrittenAs::NumberAsBoolean => "booleans for numbers",
                WrittenAs::BooleanAsNumber => "numbers for booleans",
            };
            format!("responses have {what} in several members: {}", first.message)
        }
        Cause::ShapeWithParameter(name) => {
            format!(
                "with `{name}` in the query, responses have another shape than declared: {}",
                first.message
            )
        }
        _ => first.message.clone(),
    }
}

fn breaks_the_server(cause: &Cause<'_>) -> bool {
    matches!(
        cause,
        Cause::ServerError(..)
            | Cause::ServerErrorByParameter(_)
            | Cause::ServerErrorByFault(_)
            | Cause::ServerErrorAt(_)
            | Cause::ServerErrorNaming(..)
            | Cause::ServerErrorSaying(..)
    )
}

/// Returns the beginning of a response.
fn excerpt(exchange: &ExchangeReport) -> Option<ResponseExcerpt> {
    let response = exchange.response.as_ref()?;
    let body = shortened(response.body.trim(), MAX_SAID).into_owned();
    Some(ResponseExcerpt { status: response.status, body })
}

/// Returns the length of the request under test as a command line, in bytes.
fn length(case: &CaseReport) -> usize {
    let tested = case.exchanges.iter().find(|exchange| exchange.phase == Phase::Request);
    tested.map_or(usize::MAX - 1, |exchange| exchange.request.curl().to_string().len())
}
