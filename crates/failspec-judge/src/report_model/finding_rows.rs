//! The grouping of findings: which of them are one deviation, and which deviations have one cause.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use failspec_base::sanitize::shortened;
use failspec_pack::pack::SUCCESS_ID;

use crate::check::{Finding, Phase};

use super::{CaseReport, ExchangeReport, FindingGroup, MissingPart, RequestReport, ResponseExcerpt};

/// Maximum length of the body that a row quotes, in characters.
const MAX_SAID: usize = 200;

/// Maximum number of rules whose breach breaks the server in one operation, each with a row of its own: with more, the
/// operation handles no fault, and that is one cause.
const MAX_BREAKING_RULES: usize = 3;

/// Maximum number of further findings that a row quotes.
const MAX_DETAILS: usize = 10;

/// The check of faults that are not rejected.
const NOT_REJECTED: &str = "not-rejected";

/// Checks of the media type of a response: by the contract, and by the OpenAPI document.
const MEDIA_TYPE: [&str; 2] = ["media-type", "undeclared-media-type"];

/// Checks that say the same of one response, the one that says most first.
const SAME_DEVIATION: [&[&str]; 2] = [
    &["unrecognized-response", "status", "code", "undeclared-status"],
    &["media-type", "undeclared-media-type", "well-formed"],
];

/// Checks of a body, of which each reports what is wrong at one place: one wrong schema is one cause.
const SHAPE: [&str; 4] = ["declared-schema", "schema", "declared-vacuous", "vacuous"];

/// Checks of an unexpected error of the server, the one that says most first.
const SERVER_ERROR: [&str; 5] =
    ["connection-closed", "server-error", "unrecognized-response", "status", "undeclared-status"];

/// Checks whose findings come before those of others.
const SEVERE: [&str; 1] = ["leaks"];

/// A text that a check compares: its id, the expected and the observed value.
type Text<'a> = (&'a str, &'a str, &'a str);

/// The cause of a deviation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Cause<'a> {
    /// A request breaks the server: the operation, the failure under test, and the rule that the request breaks.
    ServerError(Option<&'a str>, &'a str, Option<&'a str>),
    /// Requests without right credentials are accepted.
    Open,
    /// A fault that nothing documents as one is accepted.
    Unclaimed,
    /// An operation accepts faults that mean one failure.
    Accepts(&'a str, &'a str),
    /// Several operations accept a fault.
    AcceptedByAll(Rule<'a>),
    /// A body has a wrong shape, by the index of the shape.
    Shape(usize),
    /// Responses have a media type that is not declared: the media type, and true for responses of errors.
    Media(&'a str, bool),
    /// The same text.
    Text(Text<'a>),
}

/// A rule that a request breaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Rule<'a> {
    At(&'a str),
    Missing(MissingPart),
}

/// Findings of a case that say the same of one exchange.
struct Deviation<'a> {
    case: &'a CaseReport,
    exchange: Option<&'a ExchangeReport>,
    /// The one that says most.
    first: &'a Finding,
    others: Vec<&'a Finding>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    ServerError,
    Shape,
    Other,
}

/// Groups the findings of these cases by cause: violations first, of these errors of the server and leaks, then the most
/// frequent; last the warnings that say least. Waived findings are left out.
pub fn group_findings<'a>(cases: impl IntoIterator<Item = &'a CaseReport>) -> Vec<FindingGroup> {
    let cases = cases.into_iter().filter(|case| !case.violations.is_empty() || !case.warnings.is_empty());
    let deviations: Vec<Deviation<'a>> = cases.flat_map(deviations).collect();
    let causes = Causes::of(&deviations);
    let mut known: HashMap<Cause<'a>, usize> = HashMap::new();
    let mut rows: Vec<Row<'a>> = Vec::new();
    for deviation in &deviations {
        let cause = causes.cause(deviation);
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

/// Returns the deviations of a case: its findings by exchange, and those together that say the same of it.
fn deviations(case: &CaseReport) -> Vec<Deviation<'_>> {
    let mut exchanges: Vec<(Option<usize>, Vec<&Finding>)> = Vec::new();
    let tested = case.exchanges.iter().position(|exchange| exchange.phase == Phase::Request);
    for finding in case.violations.iter().chain(&case.warnings) {
        let index = finding.record().or(tested);
        match exchanges.iter_mut().find(|(known, _)| *known == index) {
            Some((_, findings)) => findings.push(finding),
            None => exchanges.push((index, vec![finding])),
        }
    }
    exchanges
        .into_iter()
        .flat_map(|(index, findings)| {
            let exchange = index.and_then(|index| case.exchanges.get(index));
            deviations_of(case, exchange, findings)
        })
        .collect()
}

fn deviations_of<'a>(
    case: &'a CaseReport,
    exchange: Option<&'a ExchangeReport>,
    mut findings: Vec<&'a Finding>,
) -> Vec<Deviation<'a>> {
    let mut found = Vec::new();
    let mut take = |family: &[&str], kind: Kind, left: Vec<&'a Finding>| {
        let place = |check: &str| family.iter().position(|known| *known == check);
        let all = kind == Kind::ServerError;
        let (mut same, left): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|finding| all || place(finding.check).is_some());
        // A violation says more than a warning.
        let rank =
            |finding: &&Finding| (!finding.is_violation(), place(finding.check).unwrap_or(family.len()));
        same.sort_by_key(rank);
        let mut same = same.into_iter();
        if let Some(first) = same.next() {
            found.push(Deviation { case, exchange, first, others: same.collect(), kind });
        }
        left
    };
    let is_closed = |finding: &&Finding| finding.check == "connection-closed";
    if is_server_error(case, exchange) || findings.iter().any(is_closed) {
        take(&SERVER_ERROR, Kind::ServerError, findings);
        return found;
    }
    for family in SAME_DEVIATION {
        findings = take(family, Kind::Other, findings);
    }
    findings = take(&SHAPE, Kind::Shape, findings);
    let single = |first| Deviation { case, exchange, first, others: Vec::new(), kind: Kind::Other };
    found.extend(findings.into_iter().map(single));
    found
}

