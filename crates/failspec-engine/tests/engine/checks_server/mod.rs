//! Servers with behaviour defined by a test, and runs of the test packs against them.

#![allow(dead_code, reason = "every test binary uses a part of it")]

pub mod right;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use failspec_base::syntax::Source;
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_judge::{
    check::Finding,
    report_model::{CaseReport, Event, ReportFold, RunReport},
    snapshot::Mode,
};
use failspec_pack::{
    pack::{Files, Pack},
    target_config::Config,
};
use failspec_test_server::Received;
use serde_json::Value;

pub use failspec_test_server::Reply;

/// A request as received by the server.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub token: Option<String>,
    pub headers: Vec<(String, String)>,
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

impl From<&Received> for Asked {
    fn from(request: &Received) -> Self {
        let (path, query) = request.path_and_query();
        Self {
            method: request.method.clone(),
            path: path.to_owned(),
            query: query.to_owned(),
            token: request.header("authorization").map(str::to_owned),
            headers: request.headers.clone(),
            json: serde_json::from_slice(&request.body).unwrap_or_default(),
            number: request.number + 1,
        }
    }
}

/// A server on the loopback interface; it stops when it is dropped.
pub struct Server {
    pub url: String,
    server: failspec_test_server::Server,
}

impl Server {
    pub async fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let server = failspec_test_server::Server::start(move |request| handler(&request.into()));
        Self { url: server.url.clone(), server }
    }

    /// Returns the number of received requests.
    pub fn asked(&self) -> usize {
        self.server.requests()
    }
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
    let texts = [("schemas/t/contract.yaml", contract), ("scenarios/t/a.yaml", scenarios)]
        .map(|(path, text)| (path.to_owned(), text));
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
    let texts = [("schemas/t/contract.yaml", contract), ("scenarios/t/a.yaml", scenarios)]
        .map(|(path, text)| (path.to_owned(), text));
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
    judge_on_url(pack, selectors, &server.url, more, options).await
}

/// Runs a pack whose files are in the test against a server of its own.
pub async fn judge_at(contract: &str, scenarios: &str, url: &str, options: RunOptions) -> RunReport {
    let texts = [("schemas/t/contract.yaml", contract), ("scenarios/t/a.yaml", scenarios)]
        .map(|(path, text)| (path.to_owned(), text));
    let pack = Pack::from_texts(&packs(), "t", texts).unwrap_or_else(|error| panic!("{error}"));
    judge_on_url(pack, &[], url, "", options).await
}

async fn judge_on_url(
    pack: Pack,
    selectors: &[&str],
    url: &str,
    more: &str,
    options: RunOptions,
) -> RunReport {
    let text = format!("default_target = \"own\"\n[target.own]\nurl = \"{url}\"\n{more}");
    let source = Source::new("failspec.toml", text);
    let config = Config::read(&source, None, &PathBuf::from(".")).unwrap_or_else(|error| panic!("{error}"));
    let selectors =
        Selectors(selectors.iter().map(|selector| format!("{}::{selector}", pack.name)).collect());
    let plan = Plan::new(Arc::new(pack), Arc::new(config.target), &selectors, 0);
    assert!(!plan.cases.is_empty(), "nothing was selected");
    let options = RunOptions { snapshots: Mode::Off, selectors, waivers: config.waivers, ..options };
    let (_interrupter, interrupt) = interrupt();
    let fold = Arc::new(Mutex::new(ReportFold::default()));
    let events = Arc::clone(&fold);
    let listener = move |event: Event<'_>| events.lock().expect("the fold").apply(event);
    let report = run(vec![plan], options, interrupt, Arc::new(listener)).await.expect("a client");
    assert_folded(&report, std::mem::take(&mut *fold.lock().expect("the fold")));
    report
}

/// Asserts that the events of a run result in its report, in every field.
pub fn assert_folded(report: &RunReport, fold: ReportFold) {
    let folded = fold.into_report().expect("the run has finished");
    assert_eq!(format!("{folded:?}"), format!("{report:?}"));
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
