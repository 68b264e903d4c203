//! Roles whose credentials are refused everywhere: the target is given wrong ones, and the API is not to blame.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
};

use failspec_judge::{
    check::{Observed, Phase, Record, is_of_document},
    report_model::Reason,
};

use super::{plan::Case, session::Session};

/// Minimum number of different requests that must be refused before a role counts as refused: one operation may be closed
/// to everybody.
const MIN_REFUSED: usize = 2;

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
}

impl Session {
    /// Records how the API responded to the roles of a case.
    pub(super) fn note_roles(&self, observed: &Observed, case: &Case) {
        let failure = case.scenario.failure.map(|index| &self.pack.contract.failures[index]);
        let is_expected = |status| failure.is_some_and(|failure| failure.allows_status(status));
        // The roles of an import have valid credentials, also those that may do nothing.
        let is_imported = is_of_document(&self.pack.contract, &case.scenario);
        let mut roles = self.role_use.0.lock().unwrap_or_else(PoisonError::into_inner);
        for record in &observed.records {
            let Record { phase, role: Some(role), exchange, .. } = record else { continue };
            let Ok(response) = &exchange.result else { continue };
            let entry = match roles.get_mut(role) {
                Some(entry) => entry,
                None => roles.entry(role.clone()).or_default(),
            };
            let should_succeed = matches!(phase, Phase::ControlSetup | Phase::Control | Phase::Setup);
            let is_under_test = matches!(phase, Phase::Request | Phase::Repeat | Phase::Comparison);
            let shows_nothing =
                |status| !is_expected(status) || is_imported && is_under_test && status == 401;
            match response.status {
                _ if entry.accepted => {}
                // The refusal that is under test: the credentials are known, and give no such right.
                403 if is_under_test && is_expected(403) => {
                    *entry = Responses { accepted: true, ..Responses::default() };
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
                _ => *entry = Responses { accepted: true, ..Responses::default() },
            }
        }
    }

    /// Returns the cases that cannot be judged because each request of a role was refused, and the reasons.
    pub(super) fn refused_roles(&self) -> Vec<(Reason, Vec<usize>)> {
        let mut roles = self.role_use.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = roles.drain().filter_map(|(role, responses)| {
            let is_refused = !responses.accepted && responses.requests.len() >= MIN_REFUSED;
            let status = responses.refused.filter(|_| is_refused)?;
            Some((Reason::RoleRefused { role, status }, responses.cases))
        });
        let mut refused: Vec<(Reason, Vec<usize>)> = refused.collect();
        refused.sort_by(|(one, _), (other, _)| one.cmp(other));
        refused
    }
}
