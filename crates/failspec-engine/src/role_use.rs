//! Roles whose credentials are refused everywhere: the target is given wrong ones, and the API is not to blame. And roles whose
//! credentials are no longer accepted from some case on, such as one that ended the session: later cases would pass or fail by that.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::{Mutex, PoisonError},
};

use failspec_base::message::{Exchange, is_safe};
use failspec_judge::{
    check::{Observed, Phase, Record, is_of_document},
    report_model::Reason,
};

use failspec_pack::pack::StatusPattern;

use super::{case_runner::line, plan::Case, session::Session};

/// Minimum number of different requests that must be refused before a role counts as refused: one operation may be closed
/// to everybody.
const MIN_REFUSED: usize = 2;

/// Number of different requests of a role that must be refused, none of it succeeding in between, before it is looked whether its
/// credentials are accepted at all: a role may lack rights for a part of the API.
const MANY: usize = 10;

/// The responses to each role of a run.
#[derive(Debug, Default)]
pub struct RoleUse(Mutex<HashMap<String, Responses>>);

#[derive(Debug, Default)]
struct Responses {
    /// True if a request got past the check of the credentials.
    accepted: bool,
    /// The status of the refusal of a request that should have succeeded.
    refused: Option<u16>,
    /// The different requests that were refused, by method and path.
    requests: BTreeSet<(String, String)>,
    /// The cases in which a request was refused, by index.
    cases: Vec<usize>,
    /// The refusals since a request succeeded.
    since: Since,
    /// The safe requests that succeeded, by method and URL.
    succeeded: BTreeSet<String>,
    /// The cases in which requests were refused after the credentials were no longer accepted, and the status.
    lost: Option<(u16, BTreeSet<usize>)>,
}

/// Refusals one after the other.
#[derive(Debug, Default)]
struct Since {
    requests: BTreeSet<(String, String)>,
    cases: BTreeSet<usize>,
}

impl Responses {
    /// Begins anew with credentials that are known to be right.
    fn accept(&mut self) {
        (self.accepted, self.refused) = (true, None);
        self.requests.clear();
        self.cases.clear();
    }

    /// Records a response for what is refused one after the other.
    fn follow(&mut self, exchange: &Exchange, status: u16, is_due: bool, case: usize) {
        let request = &exchange.request;
        let is_refused = matches!(status, 401 | 403 | 407);
        if let Some((_, cases)) = self.lost.as_mut().filter(|_| is_refused) {
            // It was under way.
            cases.insert(case);
        }
        match status {
            401 | 403 | 407 if !is_due => {
                self.since.requests.insert((request.method.clone(), request.url.path().to_owned()));
                self.since.cases.insert(case);
            }
            200..300 => {
                self.since = Since::default();
                if is_safe(&request.method) {
                    self.succeeded.insert(line(request));
                }
            }
            _ => {}
        }
    }
}

