//! Features that are switched off: 503 for whatever is asked, and the server is not broken.

use std::fs;

use crate::support::{Reply, Server, done, failspec};
use serde_json::Value;

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Explorer, version: "1" }
paths:
  /things/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      responses: { '200': { description: one }, '400': { description: no }, '404': { description: none } }
  /things:
    get: { responses: { '200': { description: all } } }
  /blocks:
    parameters: [{ name: height, in: query, schema: { type: integer } }]
    get: { responses: { '200': { description: all }, '400': { description: no } } }
"#;

/// Returns the report of a run against an API that responds with 503 to everything about blocks, with these words.
fn report(said: &'static str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("explorer.yaml"), DOCUMENT).unwrap();
    done(failspec(folder.path()).args(["import", "openapi", "explorer.yaml", "--name", "explorer"])).exits(0);
    let server = Server::start(move |asked| {
        let id = asked.path.strip_prefix("/things/").map(str::parse::<i64>);
        match id {
            _ if asked.path.starts_with("/blocks") => Reply::json(503, said),
            None if asked.path == "/things" && matches!(asked.method.as_str(), "GET" | "HEAD") => {
                Reply::json(200, "[]")
            }
            None if asked.path != "/things" => Reply::json(404, "{}"),
            _ if !matches!(asked.method.as_str(), "GET" | "HEAD") => {
                Reply::json(405, "{}").with("Allow", "GET")
            }
            Some(Ok(_)) => Reply::json(404, "{}"),
            _ => Reply::json(400, "{}"),
        }
    });
    let run = ["run", "explorer", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    done(failspec(folder.path()).args(run));
    serde_json::from_str(&fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap()
}

/// Returns the outcomes of the cases about blocks, and whether a row of the report is about a broken server.
fn outcome(report: &Value) -> (Vec<&str>, bool) {
    let cases = report["cases"].as_array().unwrap().iter();
    let about = cases.filter(|case| case["name"].as_str().is_some_and(|name| name.contains("get_blocks")));
    let mut rows = report["finding_groups"].as_array().into_iter().flatten();
    let is_broken = rows.any(|row| row["check"] == "server-error" || row["check"] == "unrecognized-response");
    (about.filter_map(|case| case["outcome"].as_str()).collect(), is_broken)
}

#[test]
fn a_503_that_says_that_a_feature_is_switched_off_decides_nothing() {
    let report = report(r#"{"detail":"Block explorer is not enabled."}"#);
    let (outcomes, is_broken) = outcome(&report);
    assert!(!is_broken, "{:#}", report["finding_groups"]);
    assert!(outcomes.len() > 3 && outcomes.iter().all(|outcome| *outcome == "inconclusive"), "{outcomes:?}");
}

#[test]
fn another_503_is_a_broken_server() {
    let report = report(r#"{"detail":"Out of memory"}"#);
    let (outcomes, is_broken) = outcome(&report);
    assert!(is_broken && outcomes.contains(&"failed"), "{outcomes:?} {:#}", report["finding_groups"]);
}
