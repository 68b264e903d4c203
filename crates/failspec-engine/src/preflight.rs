//! Diagnoses a run in which nothing works: one diagnosis instead of many failed cases.

use std::collections::{BTreeMap, BTreeSet};

use failspec_base::message::{Response, TransportError};
use failspec_judge::check::{Observed, Phase, View, intermediary, is_of_document};
use failspec_pack::pack::{Contract, Control, Expect, RequestTemplate, Scenario, StatusPattern};

use super::{
    made_up::names_of_values,
    plan::Case,
    request_builder::{Extra, build},
    session::Session,
};

/// The first request of a case, which should succeed, and its result.
#[derive(Debug)]
pub(super) struct First {
    /// The role that sent it.
    pub role: Option<String>,
    /// Method and redacted URL of the request.
    line: String,
    /// The response, or the transport error.
    result: Result<Response, TransportError>,
    /// True if it succeeded.
    succeeded: bool,
}

/// Maximum number of different requests of a role that are tried before the run is called hopeless.
pub(super) const MAX_PREFLIGHTS: usize = 3;

/// Returns the indexes of one case for each role in which the first request should succeed. These cases run before
/// all others. Of imported scenarios, a request that only reads, and whose values nobody made up, tells most about the
/// role; an author knows what is right.
///
/// Requests that are in `tried`, by role and line, are passed over; those of the cases returned are added to it.
pub(super) fn canaries(cases: &[Case], contract: &Contract, tried: &mut BTreeSet<Tried>) -> BTreeSet<usize> {
    const BEST: (bool, bool) = (false, false);
    let mut first: BTreeMap<Option<&str>, ((bool, bool), usize)> = BTreeMap::new();
    for (index, case) in cases.iter().enumerate() {
        if case.skip.is_some() || !begins_with_success(&case.scenario) {
            continue;
        }
        let known = first.get(&first_role(&case.scenario)).map(|(rank, _)| *rank);
        if known == Some(BEST) {
            continue;
        }
        let Some(request) = first_request(&case.scenario) else { continue };
        if !tried.is_empty() && tried.contains(&tried_as(&case.scenario, request)) {
            continue;
        }
        let rank = match is_of_document(contract, &case.scenario) {
            true => (!request.is_safe(), !names_of_values(request).is_empty()),
            false => BEST,
        };
        if known.is_none_or(|known| rank < known) {
            first.insert(first_role(&case.scenario), (rank, index));
        }
    }
    let picked: BTreeSet<usize> = first.into_values().map(|(_, index)| index).collect();
    let scenarios = picked.iter().map(|index| &cases[*index].scenario);
    tried.extend(scenarios.filter_map(|scenario| Some(tried_as(scenario, first_request(scenario)?))));
    picked
}

/// A first request: its role, its method and its path.
pub(super) type Tried = (Option<String>, String, String);

fn tried_as(scenario: &Scenario, request: &RequestTemplate) -> Tried {
    let role = first_role(scenario).map(str::to_owned);
    (role, request.line.method.clone(), request.line.path.written.to_string())
}

fn first_request(scenario: &Scenario) -> Option<&RequestTemplate> {
    let Control::Flow(control) = &scenario.control else { return None };
    match control.setup.first() {
        Some(step) => step.request.as_ref(),
        None => Some(&control.request),
    }
}

fn begins_with_success(scenario: &Scenario) -> bool {
    let Control::Flow(control) = &scenario.control else { return false };
    match control.setup.first() {
        Some(step) => step.request.is_some() && wants_success(&step.expect) && step.until.is_none(),
        None => !control.expected().is_about_outcome(),
    }
}

/// Returns true if a step must succeed, with whatever status: an import says 201 of what it creates.
fn wants_success(expect: &Expect) -> bool {
    let is_success =
        |status: &StatusPattern| matches!(status, StatusPattern::Exactly(200..300) | StatusPattern::Class(2));
    expect.failure.is_none() && expect.status.iter().all(is_success)
}

fn first_role(scenario: &Scenario) -> Option<&str> {
    let Control::Flow(control) = &scenario.control else { return None };
    match control.setup.first() {
        Some(step) if !step.inherits_role => step.request.as_ref()?.role.as_deref(),
        _ => control.request.role.as_deref(),
    }
}

impl First {
    /// Returns true if no further request need be tried: it succeeded, or nothing listens there.
    pub fn ends_preflight(&self) -> bool {
        self.succeeded
            || self.result.as_ref().is_err_and(|error| !matches!(error, TransportError::Closed { .. }))
    }

    /// Returns that of two runs of a case which tells most: a target that responded once does respond, and is not diagnosed by
    /// what became of it.
    pub fn either(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(first), Some(second)) if !first.succeeded => Some(second),
            (first, second) => first.or(second),
        }
    }

    /// Returns the first request of a case's control, if it was sent.
    pub fn of(session: &Session, observed: &Observed) -> Option<Self> {
        let record = observed.records.first()?;
        if !matches!(record.phase, Phase::ControlSetup | Phase::Control) {
            return None;
        }
        let result = record.exchange.result.clone();
        let succeeded = result.as_ref().is_ok_and(|response| {
            // Its own code of an error in the status of a success shows that it is the API, too.
            session.succeeded(View::new(response, None)) || session.refuses_by_code(response)
        });
        Some(Self {
            role: record.role.clone(),
            line: super::case_runner::line(&record.exchange.request),
            result,
            succeeded,
        })
    }
}

