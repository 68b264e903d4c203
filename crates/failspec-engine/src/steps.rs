//! Executes the steps of a case: builds and sends the request, compares the response with the expectation and
//! captures values.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use failspec_base::{
    clock::after,
    message::{Request, Response, StreamEnd},
    template::{Scope, VariableValue},
};
use failspec_judge::check::{
    Identity, Item, Phase, Pick, Record, ResendResult, View, Within, carries_error, describe_stream,
    intermediary, show, told_wait,
};
use failspec_pack::pack::{
    At, Capture, Expect, Part, Place, Pointer, Schema, SchemaTemplate, Step, Wait, WaitFor,
};

use super::{
    cancel::OnCancel,
    captured::captured,
    error::Unjudged,
    request_builder::Extra,
    sending::{Outgoing, SendContext},
    session::Session,
    uncaptured::body_in_place,
};

/// Interval between two requests of `until`.
pub(super) const POLL: Duration = Duration::from_millis(100);

/// Maximum number of requests of `until`. The time is limited as well.
const MAX_POLLS: usize = 40_000;

/// Maximum wait before the request of a step, even if a variable says more: one hour.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(3600);

/// The response to the request under test, and the item by which it is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tested<'a> {
    pub response: &'a Response,
    pub pick: Option<&'a Pick>,
}

/// Names a step by its place: in its fixture, with file and line, or among the own steps of the setup.
pub(super) fn place_of(steps: &[Step], index: usize, phase: Phase) -> String {
    let phase = phase.as_str();
    if let Some(of) = &steps[index].fixture {
        return format!("step {} of the fixture `{}` ({}) in the {phase}", of.number, of.name, of.place);
    }
    let own = steps[..=index].iter().filter(|step| step.fixture.is_none()).count();
    format!("step {own} of the {phase}")
}

/// Returns the effect of a cancellation on requests and waits of a phase: a teardown goes on.
pub(super) fn on_cancel(phase: Phase) -> OnCancel {
    if phase.is_teardown() { OnCancel::GoOn } else { OnCancel::Stop }
}

