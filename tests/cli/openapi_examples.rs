//! The author's examples as valid values: ids in them become those of the run, dates that are over become later ones, and optional
//! members that the API refuses are left out. A list that the API wants has an item.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Artifacts, whose example names a branch that does not exist, and users, of which a creation makes several.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Artifacts, version: "1" }
paths:
  /artifacts:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Artifact' } } } }
      responses: { '201': { description: made }, '400': { description: no }, '409': { description: taken } }
  /artifacts/{artifactId}:
    parameters: [{ name: artifactId, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: an artifact }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /users:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Users' } } } }
      responses: { '201': { description: made }, '400': { description: no }, '409': { description: taken } }
  /users/{name}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a user }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Artifact:
      type: object
      required: [artifactId]
      properties:
        artifactId: { type: string }
        note: { type: string }
        branch: { type: string }
        expiresAt: { type: string, format: date-time }
      example: { artifactId: mytopic-value, note: a note, branch: gpu, expiresAt: '2020-01-31T00:00:00Z' }
    Users:
      type: object
      properties: { usernames: { type: array, items: { type: string } }, admin: { type: boolean } }
"##;

type Things = Arc<Mutex<BTreeMap<String, Value>>>;

/// The server; `wrong` is the fault that it forgets to look for.
fn api(asked: &Received, things: &Things, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let refused = |said: &str| Reply::json(400, json!({ "error": said }));
    let is_text = |value: Option<&Value>| value.is_none_or(Value::is_string);
    let path = percent_encoding::percent_decode_str(&asked.path).decode_utf8_lossy();
    match (asked.method.as_str(), path.as_ref()) {
        ("POST", "/artifacts") => {
            let Some(body) = body.filter(Value::is_object) else { return refused("the body is wrong") };
            let is_wrong_note = !is_text(body.get("note")) && wrong != "note";
            let is_late = body["expiresAt"].as_str().is_none_or(|it| *it > *"2030" && it.contains('T'));
            let Some(id) = body["artifactId"].as_str().filter(|id| !id.is_empty()) else {
                return refused("artifactId is wrong");
            };
            match () {
                () if is_wrong_note || !is_text(body.get("branch")) => {
                    refused("the form of a member is wrong")
                }
                () if !is_text(body.get("expiresAt")) || !is_late => refused("it is over"),
                () if body.get("branch").is_some_and(|it| it != "") => refused("there is no such branch"),
                () if things.contains_key(&format!("/artifacts/{id}")) => Reply::json(409, "{}"),
                () => {
                    things.insert(format!("/artifacts/{id}"), body.clone());
                    Reply::json(201, body)
                }
            }
        }
        ("POST", "/users") => {
            let Some(body) = body.filter(Value::is_object) else { return refused("the body is wrong") };
            let is_admin = body.get("admin").is_none_or(Value::is_boolean) || wrong == "admin";
            let names = body["usernames"].as_array().filter(|_| is_admin);
            let names: Option<Vec<&str>> = names.and_then(|names| names.iter().map(Value::as_str).collect());
            let Some(names) = names.filter(|it| !it.is_empty()) else { return refused("name the usernames") };
            if names.iter().any(|name| things.contains_key(&format!("/users/{name}"))) {
                return Reply::json(409, "{}");
            }
            for name in &names {
                things.insert(format!("/users/{name}"), json!({}));
            }
            let made: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
            Reply::json(201, Value::from(made))
        }
        ("GET" | "DELETE", path) if !things.contains_key(path) => Reply::json(404, "{}"),
        ("GET", path) => Reply::json(200, things[path].to_string()),
        ("DELETE", path) => {
            things.remove(path);
            Reply::new(204, "", "")
        }
        _ => Reply::json(405, "{}").with("Allow", "GET, POST, DELETE"),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("doc.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "doc.yaml", "--name", "own", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let things = Things::default();
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "own", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().len();
    (done, serde_json::from_str(&report).unwrap(), left)
}

#[test]
fn examples_that_are_refused_hide_nothing() {
    let (done, report, left) = run("");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    let rows = report["finding_groups"].as_array().unwrap();
    let message = |check: &str| -> Vec<&str> {
        let rows = rows.iter().filter(|row| row["check"] == check);
        rows.filter_map(|row| row["message"].as_str()).collect()
    };
    let example = message("undeclared-restriction");
    let expected = "POST /artifacts is refused with the document's own example (HTTP 400";
    assert!(
        example.iter().any(|it| it.starts_with(expected) && it.contains("branch (\"gpu\")")),
        "{example:?}"
    );
    let lists = message("undeclared-requirement");
    assert!(lists.iter().any(|it| it.contains("accepted with more: usernames")), "{lists:?}");
    for wrong in ["note", "admin"] {
        let (done, _, left) = run(wrong);
        assert_eq!((done.code, left), (1, 0), "{wrong}: {}", done.stdout);
    }
}
