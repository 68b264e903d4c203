//! Requirements of operations beyond the document, each told once in a run: by a case whose report has a request that was accepted with
//! it. Whichever request found it out, its exchange may be forgotten: the case ran again, or with things of its own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use failspec_judge::{check::CompletedBody, report_model::CaseReport};

use super::case_runner::CaseRunner;

/// Checks that tell of it.
const CHECKS: [&str; 2] = ["undeclared-requirement", "undeclared-restriction"];

/// The requests that were accepted only with more, less or something else than the document asks for, by operation.
#[derive(Debug, Default)]
pub struct Completions(Mutex<HashMap<String, Vec<Completion>>>);

#[derive(Debug)]
struct Completion {
    completed: CompletedBody,
    /// The case that tells of it.
    told_by: Option<Arc<str>>,
}

impl Completions {
    /// Records what an operation was found to require.
    pub fn note(&self, completed: CompletedBody) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(completed.operation.clone()).or_default().push(Completion { completed, told_by: None });
    }

    /// Returns the next finding about an operation that a case is to tell; what another case tells is left to that.
    fn claim(
        &self,
        operation: &str,
        case: &Arc<str>,
        claimed: &mut Vec<CompletedBody>,
    ) -> Option<CompletedBody> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get_mut(operation)?.iter_mut().find(|it| {
            it.told_by.as_ref().is_none_or(|told_by| told_by == case) && !claimed.contains(&it.completed)
        })?;
        found.told_by = Some(Arc::clone(case));
        claimed.push(found.completed.clone());
        Some(found.completed.clone())
    }

    /// Leaves to others what a case was to tell and, in its last run, did not.
    pub fn finished(&self, report: &CaseReport) {
        let waived = report.waived.iter().map(|waived| &waived.finding);
        let mut findings = report.violations.iter().chain(&report.warnings).chain(waived);
        if !findings.any(|finding| CHECKS.contains(&finding.check)) {
            self.release(&report.name);
        }
    }

    fn release(&self, case: &Arc<str>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for completion in all.values_mut().flatten().filter(|it| it.told_by.as_ref() == Some(case)) {
            completion.told_by = None;
        }
    }
}

impl CaseRunner<'_> {
    /// Adds what operations were found to require to the exchanges of the case, unless another case tells it.
    pub(super) fn tell_completions(&mut self) {
        let Some(against) = &self.session.against else { return };
        let mut claimed = Vec::new();
        for record in &mut self.observed.records {
            let is_accepted =
                record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status));
            if !is_accepted || record.phase.is_teardown() {
                continue;
            }
            let request = &record.exchange.request;
            let Some(operation) = against.operation(&request.method, request.url.path()) else { continue };
            let told = self.session.completions.claim(&operation.name(), &self.case.name, &mut claimed);
            record.completed = told.map(Box::new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: &str, member: &str) -> CompletedBody {
        CompletedBody {
            operation: operation.to_owned(),
            members: vec![member.to_owned()],
            values: Vec::new(),
            removed: Vec::new(),
            by_example: false,
            refusal: "HTTP 400".to_owned(),
            broke: false,
        }
    }

    #[test]
    fn one_case_tells_of_a_requirement_and_another_one_if_it_does_not() {
        let all = Completions::default();
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        let claim = |operation: &str, case: &Arc<str>, claimed: &mut Vec<CompletedBody>| {
            all.claim(operation, case, claimed).map(|it| it.members)
        };
        all.note(of("POST /a", "x"));
        all.note(of("POST /a", "y"));
        let mut claimed = Vec::new();
        assert_eq!(claim("POST /b", &one, &mut claimed), None);
        assert_eq!(claim("POST /a", &one, &mut claimed), Some(vec!["x".to_owned()]));
        // A second request of the case tells the second thing, and a third one nothing.
        assert_eq!(claim("POST /a", &one, &mut claimed), Some(vec!["y".to_owned()]));
        assert_eq!(claim("POST /a", &one, &mut claimed), None);
        assert_eq!(claim("POST /a", &other, &mut Vec::new()), None);
        // The second run of the case tells it again.
        assert_eq!(claim("POST /a", &one, &mut Vec::new()), Some(vec!["x".to_owned()]));
        all.release(&one);
        assert_eq!(claim("POST /a", &other, &mut Vec::new()), Some(vec!["x".to_owned()]));
    }
}
