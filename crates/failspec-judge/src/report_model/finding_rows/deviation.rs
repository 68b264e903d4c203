//! The deviations of a case: its findings about one exchange that say the same.

use std::sync::Arc;

use failspec_pack::pack::fault_kind;

use crate::check::{Finding, Phase};

use super::{
    super::{CaseReport, ExchangeReport, MissingPart},
    causes::{
        BreakingFault, NOT_REJECTED, UNDECLARED_REQUIREMENT, UNDECLARED_RESTRICTION, UNSUPPORTED_METHOD,
    },
    families::{UNREADABLE, breaking_family},
    missing_part::missing_part,
};

/// Checks that say the same of one response, the one that says most first.
const SAME_DEVIATION: [&[&str]; 2] = [
    &[
        "unrecognized-response",
        "status",
        "code",
        UNSUPPORTED_METHOD,
        UNDECLARED_RESTRICTION,
        UNDECLARED_REQUIREMENT,
        UNDECLARED_STATUS,
    ],
    &["media-type", "undeclared-media-type", "well-formed"],
];

/// The check of statuses that an operation does not declare.
const UNDECLARED_STATUS: &str = "undeclared-status";

/// Checks of a body, of which each reports what is wrong at one place: one wrong schema is one cause.
const SHAPE: [&str; 5] = ["declared-schema", "schema", "envelope", "declared-vacuous", "vacuous"];

/// Checks of an unexpected error of the server, the one that says most first.
const SERVER_ERROR: [&str; 5] =
    ["connection-closed", "server-error", "unrecognized-response", "status", UNDECLARED_STATUS];

/// Findings of a case that say the same of one exchange.
pub(super) struct Deviation<'a> {
    pub case: &'a CaseReport,
    pub exchange: Option<&'a ExchangeReport>,
    /// The one that says most.
    pub first: &'a Finding,
    pub others: Vec<&'a Finding>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ServerError,
    Shape,
    Other,
}

/// Returns the deviations of a case: its findings by exchange, and those together that say the same of it.
pub(super) fn deviations(case: &CaseReport) -> Vec<Deviation<'_>> {
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
    // What could not be compared is wrong in no way that is known: it hides nothing that is.
    let (not_compared, compared): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.is_not_compared());
    findings = take(&SHAPE, Kind::Shape, compared);
    findings.extend(not_compared.into_iter().take(1));
    let single = |first| Deviation { case, exchange, first, others: Vec::new(), kind: Kind::Other };
    found.extend(findings.into_iter().map(single));
    with_echo(found)
}

