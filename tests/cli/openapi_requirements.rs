//! Requirements that the document leaves out, and that a run meets on its way: in a setup, in a query, behind a 404. Each is told once.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Sessions and files. The document requires nothing.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Sessions, version: "1" }
paths:
  /sessions:
    get:
      parameters: [{ name: key, in: query, schema: { type: string } }]
      responses: { '200': { description: all }, '400': { description: no } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Session' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
        '400': { description: no }
  /sessions/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /files/{file}:
    parameters: [{ name: file, in: path, required: true, schema: { type: string } }]
    get:
      parameters: [{ name: type, in: query, schema: { type: string, enum: [plain] } }]
      responses: { '200': { description: one }, '400': { description: no }, '404': { description: none } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { type: { type: string } } } } } }
      responses: { '201': { description: made }, '400': { description: no }, '404': { description: none } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /pools:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [pool_name], properties: { pool_name: { type: string, pattern: '^[a-z0-9-]{1,60}$' } } } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [pool_name], properties: { pool_name: { type: string, pattern: '^[a-z0-9-]{1,60}$' } } } } } }
        '400': { description: no }
        '409': { description: taken }
  /pools/{pool_name}:
    parameters: [{ name: pool_name, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    patch:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { pool: { type: string }, slots: { type: integer } } } } } }
      responses: { '200': { description: changed }, '400': { description: no }, '404': { description: none } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  schemas:
    Session: { type: object, properties: { path: { type: string }, kind: { type: string } } }
"##;

#[derive(Default)]
struct State {
    /// The sessions by id: the API knows one by its path.
    sessions: BTreeMap<String, Value>,
    files: BTreeMap<String, Value>,
    pools: BTreeMap<String, Value>,
    bodies: Vec<Value>,
}

/// The requirements that an API has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// No more than the document.
    Documented,
    /// More.
    More,
    /// More, and it breaks on large numbers.
    MoreAndBreaks,
}

fn refused(status: u16, said: &str) -> Reply {
    Reply::json(status, json!({ "message": said }))
}

fn session(asked: &Received, state: &mut State, wants: Wants) -> Reply {
    let is_strict = wants != Wants::Documented;
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    let is_json = asked.header("content-type").is_some_and(|text| text == "application/json");
    let Some(body) = body.filter(|body| body.is_object() && is_json) else { return refused(400, "no JSON") };
    state.bodies.push(body.clone());
    for name in ["path", "kind"] {
        if !body[name].is_string() && (is_strict || body.get(name).is_some()) {
            return refused(400, &format!("Missing field in JSON data: {name}"));
        }
    }
    let same =
        state.sessions.iter().find(|(_, other)| body["path"].is_string() && other["path"] == body["path"]);
    let id = same.map_or_else(|| asked.number.to_string(), |(id, _)| id.clone());
    state.sessions.insert(id.clone(), body);
    Reply::json(201, json!({ "id": id }))
}

fn file(asked: &Received, state: &mut State, (id, query): (&str, &str), wants: Wants) -> Reply {
    let is_strict = wants != Wants::Documented;
    match method(asked) {
        "PUT" => {
            let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
            let is_json = asked.header("content-type").is_some_and(|text| text == "application/json");
            let Some(body) = body.filter(|body| body.is_object() && is_json) else {
                return refused(400, "no JSON");
            };
            match body.get("type") {
                None if is_strict => refused(404, "No such folder"),
                Some(kind) if !kind.is_string() => refused(400, "'type' must be a text"),
                _ => {
                    state.bodies.push(body.clone());
                    state.files.insert(id.to_owned(), body);
                    Reply::json(201, "{}")
                }
            }
        }
        "GET" | "DELETE" if !state.files.contains_key(id) => refused(404, "no such file"),
        "GET" if query.split_once("type=").is_some_and(|(_, kind)| kind != "plain") => {
            refused(400, "no such type")
        }
        "GET" => Reply::json(200, state.files[id].to_string()),
        "DELETE" => {
            state.files.remove(id);
            Reply::new(204, "", "")
        }
        _ => Reply::json(405, "{}").with("Allow", "GET, PUT, DELETE"),
    }
}

