//! Starts and ends global conditions, which affect all requests to the target.

use std::time::{Duration, Instant};

use bytes::Bytes;

use failspec_base::{
    clock::after,
    message::{Body, Header, Request},
};
use failspec_pack::target_config::{Condition, ConditionRequest};

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
        self.control(&condition.begin, OnCancel::Stop).await.map_err(|reason| {
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
        self.control(&condition.end, OnCancel::GoOn)
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
        request: Option<&ConditionRequest>,
        within: Duration,
        on_cancel: OnCancel,
    ) -> Result<(), Unjudged> {
        let Some(request) = request else { return Ok(()) };
        let deadline = after(Instant::now(), within);
        loop {
            match self.control(request, on_cancel).await {
                Ok(()) => return Ok(()),
                Err(reason) if Instant::now() + POLL > deadline => return Err(reason),
                Err(_) => self.unless_cancelled(on_cancel, tokio::time::sleep(POLL)).await?,
            }
        }
    }

    /// Sends a request of a condition; any 2xx status is a success.
    async fn control(&self, request: &ConditionRequest, on_cancel: OnCancel) -> Result<(), Unjudged> {
        let url = request.address.on(&self.target.url)?;
        let line = format!("{} {}", request.method, request.address.shown);
        let mut headers = request.headers.clone();
        let body = request.json.as_ref().map(|json| {
            headers.push(Header::open("Content-Type", "application/json"));
            Body { bytes: Bytes::from(json.to_string()), shown: json.to_string().into() }
        });
        let request = Request {
            trace: None,
            method: request.method.clone(),
            shown_url: request.address.shown.clone().into(),
            suppressed: Vec::new(),
            url,
            headers,
            body,
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
