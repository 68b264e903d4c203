//! The alternatives of a body, each sent as valid and each with its own faults; and names of new things in addresses.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Tokens of two kinds, and notes that are created under their names.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Tokens, version: "1" }
paths:
  /tokens:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Token' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
        '400': { description: no }
  /tokens/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a token }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /notes/{title}:
    parameters: [{ name: title, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a note }, '404': { description: none } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string } } } } } }
      responses: { '200': { description: changed }, '201': { description: made }, '400': { description: no } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Token:
      oneOf:
        - { type: object, required: [label, hours], additionalProperties: false, properties: { label: { type: string }, hours: { type: integer, minimum: 1 } } }
        - { type: object, required: [label, projects], additionalProperties: false, properties: { label: { type: string }, projects: { type: array, items: { type: string } } } }
"##;

type Things = Arc<Mutex<BTreeMap<String, Value>>>;

fn is_token(body: &Value, wrong: &str) -> bool {
    let Some(members) = body.as_object().filter(|_| body["label"].is_string()) else { return false };
    let is_small = |hours: &Value| hours.as_u64().is_some_and(|hours| (1..1 << 31).contains(&hours));
    let are_texts = |list: &Value| list.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    match (members.get("hours"), members.get("projects")) {
        (Some(hours), None) => members.len() == 2 && is_small(hours),
        (None, Some(projects)) => members.len() == 2 && (are_texts(projects) || wrong == "unchecked"),
        _ => false,
    }
}

fn api(asked: &Received, things: &Things, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let path = asked.path.clone();
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let body = body.filter(Value::is_object);
    let is_there = things.contains_key(&path);
    match (asked.method.as_str(), path.split('/').nth(1)) {
        ("POST", Some("tokens")) if path == "/tokens" => match body {
            Some(body) if body.get("projects").is_some() && wrong == "second" => Reply::json(500, "{}"),
            Some(body) if body.get("projects").is_some() && wrong == "unknown" => Reply::json(400, "{}"),
            Some(body) if is_token(&body, wrong) => {
                things.insert(format!("/tokens/{}", asked.number), body);
                Reply::json(201, json!({ "id": asked.number.to_string() }))
            }
            _ => Reply::json(400, "{}"),
        },
        ("PUT", Some("notes")) if wrong == "nul" && path.contains("%00") => Reply::json(500, "{}"),
        ("PUT", Some("notes")) => match body.filter(|body| body["text"].is_string()) {
            Some(body) => {
                things.insert(path, body);
                Reply::json(if is_there { 200 } else { 201 }, "{}")
            }
            None => Reply::json(400, "{}"),
        },
        ("GET" | "DELETE", Some("notes" | "tokens")) if path != "/tokens" && !is_there => {
            Reply::json(404, "{}")
        }
        ("GET", Some("notes" | "tokens")) if is_there => Reply::json(200, things[&path].to_string()),
        ("DELETE", _) if is_there => {
            things.remove(&path);
            Reply::new(204, "", "")
        }
        (_, Some("tokens")) if path == "/tokens" => Reply::json(405, "{}").with("Allow", "POST"),
        (_, Some("tokens")) => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
        (_, Some("notes")) => Reply::json(405, "{}").with("Allow", "GET, PUT, DELETE"),
        _ => Reply::json(404, "{}"),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokens.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "tokens.yaml", "--name", "tokens", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let things = Things::default();
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "tokens", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left)
}

/// Returns the names of the cases with a finding of this weight.
fn found<'r>(report: &'r Value, weight: &str) -> Vec<&'r str> {
    let cases = report["cases"].as_array().unwrap();
    let with = cases.iter().filter(|case| case[weight].as_array().is_some_and(|all| !all.is_empty()));
    with.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect()
}

#[test]
fn an_api_that_takes_all_alternatives_conforms() {
    let (done, report, left) = run("nothing");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    assert_eq!(found(&report, "violations"), [""; 0], "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap();
    for name in [
        "post_tokens_alternative_2",
        "put_notes_title_title_nul_in_new_name",
        "get_notes_title_asked_with_head",
    ] {
        let case = cases.iter().find(|case| case["name"].as_str().unwrap().ends_with(name));
        assert_eq!(case.unwrap_or_else(|| panic!("{name}"))["outcome"], "passed", "{name}");
    }
}

#[test]
fn what_is_wrong_about_the_second_alternative_or_a_name_is_found() {
    for (wrong, weight, expected) in [
        ("second", "violations", "post_tokens_alternative_2"),
        ("unknown", "warnings", "post_tokens_alternative_2"),
        ("unchecked", "violations", "post_tokens_projects_wrong_type"),
        ("nul", "violations", "put_notes_title_title_nul_in_new_name"),
    ] {
        let (done, report, left) = run(wrong);
        let found = found(&report, weight);
        assert!(found.contains(&expected), "{wrong}: {found:?} {}", done.stdout);
        assert_eq!(left, 0, "{wrong}: {}", done.stdout);
    }
}