/// Returns the reason why nothing can be judged, if all first requests failed.
pub(super) fn diagnose(session: &Session, firsts: &[First]) -> Option<String> {
    if firsts.is_empty() || firsts.iter().any(|first| first.succeeded) {
        return None;
    }
    let target = &session.target.url;
    let responses: Vec<&Response> = firsts.iter().filter_map(|first| first.result.as_ref().ok()).collect();
    let Some(response) = responses.first() else {
        let reason = firsts.iter().find_map(|first| first.result.as_ref().err())?;
        return Some(no_response(target, reason));
    };
    let evidence = responses.iter().find_map(|response| {
        Some((response, intermediary::detect_intermediary(response, target.host_str())?))
    });
    if let Some((response, evidence)) = evidence {
        return Some(in_front(target, response, &evidence));
    }
    let refused = responses.len() == firsts.len()
        && responses.iter().all(|response| matches!(response.status, 401 | 403 | 407));
    let said = session.describe(View::new(response, None));
    let mut lines: Vec<&str> = firsts.iter().map(|first| first.line.as_str()).collect();
    lines.dedup();
    // One operation may be closed to everybody, on this target or to this role.
    if refused && lines.len() < 2 {
        return None;
    }
    if refused {
        let mut roles: Vec<&str> = firsts.iter().filter_map(|first| first.role.as_deref()).collect();
        roles.dedup();
        let who = if roles.is_empty() {
            "without credentials".to_owned()
        } else {
            format!("as {}", roles.join(", "))
        };
        let refusals = firsts.iter().zip(&responses).map(|(first, response)| {
            format!("{} got {}", first.line, session.describe(View::new(response, None)))
        });
        return Some(format!(
            "the first requests of every role were refused ({who}): {}\n\
             Check the credentials of the target: are they expired, of another environment, or sent in the wrong way?",
            refusals.collect::<Vec<_>>().join("; ")
        ));
    }
    if responses.iter().all(|response| response.status == 429) {
        return Some(format!(
            "the target limits the rate of requests: {} got {said}, also after the wait that it asked for\n\
             Lift the limit for the run, or try again with a smaller --jobs.",
            firsts[0].line
        ));
    }
    let page = response.document().value.is_none();
    let same = responses.iter().all(|other| other.status == response.status && other.body == response.body);
    if page && same {
        return Some(a_page(target, response, &firsts[0].line));
    }
    let list: Vec<String> = firsts
        .iter()
        .map(|first| {
            let who = first
                .role
                .as_ref()
                .map_or_else(|| "without credentials".to_owned(), |role| format!("as {role}"));
            let what = match &first.result {
                Ok(response) => session.describe(View::new(response, None)),
                Err(error) => error.to_string(),
            };
            format!("  {who}: {} — {what}", first.line)
        })
        .collect();
    Some(format!(
        "the first request failed for every role:\n{}\n\
         Is the URL complete (does the API have a path such as /v1)? Do the variables name resources that exist?",
        list.join("\n")
    ))
}

impl Session {
    /// Sends one safe request of the pack without credentials, to find out whether the API responds. Used if no case
    /// can run because credentials or variables are missing.
    ///
    /// A rejection is expected and is no problem. Returns a diagnosis if there is no response, an intermediary
    /// responds, or the body is not JSON: the user should know this before looking for credentials.
    pub(super) async fn probe(&self, cases: &[Case]) -> Option<String> {
        let requests = cases.iter().flat_map(|case| case.scenario.requests());
        let scope = self.scope();
        let built = requests
            .filter(|request| request.is_safe())
            .find_map(|request| build(request, None, &scope, &self.target, &Extra::default()).ok())?;
        let line = super::case_runner::line(&built);
        let target = &self.target.url;
        let response = match self.clients.send(built, None).await.result {
            Ok(response) => response,
            Err(error) => return Some(no_response(target, &error)),
        };
        if let Some(evidence) = intermediary::detect_intermediary(&response, target.host_str()) {
            return Some(in_front(target, &response, &evidence));
        }
        let page = response.document().value.is_none() && !response.body.is_empty();
        page.then(|| a_page(target, &response, &line))
    }
}

fn no_response(target: &url::Url, reason: &dyn std::fmt::Display) -> String {
    format!("{target} does not respond: {reason}\nIs the API running there, and is the URL right?")
}

fn in_front(target: &url::Url, response: &Response, evidence: &str) -> String {
    format!(
        "{target} is not the API but something in front of it: {evidence} (HTTP {})\n\
         Give --url the address behind it, or the role the credentials that it requires.",
        response.status
    )
}

fn a_page(target: &url::Url, response: &Response, line: &str) -> String {
    let media_type = response.header("content-type").unwrap_or("no media type");
    format!(
        "{target} responds with a page that is not JSON (HTTP {}, {media_type}): {line}\n\
         This is probably not the base URL of the API.",
        response.status
    )
}
