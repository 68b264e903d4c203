//! The cases of a recording: exchanges with the same findings are one, shown by the one with the shortest request.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use failspec_judge::{
    check::{Finding, Severity},
    report_model::CaseReport,
};

/// Maximum number of cases. Requests may have any path, and findings may quote what differs each time.
const MAX_CASES: usize = 4000;

/// Number of further cases that are kept for violations: cases without any must not crowd them out.
const MAX_MORE_VIOLATIONS: usize = 1000;

/// Maximum number of cases of one operation and failure that break the same checks. What else breaks them is counted in the
/// first.
const MAX_ALIKE: usize = 5;

/// The properties that exchanges have in common that break the same checks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    pub failure: Arc<str>,
    pub operation: String,
    pub status: u16,
    pub checks: Vec<(&'static str, Severity)>,
}

/// The texts that differ between them: of each finding, the expected and the observed one.
type Texts = Vec<(String, String)>;

/// The cases so far.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    reports: Vec<CaseReport>,
    lengths: Vec<usize>,
    kinds: HashMap<Kind, Vec<(Texts, usize)>>,
    names: Vec<Arc<str>>,
    /// The findings of cases as long as nothing has succeeded on their routes, by the index of the case.
    unverified: HashMap<usize, Vec<Finding>>,
    used: HashSet<Arc<str>>,
}

/// The place of an exchange among the cases.
pub(crate) enum Place {
    /// It is one of a known case, which shows a shorter one.
    Known(usize),
    /// It is one of a known case, and shorter than what that shows.
    Shorter(usize),
    /// It is the first of a new case.
    New,
    /// There are too many cases.
    Full,
}

impl Cases {
    /// Returns the place of an exchange with these findings, and counts it.
    pub(crate) fn place(&mut self, kind: &Kind, findings: &[Finding], length: usize) -> Place {
        let texts = texts(findings);
        let known = self.kinds.get(kind).map(Vec::as_slice).unwrap_or_default();
        let same = known.iter().find(|(other, _)| *other == texts);
        let is_alike = same.is_none() && known.len() >= MAX_ALIKE;
        let index = match (same, known.first()) {
            (Some((_, index)), _) => *index,
            (None, Some((_, first))) if is_alike => *first,
            _ => return self.room(findings),
        };
        if let Some(recorded) = self.reports.get_mut(index).and_then(|report| report.recorded.as_mut()) {
            recorded.exchanges += 1;
        }
        // The case shows what it was named for.
        let is_shorter = !is_alike && self.lengths.get(index).is_some_and(|shortest| length < *shortest);
        if is_shorter { Place::Shorter(index) } else { Place::Known(index) }
    }

    fn room(&self, findings: &[Finding]) -> Place {
        let is_violation = findings.iter().any(Finding::is_violation);
        let most = if is_violation { MAX_CASES + MAX_MORE_VIOLATIONS } else { MAX_CASES };
        if self.reports.len() < most { Place::New } else { Place::Full }
    }

    /// Adds the case of a new kind.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        findings: &[Finding],
        length: usize,
        report: CaseReport,
    ) -> usize {
        let index = self.reports.len();
        self.kinds.entry(kind).or_default().push((texts(findings), index));
        self.names.push(Arc::clone(&report.name));
        self.lengths.push(length);
        self.reports.push(report);
        index
    }

    /// Replaces what a case shows by an exchange with a shorter request.
    pub(crate) fn replace(&mut self, index: usize, length: usize, report: CaseReport) {
        let Some(known) = self.reports.get_mut(index) else { return };
        let exchanges = known.recorded.as_ref().map_or(1, |recorded| recorded.exchanges);
        let (name, place) = (Arc::clone(&known.name), known.index);
        *known = report;
        (known.name, known.index) = (name, place);
        if let Some(recorded) = &mut known.recorded {
            recorded.exchanges = exchanges;
        }
        self.lengths[index] = length;
    }

    /// Returns a name for a new case: `pack::failure::seen_get_notes_id`.
    pub(crate) fn name(&mut self, pack: &str, failure: &str, operation: &str) -> Arc<str> {
        let slug: String = operation
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        let words: Vec<&str> = slug.split('_').filter(|word| !word.is_empty()).collect();
        let slug: String = words.join("_").chars().take(MAX_SLUG_LEN).collect();
        let name = |number: usize| match number {
            1 => format!("{pack}::{failure}::seen_{slug}"),
            number => format!("{pack}::{failure}::seen_{slug}_{number}"),
        };
        let mut free = (1..).map(name).map(Arc::<str>::from).filter(|name| !self.used.contains(name));
        let name = free.next().unwrap_or_else(|| Arc::from(""));
        drop(free);
        self.used.insert(Arc::clone(&name));
        name
    }

    /// Sets the findings that a case has as long as nothing has succeeded on its route.
    pub(crate) fn set_unverified(&mut self, index: usize, findings: Vec<Finding>) {
        self.unverified.insert(index, findings);
    }

    /// Returns the findings of cases as long as nothing has succeeded on their routes, by the index of the case.
    pub(crate) fn take_unverified(&mut self) -> HashMap<usize, Vec<Finding>> {
        std::mem::take(&mut self.unverified)
    }

    /// Returns true if a case has a violation that no waiver covers.
    pub(crate) fn is_violation(&self, index: usize) -> bool {
        self.reports.get(index).is_some_and(|report| !report.violations.is_empty())
    }

    pub(crate) fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    pub(crate) fn len(&self) -> usize {
        self.reports.len()
    }

    pub(crate) fn into_reports(self) -> Vec<CaseReport> {
        self.reports
    }
}

/// Maximum length of the part of a name that comes from an operation, in characters.
const MAX_SLUG_LEN: usize = 60;

fn texts(findings: &[Finding]) -> Texts {
    findings.iter().map(|finding| (finding.expected.clone(), finding.actual.clone())).collect()
}