/// Counts the wrong value that comes back as a part of the deviation that it was accepted.
fn with_echo(mut found: Vec<Deviation<'_>>) -> Vec<Deviation<'_>> {
    let is_accepted = |it: &Deviation<'_>| it.first.check == NOT_REJECTED && it.first.is_violation();
    if found.iter().any(is_accepted)
        && let Some(index) = found.iter().position(|it| it.kind == Kind::Shape && is_echo(it))
    {
        let echo = found.remove(index);
        let accepted = found.iter_mut().find(|it| is_accepted(it));
        accepted.into_iter().for_each(|accepted| accepted.others.extend(echo.findings()));
    }
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

/// Returns true if all that is wrong with the shape of a response is the member in which the request under test had the fault,
/// and the API accepted it: that is the deviation, and what it stores comes back.
pub(super) fn is_echo(deviation: &Deviation<'_>) -> bool {
    let case = deviation.case;
    let mut findings = case.violations.iter().chain(&case.warnings);
    let Some(part) = case.part.as_deref().filter(|_| deviation.is_tested()) else { return false };
    // The part of a nested member has the names of those that it is in before it.
    let is_part = |member: &str| part == member || part.ends_with(&format!("_{member}"));
    findings.any(|finding| finding.check == NOT_REJECTED)
        && deviation.findings().all(|finding| finding.member().is_some_and(is_part))
}

/// Returns true if a rule is that of a body as a whole.
fn is_body(rule: &str) -> bool {
    rule.ends_with("/requestBody")
}

impl<'a> Deviation<'a> {
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    /// Returns what is left without the findings of a check; `None` if that is nothing.
    pub fn without(mut self, check: &str) -> Option<Self> {
        self.others.retain(|finding| finding.check != check);
        if self.first.check == check {
            self.first = (!self.others.is_empty()).then(|| self.others.remove(0))?;
        }
        Some(self)
    }

    /// Returns what is left without the warnings of a check; `None` if that is nothing.
    pub fn without_warning(self, check: &str) -> Option<Self> {
        let is_violation = self.findings().any(|finding| finding.check == check && finding.is_violation());
        if is_violation { Some(self) } else { self.without(check) }
    }

    /// Returns the operation that was called.
    pub fn operation(&self) -> Option<&'a Arc<str>> {
        let named = self.findings().find_map(Finding::operation);
        named.or(self.case.operation.as_ref())
    }

    /// Returns the operation of the case, and the part of its request that the fault is in.
    pub fn part(&self) -> Option<(&'a str, &'a str)> {
        self.case.operation.as_deref().zip(self.case.part.as_deref())
    }

    /// Returns the name of the parameter that the fault is in. Of one in the path, the part of the request has it.
    pub fn parameter(&self) -> Option<&'a str> {
        let is_in_one = self.case.documentation.as_deref().is_some_and(|rule| rule.contains("/parameters/"));
        self.case.parameter.as_deref().or_else(|| self.case.part.as_deref().filter(|_| is_in_one))
    }

    /// Returns the path of the operation up to the thing in it that the fault is about: `/things/{id}`. That which is asked for
    /// twice is the last one.
    pub fn thing_in_path(&self) -> Option<&'a str> {
        let (_, path) = self.case.operation.as_deref()?.split_once(' ')?;
        match self.case.part.as_deref() {
            Some(part) => {
                let name = format!("{{{part}}}");
                Some(&path[..path.find(&name)? + name.len()])
            }
            None if self.case.fault.as_deref() == Some(fault_kind::SENT_TWICE) => {
                path.ends_with('}').then_some(path)
            }
            None => None,
        }
    }

    /// Returns true if it shows in the request under test, or in what follows it, and not in a control, a setup or a teardown.
    pub fn is_tested(&self) -> bool {
        self.exchange.is_none_or(|exchange| {
            let phase = exchange.phase;
            !phase.is_of_control() && !phase.is_teardown() && phase != Phase::Setup
        })
    }

    /// Returns the status of the response, if the operation does not declare it.
    pub fn undeclared_status(&self) -> Option<u16> {
        let says_so = |finding: &Finding| {
            // A response that fits nothing is one finding, of which this is a part.
            let is_part = finding.details.iter().any(|detail| detail.check == UNDECLARED_STATUS);
            finding.check == UNDECLARED_STATUS || is_part
        };
        let response = self.exchange.and_then(|exchange| exchange.response.as_ref());
        response.filter(|_| self.findings().any(says_so)).map(|response| response.status)
    }

    /// Returns the kind of fault with which the request under test breaks the server, if the scenario names it.
    pub fn breaking_fault(&self) -> Option<BreakingFault<'a>> {
        let kind = self.case.fault.as_deref().filter(|_| self.is_tested())?;
        let in_parameter =
            self.case.documentation.as_deref().is_some_and(|rule| rule.contains("/parameters/"));
        let kind = if self.is_about_reading_the_body() { UNREADABLE } else { breaking_family(kind) };
        let response = self.exchange.and_then(|exchange| exchange.response.as_ref());
        Some((kind, in_parameter, response.map(|response| response.status)))
    }

    /// Returns the status that is due and the one of the response, if only the status is wrong.
    pub fn wrong_status(&self) -> Option<(u16, u16)> {
        let due = self.case.documented.status.and_then(|pattern| pattern.exactly());
        let response = self.exchange.and_then(|exchange| exchange.response.as_ref())?;
        let is_status = self.kind == Kind::Other && self.first.check == "status";
        Some((due.filter(|_| is_status)?, response.status))
    }

    /// Returns true if the server breaks on a body before it looks at its values: where it has none to read, and where it closes
    /// the connection on it. A wrong media type and a wrong body are then one deviation, whatever should refuse them.
    fn is_about_reading_the_body(&self) -> bool {
        let is_about_body = self.case.documentation.as_deref().is_some_and(is_body);
        let is_closed = self.exchange.is_some_and(|exchange| exchange.response.is_none());
        let is_media_type = self.case.documented.status.and_then(|pattern| pattern.exactly()) == Some(415);
        is_about_body && (is_closed || is_media_type || missing_part(self.case) == Some(MissingPart::Body))
    }

    /// Returns the operation that breaks, the failure under test and the rule that the request breaks. Another request
    /// than the one under test has no fault.
    pub fn breaks(&self) -> (Option<&'a str>, &'a str, Option<&'a str>) {
        let operation = self.operation().map(|operation| &**operation);
        let rule = self.case.documentation.as_deref();
        // A parameter that breaks the server does so with whatever value is wrong or unusual.
        let is_parameter = rule.is_some_and(|rule| rule.contains("/parameters/"));
        match self.exchange.is_some_and(|exchange| exchange.phase == Phase::Request) {
            true if is_parameter => (operation, "", rule),
            true if self.is_about_reading_the_body() => (operation, "", Some(UNREADABLE)),
            // Of a body, the kind of fault says more than that it is one of the body.
            true if rule.is_some_and(is_body) => match self.case.fault.as_deref().map(breaking_family) {
                Some(UNREADABLE) => (operation, "", Some(UNREADABLE)),
                kind => (operation, &self.case.failure, kind.or(rule)),
            },
            true => (operation, &self.case.failure, rule),
            false => (operation, "", None),
        }
    }
}
