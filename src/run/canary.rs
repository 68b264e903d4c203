//! A canary between the writes of a run.
//!
//! A generated `DELETE` can remove the very account that the run is using; what comes afterwards is 401 after 401 and
//! says nothing about the API. So trials that write run one after the other, a request that must succeed follows each,
//! and the first time that it does not, the run stops and names the trial.

use std::sync::OnceLock;

use crate::{check::Phase, pack::Canary};

use super::{course::line, plan::Trial, session::Session};

/// The lock that trials share which write.
pub(super) const LOCK: &str = "writes, because of the canary";

/// What a run knows of its canary.
#[derive(Debug, Default)]
pub struct CanaryState {
    /// Whether it was well before the first write.
    before: tokio::sync::OnceCell<()>,
    /// Why the run must stop.
    broken: OnceLock<String>,
}

impl CanaryState {
    /// Why the run must stop, once it must.
    pub fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }
}

impl Session {
    /// The canary of the contract, if the target can send it.
    fn canary(&self) -> Option<&Canary> {
        let canary = self.pack.contract.canary.as_ref()?;
        let able = canary.request.role.as_ref().is_none_or(|role| self.target.roles.contains_key(role));
        able.then_some(canary)
    }

    /// Whether a trial writes and a canary follows it.
    pub fn wants_canary(&self, trial: &Trial) -> bool {
        self.canary().is_some() && trial.scenario.requests().any(|request| !request.is_safe())
    }

    /// Asks before the first write: what was broken before is no trial's doing.
    pub async fn canary_before(&self) {
        let first = async {
            if let Err(reason) = self.sing().await {
                let text = format!(
                    "the canary of the contract does not succeed, and nothing was written yet: {reason}"
                );
                let _ = self.canary_state.broken.set(text);
            }
        };
        self.canary_state.before.get_or_init(|| first).await;
    }

    /// Asks after a trial that wrote.
    pub async fn canary_after(&self, trial: &Trial, writes: &[String]) {
        if self.canary_state.broken().is_some() || self.interrupt.is_set() {
            return;
        }
        if let Err(reason) = self.sing().await {
            let writes = if writes.is_empty() { "nothing".to_owned() } else { writes.join(", ") };
            let text = format!(
                "after {} the canary does not succeed any more, so the run was stopped: {reason}\n\
                 It had sent {writes}. What follows would only tell of this; see what became of the account or the data that the \
                 run uses.",
                trial.name
            );
            let _ = self.canary_state.broken.set(text);
        }
    }

    /// Once more if it does not succeed at once: a target may be busy for a moment.
    async fn sing(&self) -> Result<(), String> {
        let Some(canary) = self.canary() else { return Ok(()) };
        match self.ask(&canary.request, &self.scope()).await {
            Ok(_) => Ok(()),
            Err(_) => self.ask(&canary.request, &self.scope()).await.map(drop),
        }
    }
}

/// The requests of a trial that may have changed something.
pub(super) fn writes(observed: &crate::check::Observed) -> Vec<String> {
    let cleaning = |phase| matches!(phase, Phase::Teardown | Phase::ControlTeardown);
    let unsafe_method = |method: &str| !matches!(method, "GET" | "HEAD" | "OPTIONS");
    let records = observed.records.iter().filter(|it| unsafe_method(&it.exchange.request.method));
    let (cleaning, others): (Vec<_>, Vec<_>) = records.partition(|it| cleaning(it.phase));
    others.into_iter().chain(cleaning).map(|it| line(&it.exchange.request)).collect()
}
