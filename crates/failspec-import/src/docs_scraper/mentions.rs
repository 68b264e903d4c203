//! Mentions of failures on a page, collected and merged.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use failspec_base::message::phrase;
use failspec_pack::pack::Retry;

use super::{
    codes,
    findings::{FailureMention, Findings, StatusMention, Unclassified, UnclassifiedReason},
    retry_advice,
    statuses::MULTI_STATUS,
};

/// The strength of a mention, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// In running text. It counts only if no other mention has that status.
    Prose,
    /// In a heading, an item of a list or a row of a table.
    Listed,
}

/// The mentions that were found so far.
#[derive(Debug, Default)]
pub(super) struct Statements {
    stated: Vec<(FailureMention, Weight)>,
    /// Retry advice for codes that match a name, which may begin or end with `*`.
    advice: Vec<(String, Retry)>,
    /// Causes that are listed under a status: status, cause and line.
    causes: Vec<(u16, String, usize)>,
}

impl Statements {
    /// Adds a mention and returns its index.
    pub fn add(&mut self, stated: FailureMention, weight: Weight) -> usize {
        self.stated.push((stated, weight));
        self.stated.len() - 1
    }

    /// Returns the line of the first statement that a table contradicts, if every statement of the table gives a known
    /// code a status that it does not have.
    pub fn contradicted_by(&self, table: &[FailureMention]) -> Option<usize> {
        let known = |mention: &FailureMention| {
            let mut same =
                self.stated.iter().map(|(known, _)| known).filter(|known| {
                    known.code.is_some() && known.code == mention.code && known.status.is_some()
                });
            let first = same.clone().next()?;
            same.all(|known| known.status != mention.status).then_some(first.line)
        };
        let lines: Option<Vec<usize>> = table.iter().map(known).collect();
        lines?.first().copied()
    }

    /// Returns the mention at an index.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut FailureMention> {
        self.stated.get_mut(index).map(|(stated, _)| stated)
    }

    pub fn advise(&mut self, name: &str, retry: Retry) {
        self.advice.push((name.to_owned(), retry));
    }

    pub fn cause(&mut self, status: u16, cause: String, line: usize) {
        self.causes.push((status, cause, line));
    }

    /// Returns true if a code was mentioned that matches `name`, which may contain `*`.
    pub fn knows(&self, name: &str) -> bool {
        let codes = self.stated.iter().filter_map(|(stated, _)| stated.code.as_ref());
        codes.map(codes::shown).any(|code| retry_advice::fits(name, &code))
    }

    /// Merges the mentions into one for each status and code.
    pub fn finish(self, findings: &mut Findings) {
        let Self { stated, advice, causes } = self;
        let all = findings.status_of_all.map(|(status, _)| status);
        let of_failures = findings.status_of_failures;
        // The indexes of known mentions. A code is one failure, wherever it is mentioned.
        let mut with_code: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut bare: BTreeMap<u16, usize> = BTreeMap::new();
        let mut kept: Vec<FailureMention> = Vec::new();
        let mut prose: Vec<FailureMention> = Vec::new();
        for (stated, weight) in stated {
            match (&stated.code, stated.status) {
                (Some(code), _) => {
                    let places = with_code.entry(code.to_string()).or_default();
                    let same = places.iter().copied().find(|place| {
                        kept[*place].status == stated.status
                            || kept[*place].status.is_none()
                            || stated.status.is_none()
                    });
                    match same {
                        Some(place) => join(&mut kept[place], stated),
                        None => {
                            places.push(kept.len());
                            kept.push(stated);
                        }
                    }
                }
                (None, Some(_)) if weight == Weight::Prose => prose.push(stated),
                (None, Some(status)) => match bare.get(&status) {
                    Some(place) => join(&mut kept[*place], stated),
                    None => {
                        bare.insert(status, kept.len());
                        kept.push(stated);
                    }
                },
                (None, None) => {}
            }
        }
        for stated in &mut kept {
            if stated.code.is_some() && stated.status.is_none() {
                stated.status = all;
            }
            if let (true, None, Some((status, line))) = (stated.code.is_some(), stated.status, of_failures) {
                stated.status = Some(status);
                stated
                    .guess
                    .get_or_insert_with(|| format!("line {line} gives all failures the status {status}"));
            }
        }
        for stated in prose {
            if kept.iter().all(|known| known.status != stated.status) {
                kept.push(stated);
            }
        }
        // The fields of a body may be in a list like codes: the name of a field is not a code.
        let members = members(findings);
        let is_member = |it: &FailureMention| {
            it.code.as_ref().and_then(Value::as_str).is_some_and(|it| members.contains(it))
        };
        contradictions(&kept, &with_code, findings);
        for member in kept.iter().filter(|it| is_member(it)) {
            let text = member.code.as_ref().map(codes::shown).unwrap_or_default();
            let why = UnclassifiedReason::BodyField;
            findings.unplaced.push(Unclassified { text, why, line: member.line });
        }
        kept.retain(|it| !is_member(it));
        let coded: Vec<u16> = kept.iter().filter(|it| it.code.is_some()).filter_map(|it| it.status).collect();
        // A status with listed codes is not another failure. 207 is one, because the failed parts are in its body.
        kept.retain(|it| {
            it.code.is_some()
                || it.status.is_some_and(|status| status == MULTI_STATUS || !coded.contains(&status))
        });
        place_causes(&mut kept, causes, findings);
        for stated in &mut kept {
            let code = stated.code.as_ref().map(codes::shown);
            let advised = advice
                .iter()
                .find(|(name, _)| code.as_ref().is_some_and(|code| retry_advice::fits(name, code)));
            stated.retry = stated.retry.or(advised.map(|(_, retry)| *retry));
            if stated.summary.is_empty() {
                let reason = stated.status.filter(|_| stated.code.is_none()).and_then(phrase);
                stated.summary = reason.unwrap_or_default().to_owned();
            }
        }
        kept.sort_by_key(|stated| stated.line);
        let (successes, rest): (Vec<_>, Vec<_>) = kept.into_iter().partition(|it| is_success(it, all));
        findings.successes = successes;
        findings.failures = rest.into_iter().filter(|it| !is_neither(it)).collect();
    }
}

