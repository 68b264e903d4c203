//! Cases that run, or whose requests are sent, a second time: what is kept of the first run, and when one is needed.

use failspec_base::message::TransportError;
use failspec_judge::{
    check::{self, Phase, Record},
    report_model::{CaseReport, Observation, Outcome, Rerun},
};
use failspec_pack::pack::{Control, Failure};

use super::{
    case_runner::{CaseRunner, line},
    plan::Case,
    session::Session,
    teardown::may_create,
};

/// The facts that are kept of the first run of a case that runs twice.
#[derive(Debug)]
pub(super) struct FirstRun {
    pub rerun: Rerun,
    /// True if the connection was lost on the request under test after it was written whole.
    closed: bool,
    left_behind: Vec<String>,
}

impl FirstRun {
    /// Returns what is kept of a run that has ended.
    pub fn of(rerun: Rerun, report: &CaseReport) -> Self {
        Self { rerun, closed: false, left_behind: report.left_behind.clone() }
    }

    /// Returns the lines about what the first run left.
    pub fn into_left_behind(self) -> Vec<String> {
        self.left_behind
    }
}

impl<'s> CaseRunner<'s> {
    /// Returns the second run of a case.
    pub fn again(session: &'s Session, case: &'s Case, first: FirstRun) -> Self {
        let mut again = Self::new(session, case);
        again.left_behind.clone_from(&first.left_behind);
        again.first = Some(first);
        again
    }

    /// Returns what is kept of this run for a second one; `None` if no connection was lost.
    pub fn lost(&self) -> Option<FirstRun> {
        let lost = self.lost_record()?;
        let mut left_behind = self.left_behind.clone();
        // Where a document says what requests do, the end of the run decides.
        let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
        if may_create(&lost.exchange.request.method) && !is_imported && !self.is_removed(lost) {
            let line = line(&lost.exchange.request);
            left_behind.push(format!("{line}: the connection was lost, the request may have been processed"));
        }
        Some(FirstRun { rerun: Rerun::ConnectionLost, closed: self.was_closed(), left_behind })
    }

    /// Returns what is kept of this run for another one, in which the requests that are sent at once may overlap.
    pub fn again_for_overlap(&self) -> FirstRun {
        FirstRun { rerun: Rerun::NoOverlap, closed: false, left_behind: self.left_behind.clone() }
    }

    /// Returns the reason why the case, or a request of it, was sent twice.
    pub fn rerun(&self) -> Option<Rerun> {
        let mut tested = self.observed.records.iter().filter(|record| !record.phase.is_teardown());
        let again = tested.find_map(|record| match record {
            Record { rerun: Some(rerun), .. } => Some(*rerun),
            record => record.exchange.resent.then_some(Rerun::RequestResent),
        });
        let existing = self.uses_existing.then_some(Rerun::ExistingThing);
        self.first.as_ref().map(|first| first.rerun).or(again).or(existing)
    }

    /// Returns true for a status that is about whether a thing is there, and in which state.
    pub fn is_status_of_ids(status: u16) -> bool {
        matches!(status, 404 | 409 | 410 | 412)
    }

    /// Returns true if the failure under test has such a status.
    pub fn is_about_ids(&self) -> bool {
        let failure = self.case.scenario.failure.map(|index| &self.session.pack.contract.failures[index]);
        // A class such as `4xx` says nothing of ids.
        let mut exactly = failure.into_iter().flat_map(Failure::statuses).filter_map(|it| it.exactly());
        exactly.any(Self::is_status_of_ids)
    }

    /// Returns true if the case contradicts that an id is absent, or that a name is unique: another case that was running
    /// may have created or removed it.
    pub fn contradicts_id(&self, report: &CaseReport) -> bool {
        let is_under_test = self.is_about_ids();
        let is_success = matches!(report.observation, Observation::Success { .. });
        let got = report.observed.as_ref().is_some_and(|observed| Self::is_status_of_ids(observed.status));
        let is_as_documented = matches!(
            report.observation,
            Observation::Triggered { control_too: false, .. } | Observation::Expected { .. }
        );
        report.outcome == Outcome::Failed && !is_as_documented && (got || is_under_test && is_success)
    }

    /// Returns the connections whose responses may belong to other requests.
    pub fn doubtful_connections(&self) -> Vec<u64> {
        let used = self.observed.records.iter().filter_map(|record| record.exchange.connection);
        let mut used: Vec<u64> = used.filter(|used| used.earlier > 0).map(|used| used.connection).collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Returns the record whose connection was lost, if the case could not be judged because of it.
    fn lost_record(&self) -> Option<&Record> {
        let could_not = self.inconclusive.is_some() || self.unfinished.is_some();
        let mut records = self.observed.records.iter().filter(|record| !record.phase.is_teardown());
        records.next_back().filter(|record| {
            could_not && matches!(record.exchange.result, Err(TransportError::Closed { .. }))
        })
    }

    /// Returns true if the connection was closed on the request under test after it was written whole.
    fn was_closed(&self) -> bool {
        let whole = |record: &Record| {
            matches!(record.exchange.result, Err(TransportError::Closed { request_written: true, .. }))
        };
        self.lost_record().is_some_and(|record| record.phase == Phase::Request && whole(record))
    }

    /// Records that the API closes the connection, if this is the second time and the control succeeded.
    pub fn note_closed_twice(&mut self) {
        let before = self.first.as_ref().is_some_and(|first| first.closed);
        // A request without a fault needs no control that shows that the fault is the cause.
        let scenario = &self.case.scenario;
        let has_control = matches!(scenario.control, Control::Flow(_)) || scenario.failure.is_none();
        // What one request does to the server may end the connections of others: only a second run, alone, shows that an operation
        // closes it without a fault.
        if self.first.is_some()
            && let Some(lost) = self.lost_record()
            && matches!(lost.phase, Phase::Setup | Phase::ControlSetup | Phase::Control)
        {
            self.session.note_closed(&lost.exchange.request);
        }
        self.observed.closed_twice =
            before && has_control && self.observed.control_failed.is_none() && self.was_closed();
    }
}