impl Session {
    /// Executes a step. Returns whether a resent request, or a request after the failure, got what
    /// the step explicitly expects, if it does.
    ///
    /// # Errors
    /// The reason why the case cannot continue: no response, an unexpected response, or nothing to capture.
    pub(super) async fn step(
        &self,
        step: &Step,
        scope: &mut Scope,
        phase: Phase,
        own_role: Option<&str>,
        tested: Option<Tested<'_>>,
        records: &mut Vec<Record>,
    ) -> Result<Option<ResendResult>, Unjudged> {
        let on_cancel = on_cancel(phase);
        if let Some(wait) = &step.wait {
            let wait = tokio::time::sleep(self.wait_before(
                step,
                wait,
                scope,
                tested.map(|tested| tested.response),
            )?);
            self.unless_cancelled(on_cancel, wait).await?;
        }
        let Some(request) = &step.request else { return Ok(None) };
        if matches!(phase, Phase::Setup | Phase::ControlSetup) && self.is_given(&step.capture) {
            return Ok(None);
        }
        let role = if step.inherits_role { own_role } else { request.role.as_deref() };
        // After waiting as a 429 requested, another 429 is judged by the check `recovers`.
        let still_limited = step.resend && tested.is_some_and(|tested| tested.response.status == 429);
        let expects_429 = still_limited || self.expects(&step.expect, 429);
        let expects_401 = self.expects(&step.expect, 401);
        // While polling, a 404 before a 200 is exactly the case that `until` is for.
        let expects_404 = step.until.is_some() || self.expects(&step.expect, 404);
        let is_sound = matches!(phase, Phase::Setup | Phase::ControlSetup)
            && step.expect.failure.is_none()
            && step.expect.status.iter().all(|status| status.is_below(300));
        let asks_for_taken = false;
        let context =
            SendContext { phase, role, expects_429, expects_401, expects_404, is_sound, asks_for_taken };
        let deadline = after(Instant::now(), self.time(&step.within, scope)?);
        let pick = tested.filter(|_| step.resend).and_then(|tested| tested.pick);
        let pick = pick.filter(|pick| matches!(pick.within(), Within::Stream(_)));
        let extra = &Extra { stream: stream_end(pick), ..Extra::default() };
        let pause = step.every.unwrap_or(POLL);
        let mut polls = 0;
        loop {
            let index = self.send(Outgoing { template: request, scope, extra, context }, records).await?;
            let Some(response) = response_of(records, index) else { return Err("no response".into()) };
            match &step.until {
                Some(until) => {
                    let wrong = self.unmet(until, &response, None, scope, true)?;
                    let Some(wrong) = wrong else {
                        self.capture(&step.capture, request_of(records, index), &response, scope)?;
                        return Ok(step.resend.then_some(ResendResult { record: index, unmet: None }));
                    };
                    polls += 1;
                    if Instant::now() + pause > deadline || polls >= MAX_POLLS {
                        let wrong = format!("what `until` waits for did not come: {wrong}");
                        return match step.resend {
                            true => Ok(Some(ResendResult { record: index, unmet: Some(wrong) })),
                            false => Err(wrong.into()),
                        };
                    }
                    records.pop();
                    self.unless_cancelled(on_cancel, tokio::time::sleep(pause)).await?;
                }
                // A check judges the response to the resent request, not the step.
                None if step.resend => {
                    let unmet = self.unmet(&step.expect, &response, pick, scope, false)?;
                    if unmet.is_none() {
                        self.capture(&step.capture, request_of(records, index), &response, scope)?;
                    }
                    let is_explicit = !step.expect.is_default();
                    return Ok(is_explicit.then_some(ResendResult { record: index, unmet }));
                }
                None => {
                    if let Some(wrong) = self.unmet(&step.expect, &response, None, scope, false)? {
                        // What must hold after the failure is judged, unless the response says nothing about it.
                        return match phase == Phase::Then
                            && !step.expect.is_default()
                            && (self.is_from_the_api(&response) || self.is_what_it_asks(step, &response))
                        {
                            true => Ok(Some(ResendResult { record: index, unmet: Some(wrong) })),
                            false => Err(wrong.into()),
                        };
                    }
                    let request = request_of(records, index);
                    self.capture_or_find(&step.capture, role, request, &response, scope).await?;
                    return Ok(None);
                }
            }
        }
    }

    /// Returns why `response` does not match the expectation; `None` if it does.
    ///
    /// # Errors
    /// If the expectation cannot be rendered with these values.
    pub(super) fn unmet(
        &self,
        expect: &Expect,
        response: &Response,
        pick: Option<&Pick>,
        scope: &Scope,
        polling: bool,
    ) -> Result<Option<String>, String> {
        let contract = &self.pack.contract;
        let view = View::new(response, pick);
        let got = || format!("got {}", self.describe(view));
        if let Some(failure) = expect.failure {
            if !matches!(Identity::of(view, contract, failure), Identity::Triggered { .. }) {
                return Ok(Some(format!("{}, expected {}", got(), contract.failures[failure].id)));
            }
        } else if expect.status.is_empty() {
            // While polling, only `until` decides: a 404 before a 200 is exactly the case that it is for.
            let says_more = !expect.body.is_empty() || !expect.headers.is_empty();
            let says_enough = polling && says_more;
            if !says_enough && !self.succeeded(view) {
                return Ok(Some(format!("{}, expected a success", got())));
            }
        }
        if !expect.status.is_empty() && !expect.status.iter().any(|status| status.matches(response.status)) {
            let wanted: Vec<String> = expect.status.iter().map(ToString::to_string).collect();
            return Ok(Some(format!("{}, expected HTTP {}", got(), wanted.join(" or "))));
        }
        // A status of its own says which success is expected; it does not turn an error in the body into one.
        if !expect.status.is_empty() && expect.failure.is_none() && carries_error(view, contract) {
            return Ok(Some(format!("{}, an error with the status of a success", got())));
        }
        for header in &expect.headers {
            let text = response.combined_header(&header.name);
            if !text.map_or(header.optional, |text| header.value.fits(&text)) {
                return Ok(Some(format!("the header {} is not as expected", header.name)));
            }
        }
        for (pointer, schema) in fill_schemas(&expect.body, scope)? {
            let value = view.body().and_then(|body| pointer.find(body));
            if !value.is_some_and(|value| schema.fits_with_formats(value)) {
                let value = value.map_or_else(|| "missing".to_owned(), show);
                return Ok(Some(format!("{pointer} is {value}, expected {}", show(&schema.value))));
            }
        }
        Ok(None)
    }

