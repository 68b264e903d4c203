//! A contract, one scenario and the responses of one case, judged without a server.

use std::time::Duration;

use failspec_base::{
    message::{Body, BodyError, Exchange, Request, Response},
    secret::RedactedText,
};
use failspec_judge::check::{
    self, Finding, Identity, Observed, OpenApiContext, Phase, Pick, Record, Subject, UnmetSuccess, View,
};
use failspec_pack::{
    openapi::Declared,
    pack::{Contract, Files, Pack, Place, Pointer, Schema, SchemaRegistry},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// A pack with one scenario.
pub struct World {
    pack: Pack,
    against: Option<OpenApiContext>,
}

/// A response.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    defect: Option<BodyError>,
}

impl World {
    /// Creates a pack of the keys of a contract and of its only scenario; `request` and `control` are added where they
    /// are missing.
    pub fn new(contract: &str, scenario: &str) -> Self {
        Self::with_document(contract, scenario, "")
    }

    /// Creates a pack as [`Self::new`] does, with an OpenAPI document `api.yaml`.
    pub fn with_document(contract: &str, scenario: &str, document: &str) -> Self {
        let contract = format!("contract: t\nas_of: 2026-11-20\n{contract}\n");
        let request = if scenario.contains("request:") { "" } else { "request: GET /notes/absent, " };
        let has_control = scenario.contains("control:") || scenario.contains("no_server_error");
        let control = if has_control { "" } else { "control: { request: GET /notes/1 }, " };
        let scenarios = format!("contract: t\nscenarios:\n  s: {{ {request}{control}{scenario} }}\n");
        let texts = [
            ("schemas/t/contract.yaml".to_owned(), contract),
            ("scenarios/t/s.yaml".to_owned(), scenarios),
            ("schemas/t/api.yaml".to_owned(), document.to_owned()),
        ];
        let files = Files::Directory(".".into());
        let pack = Pack::from_texts(&files, "t", texts).unwrap_or_else(|error| panic!("{error:?}"));
        let declared = Declared::of(&pack).unwrap_or_else(|error| panic!("{error}"));
        let against = declared.map(|declared| OpenApiContext { declared: declared.into(), base: "".into() });
        Self { pack, against }
    }

    /// Returns the contract.
    pub fn contract(&self) -> &Contract {
        &self.pack.contract
    }

    /// Returns the findings about a response to the request under test, in short.
    pub fn judge(&self, reply: Reply) -> Vec<String> {
        self.judge_case(&[(Phase::Request, reply)], None)
    }

    /// Returns the findings about a case, in short.
    pub fn judge_case(&self, replies: &[(Phase, Reply)], pick: Option<Pick>) -> Vec<String> {
        in_short(&self.findings(replies, pick))
    }

    /// Returns the findings about a case with more than responses, in short; `edit` adds the rest to its log.
    pub fn judge_with(&self, replies: &[(Phase, Reply)], edit: impl FnOnce(&mut Observed)) -> Vec<String> {
        in_short(&self.findings_with(replies, edit))
    }

    /// Returns the messages of the findings about a response to the request under test.
    pub fn messages(&self, reply: Reply) -> Vec<String> {
        let found = self.findings(&[(Phase::Request, reply)], None);
        found.into_iter().map(|finding| finding.message).collect()
    }

    /// Returns the findings about a case.
    pub fn findings(&self, replies: &[(Phase, Reply)], pick: Option<Pick>) -> Vec<Finding> {
        self.findings_with(replies, |observed| observed.pick = pick)
    }

    /// Returns the findings about a case with more than responses; `edit` adds the rest to its log.
    pub fn findings_with(
        &self,
        replies: &[(Phase, Reply)],
        edit: impl FnOnce(&mut Observed),
    ) -> Vec<Finding> {
        let observed = self.observed(replies, edit);
        let subject = Subject::new(&self.pack.contract, &self.pack.scenarios[0], &observed);
        let mut found = check::judge(&subject.expect("the request under test has a response"));
        found.extend(check::undocumented(&self.pack.contract, &self.pack.scenarios[0], &observed));
        found
    }