fn is_name(text: &str) -> bool {
    (1..=60).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Returns the method of a request; one for the head alone is answered like the whole.
fn method(asked: &Received) -> &str {
    if asked.method == "HEAD" { "GET" } else { &asked.method }
}

fn pool(asked: &Received, state: &mut State, id: Option<&str>, wants: Wants) -> Reply {
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    let is_json = asked.header("content-type").is_some_and(|text| text == "application/json");
    let body = body.filter(|body| body.is_object() && is_json);
    match (method(asked), id) {
        ("POST" | "PATCH", _) if body.is_none() && id.is_none_or(|id| state.pools.contains_key(id)) => {
            refused(400, "no JSON")
        }
        ("POST", None) => {
            match body.as_ref().and_then(|body| body["pool_name"].as_str()).filter(|name| is_name(name)) {
                None => refused(400, "'pool_name' must be a text"),
                Some(name) if state.pools.contains_key(name) => refused(409, "it is taken"),
                Some(name) => {
                    state.pools.insert(name.to_owned(), json!({}));
                    Reply::json(201, json!({ "pool_name": name }))
                }
            }
        }
        (_, None) => Reply::json(405, "{}").with("Allow", "POST"),
        ("GET" | "DELETE" | "PATCH", Some(id)) if !state.pools.contains_key(id) => {
            refused(404, "no such pool")
        }
        ("GET", Some(id)) => Reply::json(200, state.pools[id].to_string()),
        ("DELETE", Some(id)) => {
            state.pools.remove(id);
            Reply::new(204, "", "")
        }
        ("PATCH", Some(id)) => {
            let body = body.unwrap_or_default();
            let (own, slots) = (body.get("pool"), body.get("slots"));
            match () {
                () if own.is_some_and(|own| !own.is_string()) => refused(400, "'pool' must be a text"),
                () if own.is_none() && wants != Wants::Documented => refused(400, "'pool' is required"),
                () if wants != Wants::Documented && own.is_some_and(|own| own != id) => {
                    refused(400, "pool name from request body doesn't match uri parameter")
                }
                () if slots.is_some_and(|slots| !slots.is_i64() && !slots.is_u64()) => {
                    refused(400, "'slots' must be an integer")
                }
                () if wants == Wants::MoreAndBreaks
                    && slots.is_some_and(Value::is_u64)
                    && !slots.is_some_and(Value::is_i64) =>
                {
                    refused(500, "out of range")
                }
                () => Reply::json(200, "{}"),
            }
        }
        _ => Reply::json(405, "{}").with("Allow", "GET, PATCH, DELETE"),
    }
}

fn api(asked: &Received, state: &Mutex<State>, wants: Wants) -> Reply {
    let is_strict = wants != Wants::Documented;
    let mut state = state.lock().unwrap();
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    if let Some(id) = path.strip_prefix("/files/") {
        return file(asked, &mut state, (id, query), wants);
    }
    if path == "/pools" || path.starts_with("/pools/") {
        let id = path.strip_prefix("/pools/");
        return pool(asked, &mut state, id, wants);
    }
    let id = path.strip_prefix("/sessions/").unwrap_or_default();
    match method(asked) {
        "POST" if path == "/sessions" => session(asked, &mut state, wants),
        "GET" if path == "/sessions" => match is_strict && !query.contains("key=") {
            true => refused(400, "the query must have a key"),
            false => Reply::json(200, "[]"),
        },
        "GET" | "DELETE" if path == "/sessions" || !state.sessions.contains_key(id) => {
            if path == "/sessions" {
                Reply::json(405, "{}").with("Allow", "GET, POST")
            } else {
                refused(404, "none")
            }
        }
        "GET" => Reply::json(200, state.sessions[id].to_string()),
        "DELETE" => {
            state.sessions.remove(id);
            Reply::new(204, "", "")
        }
        _ if path == "/sessions" => Reply::json(405, "{}").with("Allow", "GET, POST"),
        _ => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
    }
}

fn run(wants: Wants) -> (Done, Value, Arc<Mutex<State>>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sessions.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "sessions.yaml", "--name", "sessions", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let state = Arc::new(Mutex::new(State::default()));
    let shared = Arc::clone(&state);
    let server = Server::start(move |asked| api(asked, &shared, wants));
    let run = ["run", "sessions", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    (done, serde_json::from_str(&report).unwrap(), state)
}

fn requirements(report: &Value) -> Vec<(String, u64)> {
    let rows = report["finding_groups"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["check"] == "undeclared-requirement");
    let mut found: Vec<(String, u64)> = rows
        .map(|row| {
            let message = row["message"].as_str().unwrap();
            let added = message.split("accepted with more: ").nth(1).unwrap_or_default();
            (
                format!("{}: {added}", message.split(" is refused").next().unwrap()),
                row["cases"].as_u64().unwrap(),
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn what_is_required_beyond_the_document_is_met_and_told_once() {
    let (done, report, state) = run(Wants::More);
    assert_eq!(done.code, 3, "{}", done.stdout);
    // What is not the id in the path is refused for that.
    let inconclusive =
        report["cases"].as_array().unwrap().iter().filter(|case| case["outcome"] == "inconclusive");
    for case in inconclusive {
        let name = case["name"].as_str().unwrap();
        let is_of_id = name.contains("patch_pools_pool_name_pool_");
        let cause = case["reason"]["cause"].as_str().unwrap_or_default();
        assert!(is_of_id && cause.contains("pool is not what the path says"), "{name}: {cause}");
    }
    let expected = [
        ("GET /sessions: the query parameter key".to_owned(), 1),
        ("PATCH /pools/{pool_name}: pool".to_owned(), 1),
        ("POST /sessions: path, kind".to_owned(), 1),
        ("PUT /files/{file}: type".to_owned(), 1),
    ];
    assert_eq!(requirements(&report), expected, "{}", done.stdout);
    let state = state.lock().unwrap();
    let left = [&state.sessions, &state.files, &state.pools].map(BTreeMap::len);
    assert_eq!(left, [0, 0, 0], "{}", done.stdout);
    assert!(!done.stdout.contains("could not remove"), "{}", done.stdout);
    let has_plain = state.bodies.iter().any(|body| body["type"] == "plain");
    assert!(has_plain, "the type of a file is one of those that the query may have");
    assert!(state.bodies.iter().all(|body| body.get("in").is_none()), "no word of a sentence is a member");
}

#[test]
fn an_api_that_requires_what_the_document_does_has_no_row() {
    let (done, report, state) = run(Wants::Documented);
    assert_eq!(
        (done.code, report["finding_groups"].as_array().map_or(0, Vec::len)),
        (0, 0),
        "{}",
        done.stdout
    );
    assert!(state.lock().unwrap().sessions.is_empty(), "{}", done.stdout);
}

#[test]
fn what_breaks_behind_a_requirement_is_noticed() {
    let (done, report, _) = run(Wants::MoreAndBreaks);
    assert_eq!(done.code, 1, "{}", done.stdout);
    let rows = report["finding_groups"].as_array().unwrap().iter();
    let broken: Vec<&Value> = rows.filter(|row| row["check"] == "server-error").collect();
    assert_eq!(broken.len(), 1, "{}", done.stdout);
    assert_eq!(broken[0]["operations"], json!(["PATCH /pools/{pool_name}"]), "{}", done.stdout);
}
