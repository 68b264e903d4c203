//! Sends the health check of the contract after each case that writes.
//!
//! A generated `DELETE` can remove the very account that the run uses; every later request then gets a 401, which
//! shows nothing about the API. Therefore cases that write run one after the other, each is followed by a request
//! that must succeed, and the run stops at the first one that does not and names the case.

use std::sync::OnceLock;

use failspec_base::message::is_safe;
use failspec_judge::check::Phase;
use failspec_pack::pack::HealthCheck;

use super::{case_runner::line, plan::Case, session::Session};

/// The state of the health check during a run.
#[derive(Debug, Default)]
pub struct HealthCheckState {
    /// Initialised once the health check was sent before the first write.
    before: tokio::sync::OnceCell<()>,
    /// The reason why the run must stop.
    broken: OnceLock<String>,
}

impl HealthCheckState {
    /// Returns the reason why the run must stop, if it must.
    pub fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }
}

impl Session {
    /// The health check of the contract, if the target can send it.
    fn health_check(&self) -> Option<&HealthCheck> {
        let health_check = self.pack.contract.health_check.as_ref()?;
        let able = health_check.request.role.as_ref().is_none_or(|role| self.target.roles.contains_key(role));
        able.then_some(health_check)
    }

    /// Returns true if the case writes and must be followed by a health check.
    pub fn wants_health_check(&self, case: &Case) -> bool {
        self.health_check().is_some() && case.scenario.requests().any(|request| !request.is_safe())
    }

    /// Sends the health check before the first write: a failure at this point is not caused by any case.
    pub async fn health_check_before(&self) {
        let first = async {
            let result = self.send_health_check().await;
            if let Err(reason) = result
                && !self.interrupt.is_set()
            {
                let text =
                    format!("the health check of the contract fails before anything was changed: {reason}");
                let _ = self.health_check_state.broken.set(text);
            }
        };
        self.health_check_state.before.get_or_init(|| first).await;
    }

    /// Sends the health check after a case that wrote.
    pub async fn health_check_after(&self, case: &Case, writes: &[String]) {
        if self.health_check_state.broken().is_some() || self.interrupt.is_set() {
            return;
        }
        let result = self.send_health_check().await;
        if let Err(reason) = result
            && !self.interrupt.is_set()
        {
            let writes = if writes.is_empty() { "nothing".to_owned() } else { writes.join(", ") };
            let text = format!(
                "after {} the health check no longer succeeds, so the run was stopped: {reason}\n\
                 It had sent {writes}. Later cases would only show the same: check the account or the data that the run uses.",
                case.name
            );
            let _ = self.health_check_state.broken.set(text);
        }
    }

    /// Sends the health check, with one retry: a target may be busy for a moment.
    async fn send_health_check(&self) -> Result<(), String> {
        let Some(health_check) = self.health_check() else { return Ok(()) };
        match self.ask(&health_check.request, &self.scope()).await {
            Ok(_) => Ok(()),
            Err(_) => self.ask(&health_check.request, &self.scope()).await.map(drop),
        }
    }
}

/// The requests of a case that may have changed something; those of teardowns come last.
pub(super) fn writes(observed: &failspec_judge::check::Observed) -> Vec<String> {
    let cleaning = |phase| matches!(phase, Phase::Teardown | Phase::ControlTeardown);
    let records = observed.records.iter().filter(|it| !is_safe(&it.exchange.request.method));
    let (cleaning, others): (Vec<_>, Vec<_>) = records.partition(|it| cleaning(it.phase));
    others.into_iter().chain(cleaning).map(|it| line(&it.exchange.request)).collect()
}
