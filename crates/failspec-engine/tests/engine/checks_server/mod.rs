//! Servers with behaviour defined by a test, and runs of the test packs against them.

#![allow(dead_code, reason = "every test binary uses a part of it")]

pub mod right;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::Response,
};
use failspec_base::syntax::Source;
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_judge::{
    check::Finding,
    report_model::{CaseReport, RunReport},
    snapshot::Mode,
};
use failspec_pack::{
    pack::{Files, Pack},
    target_config::Config,
};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// A request as received by the server.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub token: Option<String>,
    pub headers: axum::http::HeaderMap,
    pub json: Value,
    /// The number of the request on this server, from 1.
    pub number: usize,
}

impl Asked {
    /// Returns method and path for matching.
    pub fn line(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }

    /// Returns true if it is sent with the credential of the role.
    pub fn is_known(&self) -> bool {
        self.token.as_deref() == Some("Bearer right")
    }
}

/// A response of the server.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    pub fn page(status: u16, text: &str) -> Self {
        let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
        Self { status, headers, body: text.as_bytes().to_vec() }
    }

    /// Sets a header; an empty value removes it.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Adds a line of a header.
    pub fn add(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Modifies the JSON body.
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut value: Value = serde_json::from_slice(&self.body).expect("the right responses are JSON");
        change(&mut value);
        self.body = value.to_string().into_bytes();
        self
    }

    /// Sets a member of the JSON body.
    pub fn set(self, key: &str, value: Value) -> Self {
        self.edit(|body| body[key] = value)
    }

    /// Removes a member of the JSON body.
    pub fn unset(self, key: &str) -> Self {
        self.edit(|body| drop(body.as_object_mut().and_then(|body| body.remove(key))))
    }
}

type Handler = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A server on the loopback interface; it stops when it is dropped.
pub struct Server {
    pub url: String,
    task: JoinHandle<()>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(AtomicUsize::new(0));
        let handler: Handler = Arc::new(handler);
        let router = Router::new().fallback(response).with_state((handler, Arc::clone(&asked)));
        let task = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Self { url, task, asked }
    }

    /// Returns the number of received requests.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn response(State((handler, asked)): State<(Handler, Arc<AtomicUsize>)>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let token = head.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let reply = handler(&Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        token,
        headers: head.headers,
        json: serde_json::from_slice(&body).unwrap_or_default(),
        number: asked.fetch_add(1, Ordering::Relaxed) + 1,
    });
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status");
    for (name, value) in &reply.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        response.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
    }
    response
}

/// Returns the files of the test packs.
pub fn packs() -> Files {
    Files::Directory(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packs")))
}

/// Runs the selected cases (all, if there are no selectors) of a test pack against a server.
pub async fn judge(pack: &str, selectors: &[&str], server: &Server) -> RunReport {
    judge_with(pack, selectors, server, "", RunOptions::default()).await
}

/// Runs like [`judge`]; `more` is appended to the target file, and `options` apply except for selectors, snapshots
/// and waivers.
pub async fn judge_with(
    pack: &str,
    selectors: &[&str],
    server: &Server,
    more: &str,
    options: RunOptions,
) -> RunReport {
    let pack = Pack::load(&packs(), pack).unwrap_or_else(|error| panic!("{error}"));
    judge_pack(pack, selectors, server, more, options).await
}

/// Runs a pack whose files are in the test: the contract and the scenarios of the pack `t`.
pub async fn judge_texts(contract: &str, scenarios: &str, server: &Server, more: &str) -> RunReport {
    let mut texts = failspec_pack::pack::Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), contract.to_owned());
    texts.insert("scenarios/t/a.yaml".to_owned(), scenarios.to_owned());
    let pack = Pack::from_texts(&packs(), "t", texts).unwrap_or_else(|error| panic!("{error}"));
    judge_pack(pack, &[], server, more, RunOptions::default()).await
}

/// Runs like [`judge_texts`]; the roles are those of `more`, a part of the target file.
pub async fn judge_texts_without_roles(
    contract: &str,
    scenarios: &str,
    server: &Server,
    more: &str,
) -> RunReport {
    let mut texts = failspec_pack::pack::Texts::new();
    texts.insert("schemas/t/contract.yaml".to_owned(), contract.to_owned());
    texts.insert("scenarios/t/a.yaml".to_owned(), scenarios.to_owned());
    let pack = Pack::from_texts(&packs(), "t", texts).unwrap_or_else(|error| panic!("{error}"));
    judge_on(pack, &[], server, more, RunOptions::default()).await
}

async fn judge_pack(
    pack: Pack,
    selectors: &[&str],
    server: &Server,
    more: &str,
    options: RunOptions,
) -> RunReport {
    let role = |role: &String| format!("[target.own.roles.{role}]\nbearer = \"right\"\n");
    let roles: String = pack.contract.roles.keys().map(role).collect();
    judge_on(pack, selectors, server, &format!("{roles}{more}"), options).await
}

async fn judge_on(
    pack: Pack,
    selectors: &[&str],
    server: &Server,
    more: &str,
    options: RunOptions,
) -> RunReport {
    let text = format!("default_target = \"own\"\n[target.own]\nurl = \"{}\"\n{more}", server.url);
    let source = Source::new("failspec.toml", text);
    let config = Config::read(&source, None, &PathBuf::from(".")).unwrap_or_else(|error| panic!("{error}"));
    let selectors =
        Selectors(selectors.iter().map(|selector| format!("{}::{selector}", pack.name)).collect());
    let plan = Plan::new(Arc::new(pack), Arc::new(config.target), &selectors, 0);
    assert!(!plan.cases.is_empty(), "nothing was selected");
    let options = RunOptions { snapshots: Mode::Off, selectors, waivers: config.waivers, ..options };
    let (_interrupter, interrupt) = interrupt();
    run(vec![plan], options, interrupt, Arc::new(|_| {})).await.expect("a client")
}

/// Returns the case of a scenario.
pub fn case<'r>(report: &'r RunReport, scenario: &str) -> &'r CaseReport {
    let found = report.cases.iter().find(|case| case.name.ends_with(&format!("::{scenario}")));
    found.unwrap_or_else(|| panic!("{scenario} was not run"))
}

/// Returns the ids of the checks that a case violated; warnings with the prefix `~`.
pub fn broken(case: &CaseReport) -> Vec<String> {
    let violations = case.violations.iter().map(|finding| finding.check.to_owned());
    let warnings = case.warnings.iter().map(|finding| format!("~{}", finding.check));
    violations.chain(warnings).collect()
}

/// Returns true if a case has a finding of a check, alone or combined with others.
pub fn has(case: &CaseReport, check: &str) -> bool {
    let combined = |finding: &Finding| finding.details.iter().any(|detail| detail.check == check);
    case.violations.iter().chain(&case.warnings).any(|finding| finding.check == check || combined(finding))
}

/// Asserts that a run has no findings, and that every selected failure was exercised.
pub fn assert_clean(report: &RunReport, about: &str) {
    let found: Vec<_> = report.cases.iter().map(|case| (&case.name, broken(case), &case.reason)).collect();
    assert_eq!(report.verdict.as_str(), "conforms", "{about}: {found:#?} {:?}", report.diagnosis);
    assert!(found.iter().all(|(_, broken, _)| broken.is_empty()), "{about}: {found:#?}");
    assert!(report.run_findings.is_empty(), "{about}: {:?}", report.run_findings);
}
