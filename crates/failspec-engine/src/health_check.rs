//! A health_check between the writes of a run.
//!
//! A generated `DELETE` can remove the very account that the run is using; what comes afterwards is 401 after 401 and
//! says nothing about the API. So cases that write run one after the other, a request that must succeed follows each,
//! and the first time that it does not, the run stops and names the case.

use std::sync::OnceLock;

use failspec_judge::check::Phase;
use failspec_pack::pack::HealthCheck;

use super::{case_runner::line, plan::Case, session::Session};

/// The lock that cases share which write.
pub(super) const LOCK: &str = "writes, because of the health check";

/// What a run knows of its health_check.
#[derive(Debug, Default)]
pub struct HealthCheckState {
    /// Whether it was well before the first write.
    before: tokio::sync::OnceCell<()>,
    /// Why the run must stop.
    broken: OnceLock<String>,
}

impl HealthCheckState {
    /// Why the run must stop, once it must.
    pub fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }
}

impl Session {
    /// The health_check of the contract, if the target can send it.
    fn health_check(&self) -> Option<&HealthCheck> {
        let health_check = self.pack.contract.health_check.as_ref()?;
        let able = health_check.request.role.as_ref().is_none_or(|role| self.target.roles.contains_key(role));
        able.then_some(health_check)
    }

    /// Whether a case writes and a health check follows it.
    pub fn wants_health_check(&self, case: &Case) -> bool {
        self.health_check().is_some() && case.scenario.requests().any(|request| !request.is_safe())
    }

    /// Asks before the first write: what was broken before is no case's doing.
    pub async fn health_check_before(&self) {
        let first = async {
            if let Err(reason) = self.sing().await {
                let text =
                    format!("the health check of the contract fails before anything was changed: {reason}");
                let _ = self.health_check_state.broken.set(text);
            }
        };
        self.health_check_state.before.get_or_init(|| first).await;
    }

    /// Asks after a case that wrote.
    pub async fn health_check_after(&self, case: &Case, writes: &[String]) {
        if self.health_check_state.broken().is_some() || self.interrupt.is_set() {
            return;
        }
        if let Err(reason) = self.sing().await {
            let writes = if writes.is_empty() { "nothing".to_owned() } else { writes.join(", ") };
            let text = format!(
                "after {} the health check no longer succeeds, so the run was stopped: {reason}\n\
                 It had sent {writes}. Later cases would only show the same: check the account or the data that the run uses.",
                case.name
            );
            let _ = self.health_check_state.broken.set(text);
        }
    }

    /// Once more if it does not succeed at once: a target may be busy for a moment.
    async fn sing(&self) -> Result<(), String> {
        let Some(health_check) = self.health_check() else { return Ok(()) };
        match self.ask(&health_check.request, &self.scope()).await {
            Ok(_) => Ok(()),
            Err(_) => self.ask(&health_check.request, &self.scope()).await.map(drop),
        }
    }
}

/// The requests of a case that may have changed something.
pub(super) fn writes(observed: &failspec_judge::check::Observed) -> Vec<String> {
    let cleaning = |phase| matches!(phase, Phase::Teardown | Phase::ControlTeardown);
    let unsafe_method = |method: &str| !matches!(method, "GET" | "HEAD" | "OPTIONS");
    let records = observed.records.iter().filter(|it| unsafe_method(&it.exchange.request.method));
    let (cleaning, others): (Vec<_>, Vec<_>) = records.partition(|it| cleaning(it.phase));
    others.into_iter().chain(cleaning).map(|it| line(&it.exchange.request)).collect()
}