    /// Returns false for a response that says nothing about the state of the API: a server error, a rate limit, or the
    /// response of an intermediary.
    fn is_from_the_api(&self, response: &Response) -> bool {
        let host = self.target.url.host_str();
        response.status < 500
            && response.status != 429
            && intermediary::detect_intermediary(response, host).is_none()
    }

    /// Returns the reason why a response does not come from the API, if there is evidence for it.
    pub(super) fn intermediary(&self, request: &Request, response: &Response) -> Option<String> {
        match &self.against {
            Some(against) => against.intermediary(request, response),
            None => intermediary::detect_intermediary(response, self.target.url.host_str()),
        }
    }

    /// Returns true if a step takes any response of the API but that it broke, and it broke.
    fn is_what_it_asks(&self, step: &Step, response: &Response) -> bool {
        let takes = |status: &u16| self.expects(&step.expect, *status);
        let host = self.target.url.host_str();
        [200, 300, 400].iter().all(takes)
            && response.status == 500
            && intermediary::detect_intermediary(response, host).is_none()
    }

    /// Returns true if a response is a success: documented as one, and not a documented failure.
    pub(super) fn succeeded(&self, view: View<'_>) -> bool {
        (!matches!(view.item, Item::Unpicked(_)) || view.is_quiet_stream())
            && Identity::of_any(view, &self.pack.contract) == Identity::Success
    }

    /// Describes a response by its status and code.
    pub(super) fn describe(&self, view: View<'_>) -> String {
        let status = view.response.status;
        if view.within == Within::Response
            && let Some(stream) = describe_stream(view.response)
        {
            return format!("HTTP {status} with {stream}");
        }
        let success = self.pack.contract.success.iter();
        let mut of_status = success.filter(|it| it.status.iter().any(|pattern| pattern.matches(status)));
        match view.code(&self.pack.contract.envelope) {
            Some(code) if !code.is_null() => format!("HTTP {status} {}", self.mask.text(&show(&code))),
            // A status alone would not say why it is none.
            _ if of_status.next().is_some() && !self.succeeded(view) => {
                format!("HTTP {status} (no success by `success` of the contract)")
            }
            _ => format!("HTTP {status}"),
        }
    }