impl Session {
    /// Records how the API responded to the roles of a case; the records in `taken` are those of another case.
    pub(super) fn note_roles(&self, observed: &Observed, taken: &[Range<usize>], case: &Case) {
        let failure = case.scenario.failure.map(|index| &self.pack.contract.failures[index]);
        let is_expected = |status| failure.is_some_and(|failure| failure.allows_status(status));
        // The roles of an import have valid credentials, also those that may do nothing.
        let is_imported = is_of_document(&self.pack.contract, &case.scenario);
        let mut roles = self.role_use.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, record) in observed.records.iter().enumerate() {
            let Record { phase, role: Some(role), exchange, .. } = record else { continue };
            let Ok(response) = &exchange.result else { continue };
            let entry = match roles.get_mut(role) {
                Some(entry) => entry,
                None => roles.entry(role.clone()).or_default(),
            };
            let should_succeed = matches!(phase, Phase::ControlSetup | Phase::Control | Phase::Setup);
            let is_under_test = matches!(phase, Phase::Request | Phase::Repeat | Phase::Comparison);
            let due = StatusPattern::Exactly(response.status);
            let is_due = failure.is_some_and(|failure| failure.statuses().contains(&due));
            // What another case sent before says nothing of now.
            if !taken.iter().any(|range| range.contains(&index)) {
                entry.follow(exchange, response.status, is_due && is_under_test, case.index);
            }
            let shows_nothing =
                |status| !is_expected(status) || is_imported && is_under_test && status == 401;
            match response.status {
                _ if entry.accepted => {}
                // The refusal that is under test: the credentials are known, and give no such right.
                403 if is_under_test && is_expected(403) => {
                    entry.accept();
                }
                401 | 403 | 407 if should_succeed || shows_nothing(response.status) => {
                    let is_refused = should_succeed || is_imported && is_under_test && response.status == 401;
                    entry.refused = entry.refused.or(is_refused.then_some(response.status));
                    if entry.requests.len() < MIN_REFUSED {
                        let request = &exchange.request;
                        entry.requests.insert((request.method.clone(), request.url.path().to_owned()));
                    }
                    entry.cases.push(case.index);
                }
                // These say nothing about the credentials.
                401 | 403 | 407 | 429 | 500.. => {}
                _ => entry.accept(),
            }
        }
    }

    /// Looks whether the credentials of a role are still accepted of which one request after the other was refused: whether a
    /// request of the health check is, which succeeded before. If they are not, the run stops.
    pub(super) async fn notice_lost_roles(&self) {
        let suspects: Vec<(String, BTreeSet<String>)> = {
            let mut roles = self.role_use.0.lock().unwrap_or_else(PoisonError::into_inner);
            let suspects = roles.iter_mut().filter(|(_, it)| it.accepted && it.since.requests.len() >= MANY);
            suspects
                .map(|(role, it)| {
                    // The next look is after as many again.
                    it.since.requests.clear();
                    (role.clone(), it.succeeded.clone())
                })
                .collect()
        };
        for (role, succeeded) in suspects {
            if self.health_check_state.broken().is_some() || self.interrupt.is_set() {
                return;
            }
            let Some((line, status)) = self.refused_now(&role, &succeeded).await else { continue };
            let mut roles = self.role_use.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(responses) = roles.get_mut(&role) else { continue };
            let cases = std::mem::take(&mut responses.since).cases;
            responses.lost = Some((status, cases));
            drop(roles);
            self.health_check_state.stop(format!(
                "the API no longer accepts the credentials of the role {role}, so the run was stopped: {line} succeeded before, and \
                 got HTTP {status} now, as did one request after the other. Did a request end the session, or have they expired?"
            ));
        }
    }

    /// Returns a request that succeeded before with the credentials of a role, and the status with which it is refused now; `None` if
    /// it is not, or if there is none.
    async fn refused_now(&self, role: &str, succeeded: &BTreeSet<String>) -> Option<(String, u16)> {
        let candidates = self.pack.contract.health_check.as_ref()?.candidates();
        for request in candidates.iter().filter(|request| request.role.as_deref() == Some(role)) {
            let Ok((line, response)) = self.response_to(request, &self.scope()).await else { continue };
            if succeeded.contains(&line) {
                return matches!(response.status, 401 | 403 | 407).then_some((line, response.status));
            }
        }
        None
    }

    /// Returns the cases that cannot be judged because each request of a role was refused, and the reasons.
    pub(super) fn refused_roles(&self) -> Vec<(Reason, Vec<usize>)> {
        let mut roles = self.role_use.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = roles.drain().filter_map(|(role, responses)| {
            if let Some((status, cases)) = responses.lost {
                return Some((Reason::RoleLost { role, status }, cases.into_iter().collect()));
            }
            let is_refused = !responses.accepted && responses.requests.len() >= MIN_REFUSED;
            let status = responses.refused.filter(|_| is_refused)?;
            Some((Reason::RoleRefused { role, status }, responses.cases))
        });
        let mut refused: Vec<(Reason, Vec<usize>)> = refused.collect();
        refused.sort_by(|(one, _), (other, _)| one.cmp(other));
        refused
    }
}
