//! The request under test: sends it as often as the scenario says, and finds out if its response says anything about the
//! API.

use std::sync::OnceLock;

use failspec_base::{message::Response, template::Scope};
use failspec_judge::check::{
    self, Expected, Identity, Phase, Pick, Subject, UnmetSuccess, View, Within, intermediary, unread_stream,
};
use failspec_pack::{
    pack::{Control, Failure, Place, Retry},
    target_config::Condition,
};

use super::{
    case_runner::CaseRunner,
    error::Unjudged,
    made_up,
    other_refusal::is_feature_switched_off,
    request_builder::Extra,
    sending::{Outgoing, SendContext},
    steps::{fill_pick, fill_schemas, response_of, stream_end},
    taken_texts::asks_for_taken,
};

impl CaseRunner<'_> {
    pub(super) async fn send_under_test_with(
        &mut self,
        scope: &Scope,
        extra: &Extra,
    ) -> Result<(), Unjudged> {
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
        let extra = &Extra { stream: stream_end(pick.as_ref()), ..extra.clone() };
        self.observed.pick = pick;
        let mut context = match failure {
            Some(failure) => SendContext::of(Phase::Request, &faulty.request, failure),
            None => SendContext {
                is_sound: !case.scenario.may_be_refused,
                ..self.session.expecting(Phase::Request, faulty.request.role.as_deref(), faulty.expected())
            },
        };
        context.asks_for_taken = asks_for_taken(&case.scenario);
        if let Some(concurrent) = &case.scenario.concurrent {
            let response = Box::pin(self.send_at_once(concurrent, scope, extra)).await?;
            self.answered = true;
            return self.is_judged(&response, failure, scope);
        }
        let until_triggered = faulty.repeat.as_ref().is_some_and(|repeat| repeat.until_triggered);
        let mut last = None;
        for _ in 0..self.times(faulty, scope)? {
            // Only the last of the repeated requests is judged; the others would clutter the report.
            if let Some(previous) = last {
                self.observed.records.remove(previous);
            }
            let index = self.send(Outgoing { template: &faulty.request, scope, extra, context }).await?;
            last = Some(index);
            self.observed.judged = index;
            self.observed.identity = OnceLock::new();
            if until_triggered && self.is_triggered() {
                break;
            }
        }
        self.answered = last.is_some();
        if let (Some(later), Some(index)) = (&case.scenario.later, last) {
            Box::pin(self.await_job(later, index, scope)).await?;
        }
        let judged = last.map(|_| self.observed.judged);
        let Some(response) = judged.and_then(|index| response_of(&self.observed.records, index)) else {
            return Err("the request was never sent: `repeat` has `times: 0`".into());
        };
        self.is_judged(&response, failure, scope)
    }

    /// Finds out if the response says anything about the API.
    fn is_judged(
        &mut self,
        response: &Response,
        failure: Option<&Failure>,
        scope: &Scope,
    ) -> Result<(), Unjudged> {
        // A documented redirect that fits is the failure under test, wherever its `Location` points, if a control
        // shows that the API itself responds: a gateway may redirect every request.
        let is_documented = (300..400).contains(&response.status)
            && matches!(self.case.scenario.control, Control::Flow(_))
            && self.is_triggered();
        let asked = self.observed.records.get(self.observed.judged).map(|record| &record.exchange.request);
        // At an address outside the document, whoever responds may.
        let may_be_anybody = is_documented || self.case.scenario.is_outside_document();
        match asked.and_then(|request| self.session.intermediary(request, response)) {
            Some(evidence) if !may_be_anybody => {
                return Err(format!("the response is not from the API: {evidence}").into());
            }
            _ => {}
        }
        let is_imported = check::is_of_document(&self.session.pack.contract, &self.case.scenario);
        // The response to HEAD cannot say why; GET shows it as well.
        let is_untold = response.status == 503 && asked.is_some_and(|request| request.method == "HEAD");
        if is_imported && (is_untold || is_feature_switched_off(response)) {
            let place = asked.map_or_else(String::new, |request| self.session.place(request));
            let why = if is_untold { "does not say why" } else { "says that this is switched off" };
            return Err(format!("HTTP 503 {why}: {place}").into());
        }
        let Some(failure) = failure else { return self.without_fault(response, scope) };
        if let Some(evidence) = intermediary::detect_limit(response, &self.session.pack.contract, failure) {
            return Err(format!("the response is not from the API: {evidence}").into());
        }
        if let Some(Pick { place: Place::Stream { within, .. }, .. }) = &self.observed.pick {
            let view = View::new(response, self.observed.pick.as_ref());
            // More could follow, and the error with it.
            return match response.is_open && view.is_quiet_stream() {
                true => Err(format!(
                    "the stream did not end within {} s, and what is looked for did not come",
                    within.as_secs()
                )
                .into()),
                false => Ok(()),
            };
        }
        if self.observed.pick.as_ref().is_some_and(|pick| pick.within() == Within::Value) {
            return Ok(());
        }
        match unread_stream(response, &self.session.pack.contract, failure) {
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
                let request = &self.observed.records[self.observed.judged].exchange.request;
                return Err(session.unusable_values(request, response, names));
            }
        }
        Ok(())
    }

    /// Sends the same request again if the documentation says that it fails again (only safe methods), and the
    /// comparison request of `indistinguishable_from`.
    pub(super) async fn resend_and_compare(&mut self, scope: &Scope, extra: &Extra) -> Result<(), Unjudged> {
        let case = self.case;
        let faulty = &case.scenario.faulty;
        let stream = stream_end(self.observed.pick.as_ref());
        let extra = &Extra { stream, pause: None, ..extra.clone() };
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
            let context = SendContext::of(Phase::Repeat, &faulty.request, failure);
            let result = self.send(Outgoing { template: &faulty.request, scope, extra, context }).await;
            result.map_err(|reason| {
                reason.within(|reason| format!("the repeated request could not be judged: {reason}"))
            })?;
        }
        if let Some(indistinguishable_from) = &case.scenario.indistinguishable_from {
            self.observed.indistinguishable_source = Some(indistinguishable_from.source);
            let template = &indistinguishable_from.request;
            let context = SendContext::of(Phase::Comparison, template, failure);
            let result = self.send(Outgoing { template, scope, extra, context }).await;
            result.map_err(|reason| {
                reason.within(|reason| format!("the comparison request could not be judged: {reason}"))
            })?;
        }
        Ok(())
    }

    async fn send(&mut self, outgoing: Outgoing<'_>) -> Result<usize, Unjudged> {
        self.session.send(outgoing, &mut self.observed.records).await
    }

    pub(super) fn is_triggered(&self) -> bool {
        let subject = Subject::new(&self.session.pack.contract, &self.case.scenario, &self.observed);
        subject.is_some_and(|subject| matches!(subject.identity, Identity::Triggered { .. }))
    }

    /// Sets the variables of a scoped condition in `scope` and returns its headers and URL. They apply only to the
    /// request under test.
    pub(super) fn apply_scoped_condition(&self, scope: &mut Scope) -> Extra {
        let condition = self.case.scenario.condition.as_ref();
        let condition = condition.and_then(|name| self.session.target.conditions.get(name));
        let pause = self.case.scenario.slow_body;
        // The time for the response begins when the request does.
        let usual = self.session.target.limits.first_byte;
        let first_byte = match (self.case.scenario.first_byte, pause) {
            (first_byte, Some(slow)) => Some(first_byte.unwrap_or(usual).saturating_add(slow.pause)),
            (first_byte, None) => first_byte,
        };
        let Some(Condition::Scoped { variables, headers, url }) = condition else {
            return Extra { first_byte, pause, ..Extra::default() };
        };
        for (name, value) in variables {
            scope.set(name.clone(), value.clone());
        }
        Extra { headers: headers.clone(), url: url.clone(), first_byte, stream: None, pause }
    }
}