/// Returns true for an error of the server that is not the documented response.
fn is_server_error(case: &CaseReport, exchange: Option<&ExchangeReport>) -> bool {
    let Some(response) = exchange.and_then(|exchange| exchange.response.as_ref()) else { return false };
    let mut documented = case.documented.status.iter().chain(&case.documented.other_statuses);
    // 501 is the right response to a method that the server does not know.
    matches!(response.status, 500 | 502..=504 | 506..600)
        && !documented.any(|pattern| pattern.matches(response.status))
}

/// The facts of all cases together on which the causes of deviations depend.
struct Causes<'a> {
    /// The rules that requests to more than one operation broke.
    shared: HashSet<Rule<'a>>,
    /// The operations, with the failure under test, that break under faults against many rules.
    fragile: HashSet<(Option<&'a str>, &'a str)>,
    /// The operations that break although the request has no fault.
    always: HashSet<Option<&'a str>>,
    /// The shapes, as a forest: two texts that one exchange shows belong to one shape.
    texts: HashMap<Text<'a>, usize>,
    parents: Vec<usize>,
}

impl<'a> Causes<'a> {
    fn of(deviations: &[Deviation<'a>]) -> Self {
        let mut causes = Self {
            shared: HashSet::new(),
            fragile: HashSet::new(),
            always: HashSet::new(),
            texts: HashMap::new(),
            parents: Vec::new(),
        };
        let mut first: HashMap<Rule<'a>, &str> = HashMap::new();
        let mut breaking: HashMap<(Option<&'a str>, &'a str), BTreeSet<Option<&str>>> = HashMap::new();
        for deviation in deviations {
            let case = deviation.case;
            match deviation.kind {
                Kind::ServerError => {
                    let (operation, failure, rule) = deviation.breaks();
                    let tested = deviation.exchange.is_none_or(|exchange| exchange.phase == Phase::Request);
                    if tested && &*case.failure == SUCCESS_ID {
                        causes.always.insert(operation);
                    }
                    breaking.entry((operation, failure)).or_default().insert(rule);
                }
                Kind::Shape => causes.join(deviation),
                Kind::Other if deviation.first.check == NOT_REJECTED => {
                    let Some(operation) = case.operation.as_deref() else { continue };
                    for rule in rules(case) {
                        if *first.entry(rule.clone()).or_insert(operation) != operation {
                            causes.shared.insert(rule);
                        }
                    }
                }
                Kind::Other => {}
            }
        }
        let many = breaking.into_iter().filter(|(_, rules)| rules.len() > MAX_BREAKING_RULES);
        causes.fragile = many.map(|(place, _)| place).collect();
        causes
    }

    /// Joins the texts of a deviation to one shape.
    fn join(&mut self, deviation: &Deviation<'a>) {
        let texts: Vec<usize> = deviation.findings().map(|finding| self.text(finding)).collect();
        let Some((first, others)) = texts.split_first() else { return };
        for other in others {
            let (one, other) = (self.root(*first), self.root(*other));
            self.parents[one.max(other)] = one.min(other);
        }
    }

    fn text(&mut self, finding: &'a Finding) -> usize {
        let next = self.parents.len();
        let index = *self.texts.entry(text(finding)).or_insert(next);
        if index == next {
            self.parents.push(next);
        }
        index
    }

    fn root(&self, mut index: usize) -> usize {
        while self.parents[index] != index {
            index = self.parents[index];
        }
        index
    }

    fn cause(&self, deviation: &Deviation<'a>) -> Cause<'a> {
        let (case, finding) = (deviation.case, deviation.first);
        match deviation.kind {
            Kind::ServerError => {
                let (operation, failure, rule) = deviation.breaks();
                // What breaks without any fault breaks for one reason.
                if self.always.contains(&operation) {
                    return Cause::ServerError(operation, "", None);
                }
                let rule = rule.filter(|_| !self.fragile.contains(&(operation, failure)));
                Cause::ServerError(operation, failure, rule)
            }
            Kind::Shape => match self.texts.get(&text(finding)) {
                Some(index) => Cause::Shape(self.root(*index)),
                None => Cause::Text(text(finding)),
            },
            Kind::Other if MEDIA_TYPE.contains(&finding.check) => {
                let response = deviation.exchange.and_then(|exchange| exchange.response.as_ref());
                Cause::Media(&finding.actual, response.is_none_or(|response| response.status >= 400))
            }
            Kind::Other if finding.check != NOT_REJECTED => Cause::Text(text(finding)),
            Kind::Other if !finding.is_violation() => Cause::Unclaimed,
            Kind::Other if is_about_credentials(case) => Cause::Open,
            Kind::Other => match rules(case).find(|rule| self.shared.contains(rule)) {
                Some(rule) => Cause::AcceptedByAll(rule),
                None => match case.operation.as_deref() {
                    Some(operation) => Cause::Accepts(operation, &finding.expected),
                    None => Cause::Text(text(finding)),
                },
            },
        }
    }
}

fn text(finding: &Finding) -> Text<'_> {
    (finding.check, &finding.expected, &finding.actual)
}

/// Returns true if the failure under test is that of missing or wrong credentials.
fn is_about_credentials(case: &CaseReport) -> bool {
    case.documented.status.and_then(|pattern| pattern.exactly()) == Some(401)
}

/// Returns the rules that the request under test breaks, the one that says most first.
fn rules(case: &CaseReport) -> impl Iterator<Item = Rule<'_>> {
    let missing = missing_part(case).map(Rule::Missing);
    missing.into_iter().chain(case.documentation.as_deref().map(Rule::At))
}

