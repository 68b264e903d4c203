//! Controls that several cases have in common are sent once, and never convict when they are stale.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use serde_json::Value;

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const CONTRACT: &str = tiny_contract!(
    "\
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
"
);

/// Eight cases with one control, and one whose control is sent for it alone.
const SCENARIOS: &str = "\
contract: tiny
scenarios:
  limits:
    triggers: invalid
    request: GET /notes
    query: { limit: \"${limit}\" }
    control: { query: { limit: 1 } }
    each:
      text: { limit: text }
      negative: { limit: -1 }
      zero: { limit: 0 }
      huge: { limit: \"99999999999999999999\" }
      fraction: { limit: \"0.5\" }
      empty: { limit: \"\" }
      null_text: { limit: null-text }
      list: { limit: \"1,2\" }
  own:
    triggers: absent
    request: GET /notes/none
    control: { request: \"GET /notes?mine=${unique}\" }
";

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, format!("{{\"error\":\"{code}\"}}"))
}

fn notes(line: &str) -> Reply {
    match line {
        "GET /notes?limit=1" => Reply::json(200, "[]"),
        line if line.starts_with("GET /notes?limit=") => error(400, "invalid"),
        line if line.starts_with("GET /notes?") => Reply::json(200, "[]"),
        _ => error(404, "absent"),
    }
}

fn run(server: &Server, more: &[&str]) -> (Done, Value) {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let mut command = failspec(folder.path());
    command.args(["run", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]).args(more);
    let done = done(&mut command);
    let report = std::fs::read_to_string(folder.path().join("r.json"))
        .unwrap_or_else(|error| panic!("{error}: {}", done.all()));
    (done, serde_json::from_str(&report).unwrap())
}

fn sent(server: &Server, line: &str) -> usize {
    server.lines().iter().filter(|sent| *sent == line).count()
}

/// The exchanges of the phase `control`, each with the case that it is the same as.
fn controls(report: &Value) -> Vec<Option<String>> {
    let cases = report["cases"].as_array().unwrap().iter();
    let exchanges = cases.flat_map(|case| case["exchanges"].as_array().unwrap());
    let controls = exchanges.filter(|exchange| exchange["phase"] == "control");
    controls.map(|exchange| exchange["same_as"].as_str().map(str::to_owned)).collect()
}

#[test]
fn control_that_cases_have_in_common_is_sent_once() {
    for jobs in ["1", "8"] {
        let server = Server::start(|request: &Received| notes(&request.line()));
        let (done, report) = run(&server, &["--jobs", jobs]);
        done.exits(0).says("9 passed");
        // Once for all, and once at the end of the run.
        assert_eq!(sent(&server, "GET /notes?limit=1"), 2);
        assert_eq!(server.lines().len(), 9 + 2 + 1, "{:?}", server.lines());
        // Each report is complete, and says in which one the exchange stands that was sent.
        let controls = controls(&report);
        assert_eq!(controls.len(), 9);
        let first = "tiny::invalid::limits::text";
        assert_eq!(controls.iter().filter(|same_as| same_as.as_deref() == Some(first)).count(), 7);
        assert_eq!(controls.iter().filter(|same_as| same_as.is_none()).count(), 2);
    }
}

#[test]
fn violation_rests_on_a_control_that_was_sent_for_it() {
    // The API does not check the limit: all eight are violations, and each has a fresh control.
    let lenient = Server::start(|request: &Received| match request.line() {
        line if line.starts_with("GET /notes?") => Reply::json(200, "[]"),
        line => notes(&line),
    });
    let (done, report) = run(&lenient, &[]);
    done.exits(1).says("8 failed");
    assert_eq!(sent(&lenient, "GET /notes?limit=1"), 1 + 8);
    assert!(controls(&report).iter().all(Option::is_none), "{report:#}");
    assert_eq!(report["cases"][0]["rerun"], "control_confirmed");
}

#[test]
fn stale_control_convicts_nobody() {
    // It succeeds once; then everything breaks, in three ways.
    let broken: [fn() -> Reply; 3] =
        [|| error(500, "broken"), || error(404, "absent"), || Reply::html(503, "<p>maintenance</p>")];
    for broken in broken {
        let begun = AtomicUsize::new(0);
        let server = Server::start(move |request: &Received| {
            let is_first = request.line() == "GET /notes?limit=1" && begun.fetch_add(1, SeqCst) == 0;
            if is_first { notes("GET /notes?limit=1") } else { broken() }
        });
        let (done, report) = run(&server, &["--jobs", "1"]);
        let failed = report["cases"].as_array().unwrap().iter().filter(|case| case["outcome"] == "failed");
        let failed: Vec<&Value> = failed.map(|case| &case["name"]).collect();
        assert!(failed.iter().all(|name| **name == "tiny::absent::own"), "{}", done.all());
    }
    // Nor does it acquit: it fails at the end of the run, and nobody knows since when.
    let begun = AtomicUsize::new(0);
    let server = Server::start(move |request: &Received| match request.line().as_str() {
        "GET /notes?limit=1" if begun.fetch_add(1, SeqCst) > 0 => error(400, "invalid"),
        line => notes(line),
    });
    let (done, report) = run(&server, &["--jobs", "1"]);
    done.exits(3).says("7 inconclusive").says("failed at the end of the run");
    assert_eq!(report["summary"]["passed"], 2);
    // A control that never succeeds is sent for each case, and convicts nobody either.
    let server = Server::start(|request: &Received| match request.line().as_str() {
        "GET /notes?limit=1" => error(500, "broken"),
        line => notes(line),
    });
    run(&server, &[])
        .0
        .exits(3)
        .says("8 inconclusive")
        .says("the control (the request without the fault) did not succeed");
}
