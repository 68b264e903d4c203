//! Things that the document leaves out and a refusal says: members that the API requires, and values that it takes. The run finds them out
//! and goes on with them, and names them.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Jobs. The document says neither that they have a mode, nor which kinds there are.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Jobs, version: "1" }
paths:
  /jobs:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Job' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
        '422': { description: no }
  /jobs/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a job }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Job:
      type: object
      required: [name, kind, size]
      properties: { name: { type: string }, kind: { type: string }, size: { type: integer, minimum: 1 } }
"##;

type Jobs = Arc<Mutex<BTreeMap<String, Value>>>;

/// Returns what the API says to a body, in a style; `None` if it is right.
fn refusal(body: &Value, style: &str) -> Option<Value> {
    let said = |place: &str, message: &str| match style {
        "pydantic" => json!({ "detail": [{ "loc": ["body", place], "msg": message }] }),
        "map" => json!({ place: [message] }),
        "problem" => {
            json!({ "title": "Invalid", "errors": [{ "pointer": format!("/{place}"), "detail": message }] })
        }
        _ => json!({ "error": format!("'{place}' is invalid: {message}") }),
    };
    let required = |place: &str| match style {
        "text" => json!({ "error": format!("{place} is required") }),
        _ => said(place, "Field required"),
    };
    match () {
        () if !body["name"].is_string() => Some(required("name")),
        () if !body["size"].as_u64().is_some_and(|size| (1..1 << 31).contains(&size)) => {
            Some(said("size", "is wrong"))
        }
        () if body["mode"].is_null() => Some(required("mode")),
        () if body["mode"] != "fast" && body["mode"] != "slow" => {
            Some(said("mode", "must be one of 'fast', 'slow'"))
        }
        () if body["kind"] != "wide" => Some(said("kind", "must be one of 'wide', 'narrow'")),
        () => None,
    }
}

fn api(asked: &Received, jobs: &Jobs, style: &str, forgets: bool) -> Reply {
    let mut jobs = jobs.lock().unwrap();
    let id = asked.path.strip_prefix("/jobs/").unwrap_or_default().to_owned();
    let is_json = asked.header("content-type").is_some_and(|text| text == "application/json");
    match asked.method.as_str() {
        "POST" if asked.path == "/jobs" => {
            let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
            let body = body.filter(|body| body.is_object() && is_json);
            match body {
                None => Reply::json(422, "{}"),
                Some(body) if forgets && body["size"] == 0 && body["mode"] == "fast" => {
                    jobs.insert(asked.number.to_string(), body);
                    Reply::json(201, json!({ "id": asked.number.to_string() }))
                }
                Some(body) => match refusal(&body, style) {
                    Some(said) => Reply::json(422, said),
                    None => {
                        jobs.insert(asked.number.to_string(), body);
                        Reply::json(201, json!({ "id": asked.number.to_string() }))
                    }
                },
            }
        }
        "GET" | "DELETE" if !jobs.contains_key(&id) => Reply::json(404, "{}"),
        "GET" => Reply::json(200, jobs[&id].to_string()),
        "DELETE" => {
            jobs.remove(&id);
            Reply::new(204, "", "")
        }
        _ => Reply::json(405, "{}").with("Allow", "GET, POST, DELETE"),
    }
}

fn run(style: &'static str, forgets: bool) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobs.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "jobs.yaml", "--name", "jobs", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let jobs = Jobs::default();
    let shared = Arc::clone(&jobs);
    let server = Server::start(move |asked| api(asked, &shared, style, forgets));
    let run = ["run", "jobs", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = jobs.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn members_and_values_that_only_a_refusal_names_are_sent_and_named() {
    for style in ["pydantic", "map", "problem", "text"] {
        let (done, report, left) = run(style, false);
        assert_eq!((done.code, left), (0, 0), "{style}: {}", done.stdout);
        let inconclusive = report["summary"]["inconclusive"].as_u64();
        assert_eq!(inconclusive, Some(0), "{style}: {}", done.stdout);
        let rows = report["finding_groups"].as_array().unwrap();
        let row = rows.iter().find(|row| row["check"] == "undeclared-requirement");
        let row = row.unwrap_or_else(|| panic!("{style}: {}", done.stdout));
        let message = row["message"].as_str().unwrap();
        assert!(
            message.contains("accepted with more: mode, and") && message.contains("kind = \"wide\""),
            "{message}"
        );
    }
}

/// With what was learnt, a fault is the only error of a request: an API that forgets to check it is noticed.
#[test]
fn what_is_wrong_shows_beside_what_was_learnt() {
    let (done, report, left) = run("pydantic", true);
    assert_eq!((done.code, left), (1, 0), "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap();
    let failed = cases.iter().filter(|case| case["violations"].as_array().is_some_and(|all| !all.is_empty()));
    let failed: Vec<&str> = failed.filter_map(|case| case["name"].as_str()).collect();
    assert_eq!(failed, ["jobs::unprocessable_content::post_jobs_size_below_minimum"], "{}", done.stdout);
}

/// Nothing removes what is created, so that no request without a fault is sent.
const NOTES: &str = r#"
openapi: 3.0.3
info: { title: Notes, version: "1" }
paths:
  /notes:
    get: { responses: { '200': { description: all } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [text], properties: { text: { type: string }, owner: { type: string } } } } } }
      responses: { '201': { description: made }, '400': { description: refused } }
"#;

/// A refusal that is about another member than the one with the fault, or may be about any, proves nothing where no other request was
/// accepted.
#[test]
fn a_refusal_for_another_member_proves_nothing() {
    let of_another = "the refusal is about owner, and not about text";
    let of_anything = "the run has no such request without the fault";
    for (said, reason) in [
        (json!({ "message": "'owner' is required" }), Some(of_another)),
        (json!({ "message": "'owner' is required, and 'text' is wrong" }), None),
        (json!({ "message": "refused" }), Some(of_anything)),
    ] {
        let server = Server::start(move |asked| match asked.method.as_str() {
            "GET" => Reply::json(200, "[]"),
            "POST" => Reply::json(400, said.clone()),
            _ => Reply::json(405, "{}").with("Allow", "GET, POST"),
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.yaml"), NOTES).unwrap();
        let import = ["import", "openapi", "notes.yaml", "--name", "notes", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let run = ["run", "notes", "--packs", ".", "--url", &server.url, "--only", "*post_notes_text*"];
        let done = done(failspec(folder.path()).args(run));
        let shown = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in [of_another, of_anything] {
            assert_eq!(shown.contains(words), reason == Some(words), "{}", done.stdout);
        }
        assert_eq!(done.code, if reason.is_none() { 0 } else { 3 }, "{}", done.stdout);
    }
}