/// Returns the required part that the request under test lacks, in comparison with the control.
fn missing_part(case: &CaseReport) -> Option<MissingPart> {
    let of = |phase| case.exchanges.iter().find(|exchange| exchange.phase == phase);
    let tested = &of(Phase::Request)?.request;
    let is_about_body = case.documentation.as_deref().is_some_and(|rule| rule.ends_with("/requestBody"));
    if is_about_body && tested.body.is_none() {
        return Some(MissingPart::Body);
    }
    let control = of(Phase::Control).map(|exchange| &exchange.request)?;
    let (path, query) = path_and_query(tested);
    let (other_path, other_query) = path_and_query(control);
    if tested.method != control.method || path != other_path {
        return None;
    }
    if let [only] = other_query.difference(&query).collect::<Vec<_>>().as_slice() {
        return Some(MissingPart::Query((*only).clone()));
    }
    let headers = |request: &RequestReport| -> BTreeSet<String> {
        request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect()
    };
    match headers(control).difference(&headers(tested)).collect::<Vec<_>>().as_slice() {
        [only] => Some(MissingPart::Header((*only).clone())),
        _ => None,
    }
}

/// Returns the URL of a request without its query, and the names of its query parameters.
fn path_and_query(request: &RequestReport) -> (String, BTreeSet<String>) {
    let url = request.url.to_string();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let names = query.split('&').filter(|pair| !pair.is_empty());
    let names = names.map(|pair| pair.split('=').next().unwrap_or_default().to_owned());
    (path.to_owned(), names.collect())
}

