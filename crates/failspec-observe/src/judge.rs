//! Judges one recorded exchange by every check that needs no scenario.

use std::{sync::OnceLock, time::Duration};

use failspec_base::message::{Body, Exchange, Header, Request, Response};
use failspec_judge::{
    check::{
        self, Finding, Identity, Observed, OpenApiContext, Phase, Record, Subject, View, is_server_error,
    },
    report_model::NotJudgedReason,
};
use failspec_pack::pack::{
    Contract, Control, Failure, Flow, Line, OperationSources, PathError, PathTemplate, Provenance,
    RequestTemplate, Rules, Scenario, Sourced, StatusPattern, budget::Budget,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::{
    exchange::{RecordedBody, RecordedExchange, RecordedResponse},
    operations::Called,
};

/// Checks that look at status and headers alone: those that are made where a recording has no body.
const HEAD_CHECKS: [&str; 9] = [
    "undeclared-status",
    "declared-headers",
    "www-authenticate",
    "allow",
    "proxy-authenticate",
    "upgrade",
    "content-range",
    "retry-after-syntax",
    "duplicate-header",
];

/// The name of the failure that stands for any response that the contract does not list, in messages.
const ANY_FAILURE: &str = "a documented failure";

/// A judged exchange.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// The documented failure that it is, by its id; `None` for a success, for what the contract does not list, and for what
    /// was not judged.
    pub failure: Option<String>,
    /// The operation that was called, as reports name it.
    pub operation: String,
    /// The findings, with secrets masked; without what the target turns off.
    pub findings: Vec<Finding>,
    /// True if a violation was found that no waiver covers.
    pub is_violation: bool,
    /// True if nothing like it was found before.
    pub is_new: bool,
}

/// The identity of a recorded response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Success,
    Documented(usize),
    Undocumented,
}

/// The result of judging a response.
pub(crate) struct JudgedResponse {
    pub kind: Kind,
    pub findings: Vec<Finding>,
    /// The findings as long as no request to the route has succeeded, if its origin is inferred: before that, what
    /// responds there may be no part of the API.
    pub unverified: Option<Vec<Finding>>,
    /// The code of the response.
    pub code: Option<serde_json::Value>,
    /// The documented request id of the response.
    pub request_id: Option<String>,
}

/// The stand-ins that checks need where there is no scenario.
pub(crate) struct Judge {
    /// A request to a route that is known to exist.
    scenario: Scenario,
    /// A request to a route that nobody has shown to exist.
    unverified: Scenario,
    unlisted: Failure,
    /// The same, of a status that no request may get: what is documented of errors then binds less than that.
    broken: Failure,
}

impl Judge {
    /// Creates the judge of a contract.
    ///
    /// # Errors
    /// Never with a valid program: the path that it parses is its own.
    pub(crate) fn new(contract: &Contract) -> Result<Self, PathError> {
        let line = Line {
            operation: None,
            method: "GET".to_owned(),
            path: PathTemplate::parse("/")?.into(),
            source: Provenance::Documented,
            sources: OperationSources::default().into(),
        };
        let request = RequestTemplate {
            line,
            role: None,
            path: Vec::new(),
            query: Vec::new(),
            headers: Vec::new(),
            suppressed: Vec::new(),
            suppressed_query: Vec::new(),
            body: None,
        };
        let faulty = Flow {
            setup: Vec::new(),
            request,
            expect: None,
            at: None,
            repeat: None,
            capture: Box::default(),
        };
        let scenario = Scenario {
            name: "recorded".to_owned(),
            failure: None,
            second_fault: None,
            may_be_refused: false,
            should_be_accepted: false,
            cause: None,
            // What a response was identified as binds it: no statement about a fault is needed.
            source: Provenance::Documented,
            documentation: None,
            fault: None,
            part: None,
            faulty,
            control: Control::Impossible("recorded traffic has no control".to_owned()),
            teardown: Vec::new(),
            rows: Vec::new(),
            slow_body: None,
            concurrent: None,
            later: None,
            then: Vec::new(),
            indistinguishable_from: None,
            locks: Vec::new(),
            tags: Vec::new(),
            condition: None,
            first_byte: None,
            expect_inferred: None,
            place: contract.place.clone(),
            other_files: std::collections::BTreeSet::new(),
        };
        let broken = unlisted(contract, Provenance::Inferred);
        let mut unverified = scenario.clone();
        unverified.faulty.request.line.source = Provenance::Inferred;
        Ok(Self { scenario, unverified, unlisted: unlisted(contract, Provenance::Documented), broken })
    }

