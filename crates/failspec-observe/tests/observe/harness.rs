//! A small pack, and recordings for it.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

use failspec_judge::report_model::{NotJudgedReason, RunReport};
use failspec_observe::{
    NothingSeen, ObserveOptions, Observer, RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse,
};
use failspec_pack::{
    pack::{Files, Pack},
    target_config::Target,
};
use serde_json::Value;

/// A contract with an envelope, codes that are closed, and two operations.
pub const CONTRACT: &str = "
contract: shop
as_of: 2026-11-20
codes: closed
envelope:
  media_type: application/json
  code: /error/code
  message: /error/message
  request_id: { header: X-Request-Id }
operations:
  list_notes: { request: GET /notes, source: documented }
  get_note: { request: 'GET /notes/{id}', source: documented }
  make_note: { request: POST /notes, source: documented }
  login: { request: POST /login, source: documented }
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such thing }
  - { id: unauthorized, status: 401, code: unauthorized, summary: The token is wrong }
  - { id: rate_limited, status: 429, code: rate_limited, summary: Too many requests, retry_after: [{ header: Retry-After }] }
  - { id: conflict, status: 409, code: conflict, summary: It exists already }
";

/// The same, with an OpenAPI document.
pub const DOCUMENT: &str = "
openapi: 3.1.0
info: { title: shop, version: '1' }
paths:
  /notes/{id}:
    get:
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        '200': { description: x, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } } }
        '404': { description: x, content: { application/json: { schema: { type: object } } } }
        '410': { description: x }
";

/// Reads the pack of a contract, and of an OpenAPI document if the contract names one.
pub fn pack(contract: &str, document: &str) -> Arc<Pack> {
    let texts = [
        ("schemas/shop/contract.yaml".to_owned(), contract.to_owned()),
        ("schemas/shop/api.yaml".to_owned(), document.to_owned()),
    ];
    let files = Files::Directory(".".into());
    Arc::new(Pack::from_texts(&files, "shop", texts).unwrap_or_else(|error| panic!("{error:?}")))
}

/// Returns the observer of a pack whose target is `https://api.test/v1`.
pub fn observer(pack: &Arc<Pack>) -> Observer {
    observer_of(pack, Target::from_url("https://api.test/v1").expect("a target"))
}

/// Returns the observer of a pack and a target.
pub fn observer_of(pack: &Arc<Pack>, target: Target) -> Observer {
    Observer::new(Arc::clone(pack), target, Vec::new(), Vec::new(), &["a.har".to_owned(), "b.har".to_owned()])
        .unwrap_or_else(|error| panic!("{error}"))
}

/// An exchange in short: `GET /notes/1`, status and body. It has a request id of its own.
pub fn exchange(request: &str, status: u16, body: &Value) -> RecordedExchange {
    let (method, path) = request.split_once(' ').expect("METHOD /path");
    let url = if path.starts_with('/') { format!("https://api.test/v1{path}") } else { path.to_owned() };
    let mut hasher = DefaultHasher::new();
    (request, status, body.to_string()).hash(&mut hasher);
    let id = format!("r-{:x}", hasher.finish());
    RecordedExchange {
        entry: 1,
        request: RecordedRequest { method: method.to_owned(), url, ..RecordedRequest::default() },
        response: Some(RecordedResponse {
            status,
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                ("X-Request-Id".to_owned(), id),
            ],
            body: RecordedBody::Whole(body.to_string().into()),
        }),
        ..RecordedExchange::default()
    }
}

/// The same with another value of a response header.
pub fn with_header(mut exchange: RecordedExchange, name: &str, value: &str) -> RecordedExchange {
    let response = exchange.response.as_mut().expect("a response");
    response.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    if !value.is_empty() {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
    exchange
}

/// The same with a request header.
pub fn asking(mut exchange: RecordedExchange, name: &str, value: &str) -> RecordedExchange {
    exchange.request.headers.push((name.to_owned(), value.to_owned()));
    exchange
}

/// An error body.
pub fn error(code: &str) -> Value {
    serde_json::json!({ "error": { "code": code, "message": "No." } })
}

/// Judges exchanges and returns the report.
pub fn report(observer: Observer, exchanges: &[RecordedExchange]) -> Result<RunReport, NothingSeen> {
    report_with(observer, exchanges, &ObserveOptions::default())
}

/// Judges exchanges with options.
pub fn report_with(
    mut observer: Observer,
    exchanges: &[RecordedExchange],
    options: &ObserveOptions,
) -> Result<RunReport, NothingSeen> {
    for (index, exchange) in exchanges.iter().enumerate() {
        let entry = index as u64 + 1;
        observer.observe(0, &RecordedExchange { entry, ..exchange.clone() });
    }
    observer.finish(options)
}

/// Returns the findings of a report in short: `violation status`.
pub fn findings(report: &RunReport) -> Vec<String> {
    let of = |case: &failspec_judge::report_model::CaseReport| -> Vec<String> {
        let found = case.violations.iter().chain(&case.warnings);
        found.map(|finding| format!("{} {}", finding.severity, finding.check)).collect()
    };
    report.cases.iter().flat_map(of).collect()
}

/// Returns what was not judged, in short.
pub fn not_judged(report: &RunReport) -> Vec<(NotJudgedReason, u64)> {
    let all = report.recordings.iter().flat_map(|recording| &recording.not_judged);
    all.map(|it| (it.reason.clone(), it.exchanges)).collect()
}
