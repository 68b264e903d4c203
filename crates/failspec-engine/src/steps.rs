//! Executes the steps of a case: builds and sends the request, compares the response with the expectation and
//! captures values.

use std::time::{Duration, Instant};

use serde_json::Value;

use failspec_base::{
    clock::after,
    encoding::percent_decode,
    message::{Exchange, Request, Response},
    template::{Scope, VariableValue},
};
use failspec_judge::check::{
    Identity, Item, Phase, Pick, Record, ResendResult, View, carries_error, describe_stream, intermediary,
    show, told_wait,
};
use failspec_judge::report_model::Rerun;
use failspec_pack::pack::{
    At, Capture, Expect, Failure, Part, Pointer, RequestTemplate, Schema, SchemaTemplate, Step, Wait, WaitFor,
};
use failspec_pack::target_config::Carried;

use super::{
    cancel::OnCancel,
    error::Unjudged,
    lag::MAX_LAG,
    logs::traced,
    request_builder::{Extra, build},
    session::Session,
};

/// Maximum number of times that a request is resent after an unexpected 429.
const MAX_RESENDS: usize = 3;

/// Maximum wait after an unexpected 429; of all waits together where the responses tell none.
const MAX_UNEXPECTED_WAIT: Duration = Duration::from_secs(60);

/// First wait after an unexpected 429 that tells no wait. Each further one is twice as long.
const FIRST_UNTOLD_WAIT: Duration = Duration::from_secs(1);

/// Wait before a setup, a control or a teardown is sent again that got 503, if the response says nothing.
const OVERLOAD_WAIT: Duration = Duration::from_secs(1);

/// Maximum wait before it is sent again.
const MAX_OVERLOAD_WAIT: Duration = Duration::from_secs(10);

/// Interval between two requests of `until`.
const POLL: Duration = Duration::from_millis(100);

/// Maximum wait before the request of a step, even if a variable says more: one hour.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(3600);

/// The context in which a request is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct SendContext<'a> {
    /// The phase of the case.
    pub phase: Phase,
    /// The role whose credentials are sent.
    pub role: Option<&'a str>,
    /// True if a 429 is an expected response.
    pub expects_429: bool,
    /// True if a 401 is an expected response.
    pub expects_401: bool,
    /// True if a 404 is an expected response.
    pub expects_404: bool,
    /// True if the request has no fault: if it is refused, optional members may be added to its body.
    pub is_sound: bool,
}