    /// Returns the findings about a case whose request has no fault, and had this JSON body, in short.
    pub fn judge_without_fault(&self, body: &Value, reply: Reply) -> Vec<String> {
        let observed = self.observed(&[(Phase::Request, reply)], |observed| {
            let bytes = body.to_string();
            let shown = RedactedText::from(bytes.as_str());
            observed.records[0].exchange.request.body = Some(Body { bytes: bytes.into(), shown });
        });
        in_short(&check::judge_without_fault(&self.pack.contract, &self.pack.scenarios[0], &observed))
    }

    /// Returns the findings about a case whose request has no fault, in short.
    pub fn judge_flow_without_fault(
        &self,
        replies: &[(Phase, Reply)],
        change: impl FnOnce(&mut Observed),
    ) -> Vec<String> {
        let observed = self.observed(replies, change);
        in_short(&check::judge_without_fault(&self.pack.contract, &self.pack.scenarios[0], &observed))
    }

    /// Returns the finding that the connection was closed on the request under test, in short; `twice` is true if it
    /// was, in both runs of the case.
    pub fn judge_closed(&self, twice: bool) -> Option<String> {
        let observed = Observed { closed_twice: twice, ..Observed::default() };
        check::closed(&self.pack.contract, &self.pack.scenarios[0], &observed).as_ref().map(short)
    }

    /// Returns the finding that a request which must succeed did not, in short; `unmet` is the difference.
    pub fn judge_success(&self, unmet: Option<UnmetSuccess>) -> Option<String> {
        let observed = Observed { unmet_success: unmet, ..Observed::default() };
        check::unmet_success(&self.pack.contract, &self.pack.scenarios[0], &observed).as_ref().map(short)
    }

    /// Returns the findings about rules of the OpenAPI document, of a case that cannot be judged, in short.
    pub fn declared(&self, replies: &[(Phase, Reply)]) -> Vec<String> {
        let scenario = &self.pack.scenarios[0];
        in_short(&check::declared(&self.observed(replies, |_| ()), scenario.source))
    }

    /// Returns true if the response to the request under test shows nothing, because of its route.
    pub fn is_unverified(&self, replies: &[(Phase, Reply)]) -> bool {
        let observed = self.observed(replies, |_| ());
        let subject = Subject::new(&self.pack.contract, &self.pack.scenarios[0], &observed);
        subject.expect("the request under test has a response").is_unverified()
    }

    fn observed(&self, replies: &[(Phase, Reply)], edit: impl FnOnce(&mut Observed)) -> Observed {
        let scenario = &self.pack.scenarios[0];
        let line = &scenario.faulty.request.line;
        let records: Vec<Record> = replies
            .iter()
            .map(|(phase, reply)| {
                let path = match phase {
                    Phase::Comparison => "/notes/hidden",
                    Phase::Control => "/notes/1",
                    _ => line.path.written.as_str(),
                };
                let url = format!("http://api.test{path}");
                let request = Request::new(line.method.clone(), url.parse().expect("a URL"));
                let exchange = Exchange {
                    request,
                    result: Ok(reply.response()),
                    elapsed: Duration::from_millis(1),
                    connection: None,
                    resent: false,
                };
                Record { phase: *phase, role: None, exchange, rerun: None, completed: None, same_as: None }
            })
            .collect();
        let constant = |expect: &failspec_pack::pack::Expect| {
            let schemas = expect.body.iter().map(|(pointer, schema)| match schema {
                failspec_pack::pack::SchemaTemplate::Constant(schema) => (pointer.clone(), schema.clone()),
                failspec_pack::pack::SchemaTemplate::Holes(..) => panic!("only constants here"),
            });
            schemas.collect()
        };
        let mut observed = Observed {
            judged: records.iter().position(|record| record.phase == Phase::Request).expect("a request"),
            records,
            against: self.against.clone(),
            expected: check::Expected {
                body: constant(scenario.faulty.expected()),
                body_inferred: scenario.expect_inferred.as_deref().map(constant).unwrap_or_default(),
            },
            indistinguishable_source: scenario.indistinguishable_from.as_ref().map(|other| other.source),
            ..Observed::default()
        };
        edit(&mut observed);
        observed
    }