impl<'a> Deviation<'a> {
    fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// Returns the operation that was called.
    fn operation(&self) -> Option<&'a Arc<str>> {
        let named = self.findings().find_map(Finding::operation);
        named.or(self.case.operation.as_ref())
    }

    /// Returns the operation that breaks, the failure under test and the rule that the request breaks. Another request
    /// than the one under test has no fault.
    fn breaks(&self) -> (Option<&'a str>, &'a str, Option<&'a str>) {
        let operation = self.operation().map(|operation| &**operation);
        let rule = self.case.documentation.as_deref();
        // A parameter that breaks the server does so with whatever value is wrong or unusual.
        let is_parameter = rule.is_some_and(|rule| rule.contains("/parameters/"));
        match self.exchange.is_some_and(|exchange| exchange.phase == Phase::Request) {
            true if is_parameter => (operation, "", rule),
            true => (operation, &self.case.failure, rule),
            false => (operation, "", None),
        }
    }
}

/// The deviation that a group shows: that with the shortest request.
struct Example<'a> {
    case: &'a CaseReport,
    exchange: Option<&'a ExchangeReport>,
    findings: Vec<&'a Finding>,
    /// The best one has the lowest: true if it is only a warning, then the length of its request.
    rank: (bool, usize),
}

/// A group while its deviations are added.
struct Row<'a> {
    cause: Cause<'a>,
    checks: BTreeSet<&'static str>,
    violation: bool,
    cases: Vec<Arc<str>>,
    operations: Vec<Arc<str>>,
    known_operations: HashSet<&'a str>,
    example: Option<Example<'a>>,
}

impl<'a> Row<'a> {
    fn new(cause: Cause<'a>) -> Self {
        Self {
            cause,
            checks: BTreeSet::new(),
            violation: false,
            cases: Vec::new(),
            operations: Vec::new(),
            known_operations: HashSet::new(),
            example: None,
        }
    }

    fn add(&mut self, deviation: &Deviation<'a>) {
        self.checks.extend(deviation.findings().map(|finding| finding.check));
        let is_violation = deviation.findings().any(Finding::is_violation);
        self.violation |= is_violation;
        // A case may show it several times; its deviations come one after the other.
        if self.cases.last() != Some(&deviation.case.name) {
            self.cases.push(Arc::clone(&deviation.case.name));
        }
        if let Some(operation) = deviation.operation()
            && self.known_operations.insert(operation)
        {
            self.operations.push(Arc::clone(operation));
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
        let rank = match (self.violation, &self.cause) {
            (true, Cause::ServerError(..)) => 0,
            (true, _) if SEVERE.contains(&first.check) => 0,
            (true, _) => 1,
            (false, Cause::Unclaimed) => 5,
            (false, Cause::ServerError(..)) => 2,
            (false, _) if SEVERE.contains(&first.check) => 2,
            (false, _) if first.check == "undeclared-status" => 4,
            (false, _) => 3,
        };
        let operation = match &self.cause {
            Cause::ServerError(operation, ..) => operation.map(str::to_owned),
            Cause::Accepts(operation, _) => Some((*operation).to_owned()),
            _ => None,
        };
        let (rule, missing) = match self.cause {
            Cause::AcceptedByAll(Rule::At(rule)) => (Some(rule.to_owned()), None),
            Cause::AcceptedByAll(Rule::Missing(missing)) => (None, Some(missing)),
            _ => (None, None),
        };
        let mut details: Vec<String> = Vec::new();
        for finding in &findings[1..] {
            if finding.message != first.message && !details.contains(&finding.message) {
                details.push(finding.message.clone());
            }
        }
        details.truncate(MAX_DETAILS);
        let also = self.checks.into_iter().filter(|check| *check != first.check);
        let group = FindingGroup {
            check: first.check.to_owned(),
            also: also.map(str::to_owned).collect(),
            violation: self.violation,
            operation,
            rule,
            missing,
            expected: first.expected.clone(),
            actual: first.actual.clone(),
            cases: self.cases.len(),
            case_names: self.cases,
            operations: self.operations,
            example: case.name.to_string(),
            message: first.message.clone(),
            details,
            exchange: exchange
                .and_then(|exchange| case.exchanges.iter().position(|other| std::ptr::eq(other, exchange))),
            response: exchange.and_then(excerpt),
        };
        Some((rank, group))
    }
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
