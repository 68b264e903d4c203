//! The events of a run result in its report: every run of these tests is folded, and here those that are special.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use failspec_base::syntax::Source;
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_judge::report_model::{Event, Outcome, ReportFold, RunReport};
use failspec_pack::{pack::Pack, target_config::Config};

use crate::checks_server::{Reply, Server, assert_folded, packs, right};

/// Runs two packs against one server with many concurrent cases; asserts that the fold is the report.
async fn run_two(server: &Server, options: RunOptions) -> RunReport {
    let mut plans = Vec::new();
    for name in ["words", "depot"] {
        let pack = Pack::load(&packs(), name).unwrap_or_else(|error| panic!("{error}"));
        let role = |role: &String| format!("[target.own.roles.{role}]\nbearer = \"right\"\n");
        let roles: String = pack.contract.roles.keys().map(role).collect();
        let text = format!("default_target = \"own\"\n[target.own]\nurl = \"{}\"\n{roles}", server.url);
        let config = Config::read(&Source::new("failspec.toml", text), None, &PathBuf::from("."));
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        let first = plans.iter().map(|plan: &Plan| plan.cases.len()).sum();
        plans.push(Plan::new(Arc::new(pack), Arc::new(config.target), &Selectors::default(), first));
    }
    let (_interrupter, interrupt) = interrupt();
    let fold = Arc::new(Mutex::new(ReportFold::default()));
    let events = Arc::clone(&fold);
    let listener = move |event: Event<'_>| events.lock().expect("the fold").apply(event);
    let report = run(plans, options, interrupt, Arc::new(listener)).await.expect("a client");
    assert_folded(&report, std::mem::take(&mut *fold.lock().expect("the fold")));
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fold_of_two_packs_is_the_report() {
    let server = Server::start(right::words).await;
    let report = run_two(&server, RunOptions { deny_warnings: true, ..RunOptions::default() }).await;
    assert_eq!(report.packs.len(), 2);
    assert!(report.cases.iter().any(|case| case.outcome == Outcome::Passed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fold_of_a_run_that_is_stopped_is_the_report() {
    // The cases that had been judged are withdrawn.
    let server = Server::start(|_| Reply::html(502, "<h1>502 Bad Gateway</h1>")).await;
    let report = run_two(&server, RunOptions::default()).await;
    assert!(report.diagnosis.is_some());
    assert!(report.cases.iter().all(|case| !case.outcome.is_judged()));
}

#[test]
fn fold_of_a_run_that_has_not_finished_is_no_report() {
    assert!(ReportFold::default().into_report().is_none());
}
