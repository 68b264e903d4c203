//! Starts and ends global conditions, which affect all requests to the target.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use bytes::Bytes;

use failspec_base::{
    clock::after,
    message::{Body, Header, Request},
};
use failspec_pack::target_config::{Condition, ConditionAction, ConditionRequest};

use super::{cancel::OnCancel, error::Unjudged, session::Session};

/// Interval between two requests that check whether a condition is in effect or has ended.
const POLL: Duration = Duration::from_millis(50);

impl Session {
    /// Starts a global condition and waits until it is in effect. Does nothing for other conditions.
    ///
    /// # Errors
    /// The reason why it is not in effect.
    pub(super) async fn begin(&self, name: &str) -> Result<(), Unjudged> {
        let Some(Condition::Global(condition)) = self.target.conditions.get(name) else { return Ok(()) };
        self.control(&condition.begin, condition.within, OnCancel::Stop).await.map_err(|reason| {
            reason.within(|reason| format!("the condition {name} could not be started: {reason}"))
        })?;
        self.poll(condition.ready.as_ref(), condition.within, OnCancel::Stop).await.map_err(|reason| {
            reason.within(|reason| format!("the condition {name} was started but is not in effect: {reason}"))
        })
    }

    /// Ends a global condition and waits until it is over. Does nothing for other conditions.
    ///
    /// # Errors
    /// The reason why it is not over.
    pub(super) async fn end(&self, name: &str) -> Result<(), String> {
        let Some(Condition::Global(condition)) = self.target.conditions.get(name) else { return Ok(()) };
        self.control(&condition.end, condition.within, OnCancel::GoOn)
            .await
            .map_err(|reason| format!("the condition {name} could not be ended: {reason}"))?;
        self.poll(condition.recovered.as_ref(), condition.within, OnCancel::GoOn)
            .await
            .map_err(|reason| format!("the condition {name} was ended but is still in effect: {reason}"))
    }

    /// Returns true if a condition is global on this target.
    pub(super) fn is_global(&self, condition: &str) -> bool {
        matches!(self.target.conditions.get(condition), Some(Condition::Global(_)))
    }

    async fn poll(
        &self,
        action: Option<&ConditionAction>,
        within: Duration,
        on_cancel: OnCancel,
    ) -> Result<(), Unjudged> {
        let Some(action) = action else { return Ok(()) };
        let deadline = after(Instant::now(), within);
        loop {
            match self.control(action, within, on_cancel).await {
                Ok(()) => return Ok(()),
                Err(reason) if Instant::now() + POLL > deadline => return Err(reason),
                Err(_) => self.unless_cancelled(on_cancel, tokio::time::sleep(POLL)).await?,
            }
        }
    }

    /// Does a step of a condition.
    async fn control(
        &self,
        action: &ConditionAction,
        within: Duration,
        on_cancel: OnCancel,
    ) -> Result<(), Unjudged> {
        match action {
            ConditionAction::Request(request) => self.send_control(request, on_cancel).await,
            ConditionAction::Run(words) => self.run_control(words, within, on_cancel).await,
        }
    }

    /// Runs a command of a condition. Its output is discarded, because it may contain secrets.
    async fn run_control(
        &self,
        words: &[String],
        within: Duration,
        on_cancel: OnCancel,
    ) -> Result<(), Unjudged> {
        let Some((program, arguments)) = words.split_first() else { return Ok(()) };
        if !self.commands_allowed {
            return Err(format!("`{program}` would have to be run, and commands are not allowed").into());
        }
        let mut child = tokio::process::Command::new(program);
        child.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // A program that outlives its time must not end the condition of a later case.
        child.kill_on_drop(true);
        let ended = tokio::time::timeout(within, child.status());
        let status = self
            .unless_cancelled(on_cancel, ended)
            .await?
            .map_err(|_| format!("`{program}` did not end within {} s", within.as_secs()))?
            .map_err(|error| format!("`{program}` cannot be run: {error}"))?;
        if status.success() {
            return Ok(());
        }
        Err(format!("`{program}` failed: {status}").into())
    }

    /// Sends a request of a condition; any 2xx status is a success.
    async fn send_control(&self, request: &ConditionRequest, on_cancel: OnCancel) -> Result<(), Unjudged> {
        let url = request.address.on(&self.target.url)?;
        let line = format!("{} {}", request.method, request.address.shown);
        let mut headers = request.headers.clone();
        let body = request.json.as_ref().map(|json| {
            headers.push(Header::open("Content-Type", "application/json"));
            Body { bytes: Bytes::from(json.to_string()), shown: json.to_string().into() }
        });
        let request = Request {
            shown_url: request.address.shown.clone().into(),
            headers,
            body,
            ..Request::new(request.method.clone(), url)
        };
        self.unless_cancelled(on_cancel, self.clients.turn()).await?;
        let exchange = self.exchange(request, None, on_cancel).await?;
        let response = exchange.result.map_err(|error| format!("{line}: {error}"))?;
        if (200..300).contains(&response.status) {
            return Ok(());
        }
        Err(format!("{line} got HTTP {}", response.status).into())
    }
}
