//! Sends one request of a case, and once more after an expired login, a creation that is not there yet, an overload or an
//! unexpected rate limit.

use std::time::{Duration, Instant};

use failspec_base::{
    message::{Exchange, Request, Response},
    template::Scope,
};
use failspec_judge::{
    check::{Phase, Record, View},
    report_model::Rerun,
};
use failspec_pack::{
    pack::{Failure, RequestTemplate},
    target_config::Carried,
};
use serde_json::Value;

use super::{
    error::Unjudged,
    existing_things::changes_existing,
    lag::MAX_LAG,
    logs::traced,
    request_builder::{Extra, build},
    session::Session,
    steps::{POLL, on_cancel},
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

/// A request that is to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub template: &'a RequestTemplate,
    /// The values of its placeholders.
    pub scope: &'a Scope,
    pub extra: &'a Extra,
    pub context: SendContext<'a>,
}

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
    /// True if the case asks what happens to a text that another thing has.
    pub asks_for_taken: bool,
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
            asks_for_taken: false,
        }
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
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let Outgoing { template, scope, context, .. } = outgoing;
        let on_cancel = on_cancel(context.phase);
        let (mut resends, mut rerun) = (0, None);
        let (mut untold, mut waited) = (FIRST_UNTOLD_WAIT, Duration::ZERO);
        let began = Instant::now();
        loop {
            self.unless_cancelled(on_cancel, self.clients.turn()).await?;
            let credential = match context.role {
                Some(role) => Some(self.unless_cancelled(on_cancel, self.credential(role)).await??),
                None => None,
            };
            let request = self.built(outgoing, credential.clone())?;
            let sends_login = credential.as_ref().filter(|carried| carries(&request, carried)).cloned();
            let exchange = self.exchange(request, context.role, on_cancel).await?;
            self.learn_secrets(&exchange);
            let result = exchange.result.clone();
            let role = context.role.map(str::to_owned);
            records.push(Record {
                phase: context.phase,
                role,
                exchange,
                rerun,
                completed: None,
                same_as: None,
            });
            // Here and nowhere else, whatever becomes of the exchange.
            if let Some(record) = records.last() {
                self.note_creation(scope, record);
            }
            let response = result.map_err(|error| error.to_string())?;
            self.note_response(View::new(&response, None));
            if let Some(sent) = records.last() {
                self.note_form(sent, context.is_sound);
            }
            if response.status == 401
                && !context.expects_401
                && let (Some(role), Some(used)) = (context.role, sends_login)
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
            if response.status == 404 && !context.expects_404 && self.lag.awaits(template, scope, records) {
                if began.elapsed() < MAX_LAG {
                    rerun = Some(Rerun::CreationAwaited);
                    records.pop();
                    self.unless_cancelled(on_cancel, tokio::time::sleep(POLL)).await?;
                    continue;
                }
                self.lag.awaited_in_vain();
            }
            // Perhaps the run itself is too much for the target; it is no case of this run.
            let is_beside = context.is_sound || context.phase.is_teardown();
            if response.status == 503 && is_beside && rerun != Some(Rerun::Overloaded) {
                rerun = Some(Rerun::Overloaded);
                records.pop();
                let told = self.told(&response).unwrap_or(OVERLOAD_WAIT).min(MAX_OVERLOAD_WAIT);
                self.unless_cancelled(on_cancel, tokio::time::sleep(told)).await?;
                continue;
            }
            if response.status != 429 || context.expects_429 || self.is_of_another_status(&response) {
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

    /// Builds a request.
    ///
    /// # Errors
    /// The reason why it cannot be built, or must not be sent.
    fn built(&self, outgoing: Outgoing<'_>, credential: Option<Carried>) -> Result<Request, Unjudged> {
        let Outgoing { template, scope, extra, .. } = outgoing;
        // Here and nowhere else: whoever sends it, a thing of others stays as it is.
        if changes_existing(template, scope) {
            return Err(Unjudged::WouldChangeExisting);
        }
        let request = build(template, credential, scope, &self.target, extra);
        Ok(traced(request.map_err(|error| error.to_string())?, scope))
    }

    /// Returns true if a response has the code of documented failures, and its status is that of none of them: then the
    /// status is wrong, and says nothing.
    fn is_of_another_status(&self, response: &Response) -> bool {
        let contract = &self.pack.contract;
        let view = View::new(response, None);
        let Some(code) = view.code(&contract.envelope).filter(|code| !code.is_null()) else { return false };
        let mut named = contract.failures.iter().filter(|failure| failure.has_code(&code)).peekable();
        named.peek().is_some() && named.all(|failure| !failure.allows_status(response.status))
    }

    /// Registers the secrets of a response, as listed in the contract. From then on they are masked everywhere, also
    /// in this response.
    pub(super) fn learn_secrets(&self, exchange: &Exchange) {
        let secrets = &self.pack.contract.secrets;
        let Ok(response) = &exchange.result else { return };
        let Some(body) = response.document().value.as_ref().filter(|_| !secrets.is_empty()) else { return };
        for pointer in secrets {
            if let Some(text) = pointer.find(body).and_then(Value::as_str) {
                self.mask.add_value(text, pointer.as_str().trim_start_matches('/'));
            }
        }
    }
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
