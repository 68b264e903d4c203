//! A failure that comes later: the request is accepted, and the job that it started is asked for until it has ended.

use failspec_base::{message::Response, template::Scope};
use failspec_judge::check::{Identity, Item, Phase, Pick, View};
use failspec_pack::pack::{Later, Place};

use super::{case_runner::CaseRunner, error::Unjudged, steps::response_of};

impl CaseRunner<'_> {
    /// Waits for the end of the job that the request under test started, if it was accepted; the response that says so is
    /// judged in its place.
    ///
    /// # Errors
    /// The reason why the end of the job is not known.
    pub(super) async fn await_job(
        &mut self,
        later: &Later,
        accepted: usize,
        scope: &Scope,
    ) -> Result<(), Unjudged> {
        let Some(response) = response_of(&self.observed.records, accepted) else { return Ok(()) };
        if !self.session.succeeded(View::new(&response, None)) {
            return Ok(());
        }
        let role = self.case.scenario.faulty.request.role.as_deref();
        self.observed.records[accepted].phase = Phase::Start;
        let result = self.poll(later, &response, scope, Phase::Request, role).await;
        let index = match result {
            Ok(index) => index,
            Err(reason) => {
                self.observed.records[accepted].phase = Phase::Request;
                return Err(reason);
            }
        };
        self.observed.pick = pick(later);
        self.set_judged(index);
        Ok(())
    }

    /// Waits for the end of the job of the control. If it fails as the job under test should, that is recorded for the check
    /// `control`.
    ///
    /// # Errors
    /// The reason why the control shows nothing.
    pub(super) async fn await_job_of_control(
        &mut self,
        later: &Later,
        response: &Response,
        scope: &Scope,
        role: Option<&str>,
    ) -> Result<(), Unjudged> {
        let index = self.poll(later, response, scope, Phase::Control, role).await;
        let index = index
            .map_err(|reason| reason.within(|reason| format!("the control could not be judged: {reason}")))?;
        let Some(response) = response_of(&self.observed.records, index) else {
            return Err("the job of the control has no response".into());
        };
        let pick = pick(later);
        let view = View::new(&response, pick.as_ref());
        let has_failed = match view.item {
            Item::Whole => !self.session.succeeded(view),
            Item::One(_) => true,
            Item::Unpicked(_) => false,
        };
        if !has_failed {
            return Ok(());
        }
        let contract = &self.session.pack.contract;
        let is_the_failure = self.case.scenario.failure.is_some_and(|failure| {
            matches!(Identity::of(view, contract, failure), Identity::Triggered { .. })
        });
        if is_the_failure && self.is_the_failure(view) {
            self.observed.control_failed = Some(index);
            return Ok(());
        }
        Err(format!("the job of the control failed ({})", self.session.describe(view)).into())
    }

    /// Asks for a job until it has ended; returns the record of the response that says so.
    async fn poll(
        &mut self,
        later: &Later,
        response: &Response,
        scope: &Scope,
        phase: Phase,
        role: Option<&str>,
    ) -> Result<usize, Unjudged> {
        let mut scope = scope.clone();
        let captured = self.session.capture(&later.capture, None, response, &mut scope);
        captured.map_err(|reason| format!("the job that was started is not known: {reason}"))?;
        let records = &mut self.observed.records;
        let step = Box::pin(self.session.step(&later.poll, &mut scope, phase, role, None, records)).await;
        step.map_err(|reason| reason.within(|reason| format!("the job that was started: {reason}")))?;
        Ok(self.observed.records.len() - 1)
    }
}

/// Returns the place of the error of a job.
fn pick(later: &Later) -> Option<Pick> {
    let pointer = later.error.clone()?;
    Some(Pick { place: Place::Value(pointer), filter: Vec::new() })
}
