//! Runs one case through its stages, from the control to the teardown.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use failspec_base::{
    message::{Exchange, Request, Response, Trace, TransportError, is_idempotent, is_safe},
    template::{Scope, VariableValue},
};
use serde_json::Value;

use failspec_judge::{
    check::{
        self, Expected, Identity, Observed, Phase, Record, ResendResult, Subject, UnmetSuccess, View,
        intermediary, unread_stream,
    },
    report_model::{CaseReport, Observation, Outcome, Rerun},
};
use failspec_pack::{
    pack::{
        Control, Failure, Flow, Retry, Step,
        budget::{self, Budget},
    },
    target_config::Condition,
};

use super::{error::Unjudged, made_up, optional_members::has_word};
use super::{
    plan::Case,
    request_builder::Extra,
    session::Session,
    shared_things::Pooled,
    steps::{SendContext, fill_pick, fill_schemas, response_of},
};

/// Maximum total duration of the teardown of a case.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of times that a request is repeated, far above any limit that an API documents for a window.
const MAX_REPEATS: u64 = 100_000;

/// A case while it runs. Its stages are called in order; `cleanup` is always called.
#[derive(Debug)]
pub(super) struct CaseRunner<'s> {
    pub session: &'s Session,
    pub case: &'s Case,
    pub observed: Observed,
    /// The reason why the case cannot be judged, if it cannot.
    pub inconclusive: Option<Unjudged>,
    /// The reason why the follow-up steps could not be judged, if they could not. The response under test can still
    /// be judged.
    pub unfinished: Option<Unjudged>,
    /// Resources that the teardown could not remove, one line each.
    pub left_behind: Vec<String>,
    /// The index of the request under test if it was not rejected but created something (201) whose id is not known.
    unwanted: Option<usize>,
    /// True if the request under test got a response.
    pub answered: bool,
    /// True if its control serves other cases as well.
    pub rests_on_shared: bool,
    /// False if the setup of the request under test was left out.
    has_setup: bool,
    /// True if other cases use what its setup made as well.
    pub shares_things: bool,
    /// The things that its setup made, if a later case may use it after a refusal.
    pub pooled: Option<Pooled>,
    /// True if another case made what it uses.
    pub has_others_things: bool,
    /// The records that another case sent.
    pub taken: Vec<Range<usize>>,
    pub began: Instant,
    /// The first run of the case, if this is the second one.
    pub first: Option<FirstRun>,
    pub scope: Option<Scope>,
    /// The trace of its requests.
    trace: Arc<Trace>,
    /// The steps that its checks may take.
    pub budget: Budget,
}

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
}