    /// Judges a response to a request that calls this operation.
    ///
    /// # Errors
    /// Returns the reason why it is not judged.
    pub(crate) fn judge(
        &self,
        contract: &Contract,
        recorded: &RecordedExchange,
        url: Url,
        called: &Called,
        against: Option<&OpenApiContext>,
    ) -> Result<JudgedResponse, NotJudgedReason> {
        let Some(of_recording) = &recorded.response else { return Err(NotJudgedReason::NoResponse) };
        let exchange = exchange(recorded, of_recording, url);
        let host = exchange.request.url.host_str().map(str::to_owned);
        let Ok(response) = &exchange.result else { return Err(NotJudgedReason::NoResponse) };
        if check::intermediary::detect_intermediary(response, host.as_deref()).is_some() {
            return Err(NotJudgedReason::Intermediary);
        }
        let status = response.status;
        let has_body = matches!(of_recording.body, RecordedBody::Whole(_));
        let view = View::new(response, None).to(&exchange.request.method);
        let identity = Identity::of_any(view, contract);
        let is_documented = matches!(identity, Identity::Other(_));
        let is_failure = match (&identity, has_body) {
            // Without a body, the status alone tells.
            (_, false) => status >= 400,
            (Identity::Success, true) => false,
            (Identity::Other(_), true) => true,
            // A redirect is no failure unless the contract says so, and a success that the contract does not list none that is
            // known.
            (_, true) => status >= 400 || check::carries_error(view, contract),
        };
        if !is_failure {
            let observed = observed(exchange.clone(), Identity::Success, against);
            let findings = within(|| check::declared(&observed, Provenance::Documented))?;
            let findings = if has_body { findings } else { of_head(findings) };
            return Ok(JudgedResponse {
                kind: Kind::Success,
                findings,
                unverified: None,
                code: None,
                request_id: None,
            });
        }
        if called.source.is_none() && !is_documented && matches!(identity, Identity::Unidentified) && has_body
        {
            return Err(NotJudgedReason::UnknownOperation);
        }
        let documented = match identity {
            Identity::Other(index) if has_body => Some(index),
            _ => None,
        };
        let (triggered, identity) = match documented {
            Some(index) => (&contract.failures[index], Identity::of(view, contract, index)),
            // It is meant for the documented one, and clients compare exactly.
            None if has_body && let Some(failure) = near(&identity, status, contract) => (failure, identity),
            None if is_server_error(status) => (&self.broken, identity),
            None => (&self.unlisted, identity),
        };
        let code = has_body.then(|| view.code_of(triggered)).flatten().map(std::borrow::Cow::into_owned);
        let request_id = has_body.then(|| view.request_id(&triggered.envelope)).flatten();
        let observed = observed(exchange.clone(), identity.clone(), against);
        let with = |scenario: &Scenario| {
            let Some(exchange) = observed.records.first().map(|record| &record.exchange) else {
                return Vec::new();
            };
            let Ok(response) = &exchange.result else { return Vec::new() };
            let subject = Subject {
                contract,
                scenario,
                triggered,
                triggered_index: documented.unwrap_or(usize::MAX),
                expected: triggered,
                failure: triggered,
                identity: identity.clone(),
                exchange,
                view: View::new(response, None).to(&exchange.request.method),
                observed: &observed,
            };
            // The check of a failure with a code says it already.
            let undocumented = match triggered.rules.code {
                Some(_) => Vec::new(),
                None => check::undocumented(contract, scenario, &observed),
            };
            let found: Vec<Finding> = check::judge(&subject).into_iter().chain(undocumented).collect();
            if has_body { found } else { of_head(found) }
        };
        let (findings, unverified) = match called.source {
            Some(source) if source.is_binding() => (within(|| with(&self.scenario))?, None),
            Some(_) => (within(|| with(&self.scenario))?, Some(within(|| with(&self.unverified))?)),
            // A route that nobody names is none that a success could verify.
            None => (within(|| with(&self.unverified))?, None),
        };
        let unverified = unverified.filter(|unverified| *unverified != findings);
        let kind = documented.map_or(Kind::Undocumented, Kind::Documented);
        Ok(JudgedResponse { kind, findings, unverified, code, request_id })
    }
}

