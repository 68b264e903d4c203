//! Comparison of a contract with the documentation that it was taken from.

use std::collections::BTreeSet;

use serde_json::Value;

use super::documented_pointers;
use crate::docs_scraper::{Example, FailureMention, Findings, Scope};
use failspec_base::message::phrase;
use failspec_pack::pack::{Contract, Envelope, Failure, Provenance, StatusPattern, show_statuses};

use failspec_diff::{Comparison, Difference};

/// The current content of a page.
#[derive(Debug)]
pub struct Documented {
    /// Its file, as messages show it.
    pub file: String,
    /// The findings on it.
    pub findings: Findings,
}

/// Compares a contract with the pages that document it. `label` is the pack's name with its version.
///
/// Changes that clients must tolerate are not reported: other words, another order, more successes.
pub fn drift(label: &str, contract: &Contract, pages: &[Documented]) -> Comparison {
    let files: Vec<&str> = pages.iter().map(|page| page.file.as_str()).collect();
    let mut comparison = Comparison::new(format!("{label} against {}", files.join(", ")));
    let drift = Drift { contract, pages };
    comparison.group("documented, but not in the contract", true, drift.new_on_pages());
    comparison.group("in the contract, but no longer documented", true, drift.gone_from_pages());
    comparison.group("documented differently", true, drift.changed());
    comparison.group("different envelope", true, drift.envelopes());
    let classes = contract.failures.iter().filter(|failure| is_class_alone(failure));
    let classes: Vec<&str> = classes.map(|failure| failure.id.as_str()).collect();
    if !classes.is_empty() {
        comparison
            .notes
            .push(format!("not compared, as a class of statuses is all they have: {}", classes.join(", ")));
    }
    comparison
}

/// Returns true for a failure with nothing but a class of statuses: of a page, single statuses are read.
fn is_class_alone(failure: &Failure) -> bool {
    failure.code().is_none() && failure.statuses().iter().all(|status| status.exactly().is_none())
}

struct Drift<'a> {
    contract: &'a Contract,
    pages: &'a [Documented],
}