impl<'s> CaseRunner<'s> {
    pub fn new(session: &'s Session, case: &'s Case) -> Self {
        Self {
            session,
            case,
            observed: Observed {
                against: session.against.clone(),
                faulty_parts: case.faulty_parts(&session.pack.contract),
                ..Observed::default()
            },
            inconclusive: None,
            unfinished: None,
            left_behind: Vec::new(),
            unwanted: None,
            answered: false,
            rests_on_shared: false,
            has_setup: true,
            shares_things: false,
            pooled: None,
            has_others_things: false,
            taken: Vec::new(),
            began: Instant::now(),
            first: None,
            scope: None,
            trace: session.trace(&case.name),
            budget: Budget::default(),
        }
    }

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
        if may_create(&lost.exchange.request.method) && !self.is_removed(lost) {
            let line = line(&lost.exchange.request);
            left_behind.push(format!("{line}: the connection was lost, the request may have been processed"));
        }
        Some(FirstRun { rerun: Rerun::ConnectionLost, closed: self.was_closed(), left_behind })
    }

    /// Returns the reason why the case, or a request of it, was sent twice.
    pub fn rerun(&self) -> Option<Rerun> {
        let mut tested = self.observed.records.iter().filter(|record| !record.phase.is_teardown());
        let again = tested.find_map(|record| match record {
            Record { rerun: Some(rerun), .. } => Some(*rerun),
            record => record.exchange.resent.then_some(Rerun::RequestResent),
        });
        self.first.as_ref().map(|first| first.rerun).or(again)
    }

    /// Returns true if the case contradicts that an id is absent, or that a name is unique: another case that was running
    /// may have created or removed it.
    pub fn contradicts_id(&self, report: &CaseReport) -> bool {
        let is_about_ids = |status: u16| matches!(status, 404 | 409 | 410 | 412);
        let failure = self.case.scenario.failure.map(|index| &self.session.pack.contract.failures[index]);
        // A class such as `4xx` says nothing of ids.
        let mut exactly = failure.into_iter().flat_map(Failure::statuses).filter_map(|it| it.exactly());
        let is_under_test = exactly.any(is_about_ids);
        let is_success = matches!(report.observation, Observation::Success { .. });
        let got = report.observed.as_ref().is_some_and(|observed| is_about_ids(observed.status));
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
        self.observed.closed_twice =
            before && has_control && self.observed.control_failed.is_none() && self.was_closed();
    }

    /// Runs the control, with its setup and teardown, for this case alone.
    pub(super) async fn own_control(&mut self, control: &Flow) -> Result<(), Unjudged> {
        let mut scope = self.scope();
        let result = self.control(control, &mut scope).await;
        self.teardown(&scope, Phase::ControlTeardown, control, result.is_ok()).await;
        result
    }

    pub(super) async fn prepare_unbounded(&mut self) {
        if self.session.interrupt.is_set() {
            self.inconclusive = Some(Unjudged::Interrupted);
            return;
        }
        if let Control::Flow(control) = &self.case.scenario.control {
            let result = match self.shared_control(control).await {
                Some(result) => result,
                None => self.own_control(control).await,
            };
            if let Err(reason) = result {
                if self.taken.is_empty() {
                    self.session.shared_controls.note_refused(self.case, &self.observed.records, &reason);
                }
                self.inconclusive = Some(reason);
                return;
            }
        }
        if !self.needs_setup() {
            self.has_setup = false;
            self.scope = Some(self.scope());
            return;
        }
        let result = match self.shared_setup().await {
            Some(result) => result,
            None => self.pooled_setup().await,
        };
        if let Err(reason) = result {
            self.inconclusive = Some(reason);
        }
    }

    /// Runs the setup of the request under test for this case alone.
    pub(super) async fn own_setup(&mut self) -> Result<(), Unjudged> {
        let mut scope = self.scope();
        let faulty = &self.case.scenario.faulty;
        let result = self.steps(&faulty.setup, &mut scope, Phase::Setup, faulty).await;
        self.scope = Some(scope);
        result
    }

    pub(super) async fn send_under_test_unbounded(&mut self) {
        if self.inconclusive.is_some() {
            return;
        }
        let Some(scope) = self.scope.take() else { return };
        // The values of a condition must not reach later steps: the fault would never end.
        let mut faulty = scope.clone();
        self.scope = Some(scope);
        let extra = self.apply_scoped_condition(&mut faulty);
        let result = self.send_under_test_with(&faulty, &extra).await;
        self.note_accepted();
        match result {
            Err(reason) => self.inconclusive = Some(reason),
            Ok(()) => self.unfinished = self.resend_and_compare(&faulty, &extra).await.err(),
        }
    }

    /// If the request under test was not rejected, it may have created what the control creates: captures its id for the
    /// teardown, or lists that something is left.
    fn note_accepted(&mut self) {
        let record = self.observed.records.get(self.observed.judged);
        let Some(record) = record.filter(|record| record.phase == Phase::Request) else { return };
        let Ok(response) = record.exchange.result.clone() else { return };
        if !self.session.succeeded(View::new(&response, None)) || !may_create(&record.exchange.request.method)
        {
            return;
        }
        let is_meant = self.case.scenario.failure.is_none() && !self.case.scenario.may_be_refused;
        let request = line(&record.exchange.request);
        let captures = &self.case.scenario.faulty.capture;
        // Of what an import from a document created only 201 says that it is new, or a name that is unique to the run.
        let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
        let is_own = |scope: &Scope| {
            response.status == 201 || String::from_utf8_lossy(&response.body).contains(scope.unique()) || {
                let mut named = scope.clone();
                let id = self.session.capture(captures, &response, &mut named).ok();
                let id = id.and_then(|()| named.get(&captures.first()?.name).map(|held| held.value.clone()));
                self.session.names_a_new_thing(&record.exchange.request, id.as_ref(), scope.unique())
            }
        };
        if let Some(scope) = &mut self.scope
            && !captures.is_empty()
            && (!is_imported || is_own(scope))
        {
            if let Err(reason) = self.session.capture(captures, &response, scope) {
                let operation = self.session.operation_of(&record.exchange.request);
                operation.into_iter().for_each(|operation| self.session.sparing.note_left(operation));
                let what = if is_meant { "it succeeded" } else { "it was not rejected" };
                self.left_behind.push(format!("{request}: {what}, and {reason}"));
            }
        } else if !is_meant && (response.status == 201 || is_imported && names_something(&response)) {
            self.unwanted = Some(self.observed.judged);
        }
    }

    pub(super) async fn follow_up_unbounded(&mut self) {
        let unable = self.inconclusive.is_some() || self.unfinished.is_some() || !self.answered;
        if unable || self.case.scenario.then.is_empty() {
            return;
        }
        let subject = Subject::new(&self.session.pack.contract, &self.case.scenario, &self.observed);
        let Some(subject) = subject else { return self.after_success().await };
        // Where the API may accept the request, it is what must hold afterwards that decides.
        let is_accepted = subject.identity == Identity::Success && subject.triggered.refusal_optional;
        if !is_accepted && !matches!(subject.identity, Identity::Triggered { .. }) {
            return;
        }
        self.then(is_accepted).await;
    }

    /// Runs the follow-up steps of a scenario without a fault, if its request succeeded.
    async fn after_success(&mut self) {
        let tested = response_of(&self.observed.records, self.observed.judged);
        if tested.is_some_and(|response| self.session.succeeded(View::new(&response, None))) {
            self.then(true).await;
        }
    }

    async fn then(&mut self, is_accepted: bool) {
        let Some(mut scope) = self.scope.take() else { return };
        let tested = response_of(&self.observed.records, self.observed.judged);
        let role = self.case.scenario.faulty.request.role.clone();
        for (number, step) in self.case.scenario.then.iter().enumerate() {
            // There is no failure that the same request could recover from.
            if is_accepted && step.resend {
                continue;
            }
            let phase = if step.resend { Phase::Resend } else { Phase::Then };
            let (tested, records) = (tested.as_ref(), &mut self.observed.records);
            let result = self.session.step(step, &mut scope, phase, role.as_deref(), tested, records).await;
            match result {
                Ok(Some(result)) if step.resend => self.observed.resends.push(result),
                Ok(Some(ResendResult { unmet: Some(unmet), .. })) => {
                    self.observed.after_failure.push(format!("step {} of `then`: {unmet}", number + 1));
                    // Later steps may use what this one did not get.
                    break;
                }
                Ok(_) => {}
                Err(reason) => {
                    self.unfinished =
                        Some(reason.within(|reason| format!("step {} of `then`: {reason}", number + 1)));
                    break;
                }
            }
        }
        self.scope = Some(scope);
    }

    pub(super) async fn cleanup_unbounded(&mut self) {
        let Some(scope) = self.scope.take() else { return };
        // What others use is removed at the end of the run.
        if self.shares_things || self.keeps_things() {
            return;
        }
        let complete = self.inconclusive.is_none();
        self.teardown(&scope, Phase::Teardown, &self.case.scenario.faulty, complete).await;
        let unwanted = self.unwanted.and_then(|index| self.observed.records.get(index));
        if let Some(unwanted) = unwanted.filter(|unwanted| !self.is_removed(unwanted)) {
            let request = line(&unwanted.exchange.request);
            if let Some(operation) = self.session.operation_of(&unwanted.exchange.request) {
                self.session.sparing.note_left(operation);
            }
            self.left_behind
                .push(format!("{request}: it was not rejected, and no teardown removed what it created"));
        }
    }

    fn scope(&mut self) -> Scope {
        let mut scope = self.session.scope().tracing(Arc::clone(&self.trace));
        for (name, value) in self.case.row().into_iter().flat_map(|row| &row.values) {
            scope.set(name.clone(), VariableValue::open(value.clone()));
        }
        self.observed.own_values.extend([scope.unique().to_owned(), scope.uuid().to_owned()]);
        scope
    }

    /// Sends the control. If it gets the failure under test, this is recorded for the check `control` and is no error
    /// here.
    async fn control(&mut self, control: &Flow, scope: &mut Scope) -> Result<(), Unjudged> {
        self.steps(&control.setup, scope, Phase::ControlSetup, control).await?;
        let times = self.times(control, scope)?;
        if times == 0 {
            return Err("the control was never sent: `repeat` has `times: 0`".into());
        }
        let pick = fill_pick(control.at.as_deref(), scope)?;
        for _ in 0..times {
            let role = control.request.role.as_deref();
            let purpose = self.session.expecting(Phase::Control, role, control.expected());
            let records = &mut self.observed.records;
            let index = self.session.send(&control.request, scope, &Extra::default(), purpose, records).await;
            let index = index.map_err(|reason| {
                reason.within(|reason| format!("the control could not be judged: {reason}"))
            })?;
            let Some(response) = response_of(records, index) else {
                return Err("the control has no response".into());
            };
            let view = View::new(&response, pick.as_ref());
            let unmet = self.session.unmet(control.expected(), &response, pick.as_ref(), scope, false)?;
            let Some(unmet) = unmet else {
                // A control may expect another response than a success, but then not the failure under test.
                self.observed.control_expected_failure |=
                    control.expected().is_about_outcome() && self.is_the_failure(view);
                self.session.capture(&control.capture, &response, scope)?;
                continue;
            };
            let host = self.session.target.url.host_str();
            if let Some(evidence) = intermediary::detect_intermediary(&response, host) {
                return Err(format!("the response to the control is not from the API: {evidence}").into());
            }
            let request = &self.observed.records[index].exchange.request;
            let names = made_up::names_of_values(&control.request);
            let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
            if is_imported && !names.is_empty() && (400..500).contains(&response.status) {
                let (request, response) = (self.session.place(request), self.session.describe(view));
                return Err(Unjudged::MadeUpValues { request, response, names });
            }
            if !self.is_the_failure(view) {
                // The cases of an import differ in ids alone: the operation tells them together.
                let place = if is_imported { self.session.place(request) } else { line(request) };
                return Err(format!(
                    "the control (the request without the fault) did not succeed: {unmet} ({place})"
                )
                .into());
            }
            // Before it begins, a condition for all clients must not show.
            let condition = self.case.scenario.condition.as_deref();
            if let Some(condition) = condition.filter(|it| self.session.is_global(it)) {
                return Err(Unjudged::ConditionInForce(condition.to_owned()));
            }
            self.observed.control_failed = Some(index);
            return Ok(());
        }
        Ok(())
    }

    /// Returns true if the control certainly got the failure under test, so that the API is at fault. False if the
    /// failure or the scenario is inferred, if the body is not JSON, or if only the status identifies the failure:
    /// then the cause may be different.
    fn is_the_failure(&self, view: View<'_>) -> bool {
        let (contract, scenario) = (&self.session.pack.contract, &self.case.scenario);
        let Some(index) = scenario.failure else { return false };
        let binding = scenario.source.is_binding() && contract.failures[index].source.is_binding();
        let identity = Identity::of(view, contract, index);
        binding
            && view.body().is_some()
            && matches!(identity, Identity::Triggered { by_status_alone: false, .. })
    }

    async fn send_under_test_with(&mut self, scope: &Scope, extra: &Extra) -> Result<(), Unjudged> {
        let case = self.case;
        let faulty = &case.scenario.faulty;
        let failure = case.scenario.failure.map(|index| &self.session.pack.contract.failures[index]);
        let pick = fill_pick(faulty.at.as_deref(), scope)?;
        self.observed.expected = Expected {
            body: fill_schemas(&faulty.expected().body, scope)?,
            body_inferred: match &case.scenario.expect_inferred {
                Some(ours) => fill_schemas(&ours.body, scope)?,
                None => Vec::new(),
            },
        };
        self.observed.pick = pick;
        let request = match failure {
            Some(failure) => SendContext::of(Phase::Request, &faulty.request, failure),
            None => SendContext {
                is_sound: !case.scenario.may_be_refused,
                ..self.session.expecting(Phase::Request, faulty.request.role.as_deref(), faulty.expected())
            },
        };
        let until_triggered = faulty.repeat.as_ref().is_some_and(|repeat| repeat.until_triggered);
        let mut last = None;
        for _ in 0..self.times(faulty, scope)? {
            // Only the last of the repeated requests is judged; the others would clutter the report.
            if let Some(previous) = last {
                self.observed.records.remove(previous);
            }
            let index = self.send(&faulty.request, scope, extra, request).await?;
            last = Some(index);
            self.observed.judged = index;
            self.observed.identity = OnceLock::new();
            if until_triggered && self.is_triggered() {
                break;
            }
        }
        self.answered = last.is_some();
        let Some(response) = last.and_then(|index| response_of(&self.observed.records, index)) else {
            return Err("the request was never sent: `repeat` has `times: 0`".into());
        };
        // A documented redirect that fits is the failure under test, wherever its `Location` points, if a control
        // shows that the API itself responds: a gateway may redirect every request.
        let is_documented = (300..400).contains(&response.status)
            && matches!(self.case.scenario.control, Control::Flow(_))
            && self.is_triggered();
        let host = self.session.target.url.host_str();
        match intermediary::detect_intermediary(&response, host) {
            Some(evidence) if !is_documented => {
                return Err(format!("the response is not from the API: {evidence}").into());
            }
            _ => {}
        }
        let Some(failure) = failure else { return self.without_fault(&response, scope) };
        if let Some(evidence) = intermediary::detect_limit(&response, &self.session.pack.contract, failure) {
            return Err(format!("the response is not from the API: {evidence}").into());
        }
        match unread_stream(&response, &self.session.pack.contract, failure) {
            Some(stream) => Err(format!("the response is {stream}").into()),
            None => Ok(()),
        }
    }

    /// Records the difference of the response to a request without a fault from what the scenario expects.
    fn without_fault(&mut self, response: &Response, scope: &Scope) -> Result<(), Unjudged> {
        let (session, scenario) = (self.session, &self.case.scenario);
        let is_broken = check::is_server_error(response.status);
        let unmet = match scenario.may_be_refused {
            true => None,
            false => session.unmet(scenario.faulty.expected(), response, None, scope, false)?,
        };
        self.observed.unmet_success = match unmet {
            _ if is_broken && (scenario.may_be_refused || unmet.is_some()) => {
                Some(UnmetSuccess::ServerError(response.status))
            }
            unmet => unmet.map(UnmetSuccess::NoSuccess),
        };
        let is_refused = (400..500).contains(&response.status) && self.observed.unmet_success.is_some();
        if is_refused && check::is_of_document(&session.pack.contract, scenario) {
            let names = made_up::names_of_values(&scenario.faulty.request);
            let names = if names.is_empty() { made_up::names_in_path(&scenario.faulty) } else { names };
            if !names.is_empty() {
                let request = session.place(&self.observed.records[self.observed.judged].exchange.request);
                let response = session.describe(View::new(response, None));
                return Err(Unjudged::MadeUpValues { request, response, names });
            }
        }
        Ok(())
    }

    /// Sends the same request again if the documentation says that it fails again (only safe methods), and the
    /// comparison request of `indistinguishable_from`.
    async fn resend_and_compare(&mut self, scope: &Scope, extra: &Extra) -> Result<(), Unjudged> {
        let case = self.case;
        let faulty = &case.scenario.faulty;
        let Some(failure) = case.scenario.failure.map(|index| &self.session.pack.contract.failures[index])
        else {
            return Ok(());
        };
        let fails_again = matches!(failure.retry, Some(Retry::Never | Retry::FixRequest));
        let repeats = fails_again && faulty.request.is_safe();
        if (!repeats && case.scenario.indistinguishable_from.is_none()) || !self.is_triggered() {
            return Ok(());
        }
        if repeats {
            let purpose = SendContext::of(Phase::Repeat, &faulty.request, failure);
            let result = self.send(&faulty.request, scope, extra, purpose).await;
            result.map_err(|reason| {
                reason.within(|reason| format!("the repeated request could not be judged: {reason}"))
            })?;
        }
        if let Some(indistinguishable_from) = &case.scenario.indistinguishable_from {
            self.observed.indistinguishable_source = Some(indistinguishable_from.source);
            let purpose = SendContext::of(Phase::Comparison, &indistinguishable_from.request, failure);
            let result = self.send(&indistinguishable_from.request, scope, extra, purpose).await;
            result.map_err(|reason| {
                reason.within(|reason| format!("the comparison request could not be judged: {reason}"))
            })?;
        }
        Ok(())
    }

    async fn send(
        &mut self,
        template: &failspec_pack::pack::RequestTemplate,
        scope: &Scope,
        extra: &Extra,
        purpose: SendContext<'_>,
    ) -> Result<usize, Unjudged> {
        self.session.send(template, scope, extra, purpose, &mut self.observed.records).await
    }

    fn is_triggered(&self) -> bool {
        let subject = Subject::new(&self.session.pack.contract, &self.case.scenario, &self.observed);
        subject.is_some_and(|subject| matches!(subject.identity, Identity::Triggered { .. }))
    }

    /// Sets the variables of a scoped condition in `scope` and returns its headers and URL. They apply only to the
    /// request under test.
    fn apply_scoped_condition(&self, scope: &mut Scope) -> Extra {
        let condition = self.case.scenario.condition.as_ref();
        let condition = condition.and_then(|name| self.session.target.conditions.get(name));
        let first_byte = self.case.scenario.first_byte;
        let Some(Condition::Scoped { variables, headers, url }) = condition else {
            return Extra { first_byte, ..Extra::default() };
        };
        for (name, value) in variables {
            scope.set(name.clone(), value.clone());
        }
        Extra { headers: headers.clone(), url: url.clone(), first_byte }
    }

    async fn steps(
        &mut self,
        steps: &[Step],
        scope: &mut Scope,
        phase: Phase,
        flow: &Flow,
    ) -> Result<(), Unjudged> {
        let role = flow.request.role.as_deref();
        for (number, step) in steps.iter().enumerate() {
            let records = &mut self.observed.records;
            let result = self.session.step(step, scope, phase, role, None, records).await;
            if let (Ok(_), [capture], Some(record)) = (&result, &*step.capture, records.last()) {
                let id = scope.get(&capture.name).map(|held| &held.value);
                self.session.names_a_new_thing(&record.exchange.request, id, scope.unique());
            }
            result.map_err(|reason| {
                if let Some(reason) = self.made_up_values(step) {
                    return reason;
                }
                let request = self.observed.records.last().map(|record| line(&record.exchange.request));
                let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
                // The cases of an import differ in ids alone: the operation tells them together.
                let last = self.observed.records.last().filter(|_| is_imported);
                let request = last.map(|record| self.session.place(&record.exchange.request)).or(request);
                let (number, phase, request) = (number + 1, phase.as_str(), request.unwrap_or_default());
                reason.within(|reason| format!("step {number} of the {phase}: {reason} ({request})"))
            })?;
        }
        Ok(())
    }

    /// Returns the reason why a step could not be done, if the last response refused values that an import made up.
    fn made_up_values(&self, step: &Step) -> Option<Unjudged> {
        let record = self.observed.records.last()?;
        let refused =
            record.exchange.result.as_ref().ok().filter(|it| matches!(it.status, 400 | 409 | 422))?;
        let template = step.request.as_ref()?;
        if !check::is_of_document(&self.session.pack.contract, &self.case.scenario) {
            return None;
        }
        let mut names = made_up::names_of_values(template);
        let said = String::from_utf8_lossy(&refused.body);
        let (_, more) = self.session.optional_members(template).unzip();
        let own = made_up::names_of_unique(template).into_iter();
        let more = more.into_iter().flatten().map(|(name, _)| name.clone());
        names.extend(own.chain(more.filter(|name| has_word(&said, name))));
        let (request, response) =
            (self.session.place(&record.exchange.request), self.session.describe(View::new(refused, None)));
        (!names.is_empty()).then_some(Unjudged::MadeUpValues { request, response, names })
    }

    /// Runs all teardown steps, even after one fails and after Ctrl-C.
    pub(super) async fn teardown(&mut self, scope: &Scope, phase: Phase, flow: &Flow, complete: bool) {
        let deadline = Instant::now() + CLEANUP_TIMEOUT;
        budget::refill();
        let mut scope = scope.clone();
        let role = flow.request.role.clone();
        // The path of what was not removed, with what is said of it; what is below something that was removed went with it.
        let mut left: Vec<(String, String)> = Vec::new();
        let mut removed: Vec<String> = Vec::new();
        for step in &self.case.scenario.teardown {
            // Nothing was created if its id was not captured.
            let captures = [&flow.capture, &self.case.scenario.faulty.capture];
            let is_captured = |name: &str| {
                let made = self.case.scenario.faulty.setup.iter().flat_map(|step| &step.capture);
                // A control may have a setup of its own, which creates less.
                let is_flows = |name: &str| {
                    flow.setup.iter().flat_map(|step| &step.capture).any(|capture| capture.name == name)
                };
                let mut made = made.filter(|capture| match phase {
                    Phase::Teardown => !self.has_setup,
                    _ => !is_flows(&capture.name),
                });
                captures.iter().flat_map(|captures| captures.iter()).any(|capture| capture.name == name)
                    || made.any(|capture| capture.name == name)
            };
            let needs = |request: &failspec_pack::pack::RequestTemplate| {
                request.names().into_iter().any(|name| is_captured(name) && scope.get(name).is_none())
            };
            if step.request.as_ref().is_some_and(needs) {
                continue;
            }
            // Whoever has its number now, it is not ours.
            if step.request.as_ref().is_some_and(|request| self.was_removed(request, &scope, phase)) {
                continue;
            }
            let before = self.observed.records.len();
            let mut result = self.clean(step, &mut scope, phase, role.as_deref(), deadline).await;
            // A server may close a connection just as it is reused. An idempotent request is sent a second time, so
            // that the target does not keep created resources (RFC 9110, section 9.2.2).
            if self.observed.records.len() == before + 1 && was_lost(&self.observed.records[before].exchange)
            {
                self.observed.records.truncate(before);
                result = self.clean(step, &mut scope, phase, role.as_deref(), deadline).await;
            }
            let sent = self.observed.records.get(before);
            let operation = sent.and_then(|record| self.session.operation_of(&record.exchange.request));
            let Err(reason) = result else {
                operation.into_iter().for_each(|operation| self.session.sparing.note_removed(operation));
                let deletion = sent.map(|record| &record.exchange.request).filter(|it| it.method == "DELETE");
                removed.extend(deletion.map(|request| format!("{}/", request.url.path())));
                continue;
            };
            // An incomplete setup may never have created anything.
            let is_gone = match (sent, &step.request) {
                (Some(record), Some(request)) => self.is_gone(record, request, &scope),
                _ => !complete,
            };
            if is_gone {
                continue;
            }
            let what = sent.map_or_else(
                || "a step that could not be sent".to_owned(),
                |record| line(&record.exchange.request),
            );
            let path = sent.map(|record| record.exchange.request.url.path().to_owned()).unwrap_or_default();
            operation.into_iter().for_each(|operation| self.session.sparing.note_left(operation));
            left.push((path, format!("{what}: {reason}")));
        }
        left.retain(|(path, _)| !removed.iter().any(|removed| path.starts_with(removed.as_str())));
        self.left_behind.extend(left.into_iter().map(|(_, line)| line));
    }

    async fn clean(
        &mut self,
        step: &Step,
        scope: &mut Scope,
        phase: Phase,
        role: Option<&str>,
        deadline: Instant,
    ) -> Result<(), String> {
        let left = deadline.saturating_duration_since(Instant::now());
        let result = self.session.step(step, scope, phase, role, None, &mut self.observed.records);
        let result = tokio::time::timeout(left, result).await.unwrap_or_else(|_| Err("no time left".into()));
        result.map(drop).map_err(|reason| reason.to_string())
    }

    fn times(&self, flow: &Flow, scope: &Scope) -> Result<u64, String> {
        let Some(repeat) = &flow.repeat else { return Ok(1) };
        let text = repeat.times.fill(scope).map_err(|error| error.to_string())?.sent;
        let times: u64 =
            text.parse().map_err(|_| format!("`repeat: {{ times: {text} }}` is not a number"))?;
        if times > MAX_REPEATS {
            return Err(format!("`repeat: {{ times: {text} }}` is more than {MAX_REPEATS}"));
        }
        Ok(times)
    }
}

/// Returns true if a request with this method may leave something behind.
pub(super) fn may_create(method: &str) -> bool {
    !is_safe(method) && !method.eq_ignore_ascii_case("DELETE")
}

/// Returns true if a response to a POST names a resource that was probably created: its body has an id.
fn names_something(response: &Response) -> bool {
    let is_id = |value: &Value| {
        let mut members = value.as_object().into_iter().flatten();
        members.any(|(name, id)| {
            let name = name.to_ascii_lowercase();
            (name.ends_with("id") || name == "key") && (id.is_string() || id.is_number())
        })
    };
    let value = response.document().value.as_ref();
    response.status == 200 && value.is_some_and(|value| is_id(value) || value.get("data").is_some_and(is_id))
}

/// Returns true if an idempotent request failed because the connection was closed.
fn was_lost(exchange: &Exchange) -> bool {
    is_idempotent(&exchange.request.method) && matches!(exchange.result, Err(TransportError::Closed { .. }))
}

/// Method and redacted URL of a request.
pub(super) fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.shown_url)
}
