//! A run in which no request succeeded proves nothing: every response may come from something that is not the API.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering::Relaxed};

use failspec_judge::{
    check::{Identity, Subject, View},
    report_model::{CaseReport, Outcome},
};
use failspec_pack::pack::{Control, HealthCheck, RequestTemplate, Scenario};

use super::session::Session;

/// Maximum number of requests that are tried in place of a health check.
pub(super) const MAX_CANDIDATES: usize = 3;

/// The evidence of a run that the API responded.
#[derive(Debug, Default)]
pub struct Evidence {
    /// True if a request succeeded.
    success: AtomicBool,
    /// True if a response was identified as a documented failure by its code, and not by its status alone.
    code: AtomicBool,
    /// True if a response was identified as a documented failure whose status is not one that servers and gateways give
    /// to every request, such as 404.
    particular: AtomicBool,
    /// The status of all responses so far that were no success; 0 before the first, [`SEVERAL`] if they differ.
    status: AtomicU16,
}

/// In place of a status: there were several.
const SEVERAL: u16 = 1;

/// Returns true for a status that a server gives to whoever asks, whatever it asks for: who it does not know, and what is not below
/// the path of the API.
fn is_of_all(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 407)
}

/// Returns true if all violations of a run are one refusal that has nothing to do with what was asked: another was due, and each case
/// got the same status, such as 401.
pub(super) fn are_refused_alike(cases: &[CaseReport]) -> bool {
    let mut statuses = cases.iter().filter(|case| case.outcome == Outcome::Failed).map(|case| {
        let mut due = case.documented.status.iter().chain(&case.documented.other_statuses);
        let observed = case.observed.as_ref().map(|observed| observed.status)?;
        let is_other =
            is_of_all(observed) && !due.any(|due| [401, 403, 404, 407].iter().any(|it| due.matches(*it)));
        is_other.then_some(observed)
    });
    let first = statuses.next().flatten();
    first.is_some() && statuses.all(|status| status == first)
}

/// Returns true for a status that servers and gateways give to requests of any kind: it does not show that there is a
/// route of the API.
fn is_general(status: u16) -> bool {
    matches!(status, 300..=399 | 401 | 403 | 404 | 405 | 407 | 429 | 500..)
}

impl Session {
    /// Records whether a response is a success.
    pub(super) fn note_response(&self, view: View<'_>) {
        // Identifying each response again would cost time; one success is enough.
        if self.evidence.success.load(Relaxed) {
            return;
        }
        if self.succeeded(view) {
            self.evidence.success.store(true, Relaxed);
        } else {
            let status = view.response.status;
            let _ = self.evidence.status.fetch_update(Relaxed, Relaxed, |known| {
                Some(if known == 0 || known == status { status } else { SEVERAL })
            });
        }
    }

    /// Records as what the response under test was identified.
    pub(super) fn note_subject(&self, subject: &Subject<'_>) {
        let has_code = match &subject.identity {
            Identity::Triggered { by_status_alone: false, .. } => subject.triggered.code().is_some(),
            Identity::Other(index) => self.pack.contract.failures[*index].code().is_some(),
            _ => false,
        };
        let is_failure = matches!(subject.identity, Identity::Triggered { .. } | Identity::Other(_));
        if is_failure && !is_general(subject.response().status) {
            self.evidence.particular.store(true, Relaxed);
        }
        if has_code {
            self.evidence.code.store(true, Relaxed);
        }
    }

    /// Returns the reason why the responses of a run without any success may not come from the API; `None` if the health
    /// check succeeds. Without a health check, a documented failure with a particular status is evidence enough, such as
    /// 422; else safe controls of the pack are tried. If there are none either, a documented code is evidence.
    pub(super) async fn unproven(&self) -> Option<String> {
        if self.evidence.success.load(Relaxed) || self.interrupt.is_set() {
            return None;
        }
        let mut failed = None;
        let has_particular = self.evidence.particular.load(Relaxed);
        let own = self.pack.contract.health_check.as_ref();
        let able = |request: &&RequestTemplate| {
            request.role.as_ref().is_none_or(|role| self.target.roles.contains_key(role))
        };
        let own: Vec<&RequestTemplate> =
            own.into_iter().flat_map(HealthCheck::candidates).filter(able).collect();
        let candidates: Vec<&RequestTemplate> = match own.is_empty() {
            false => own,
            true if has_particular => return None,
            true => self.safe_controls().filter(able).collect(),
        };
        for request in candidates.into_iter().take(MAX_CANDIDATES) {
            match self.ask(request, &self.scope()).await {
                Ok(_) => {
                    self.evidence.success.store(true, Relaxed);
                    return None;
                }
                Err(reason) => drop(failed.get_or_insert(reason)),
            }
        }
        let what = match failed {
            Some(reason) => format!("no request of the run succeeded, nor did one that should: {reason}"),
            None if self.evidence.code.load(Relaxed) => return None,
            None => "no request of the run succeeded, and no response had a documented code".to_owned(),
        };
        Some(format!(
            "{what}\nThe responses may come from something that is not the API, so they prove nothing.{}",
            self.missing_credentials().unwrap_or_else(|| self.missing_base_path())
        ))
    }

    /// A hint if the API wants to know who asks.
    pub(super) fn missing_credentials(&self) -> Option<String> {
        let status = self.evidence.status.load(Relaxed);
        matches!(status, 401 | 403 | 407).then(|| {
            format!(
                "\nEach of them was HTTP {status}: the API wants credentials (--role). If the OpenAPI document mentions none, import \
                 it with --credentials."
            )
        })
    }

    /// The safe requests of the pack that should succeed and need nothing before them.
    fn safe_controls(&self) -> impl Iterator<Item = &RequestTemplate> {
        self.pack.scenarios.iter().filter_map(|scenario| safe_control(scenario))
    }

    /// A hint if the URL of the target lacks the path of the server in the OpenAPI document.
    fn missing_base_path(&self) -> String {
        let declared = self.against.as_ref().map(|against| against.declared.base_path()).unwrap_or_default();
        let path = self.target.url.path().trim_end_matches('/');
        match declared.is_empty() || path.ends_with(declared) {
            true => "\nIs the URL complete (does the API have a path such as /v1)?".to_owned(),
            false => format!(
                "\nThe OpenAPI document says that the API is below {declared}, and the URL has no such path."
            ),
        }
    }
}

/// Returns the control of a scenario if it is a safe request that should succeed and needs nothing before it.
pub(super) fn safe_control(scenario: &Scenario) -> Option<&RequestTemplate> {
    match &scenario.control {
        Control::Flow(control)
            if control.setup.is_empty()
                && control.repeat.is_none()
                && control.request.is_safe()
                && !control.expected().is_about_outcome() =>
        {
            Some(&control.request)
        }
        _ => None,
    }
}