    /// Returns the identification of a response to the request under test, in short.
    pub fn identify(&self, reply: &Reply) -> String {
        self.identify_item(reply, None)
    }

    /// Returns the identification of an item of a response to the request under test, in short.
    pub fn identify_item(&self, reply: &Reply, pick: Option<&Pick>) -> String {
        let response = reply.response();
        let view = View::new(&response, pick).to(&self.pack.scenarios[0].faulty.request.line.method);
        self.in_short(Identity::of(
            view,
            &self.pack.contract,
            self.pack.scenarios[0].failure.expect("a failure"),
        ))
    }

    /// Returns the identification of the response of a control, in short.
    pub fn identify_control(&self, reply: &Reply, pick: Option<&Pick>) -> String {
        let response = reply.response();
        self.in_short(Identity::of_any(View::new(&response, pick), &self.pack.contract))
    }

    /// Returns true if a response has the status of a success and is none.
    pub fn carries_error(&self, reply: &Reply) -> bool {
        check::carries_error(View::new(&reply.response(), None), &self.pack.contract)
    }

    /// Returns how long a response says to wait, in seconds, if it is the failure under test.
    pub fn told_wait(&self, reply: &Reply) -> Option<f64> {
        let response = reply.response();
        let failure = &self.pack.contract.failures[self.pack.scenarios[0].failure.expect("a failure")];
        check::told_wait(View::new(&response, None), Some(failure)).map(|wait| wait.as_secs_f64())
    }

    fn in_short(&self, identity: Identity) -> String {
        match identity {
            Identity::Triggered { alternative: Some(index), .. } => {
                format!("triggered as {}", self.pack.contract.failures[index].id)
            }
            Identity::Triggered { by_status_alone: false, .. } => "triggered".to_owned(),
            Identity::Triggered { by_status_alone: true, .. } => "triggered by its status".to_owned(),
            Identity::Other(index) => format!("other {}", self.pack.contract.failures[index].id),
            Identity::Undocumented(code) => format!("undocumented {code}"),
            Identity::Success => "success".to_owned(),
            Identity::Unidentified => "unidentified".to_owned(),
        }
    }
}

fn in_short(found: &[Finding]) -> Vec<String> {
    let mut short: Vec<String> = found.iter().map(short).collect();
    short.dedup();
    short
}

/// Returns a finding as `violation status`, or `warning leaks`.
fn short(finding: &Finding) -> String {
    format!("{} {}", finding.severity, finding.check)
}

impl Reply {
    /// Creates a JSON response.
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, &body.to_string()).with("content-type", "application/json")
    }

    /// Creates a response with a body and without a media type.
    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.as_bytes().to_vec(), defect: None }
    }

    /// Adds a line of a header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sets the error of the transfer.
    pub fn broken(mut self, defect: BodyError) -> Self {
        self.defect = Some(defect);
        self
    }

    pub fn response(&self) -> Response {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
            headers.append(HeaderName::from_static(name), value);
        }
        let mut response = Response::new(self.status, headers, self.body.clone());
        response.defect.clone_from(&self.defect);
        response
    }
}

/// Returns the selector of the item of `/results` with this `id`.
pub fn pick(id: &str) -> Pick {
    let schema = Schema::compile(json!({ "const": id }), &SchemaRegistry::default()).expect("a schema");
    let pointer = |text: &str| Pointer::parse(text).expect("a pointer");
    Pick { place: Place::List(pointer("/results")), filter: vec![(pointer("/id"), schema.into())] }
}