    /// Returns the context of a request that should get what `expect` says.
    pub(super) fn expecting<'a>(
        &self,
        phase: Phase,
        role: Option<&'a str>,
        expect: &Expect,
    ) -> SendContext<'a> {
        SendContext {
            phase,
            role,
            expects_429: phase != Phase::Control && self.expects(expect, 429),
            expects_401: self.expects(expect, 401),
            expects_404: self.expects(expect, 404),
            is_sound: !expect.is_about_outcome(),
            asks_for_taken: false,
        }
    }

    pub(super) fn expects(&self, expect: &Expect, status: u16) -> bool {
        expect.failure.is_some_and(|index| self.pack.contract.failures[index].allows_status(status))
            || expect.status.iter().any(|pattern| pattern.matches(status))
    }

    fn wait_before(
        &self,
        step: &Step,
        wait: &WaitFor,
        scope: &Scope,
        tested: Option<&Response>,
    ) -> Result<Duration, String> {
        let wait = match wait {
            WaitFor::Time(wait) => self.time(wait, scope)?,
            WaitFor::RetryAfter => {
                let told = tested.and_then(|response| self.told(response));
                told.ok_or("the response does not say how long to wait")?
            }
        };
        if let Some(at_most) = &step.at_most {
            let at_most = self.time(at_most, scope)?;
            if wait > at_most {
                return Err(format!(
                    "the response asks to wait {} s, more than {} s",
                    wait.as_secs(),
                    at_most.as_secs()
                ));
            }
        }
        Ok(wait.min(MAX_WAIT))
    }

    /// Returns how long a response says to wait, from the locations documented for its status, otherwise from the
    /// standard `Retry-After` header.
    pub(super) fn told(&self, response: &Response) -> Option<Duration> {
        let view = View::new(response, None);
        let failures = self.pack.contract.failures.iter();
        let documented = failures.filter(|failure| failure.allows_status(response.status));
        let mut told = documented.filter_map(|failure| told_wait(view, Some(failure)));
        told.next().or_else(|| told_wait(view, None))
    }

    /// Parses a duration of a step.
    pub(super) fn time(&self, wait: &Wait, scope: &Scope) -> Result<Duration, String> {
        let text = wait.0.fill(scope).map_err(|error| error.to_string())?.sent;
        failspec_base::syntax::parse_duration(&text)
            .ok_or_else(|| format!("`{text}` is not a time span such as 30s"))
    }

    /// Returns true if a step captures nothing but variables that the target gives: those of the contract that it may leave out, as
    /// their default is `null`.
    fn is_given(&self, captures: &[Capture]) -> bool {
        let is_optional = |name: &str| {
            let variable = self.pack.contract.variables.get(name);
            variable.is_some_and(|variable| variable.default == Some(Value::Null))
        };
        let is_given = |capture: &Capture| {
            let held = self.variables.get(&capture.name).filter(|_| is_optional(&capture.name));
            held.is_some_and(|held| !held.value.is_null())
        };
        !captures.is_empty() && captures.iter().all(is_given)
    }

    /// Captures values from the response to a request. A secret value is masked everywhere from then on, also in this
    /// response.
    pub(super) fn capture(
        &self,
        captures: &[Capture],
        request: Option<&Request>,
        response: &Response,
        scope: &mut Scope,
    ) -> Result<(), String> {
        for capture in captures {
            let view = View::new(response, None);
            // `null` identifies nothing either: a request built from it would fail for a different reason.
            let default = || {
                let default = capture.default.as_ref()?;
                default.fill(scope).ok().map(|filled| Value::from(filled.sent))
            };
            let value: Value = captured(capture, request, scope.unique(), view, self.imported)
                .or_else(default)
                .ok_or_else(|| {
                    let place = match &capture.part {
                        Part::Header(name) => format!("the header {name}"),
                        Part::Body(pointer) => {
                            let body = body_in_place(response, pointer, capture.secret, &self.mask);
                            format!("{pointer}: {body}")
                        }
                    };
                    format!("nothing to capture as {} in {place}", capture.name)
                })?;
            let held = if capture.secret {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.mask.add_value(&text, &format!("capture {}", capture.name));
                VariableValue::secret(value)
            } else {
                VariableValue::open(value)
            };
            scope.capture(capture.name.clone(), held);
        }
        Ok(())
    }
}

/// Returns the request of a record.
pub(super) fn request_of(records: &[Record], index: usize) -> Option<&Request> {
    records.get(index).map(|record| &record.exchange.request)
}

/// The response of a record, if there is one.
pub(super) fn response_of(records: &[Record], index: usize) -> Option<Response> {
    records.get(index)?.exchange.result.as_ref().ok().cloned()
}

/// Fills the placeholders of schemas.
pub(super) fn fill_schemas(
    schemas: &[(Pointer, SchemaTemplate)],
    scope: &Scope,
) -> Result<Vec<(Pointer, std::sync::Arc<Schema>)>, String> {
    schemas
        .iter()
        .map(|(pointer, schema)| {
            Ok((pointer.clone(), schema.fill(scope).map_err(|error| error.to_string())?))
        })
        .collect()
}

/// Returns how far a response is read that is a stream: until the item that is looked for has come.
pub(super) fn stream_end(pick: Option<&Pick>) -> Option<StreamEnd> {
    let pick = pick?.clone();
    let Place::Stream { format, event, within } = pick.place.clone() else { return None };
    let has_arrived = move |body: &[u8]| {
        // What is still to come is not complete.
        pick.first(&format.items(body, true), event.as_deref()).is_some()
    };
    Some(StreamEnd { within, has_arrived: Arc::new(has_arrived) })
}

/// Fills the placeholders of an item selector.
pub(super) fn fill_pick(at: Option<&At>, scope: &Scope) -> Result<Option<Pick>, String> {
    at.map(|at| Ok(Pick { place: at.place.clone(), filter: fill_schemas(&at.filter, scope)? })).transpose()
}