impl<'a> SendContext<'a> {
    /// Returns the context of a request that should get `failure`.
    pub fn of(phase: Phase, request: &'a RequestTemplate, failure: &Failure) -> Self {
        Self {
            phase,
            role: request.role.as_deref(),
            expects_429: failure.allows_status(429),
            expects_401: failure.allows_status(401),
            expects_404: failure.allows_status(404) || failure.allows_status(410),
            is_sound: false,
        }
    }
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
fn on_cancel(phase: Phase) -> OnCancel {
    if phase.is_teardown() { OnCancel::GoOn } else { OnCancel::Stop }
}

/// Returns true if a request carries this credential, and not another one that the scenario writes in its place.
fn carries(request: &Request, carried: &Carried) -> bool {
    match carried {
        Carried::Headers(own) => {
            own.iter().any(|own| request.headers.iter().any(|header| header.value == own.value))
        }
        Carried::Header(own) => request.headers.iter().any(|header| header.value == own.value),
        _ => false,
    }
}

impl Session {
    /// Sends a request and appends its exchange to `records`; returns its index. After an unexpected 429 it waits for
    /// the advertised time and resends, a limited number of times.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_as_written(
        &self,
        template: &RequestTemplate,
        scope: &Scope,
        extra: &Extra,
        purpose: SendContext<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let on_cancel = on_cancel(purpose.phase);
        let (mut resends, mut rerun) = (0, None);
        let (mut untold, mut waited) = (FIRST_UNTOLD_WAIT, Duration::ZERO);
        let began = Instant::now();
        loop {
            self.unless_cancelled(on_cancel, self.clients.turn()).await?;
            let credential = match purpose.role {
                Some(role) => Some(self.unless_cancelled(on_cancel, self.credential(role)).await??),
                None => None,
            };
            let request = build(template, credential.clone(), scope, &self.target, extra)
                .map_err(|error| error.to_string())?;
            let request = traced(request, scope);
            let sends_login = credential.as_ref().filter(|carried| carries(&request, carried)).cloned();
            let exchange = self.exchange(request, purpose.role, on_cancel).await?;
            self.learn_secrets(&exchange);
            let result = exchange.result.clone();
            let role = purpose.role.map(str::to_owned);
            records.push(Record {
                phase: purpose.phase,
                role,
                exchange,
                rerun,
                completed: None,
                same_as: None,
            });
            let response = result.map_err(|error| error.to_string())?;
            self.note_response(View::new(&response, None));
            if response.status == 401
                && !purpose.expects_401
                && let (Some(role), Some(used)) = (purpose.role, sends_login)
            {
                if rerun == Some(Rerun::LoginRenewed) {
                    self.renewed_in_vain(role).await;
                } else if self.renew(role, &used).await {
                    // The login was accepted before, and is no longer: it expired. It is done once more.
                    rerun = Some(Rerun::LoginRenewed);
                    records.pop();
                    continue;
                }
            }
            if response.status == 404 && !purpose.expects_404 && self.lag.awaits(template, scope, records) {
                if began.elapsed() < MAX_LAG {
                    rerun = Some(Rerun::CreationAwaited);
                    records.pop();
                    self.unless_cancelled(on_cancel, tokio::time::sleep(POLL)).await?;
                    continue;
                }
                self.lag.awaited_in_vain();
            }
            // Perhaps the run itself is too much for the target; it is no case of this run.
            let is_beside = purpose.is_sound || purpose.phase.is_teardown();
            if response.status == 503 && is_beside && rerun != Some(Rerun::Overloaded) {
                rerun = Some(Rerun::Overloaded);
                records.pop();
                let told = self.told(&response).unwrap_or(OVERLOAD_WAIT).min(MAX_OVERLOAD_WAIT);
                self.unless_cancelled(on_cancel, tokio::time::sleep(told)).await?;
                continue;
            }
            if response.status != 429 || purpose.expects_429 || self.is_of_another_status(&response) {
                return Ok(records.len() - 1);
            }
            // What it tells and nobody can read is no reason to try for long, nor is what others tried in vain.
            let is_short = response.combined_header("retry-after").is_some()
                || (waited.is_zero() && self.sparing.limit_lasts());
            let told = self.told(&response);
            let wait = match told.or(is_short.then_some(FIRST_UNTOLD_WAIT)) {
                Some(wait) if resends == MAX_RESENDS || wait > MAX_UNEXPECTED_WAIT => {
                    let says = told.map(|told| format!("asks to wait {} s", told.as_secs()));
                    let says = says.unwrap_or_else(|| "tells no wait".to_owned());
                    return Err(format!("the target limits the rate of requests (HTTP 429, {says})").into());
                }
                Some(told) => {
                    resends += 1;
                    told
                }
                // How long the window is can only be tried.
                None if waited >= MAX_UNEXPECTED_WAIT => {
                    self.sparing.note_lasting_limit();
                    return Err(format!(
                        "the target limits the rate of requests (HTTP 429, tells no wait, and still does after {} s)",
                        waited.as_secs()
                    )
                    .into());
                }
                None => {
                    let wait = untold.min(MAX_UNEXPECTED_WAIT.saturating_sub(waited));
                    untold = untold.saturating_mul(2);
                    waited += wait;
                    wait
                }
            };
            // The rejected attempt would only clutter the report; the last one counts.
            records.pop();
            self.unless_cancelled(on_cancel, tokio::time::sleep(wait)).await?;
        }
    }

    /// Returns true if a response has the code of documented failures, and its status is that of none of them: then the
    /// status is wrong, and says nothing.
    fn is_of_another_status(&self, response: &Response) -> bool {
        let contract = &self.pack.contract;
        let view = View::new(response, None);
        let Some(code) = view.code(&contract.envelope).filter(|code| !code.is_null()) else { return false };
        let mut named = contract.failures.iter().filter(|failure| failure.has_code(code)).peekable();
        named.peek().is_some() && named.all(|failure| !failure.allows_status(response.status))
    }

