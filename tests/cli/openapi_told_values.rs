//! Values that only the words of a description tell: behind them, there is what nothing else could ask.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Keys, of which the document tells the algorithms in words.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Keys, version: "1" }
paths:
  /keys:
    post:
      parameters: [{ name: region, in: query, required: true, description: "One of: north, south.", schema: { type: string } }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Key' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
        '400': { description: no }
  /keys/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a key }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Key:
      type: object
      required: [label, alg]
      properties:
        label: { type: string }
        alg: { type: string, description: "The algorithm of the key. Supports `RS256`, `ES256` and `HS256`." }
"##;

type Keys = Arc<Mutex<BTreeSet<String>>>;

/// The server; `wrong` is the fault that it forgets to look for, once the algorithm is right. `any` takes each algorithm.
fn api(asked: &Received, keys: &Keys, wrong: &str) -> Reply {
    let mut keys = keys.lock().unwrap();
    let (path, query) = asked.path_and_query();
    let is_json = asked.header("content-type") == Some("application/json");
    let refused = |status: u16| Reply::json(status, "{}");
    let Some(id) = path.strip_prefix("/keys/") else {
        if asked.method != "POST" || path != "/keys" {
            return refused(if path == "/keys" { 405 } else { 404 }).with("Allow", "POST");
        }
        let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
        let Some(body) = body else { return refused(400) };
        let is_known =
            body["alg"].as_str().is_some_and(|alg| wrong == "any" || ["RS256", "ES256"].contains(&alg));
        if !is_known || !["region=north", "region=south"].contains(&query) {
            return refused(400);
        }
        return match body["label"].is_string() {
            false if wrong == "label" => refused(500),
            false => refused(400),
            true => {
                keys.insert(asked.number.to_string());
                Reply::json(201, json!({ "id": asked.number.to_string() }))
            }
        };
    };
    match asked.method.as_str() {
        "GET" | "DELETE" if !keys.contains(id) => refused(404),
        "GET" => Reply::json(200, "{}"),
        "DELETE" => {
            keys.remove(id);
            Reply::new(204, "", "")
        }
        _ => refused(405).with("Allow", "GET, DELETE"),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "keys.yaml", "--name", "keys", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let keys = Keys::default();
    let shared = Arc::clone(&keys);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "keys", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = keys.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn a_value_that_only_words_tell_leads_to_what_is_behind_it() {
    let (done, report, left) = run("label");
    let cases = report["cases"].as_array().unwrap();
    let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
    let failed: Vec<&str> = failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
    assert!(failed.contains(&"post_keys_label_missing"), "{failed:?}\n{}", done.stdout);
    assert_eq!((done.code, left), (1, 0), "{}", done.stdout);
}

#[test]
fn that_another_value_is_taken_or_refused_is_no_finding() {
    for wrong in ["nothing", "any"] {
        let (done, report, left) = run(wrong);
        assert_eq!((done.code, left), (0, 0), "{wrong}: {}", done.stdout);
        assert_eq!(report["summary"]["inconclusive"], 0, "{wrong}: {}", done.stdout);
        // The words tell what is taken; a text beyond them is no documented value.
        let groups = report["finding_groups"].as_array().unwrap();
        let checks: Vec<&str> = groups.iter().filter_map(|group| group["check"].as_str()).collect();
        assert!(!checks.contains(&"undeclared-restriction"), "{wrong}: {checks:?}");
    }
}
