//! When nothing works, one diagnosis instead of fifty reports.

use std::collections::BTreeMap;

use crate::{
    check::{Observed, Phase, View, stranger},
    http::{Answer, NoAnswer},
    pack::{Control, Scenario},
};

use super::{
    build::{Extra, build},
    plan::Trial,
    session::Session,
};

/// The first request of a trial that should succeed, as observed.
#[derive(Debug)]
pub(super) struct First {
    /// The role that sent it.
    pub role: Option<String>,
    /// The request in a few words.
    line: String,
    /// What came back.
    result: Result<Answer, NoAnswer>,
    /// Whether it succeeded.
    succeeded: bool,
}

/// One trial for each role whose first request should succeed: they run before all others.
pub(super) fn canaries(trials: &[Trial]) -> Vec<usize> {
    let mut first: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        if trial.skip.is_some() || !begins_with_success(&trial.scenario) {
            continue;
        }
        first.entry(first_role(&trial.scenario)).or_insert(index);
    }
    first.into_values().collect()
}

fn begins_with_success(scenario: &Scenario) -> bool {
    let Control::Course(control) = &scenario.control else { return false };
    match control.setup.first() {
        Some(step) => step.request.is_some() && !step.expect.is_about_outcome() && step.until.is_none(),
        None => !control.expected().is_about_outcome(),
    }
}

fn first_role(scenario: &Scenario) -> Option<&str> {
    let Control::Course(control) = &scenario.control else { return None };
    match control.setup.first() {
        Some(step) if !step.inherits_role => step.request.as_ref()?.role.as_deref(),
        _ => control.request.role.as_deref(),
    }
}

impl First {
    /// The first request of a trial's control.
    pub fn of(session: &Session, observed: &Observed) -> Option<Self> {
        let record = observed.records.first()?;
        if !matches!(record.phase, Phase::ControlSetup | Phase::Control) {
            return None;
        }
        let result = record.exchange.result.clone();
        let succeeded = result.as_ref().is_ok_and(|answer| session.succeeded(View::new(answer, None)));
        Some(Self {
            role: record.role.clone(),
            line: super::course::line(&record.exchange.request),
            result,
            succeeded,
        })
    }
}

/// Why nothing can be judged, if not one of the first requests succeeded.
pub(super) fn diagnose(session: &Session, firsts: &[First]) -> Option<String> {
    if firsts.is_empty() || firsts.iter().any(|first| first.succeeded) {
        return None;
    }
    let target = &session.target.url;
    let answers: Vec<&Answer> = firsts.iter().filter_map(|first| first.result.as_ref().ok()).collect();
    let Some(answer) = answers.first() else {
        let reason = firsts.iter().find_map(|first| first.result.as_ref().err())?;
        return Some(no_answer(target, reason));
    };
    let evidence =
        answers.iter().find_map(|answer| Some((answer, stranger::evidence(answer, target.host_str())?)));
    if let Some((answer, evidence)) = evidence {
        return Some(in_front(target, answer, &evidence));
    }
    let refused = answers.len() == firsts.len()
        && answers.iter().all(|answer| matches!(answer.status, 401 | 403 | 407));
    let said = session.describe(View::new(answer, None));
    if refused {
        let roles: Vec<&str> = firsts.iter().filter_map(|first| first.role.as_deref()).collect();
        let who = if roles.is_empty() {
            "without credentials".to_owned()
        } else {
            format!("as {}", roles.join(", "))
        };
        return Some(format!(
            "every role's first request was refused ({who}): {} was answered {said}\n\
             Check the credentials of the target: expired, of another environment, or not sent as the API wants them?",
            firsts[0].line
        ));
    }
    if answers.iter().all(|answer| answer.status == 429) {
        return Some(format!(
            "the target limits our rate: {} was answered {said}, also after waiting as told\n\
             Lift the limit for the run, or try again with a smaller --jobs.",
            firsts[0].line
        ));
    }
    let page = answer.document().value.is_none();
    let same = answers.iter().all(|other| other.status == answer.status && other.body == answer.body);
    if page && same {
        return Some(a_page(target, answer, &firsts[0].line));
    }
    let list: Vec<String> = firsts
        .iter()
        .map(|first| {
            let who = first
                .role
                .as_ref()
                .map_or_else(|| "without credentials".to_owned(), |role| format!("as {role}"));
            let what = match &first.result {
                Ok(answer) => session.describe(View::new(answer, None)),
                Err(error) => error.to_string(),
            };
            format!("  {who}: {} — {what}", first.line)
        })
        .collect();
    Some(format!("not one role's first request succeeded, so nothing can be judged:\n{}", list.join("\n")))
}

impl Session {
    /// Where no trial can run for want of credentials or variables: does the API answer at all?
    ///
    /// One safe request of the pack is sent without credentials. A refusal is what is to be expected; no answer, or
    /// a page, is worth knowing before anyone goes and looks for credentials.
    pub(super) async fn probe(&self, trials: &[Trial]) -> Option<String> {
        let requests = trials.iter().flat_map(|trial| trial.scenario.requests());
        let scope = self.scope();
        let built = requests
            .filter(|request| request.is_safe())
            .find_map(|request| build(request, None, &scope, &self.target, &Extra::default()).ok())?;
        let line = super::course::line(&built);
        let target = &self.target.url;
        let answer = match self.clients.send(built, None).await.result {
            Ok(answer) => answer,
            Err(error) => return Some(no_answer(target, &error)),
        };
        if let Some(evidence) = stranger::evidence(&answer, target.host_str()) {
            return Some(in_front(target, &answer, &evidence));
        }
        let page = answer.document().value.is_none() && !answer.body.is_empty();
        page.then(|| a_page(target, &answer, &line))
    }
}

fn no_answer(target: &url::Url, reason: &dyn std::fmt::Display) -> String {
    format!("{target} gives no answer: {reason}\nIs the API running there, and is the URL right?")
}

fn in_front(target: &url::Url, answer: &Answer, evidence: &str) -> String {
    format!(
        "something in front of the API answers at {target}: {evidence} (HTTP {})\n\
         Point --url behind it, or give the role what it wants.",
        answer.status
    )
}

fn a_page(target: &url::Url, answer: &Answer, line: &str) -> String {
    let media_type = answer.header("content-type").unwrap_or("no media type");
    format!(
        "{target} answers with a page that is not JSON (HTTP {}, {media_type}): {line}\n\
         This is probably not the base URL of the API.",
        answer.status
    )
}