    /// Registers the secrets of a response, as listed in the contract. From then on they are masked everywhere, also
    /// in this response.
    fn learn_secrets(&self, exchange: &Exchange) {
        let secrets = &self.pack.contract.secrets;
        let Ok(response) = &exchange.result else { return };
        let Some(body) = response.document().value.as_ref().filter(|_| !secrets.is_empty()) else { return };
        for pointer in secrets {
            if let Some(text) = pointer.find(body).and_then(Value::as_str) {
                self.mask.add_value(text, pointer.as_str().trim_start_matches('/'));
            }
        }
    }

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
        tested: Option<&Response>,
        records: &mut Vec<Record>,
    ) -> Result<Option<ResendResult>, Unjudged> {
        let on_cancel = on_cancel(phase);
        if let Some(wait) = &step.wait {
            let wait = tokio::time::sleep(self.wait_before(step, wait, scope, tested)?);
            self.unless_cancelled(on_cancel, wait).await?;
        }
        let Some(request) = &step.request else { return Ok(None) };
        let role = if step.inherits_role { own_role } else { request.role.as_deref() };
        // After waiting as a 429 requested, another 429 is judged by the check `recovers`.
        let still_limited = step.resend && tested.is_some_and(|response| response.status == 429);
        let expects_429 = still_limited || self.expects(&step.expect, 429);
        let expects_401 = self.expects(&step.expect, 401);
        // While polling, a 404 before a 200 is exactly the case that `until` is for.
        let expects_404 = step.until.is_some() || self.expects(&step.expect, 404);
        let is_sound = matches!(phase, Phase::Setup | Phase::ControlSetup)
            && step.expect.failure.is_none()
            && step.expect.status.iter().all(|status| status.is_below(300));
        let purpose = SendContext { phase, role, expects_429, expects_401, expects_404, is_sound };
        let deadline = after(Instant::now(), self.time(&step.within, scope)?);
        loop {
            let index = self.send(request, scope, &Extra::default(), purpose, records).await?;
            let Some(response) = response_of(records, index) else { return Err("no response".into()) };
            match &step.until {
                Some(until) => {
                    let wrong = self.unmet(until, &response, None, scope, true)?;
                    let Some(wrong) = wrong else {
                        self.capture(&step.capture, &response, scope)?;
                        return Ok(step.resend.then_some(ResendResult { record: index, unmet: None }));
                    };
                    if Instant::now() + POLL > deadline {
                        let wrong = format!("what `until` waits for did not come: {wrong}");
                        return match step.resend {
                            true => Ok(Some(ResendResult { record: index, unmet: Some(wrong) })),
                            false => Err(wrong.into()),
                        };
                    }
                    records.pop();
                    self.unless_cancelled(on_cancel, tokio::time::sleep(POLL)).await?;
                }
                // A check judges the response to the resent request, not the step.
                None if step.resend => {
                    let unmet = self.unmet(&step.expect, &response, None, scope, false)?;
                    if unmet.is_none() {
                        self.capture(&step.capture, &response, scope)?;
                    }
                    let is_explicit = !step.expect.is_default();
                    return Ok(is_explicit.then_some(ResendResult { record: index, unmet }));
                }
                None => {
                    if let Some(wrong) = self.unmet(&step.expect, &response, None, scope, false)? {
                        // What must hold after the failure is judged, unless the response says nothing about it.
                        return match phase == Phase::Then
                            && !step.expect.is_default()
                            && self.is_from_the_api(&response)
                        {
                            true => Ok(Some(ResendResult { record: index, unmet: Some(wrong) })),
                            false => Err(wrong.into()),
                        };
                    }
                    self.capture(&step.capture, &response, scope)?;
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

    /// Returns true if a response is a success: documented as one, and not a documented failure.
    pub(super) fn succeeded(&self, view: View<'_>) -> bool {
        !matches!(view.item, Item::Unpicked(_))
            && Identity::of_any(view, &self.pack.contract) == Identity::Success
    }

    /// Describes a response by its status and code.
    pub(super) fn describe(&self, view: View<'_>) -> String {
        let status = view.response.status;
        if let Some(stream) = describe_stream(view.response) {
            return format!("HTTP {status} with {stream}");
        }
        let success = self.pack.contract.success.iter();
        let mut of_status = success.filter(|it| it.status.iter().any(|pattern| pattern.matches(status)));
        match view.code(&self.pack.contract.envelope) {
            Some(code) if !code.is_null() => format!("HTTP {status} {}", self.mask.text(&show(code))),
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
    fn told(&self, response: &Response) -> Option<Duration> {
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

    /// Captures values from a response. A secret value is masked everywhere from then on, also in this
    /// response.
    pub(super) fn capture(
        &self,
        captures: &[Capture],
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
            let value: Value = captured(capture, view).or_else(default).ok_or_else(|| {
                let place = match &capture.part {
                    Part::Header(name) => format!("the header {name}"),
                    Part::Body(pointer) => pointer.to_string(),
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

/// Returns the value that a capture takes from a response, if one of its places has it.
fn captured(capture: &Capture, view: View<'_>) -> Option<Value> {
    let others = capture.otherwise.iter();
    let first = view.part(&capture.part).filter(|value| !value.is_null());
    // Another place is only likely: what is no id, such as an object, is not taken.
    let is_scalar = |value: &Value| value.is_string() || value.is_number();
    let other = || others.filter_map(|pointer| pointer.find(view.body()?).cloned()).find(is_scalar);
    first.or_else(other).or_else(|| capture.location.then(|| last_of_location(view.response)).flatten())
}

/// Returns the last segment of the path in the header `Location`, decoded.
fn last_of_location(response: &Response) -> Option<Value> {
    let location = response.header("location")?;
    let path = location.split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().filter(|last| !last.is_empty())?;
    Some(percent_decode(last).into_owned().into())
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

/// Fills the placeholders of an item selector.
pub(super) fn fill_pick(at: Option<&At>, scope: &Scope) -> Result<Option<Pick>, String> {
    at.map(|at| Ok(Pick { items: at.items.clone(), filter: fill_schemas(&at.filter, scope)? })).transpose()
}
