//! Runs one case through its stages, from the control to the teardown.

use std::{ops::Range, sync::Arc, time::Instant};

use failspec_base::{
    message::{Request, Trace},
    template::{Scope, VariableValue},
};
use failspec_judge::{
    check::{self, Identity, Observed, Phase, ResendResult, Subject, View},
    report_model::Rerun,
};
use failspec_pack::pack::{Control, Flow, Step, budget::Budget};

use super::{
    error::Unjudged,
    made_up,
    plan::Case,
    refusal_names::speaks_of,
    request_builder::Extra,
    reruns::FirstRun,
    sending::Outgoing,
    session::Session,
    shared_parents::Parent,
    shared_things::{Pooled, needed_steps},
    steps::{Tested, fill_pick, place_of, request_of, response_of, stream_end},
};

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
    pub unwanted: Option<usize>,
    /// The reason why the id of what the request under test created is not known, although it was accepted.
    pub uncaptured: Option<String>,
    /// True if the teardown knows the id of what the request under test created.
    pub knows_accepted: bool,
    /// The unique names of its flows.
    pub uniques: Vec<String>,
    /// The captures whose values are names that the request under test sent, and of which nothing may be there.
    pub presumed: Vec<String>,
    /// True if the request under test got a response.
    pub answered: bool,
    /// True if requests that were sent at once were perhaps processed one after the other.
    pub missed_overlap: bool,
    /// True if its control serves other cases as well.
    pub rests_on_shared: bool,
    /// The number of steps of its setup that the request under test needs.
    pub setup_count: usize,
    /// True if it uses a thing that was there before the run.
    pub uses_existing: bool,
    /// True if other cases use what its setup made as well.
    pub shares_things: bool,
    /// The things that its setup made, if a later case may use it after a refusal.
    pub pooled: Option<Pooled>,
    /// True if another case made what it uses.
    pub has_others_things: bool,
    /// True if another case changed what it uses.
    pub has_changed_things: bool,
    /// The thing of several cases in which its setup makes others.
    pub parent: Option<Arc<Parent>>,
    /// That in which the setup of its control makes others.
    pub control_parent: Option<Arc<Parent>>,
    /// True if it was there before this case.
    pub has_others_parent: bool,
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
            uncaptured: None,
            knows_accepted: false,
            uniques: Vec::new(),
            presumed: Vec::new(),
            answered: false,
            missed_overlap: false,
            rests_on_shared: false,
            setup_count: needed_steps(&session.pack.contract, &case.scenario),
            uses_existing: false,
            shares_things: false,
            pooled: None,
            has_others_things: false,
            has_changed_things: false,
            parent: None,
            control_parent: None,
            has_others_parent: false,
            taken: Vec::new(),
            began: Instant::now(),
            first: None,
            scope: None,
            trace: session.trace(&case.name),
            budget: Budget::default(),
        }
    }

    /// Runs the control, with its setup and teardown, for this case alone.
    pub(super) async fn own_control(&mut self, control: &Flow) -> Result<(), Unjudged> {
        let before = self.observed.records.len();
        let result = self.control_in(control, true).await;
        if result.is_err()
            && let Some(failed) = self.parent_to_replace(Phase::Control, before)
        {
            let result = self.control_in(control, false).await;
            self.note_replaced(&failed, &result);
            return result;
        }
        result
    }

    /// Runs the control with its setup and teardown, in what others use or in things of its own.
    async fn control_in(&mut self, control: &Flow, may_share: bool) -> Result<(), Unjudged> {
        let mut scope = self.scope();
        if may_share {
            let most = control.setup.len();
            self.shared_parents(control, Phase::ControlSetup, most, &mut scope).await;
        }
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
            if result.is_ok()
                && self.is_with_own_things()
                && !self.rests_on_shared
                && self.observed.control_failed.is_none()
            {
                self.session.shared_controls.note_confirmed(self.case);
            }
            if let Err(reason) = result {
                if self.taken.is_empty() {
                    self.session.shared_controls.note_refused(self.case, &self.observed.records, &reason);
                }
                self.inconclusive = Some(reason);
                return;
            }
        }
        if self.setup_count == 0 && !self.case.scenario.faulty.setup.is_empty() {
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
        let before = self.observed.records.len();
        let result = self.setup_in(true).await;
        if result.is_err()
            && self.parent.is_some()
            && let Some(scope) = self.scope.take()
        {
            self.teardown(&scope, Phase::Teardown, &self.case.scenario.faulty, false).await;
            self.scope = Some(scope);
            if let Some(failed) = self.parent_to_replace(Phase::Setup, before) {
                let result = self.setup_in(false).await;
                self.note_replaced(&failed, &result);
                return result;
            }
        }
        result
    }

    /// Returns true in a second run of the case that uses what it makes itself.
    pub(super) fn is_with_own_things(&self) -> bool {
        self.first.as_ref().is_some_and(|first| first.rerun != Rerun::UnchangedThings)
    }

    /// Runs the setup of the request under test, in what others use or in things of its own.
    async fn setup_in(&mut self, may_share: bool) -> Result<(), Unjudged> {
        let mut scope = self.scope();
        let faulty = &self.case.scenario.faulty;
        if may_share {
            // In a second run the last thing is its own: that it can be made shows that what it is in is there.
            let is_second = self.is_with_own_things();
            let most = self.setup_count.saturating_sub(usize::from(is_second));
            self.shared_parents(faulty, Phase::Setup, most, &mut scope).await;
        }
        let result = self.steps(&faulty.setup[..self.setup_count], &mut scope, Phase::Setup, faulty).await;
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
        self.uses_existing = scope.has_existing();
        self.scope = Some(scope);
        let extra = self.apply_scoped_condition(&mut faulty);
        let result = self.send_under_test_with(&faulty, &extra).await;
        self.note_accepted();
        self.find_uncaptured().await;
        self.note_broken_creation();
        match result {
            Err(reason) => self.inconclusive = Some(reason),
            Ok(()) => self.unfinished = self.resend_and_compare(&faulty, &extra).await.err(),
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

    /// Runs the follow-up steps of a scenario without a fault, if its request succeeded, or if they are about its refusal.
    async fn after_success(&mut self) {
        let Some(tested) = response_of(&self.observed.records, self.observed.judged) else { return };
        let is_wanted = match self.case.scenario.follows_refusal() {
            true => check::refuses_method(&tested),
            false => self.session.succeeded(View::new(&tested, None)),
        };
        if is_wanted {
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
            let pick = self.observed.pick.as_ref();
            let tested = tested.as_ref().map(|response| Tested { response, pick });
            let (role, records) = (role.as_deref(), &mut self.observed.records);
            let result = self.session.step(step, &mut scope, phase, role, tested, records).await;
            match result {
                Ok(Some(result)) if step.resend => self.observed.resends.push(result),
                // Whatever a GET gets that follows a refusal, the check of that reads it.
                Ok(Some(_)) if self.case.scenario.follows_refusal() => {}
                Ok(Some(ResendResult { unmet: Some(unmet), .. })) => {
                    let sent =
                        self.observed.records.last().map(|it| self.session.place(&it.exchange.request));
                    let sent = sent.map_or_else(String::new, |sent| format!(", {sent}"));
                    let unmet = format!("step {} of `then`{sent}: {unmet}", number + 1);
                    self.observed.after_failure.push(unmet);
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

    pub(super) fn scope(&mut self) -> Scope {
        let mut scope = self.session.scope().tracing(Arc::clone(&self.trace));
        for (name, value) in self.case.row().into_iter().flat_map(|row| &row.values) {
            scope.set(name.clone(), VariableValue::open(value.clone()));
        }
        self.observed.own_values.extend([scope.unique().to_owned(), scope.uuid().to_owned()]);
        self.uniques.push(scope.unique().to_owned());
        scope
    }

    /// Returns the scope of a request that the scenario does not have.
    pub(super) fn plain_scope(&self) -> Scope {
        self.session.scope().tracing(Arc::clone(&self.trace))
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
            let context = self.session.expecting(Phase::Control, role, control.expected());
            let records = &mut self.observed.records;
            let extra = &Extra { stream: stream_end(pick.as_ref()), ..Extra::default() };
            let outgoing = Outgoing { template: &control.request, scope, extra, context };
            let index = self.session.send(outgoing, records).await;
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
                let request = request_of(&self.observed.records, index);
                let captured =
                    self.session.capture_or_find(&control.capture, role, request, &response, scope).await;
                if let Err(reason) = captured {
                    let reason = Unjudged::from(reason);
                    self.note_unknown(&reason);
                    return Err(reason);
                }
                if let Some(later) = &self.case.scenario.later {
                    Box::pin(self.await_job_of_control(later, &response, scope, role)).await?;
                }
                continue;
            };
            let request = &self.observed.records[index].exchange.request;
            if let Some(evidence) = self.session.intermediary(request, &response) {
                return Err(format!("the response to the control is not from the API: {evidence}").into());
            }
            let names = made_up::names_of_values(&control.request);
            let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
            if is_imported && !names.is_empty() && (400..500).contains(&response.status) {
                return Err(self.session.unusable_values(request, &response, names));
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
    pub(super) fn is_the_failure(&self, view: View<'_>) -> bool {
        let (contract, scenario) = (&self.session.pack.contract, &self.case.scenario);
        let Some(index) = scenario.failure else { return false };
        let binding = scenario.source.is_binding() && contract.failures[index].source.is_binding();
        let identity = Identity::of(view, contract, index);
        binding
            && view.body().is_some()
            && matches!(identity, Identity::Triggered { by_status_alone: false, .. })
    }

    async fn steps(
        &mut self,
        steps: &[Step],
        scope: &mut Scope,
        phase: Phase,
        flow: &Flow,
    ) -> Result<(), Unjudged> {
        // What others use is there.
        let there = self.parent_of(phase).as_ref().map_or(0, |parent| parent.captures.len());
        for (number, step) in steps.iter().enumerate().skip(there) {
            let result = Box::pin(self.step_of_setup(step, scope, phase, flow)).await;
            result.map_err(|reason| {
                if let Some(reason) = self.made_up_values(step) {
                    return reason;
                }
                let request = self.observed.records.last().map(|record| line(&record.exchange.request));
                let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
                // The cases of an import differ in ids alone: the operation tells them together.
                let last = self.observed.records.last().filter(|_| is_imported);
                let request = last.map(|record| self.session.place(&record.exchange.request)).or(request);
                let (place, request) = (place_of(steps, number, phase), request.unwrap_or_default());
                reason.within(|reason| format!("{place}: {reason} ({request})"))
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
        let (_, more) = self.session.optional_members(template).unzip();
        let own = made_up::names_of_unique(template).into_iter();
        let more = more.into_iter().flatten().map(|(name, _)| name.clone());
        names.extend(own.chain(more.filter(|name| speaks_of(&refused.body, name))));
        (!names.is_empty()).then(|| self.session.unusable_values(&record.exchange.request, refused, names))
    }

    pub(super) fn times(&self, flow: &Flow, scope: &Scope) -> Result<u64, String> {
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

/// Method and redacted URL of a request.
pub(super) fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.shown_url)
}