/// Collects the names of the members of bodies that the page shows or describes.
fn members(findings: &Findings) -> BTreeSet<String> {
    fn gather(value: &Value, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    names.insert(name.clone());
                    gather(value, names);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
            _ => {}
        }
    }
    let mut names = BTreeSet::new();
    findings.examples.iter().for_each(|example| gather(&example.body, &mut names));
    names.extend(findings.fields.iter().filter_map(|field| field.path.last().cloned()));
    names
}

/// Merges a second mention of the same failure: adds the information that is missing in the first.
fn join(known: &mut FailureMention, other: FailureMention) {
    known.status = known.status.or(other.status);
    known.retry = known.retry.or(other.retry);
    known.guess = known.guess.take().or(other.guess);
    if known.summary.is_empty() {
        known.summary = other.summary;
    }
    for cause in other.causes {
        if !known.causes.contains(&cause) {
            known.causes.push(cause);
        }
    }
}

/// Returns true for 2xx except 207, and for the code 0 or a code that is described as success.
fn is_success(stated: &FailureMention, all: Option<u16>) -> bool {
    match (&stated.code, stated.status) {
        (None, Some(status)) => status / 100 == 2 && status != MULTI_STATUS,
        (Some(code), status) => {
            let zero = code == &Value::from(0) || code.as_str().is_some_and(|it| it == "0");
            let word = code.as_str().unwrap_or_default().to_ascii_lowercase();
            let summary = stated.summary.to_lowercase();
            let says_success = || {
                let mut words = summary.split(|letter: char| !letter.is_alphanumeric());
                words.any(|word| word == "ok" || word == "okay" || word.starts_with("succe"))
            };
            let said = ["success", "request succeeded", "ok"].iter().any(|it| word == *it || summary == *it)
                || zero && (summary.is_empty() || says_success());
            // A status of a failure says more than a code.
            if status.is_some_and(|status| status >= 400) {
                return false;
            }
            // If all responses have one success status, the status does not distinguish success from failure.
            said || (all.is_none()
                && status.is_some_and(|status| status / 100 == 2 && status != MULTI_STATUS))
        }
        (None, None) => false,
    }
}

/// Returns true for statuses that are neither success nor failure: 1xx and 3xx.
fn is_neither(stated: &FailureMention) -> bool {
    stated.code.is_none() && stated.status.is_some_and(|status| matches!(status / 100, 1 | 3))
}

/// Lists codes with several statuses as contradictions. All of the statuses are kept.
fn contradictions(
    kept: &[FailureMention],
    with_code: &BTreeMap<String, Vec<usize>>,
    findings: &mut Findings,
) {
    for places in with_code.values().filter(|places| places.len() > 1) {
        let said = places.iter().map(|place| &kept[*place]);
        let said = said.map(|stated| StatusMention { status: stated.status, line: stated.line }).collect();
        let Some(first) = places.first().map(|place| &kept[*place]) else { continue };
        let text = first.code.as_ref().map(codes::shown).unwrap_or_default();
        let why = UnclassifiedReason::SeveralStatuses(said);
        findings.unplaced.push(Unclassified { text, why, line: first.line });
    }
}

/// Assigns causes under a status to its failure. If it has several failures, the page does not say which one is
/// meant, and the causes are listed as unclassified.
fn place_causes(kept: &mut [FailureMention], causes: Vec<(u16, String, usize)>, findings: &mut Findings) {
    for (status, cause, line) in causes {
        let mut of_status = kept.iter_mut().filter(|it| it.status == Some(status));
        match (of_status.next(), of_status.count()) {
            (Some(stated), 0) => {
                if !stated.causes.contains(&cause) {
                    stated.causes.push(cause);
                }
            }
            (Some(_), others) => {
                let why = UnclassifiedReason::CauseOfSeveralCodes { status, codes: others + 1 };
                findings.unplaced.push(Unclassified { text: cause, why, line });
            }
            (None, _) => {}
        }
    }
}
