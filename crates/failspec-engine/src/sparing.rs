//! Requests that a run spares the target: no more is created that could not be removed, and an operation that does not respond in
//! time is not called again and again. It is for packs with an OpenAPI document, whose cases by the hundred are generated.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use failspec_base::message::{Request, TransportError};
use failspec_judge::{check::Record, report_model::Reason};
use failspec_pack::pack::{Control, RequestTemplate, Step};

use super::{plan::Case, session::Session, teardown::may_create};

/// Number of failures of an operation after which its further cases are left out.
const MAX_FAILURES: usize = 3;

/// Findings about operations, by their name.
#[derive(Debug, Default)]
pub struct Sparing {
    /// The number of things that an operation should have removed, or created and nothing removed; `None` once it removed one.
    left: Mutex<HashMap<String, Option<usize>>>,
    /// The removals that were refused whenever they were sent, each with the case that tells it.
    refused: Mutex<HashMap<String, Arc<str>>>,
    /// The number of things that an operation created for a setup or a control, and whose ids its responses did not tell.
    unknown: Mutex<HashMap<String, usize>>,
    /// The number of requests that got no response in time.
    timeouts: Mutex<HashMap<String, usize>>,
    /// The operations that closed the connection on a request without a fault, in both runs of a case.
    closed: Mutex<HashSet<String>>,
    /// True if a rate limit that tells no wait lasted longer than anybody waits.
    limit_lasts: AtomicBool,
}

impl Sparing {
    /// Records that a rate limit that tells no wait was waited for in vain.
    pub fn note_lasting_limit(&self) {
        self.limit_lasts.store(true, Relaxed);
    }

    /// Returns true if a rate limit that tells no wait was waited for in vain: then no other case waits that long. An API
    /// that refuses everything would cost a minute for each.
    pub fn limit_lasts(&self) -> bool {
        self.limit_lasts.load(Relaxed)
    }

    /// Records that a request did not remove what it should, or created what nothing removes.
    pub fn note_left(&self, operation: String) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = left.entry(operation).or_insert(Some(0)) {
            *count += 1;
        }
    }

    /// Records that a request did not remove what it should. Returns true if that is so of every one in the run, and this case is to
    /// tell it.
    pub fn is_never_removed(&self, operation: String, case: &Arc<str>) -> bool {
        self.note_left(operation.clone());
        if !self.leaves(&operation) {
            return false;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.entry(operation).or_insert_with(|| Arc::clone(case)) == case
    }

    /// Records that a request created something whose id its response did not tell.
    pub fn note_unknown(&self, operation: String) {
        *self.unknown.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
    }

    fn hides(&self, operation: &str) -> bool {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        unknown.get(operation).is_some_and(|count| *count >= MAX_FAILURES)
    }

    /// Records that a request removed what it should.
    pub fn note_removed(&self, operation: String) {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(operation, None);
    }

    /// Returns true if an operation closed the connection on a request without a fault.
    pub fn closes(&self, operation: &str) -> bool {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).contains(operation)
    }

    fn leaves(&self, operation: &str) -> bool {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.get(operation).copied().flatten().is_some_and(|count| count >= MAX_FAILURES)
    }

    fn times_out(&self, operation: &str) -> bool {
        let timeouts = self.timeouts.lock().unwrap_or_else(PoisonError::into_inner);
        timeouts.get(operation).is_some_and(|count| *count >= MAX_FAILURES)
    }
}

impl Session {
    /// Returns the name of the operation that a request calls; `None` if there is no document that has it.
    pub(super) fn operation_of(&self, request: &Request) -> Option<String> {
        let operation = self.against.as_ref()?.operation(&request.method, request.url.path());
        operation.map(|operation| operation.name())
    }

    /// Returns the name of the operation that a request of a scenario calls.
    pub(super) fn operation_of_template(&self, request: &RequestTemplate) -> Option<String> {
        let written = request.line.path.written.split('?').next().unwrap_or_default();
        let operation = self.against.as_ref()?.declared.operation(&request.line.method, written);
        operation.map(|operation| operation.name())
    }

    /// Records the operation of a request without a fault on which the connection was closed twice.
    pub(super) fn note_closed(&self, request: &Request) {
        if let Some(operation) = self.operation_of(request) {
            self.sparing.closed.lock().unwrap_or_else(PoisonError::into_inner).insert(operation);
        }
    }

    /// Records the requests that got no response in time.
    pub(super) fn note_timeouts(&self, records: &[Record]) {
        let is_late =
            |record: &&Record| matches!(record.exchange.result, Err(TransportError::Timeout { .. }));
        for record in records.iter().filter(is_late).filter(|record| record.same_as.is_none()) {
            let Some(operation) = self.operation_of(&record.exchange.request) else { continue };
            let mut timeouts = self.sparing.timeouts.lock().unwrap_or_else(PoisonError::into_inner);
            *timeouts.entry(operation).or_default() += 1;
        }
    }

    /// Returns the reason why a case is not run, if the target is spared it.
    pub(super) fn spares(&self, case: &Case) -> Option<Reason> {
        self.against.as_ref()?;
        let scenario = &case.scenario;
        let tested = &scenario.faulty.request;
        let creates = may_create(&tested.line.method).then_some(tested);
        let removes = scenario.teardown.iter().filter_map(|step| step.request.as_ref());
        let mut left = removes.chain(creates).filter_map(|request| self.operation_of_template(request));
        if let Some(operation) = left.find(|operation| self.sparing.leaves(operation)) {
            return Some(Reason::LeavesBehind { operation });
        }
        let control = match &scenario.control {
            Control::Flow(control) => Some(&**control),
            _ => None,
        };
        let flows = [Some(&scenario.faulty), control];
        let requests = flows.into_iter().flatten().flat_map(|flow| {
            flow.setup.iter().filter_map(|step: &Step| step.request.as_ref()).chain([&flow.request])
        });
        let called: Vec<String> =
            requests.filter_map(|request| self.operation_of_template(request)).collect();
        // What nobody knows is never removed.
        if let Some(operation) = called.iter().find(|operation| self.sparing.hides(operation)) {
            return Some(Reason::LeavesBehind { operation: operation.clone() });
        }
        let operation = called.into_iter().find(|operation| self.sparing.times_out(operation))?;
        Some(Reason::TimesOut { operation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_removed_something_once_is_not_given_up() {
        let sparing = Sparing::default();
        for operation in ["DELETE /a", "DELETE /b"] {
            sparing.note_left(operation.to_owned());
        }
        sparing.note_removed("DELETE /b".to_owned());
        for _ in 1..MAX_FAILURES {
            assert!(!sparing.leaves("DELETE /a"));
            sparing.note_left("DELETE /a".to_owned());
            sparing.note_left("DELETE /b".to_owned());
        }
        let (one, other): (Arc<str>, Arc<str>) = ("one".into(), "other".into());
        // One case tells it, also in its second run.
        for (case, operation, expected) in [
            (&one, "DELETE /a", true),
            (&other, "DELETE /a", false),
            (&one, "DELETE /a", true),
            (&one, "DELETE /b", false),
            (&one, "DELETE /d", false),
        ] {
            assert_eq!(sparing.is_never_removed(operation.to_owned(), case), expected, "{operation} {case}");
        }
        assert!(sparing.leaves("DELETE /a") && !sparing.leaves("DELETE /b") && !sparing.leaves("DELETE /c"));
    }
}
