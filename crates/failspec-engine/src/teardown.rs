//! The teardown of a case: removes what it created, and lists what it could not remove.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use failspec_base::{
    message::{Exchange, Response, TransportError, is_idempotent, is_safe},
    template::Scope,
};
use failspec_judge::check::{self, Phase, Record, View};
use failspec_pack::pack::{Capture, Control, Flow, Step, budget};
use serde_json::Value;

use super::{
    case_runner::{CaseRunner, line},
    existing_things::changes_existing,
    presence::{Presence, says_error},
    shared_parents::Parent,
};

/// Maximum total duration of the teardown of a case.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(30);

impl CaseRunner<'_> {
    /// If the request under test was not rejected, it may have created what the control creates: captures its id for the
    /// teardown, or lists that something is left.
    pub(super) fn note_accepted(&mut self) {
        // A job that failed, and one of several requests, may have been accepted all the same.
        let succeeded = |record: &&Record| {
            let is_tested = matches!(record.phase, Phase::Request | Phase::Start | Phase::Concurrent);
            let response = record.exchange.result.as_ref().ok().filter(|_| is_tested);
            response.is_some_and(|it| self.session.succeeded(View::new(it, None)) && !says_error(it))
                && may_create(&record.exchange.request.method)
        };
        let Some(index) = self.observed.records.iter().position(|record| succeeded(&record)) else { return };
        let record = &self.observed.records[index];
        let Ok(response) = record.exchange.result.clone() else { return };
        let scenario = &self.case.scenario;
        let is_meant = scenario.failure.is_none() && !scenario.may_be_refused
            || scenario.later.is_some()
            || scenario.concurrent.is_some();
        let request = line(&record.exchange.request);
        let captures = &self.case.scenario.faulty.capture;
        // Of what an import from a document created only 201 says that it is new, or a name that is unique to the run.
        let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
        let path = record.exchange.request.url.path();
        let is_own = |scope: &Scope| {
            // What is under an id that only the run has is its own.
            let is_ours = |id: &str| id.contains(scope.unique()) || id.contains(scope.uuid());
            // A change tells another value of what the setup captured: it is of a thing of the run.
            let is_of_setup = captures.iter().all(|capture| scope.get(&capture.name).is_some());
            if response.status == 201
                || is_of_setup
                || is_ours(path.rsplit('/').next().unwrap_or_default())
                || String::from_utf8_lossy(&response.body).contains(scope.unique())
            {
                return true;
            }
            let mut named = scope.clone();
            let captured =
                self.session.capture(captures, Some(&record.exchange.request), &response, &mut named).ok();
            let id = captured.and_then(|()| named.get(&captures.first()?.name)).map(|held| &held.value);
            let is_new = self.session.names_a_new_thing(&record.exchange.request, id, scope.unique());
            // What a creation makes that answers nothing has the name that was sent, also if it is the first of its operation.
            is_new || id.and_then(Value::as_str).is_some_and(is_ours)
        };
        // What is at an address of the run is removed there, and not in the collection of its setup.
        let has_address = is_imported && self.own_address(record).is_some();
        if let Some(scope) = &mut self.scope
            && !captures.is_empty()
            && !has_address
            && (!is_imported || is_own(scope))
        {
            let captured = self.session.capture(captures, Some(&record.exchange.request), &response, scope);
            self.knows_accepted = captured.is_ok();
            if let Err(reason) = captured {
                let what = if is_meant { "it succeeded" } else { "it was not rejected" };
                let reason = format!("{what}, and {reason}");
                match is_imported {
                    // It may be removed at its address.
                    true => (self.unwanted, self.uncaptured) = (Some(index), Some(reason)),
                    false => self.left_behind.push(format!("{request}: {reason}")),
                }
            }
        } else if !is_meant && (response.status == 201 || is_imported && names_something(&response)) {
            self.unwanted = Some(index);
        }
    }

    pub(super) async fn cleanup_unbounded(&mut self) {
        self.list_copies();
        self.tear_down().await;
        Box::pin(self.remove_unremoved()).await;
        if !self.left_behind.is_empty() {
            self.session.note_listed(&self.uniques);
        }
    }

    async fn tear_down(&mut self) {
        self.remove_further_items().await;
        let Some(scope) = self.scope.take() else { return };
        // What others use is removed at the end of the run.
        if self.shares_things || self.keeps_things(&scope) || self.keeps_parents(&scope).await {
            return;
        }
        if let Some((removal, _)) = check::what_is_still_there(&self.case.scenario, &self.observed) {
            let line = line(&removal.exchange.request);
            self.left_behind.push(format!("{line}: it succeeded, and what it removes is still there"));
        }
        let complete = self.inconclusive.is_none();
        self.teardown(&scope, Phase::Teardown, &self.case.scenario.faulty, complete).await;
        let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
        let unwanted = self.unwanted.filter(|_| !is_imported);
        let unwanted = unwanted.and_then(|index| self.observed.records.get(index));
        if let Some(unwanted) = unwanted.filter(|unwanted| !self.is_removed(unwanted)) {
            let request = line(&unwanted.exchange.request);
            self.left_behind
                .push(format!("{request}: it was not rejected, and no teardown removed what it created"));
        }
    }

    /// Runs all teardown steps, even after one fails and after Ctrl-C.
    pub(super) async fn teardown(&mut self, scope: &Scope, phase: Phase, flow: &Flow, complete: bool) {
        self.teardown_of(&|_| true, scope, phase, flow, complete).await;
    }

    /// Returns true if there is nothing that a teardown step could remove, or if it is not the run's.
    fn has_nothing_to_remove(
        &self,
        step: &Step,
        scope: &Scope,
        phase: Phase,
        flow: &Flow,
        complete: bool,
    ) -> bool {
        // Nothing was created if its id was not captured.
        let captures = [&flow.capture, &self.case.scenario.faulty.capture];
        let is_captured = |name: &str| {
            let has_it = |capture: &&Capture| capture.name == name;
            let of_steps = |steps: &[Step]| steps.iter().flat_map(|step| &step.capture).any(|it| has_it(&it));
            let of_setup = |flow: &Flow| of_steps(&flow.setup);
            // Control and request under test may have setups of their own, of which one creates less.
            let own_count = if phase == Phase::Teardown { self.setup_count } else { flow.setup.len() };
            let control = match &self.case.scenario.control {
                Control::Flow(control) => Some(&**control),
                _ => None,
            };
            let of_other = of_setup(&self.case.scenario.faulty)
                || control.is_some_and(|it| of_setup(it) || it.capture.iter().any(|it| has_it(&it)));
            captures.iter().flat_map(|captures| captures.iter()).any(|it| has_it(&it))
                || of_other && !of_steps(flow.setup.get(..own_count).unwrap_or(&flow.setup))
        };
        let needs = |request: &failspec_pack::pack::RequestTemplate| {
            request.names().into_iter().any(|name| is_captured(name) && scope.get(name).is_none())
        };
        step.request.as_ref().is_some_and(|request| {
            needs(request)
                // It was there before.
                || changes_existing(request, scope)
                || !complete && self.was_never_made(request, scope, phase)
                // Whoever has its number now, it is not ours.
                || self.was_removed(request, scope, phase)
                || self.is_removed_by_body(request, scope, phase)
        })
    }

    /// Runs the teardown steps that are wanted.
    pub(super) async fn teardown_of(
        &mut self,
        is_wanted: &(dyn Fn(&Step) -> bool + Sync),
        scope: &Scope,
        phase: Phase,
        flow: &Flow,
        complete: bool,
    ) {
        let deadline = Instant::now() + CLEANUP_TIMEOUT;
        budget::refill();
        let mut scope = scope.clone();
        let role = flow.request.role.clone();
        // The path of what was not removed, with what is said of it; what is below something that was removed went with it.
        let mut left: Vec<(String, String)> = Vec::new();
        let mut removed: Vec<String> = Vec::new();
        // What others use is removed at the end of the run.
        let parent = self.parent_of(phase).clone();
        let stays = |step: &Step| parent.as_ref().is_some_and(|parent| parent.is_removed_by(step));
        for step in self.case.scenario.teardown.iter().filter(|step| is_wanted(step) && !stays(step)) {
            if self.has_nothing_to_remove(step, &scope, phase, flow, complete) {
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
            let sent = self.observed.records.get(before).cloned();
            if let Some(mut renamed) = sent.and_then(|sent| self.with_new_id(step, &scope, &sent)) {
                self.observed.records.truncate(before);
                result = self.clean(step, &mut renamed, phase, role.as_deref(), deadline).await;
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
                (Some(record), Some(request)) if self.is_presumed(request) => record
                    .exchange
                    .result
                    .as_ref()
                    .is_ok_and(|response| (400..500).contains(&response.status)),
                (Some(record), Some(request)) => self.is_gone(record, request, &scope),
                _ => !complete,
            };
            if is_gone {
                continue;
            }
            // What no response confirms may never have been there.
            let unconfirmed = sent.filter(|record| !self.is_confirmed(record)).cloned();
            if let Some(record) = unconfirmed {
                let path = record.exchange.request.url.path();
                let presence = Box::pin(self.session.presence(path, record.role.as_deref())).await;
                if presence == Presence::Absent {
                    continue;
                }
            }
            if let Some(operation) = operation
                && self.session.sparing.is_never_removed(operation, &self.case.name)
            {
                self.observed.refused_removal = Some(before);
            }
            left.extend(self.left_line(before, &reason, parent.as_ref()));
        }
        left.retain(|(path, _)| !removed.iter().any(|removed| path.starts_with(removed.as_str())));
        for (path, line) in left {
            match &parent {
                Some(parent) if self.is_in(parent, &path) => parent.note_left(&self.case.name, line),
                _ => self.left_behind.push(line),
            }
        }
    }

    /// Returns the path of what a removal did not remove, with the line about it; `None` if it is sent again at the end of the run.
    fn left_line(&self, sent: usize, reason: &str, parent: Option<&Arc<Parent>>) -> Option<(String, String)> {
        let Some(record) = self.observed.records.get(sent) else {
            return Some((String::new(), format!("a step that could not be sent: {reason}")));
        };
        let request = &record.exchange.request;
        let (path, left) = (request.url.path().to_owned(), format!("{}: {reason}", line(request)));
        let is_of_parent = parent.is_some_and(|parent| self.is_in(parent, &path));
        let is_later =
            !is_of_parent && self.session.remove_later(&self.case.name, record, &left, &self.uniques);
        (!is_later).then_some((path, left))
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
        let result = Box::pin(self.session.step(step, scope, phase, role, None, &mut self.observed.records));
        let result = tokio::time::timeout(left, result).await.unwrap_or_else(|_| Err("no time left".into()));
        result.map(drop).map_err(|reason| reason.to_string())
    }
}

/// Returns true if a request with this method may leave something behind.
pub(super) fn may_create(method: &str) -> bool {
    !is_safe(method) && !method.eq_ignore_ascii_case("DELETE")
}

/// Returns true if a response to a POST names a resource that was probably created: its body has an id.
pub(super) fn names_something(response: &Response) -> bool {
    response.status == 200 && tells_id(response)
}

/// Returns true if the body of a response has an id.
pub(super) fn tells_id(response: &Response) -> bool {
    let is_id = |value: &Value| {
        let mut members = value.as_object().into_iter().flatten();
        members.any(|(name, id)| {
            let name = name.to_ascii_lowercase();
            (name.ends_with("id") || name == "key") && (id.is_string() || id.is_number())
        })
    };
    let value = response.document().value.as_ref();
    value.is_some_and(|value| is_id(value) || value.get("data").is_some_and(is_id))
}

/// Returns true if an idempotent request failed because the connection was closed.
fn was_lost(exchange: &Exchange) -> bool {
    is_idempotent(&exchange.request.method) && matches!(exchange.result, Err(TransportError::Closed { .. }))
}