/// Returns the documented failure of this status whose code an undocumented one is, but for case, whitespace or type.
fn near<'c>(identity: &Identity, status: u16, contract: &'c Contract) -> Option<&'c Failure> {
    let Identity::Undocumented(code) = identity else { return None };
    let text = |code: &serde_json::Value| {
        code.as_str().map_or_else(|| code.to_string(), |text| text.trim().to_ascii_lowercase())
    };
    let is_near = |failure: &&Failure| {
        failure.allows_status(status) && failure.code().is_some_and(|own| text(own) == text(code))
    };
    contract.failures.iter().find(is_near)
}

/// Returns the failure that stands for what the contract does not list: the envelope binds it, and its status is one of an
/// error.
fn unlisted(contract: &Contract, source: Provenance) -> Failure {
    let statuses = vec![StatusPattern::Class(4), StatusPattern::Class(5)];
    Failure {
        id: ANY_FAILURE.to_owned(),
        summary: String::new(),
        documentation: None,
        source,
        rules: Rules { status: Some(Sourced::new(statuses, source)), ..Rules::default() },
        envelope: contract.envelope.clone(),
        retry: None,
        causes: Vec::new(),
        condition: None,
        tags: Vec::new(),
        excluded: None,
        refusal_optional: false,
        leaks_forbidden: None,
        names: None,
        precedes: Vec::new(),
        varies: Vec::new(),
        period: failspec_pack::pack::Period::default(),
        place: contract.place.clone(),
    }
}

/// Runs checks within the budget of one case.
fn within(checks: impl FnOnce() -> Vec<Finding>) -> Result<Vec<Finding>, NotJudgedReason> {
    let budget = Budget::default();
    let findings = budget.within(checks);
    if budget.is_exceeded() { Err(NotJudgedReason::TooCostly) } else { Ok(findings) }
}

fn of_head(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.retain(|finding| HEAD_CHECKS.contains(&finding.check));
    findings
}

fn observed(exchange: Exchange, identity: Identity, against: Option<&OpenApiContext>) -> Observed {
    let record =
        Record { phase: Phase::Request, role: None, exchange, rerun: None, completed: None, same_as: None };
    Observed {
        records: vec![record],
        identity: OnceLock::from(identity),
        against: against.cloned(),
        ..Observed::default()
    }
}

/// Returns the exchange as checks take it.
fn exchange(recorded: &RecordedExchange, of_recording: &RecordedResponse, url: Url) -> Exchange {
    let mut request = Request::new(recorded.request.method.as_str(), url);
    let headers = recorded.request.headers.iter();
    request.headers = headers.map(|(name, value)| Header::open(name.as_str(), value.as_str())).collect();
    if !recorded.request.body.is_empty() {
        let bytes = recorded.request.body.clone();
        request.body = Some(Body { shown: String::from_utf8_lossy(&bytes).into_owned().into(), bytes });
    }
    let mut headers = HeaderMap::with_capacity(of_recording.headers.len());
    for (name, value) in &of_recording.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.trim().as_bytes());
        // What is no header of HTTP never came over HTTP.
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let body = match &of_recording.body {
        RecordedBody::Whole(bytes) => bytes.clone(),
        _ => bytes::Bytes::new(),
    };
    let elapsed = Duration::try_from_secs_f64(recorded.ms / 1000.0).unwrap_or_default();
    Exchange {
        request,
        result: Ok(Response::new(of_recording.status, headers, body)),
        elapsed,
        connection: None,
        resent: false,
    }
}