fn shown(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

fn named(stated: &FailureMention) -> String {
    match (&stated.code, stated.status) {
        (Some(code), _) => shown(code),
        (None, Some(status)) => {
            format!("{status} {}", phrase(status).unwrap_or_default()).trim_end().to_owned()
        }
        (None, None) => String::new(),
    }
}

impl<'a> Drift<'a> {
    fn stated(&self) -> impl Iterator<Item = (&'a str, &'a FailureMention)> {
        self.pages
            .iter()
            .flat_map(|page| page.findings.failures.iter().map(|stated| (page.file.as_str(), stated)))
    }

    /// Returns the failures that may have a code.
    fn of_code(&self, code: &Value) -> impl Iterator<Item = &'a Failure> {
        let code = code.clone();
        self.contract.failures.iter().filter(move |failure| failure.accepts(&code))
    }

    fn new_on_pages(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, stated) in self.stated() {
            let missing = match (&stated.code, stated.status) {
                (Some(code), _) => self.of_code(code).next().is_none(),
                (None, Some(status)) => {
                    !self.contract.failures.iter().any(|failure| failure.allows_status(status))
                }
                (None, None) => false,
            };
            if missing && seen.insert(named(stated)) {
                let status = stated.status.filter(|_| stated.code.is_some());
                let status = status.map(|status| format!(" ({status})")).unwrap_or_default();
                let guess =
                    stated.guess.as_ref().map(|guess| format!("; guessed: {guess}")).unwrap_or_default();
                let message = format!("{}{status}: {}{guess}", named(stated), stated.summary);
                found.push(
                    Difference::new("failure-documented", named(stated), message).at(file, stated.line),
                );
            }
        }
        found
    }

    fn gone_from_pages(&self) -> Vec<Difference> {
        let codes: Vec<&Value> = self.stated().filter_map(|(_, stated)| stated.code.as_ref()).collect();
        let statuses: BTreeSet<u16> = self.stated().filter_map(|(_, stated)| stated.status).collect();
        // Published or inferred failures cannot be missing from this page.
        let own = self.contract.failures.iter().filter(|it| it.source == Provenance::Documented);
        own.filter(|failure| !is_class_alone(failure))
            .filter(|failure| match failure.code() {
                Some(_) => !codes.iter().any(|code| failure.accepts(code)),
                None => !statuses.iter().any(|status| failure.allows_status(*status)),
            })
            .map(|failure| {
                let what = match failure.code() {
                    Some(code) => format!("the code {}", shown(code)),
                    None => format!("the status {}", show_statuses(failure.statuses())),
                };
                let place = &failure.place;
                Difference::new(
                    "failure-gone",
                    &failure.id,
                    format!("{}: {what} is not on the page", failure.id),
                )
                .at(place.source.name(), place.line())
            })
            .collect()
    }

    /// Reports codes that have another status on the page than in the contract.
    fn changed(&self) -> Vec<Difference> {
        let mut found = Vec::new();
        for (file, stated) in self.stated() {
            let (Some(code), Some(status)) = (&stated.code, stated.status) else { continue };
            let failures: Vec<&Failure> = self.of_code(code).collect();
            if failures.is_empty() || failures.iter().any(|failure| failure.allows_status(status)) {
                continue;
            }
            // The page may give the code several statuses, and the contract may have one of them.
            let another = self.stated().any(|(_, other)| {
                other.code.as_ref() == Some(code)
                    && other
                        .status
                        .is_some_and(|status| failures.iter().any(|failure| failure.allows_status(status)))
            });
            if another {
                continue;
            }
            let held: Vec<StatusPattern> =
                failures.iter().flat_map(|failure| failure.statuses()).copied().collect();
            let message = format!(
                "{} has status {status} on the page, {} in the contract",
                shown(code),
                show_statuses(&held)
            );
            found.push(Difference::new("status-changed", shown(code), message).at(file, stated.line));
        }
        found
    }

    /// Reports examples that do not match the envelope of the contract.
    fn envelopes(&self) -> Vec<Difference> {
        let mut found: Vec<Difference> = Vec::new();
        for page in self.pages {
            for example in &page.findings.examples {
                for (part, message) in self.misfits(example) {
                    let kind = "envelope-changed";
                    let difference = Difference::new(kind, part, message).at(&page.file, example.line);
                    // One change of the envelope affects every example, but is reported once.
                    if !found.iter().any(|it| it.subject == difference.subject) {
                        found.push(difference);
                    }
                }
            }
        }
        found
    }

    fn misfits(&self, example: &Example) -> Vec<(&'static str, String)> {
        // Repaired examples may be fragments of a body and cannot be compared.
        if example.guess.is_some() {
            return Vec::new();
        }
        let failures = &self.contract.failures;
        let fitting: Vec<&Envelope> = match &example.scope {
            Scope::Status(status) if *status >= 400 => {
                failures.iter().filter(|it| it.allows_status(*status)).map(|it| &it.envelope).collect()
            }
            Scope::Code(code) => self.of_code(code).map(|it| &it.envelope).collect(),
            Scope::Failures => vec![&self.contract.envelope],
            Scope::Status(_) | Scope::Success | Scope::Unknown => return Vec::new(),
        };
        let mut fewest: Option<Vec<(&'static str, String)>> = None;
        for envelope in fitting {
            let misfits = misfits(envelope, &example.body);
            if fewest.as_ref().is_none_or(|known| misfits.len() < known.len()) {
                fewest = Some(misfits);
            }
        }
        fewest.unwrap_or_default()
    }
}

/// Finds mismatches between a body and an envelope. Only documented parts of the envelope are compared.
fn misfits(envelope: &Envelope, body: &Value) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (part, pointer) in documented_pointers(envelope) {
        if pointer.find_first(body, &mut |_| true).is_none() {
            found.push((part, format!("an example has no {part} at {}", pointer.as_str())));
        }
    }
    if let Some(request_id) = envelope.request_id.as_ref().filter(|it| it.source == Provenance::Documented)
        && let Some(pointer) = &request_id.rule.pointer
        && !pointer.is_xml()
        && pointer.find(body).is_none()
    {
        found.push(("request_id", format!("an example has no request id at {}", pointer.as_str())));
    }
    if found.is_empty()
        && let Some(schema) = envelope.schema.as_ref().filter(|it| it.source == Provenance::Documented)
        && let Some(misfit) = schema.rule.misfits(body).first()
    {
        let at = if misfit.at.is_empty() { String::new() } else { format!(" at {}", misfit.at) };
        found.push(("schema", format!("an example does not match the envelope{at}: {}", misfit.message)));
    }
    found
}
