//! Sends the health check of the contract after each case that writes.
//!
//! A generated `DELETE` can remove the very account that the run uses; every later request then gets a 401, which
//! shows nothing about the API. Therefore cases that write run one after the other, each is followed by a request
//! that must succeed, and the run stops at the first one that does not and names the case.
//!
//! Of several candidates, the first one that succeeds before anything is changed is used: an operation that is disabled
//! on this target must not stop the run.

use std::{ops::Range, sync::OnceLock};

use failspec_base::message::is_safe;
use failspec_judge::{
    check::{Observed, Phase, Record},
    report_model::HealthCheckReport,
};
use failspec_pack::pack::{HealthCheck, RequestTemplate};

use super::{case_runner::line, plan::Case, session::Session};

/// The state of the health check during a run.
#[derive(Debug, Default)]
pub struct HealthCheckState {
    /// Initialised once the health check was sent before the first write: the index of the candidate that is used, or
    /// why there is none.
    before: tokio::sync::OnceCell<Result<usize, Vec<String>>>,
    /// The reason why the run must stop.
    broken: OnceLock<String>,
}

impl HealthCheckState {
    /// Returns the reason why the run must stop, if it must.
    pub fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    /// Stops the run; the first reason counts.
    pub fn stop(&self, reason: String) {
        let _ = self.broken.set(reason);
    }
}

impl Session {
    /// The health check of the contract, and those of its candidates that the target can send, with their indexes; `None`
    /// if there is none.
    fn health_check(&self) -> Option<(&HealthCheck, Vec<(usize, &RequestTemplate)>)> {
        let health_check = self.pack.contract.health_check.as_ref()?;
        let able = |request: &RequestTemplate| {
            request.role.as_ref().is_none_or(|role| self.target.roles.contains_key(role))
        };
        let candidates = health_check.candidates().iter().enumerate();
        let candidates: Vec<_> = candidates.filter(|(_, request)| able(request)).collect();
        (!candidates.is_empty()).then_some((health_check, candidates))
    }

    /// Returns true if the case writes and must be followed by a health check. Without any candidate that succeeds, such
    /// cases still run one after the other.
    pub fn wants_health_check(&self, case: &Case) -> bool {
        self.health_check().is_some() && case.scenario.requests().any(|request| !request.is_safe())
    }

    /// Sends the health check before the first write: a failure at this point is not caused by any case.
    pub async fn health_check_before(&self) {
        let first = async {
            let Some((health_check, candidates)) = self.health_check() else { return Err(Vec::new()) };
            let mut failed = Vec::new();
            for (index, request) in candidates {
                match self.ask_twice(request).await {
                    Ok(()) => return Ok(index),
                    Err(reason) => failed.push(self.mask.text(&reason).into_owned()),
                }
                if self.interrupt.is_set() {
                    return Err(Vec::new());
                }
            }
            if let (HealthCheck::Required(_), Some(reason)) = (health_check, failed.first()) {
                let text =
                    format!("the health check of the contract fails before anything was changed: {reason}");
                let _ = self.health_check_state.broken.set(text);
            }
            Err(failed)
        };
        self.health_check_state.before.get_or_init(|| Box::pin(first)).await;
    }

    /// Returns which candidate was used, for the report; `None` if the contract has no candidates, or if nothing was
    /// written.
    pub fn health_check_report(&self) -> Option<HealthCheckReport> {
        let health_check = self.pack.contract.health_check.as_ref()?;
        if matches!(health_check, HealthCheck::Required(_)) {
            return None;
        }
        match self.health_check_state.before.get()? {
            Ok(index) => {
                let request = health_check.candidates().get(*index)?;
                let line = format!("{} {}", request.line.method, request.line.path.written);
                Some(HealthCheckReport::Used { request: line, role: request.role.clone() })
            }
            Err(failed) if failed.is_empty() => None,
            Err(failed) => Some(HealthCheckReport::NoneSucceeded { tried: failed.clone() }),
        }
    }

    /// Sends the health check after a case that wrote.
    pub async fn health_check_after(&self, case: &Case, writes: &[String]) {
        // A case that sent no write, or none that was not refused, has broken nothing. If it did all the same, the check after
        // the next one shows it.
        if writes.is_empty() || self.health_check_state.broken().is_some() || self.interrupt.is_set() {
            return;
        }
        let result = self.send_health_check().await;
        if let Err(reason) = result
            && !self.interrupt.is_set()
        {
            let writes = writes.join(", ");
            let text = format!(
                "after {} the health check no longer succeeds, so the run was stopped: {reason}\n\
                 It had sent {writes}. Later cases would only show the same: check the account or the data that the run uses.",
                case.name
            );
            let _ = self.health_check_state.broken.set(text);
        }
    }

    /// Sends the health check that was chosen, if one was.
    async fn send_health_check(&self) -> Result<(), String> {
        let Some(Ok(chosen)) = self.health_check_state.before.get() else { return Ok(()) };
        let health_check = self.pack.contract.health_check.as_ref();
        match health_check.and_then(|health_check| health_check.candidates().get(*chosen)) {
            Some(request) => self.ask_twice(request).await,
            None => Ok(()),
        }
    }

    /// Sends a request that must succeed, with one retry: a target may be busy for a moment.
    async fn ask_twice(&self, request: &RequestTemplate) -> Result<(), String> {
        match self.ask(request, &self.scope()).await {
            Ok(_) => Ok(()),
            Err(_) if self.interrupt.is_set() => Err("interrupted".to_owned()),
            Err(_) => self.ask(request, &self.scope()).await.map(drop),
        }
    }
}

/// The requests of a case that may have changed something, because they were not refused; those of teardowns come last. The
/// records in `taken` are those of another case.
pub(super) fn writes(observed: &Observed, taken: &[Range<usize>]) -> Vec<String> {
    let cleaning = |phase| matches!(phase, Phase::Teardown | Phase::ControlTeardown);
    let own = |index: &usize| !taken.iter().any(|range| range.contains(index));
    let records = observed.records.iter().enumerate().filter(|(index, _)| own(index));
    let is_refused = |record: &Record| {
        record.exchange.result.as_ref().is_ok_and(|response| (400..500).contains(&response.status))
    };
    let records = records.map(|(_, record)| record);
    let records = records.filter(|it| !is_safe(&it.exchange.request.method) && !is_refused(it));
    let (cleaning, others): (Vec<_>, Vec<_>) = records.partition(|it| cleaning(it.phase));
    others.into_iter().chain(cleaning).map(|it| line(&it.exchange.request)).collect()
}
