//! Creations whose body the document leaves free: nothing in it is required, the answer has the new thing within an envelope, and its
//! id is a number. They are made as the API wants them, removed by the number, and asked.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Lists and notes. The answer to a new note declares no id.
const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Lists, version: "1" }
paths:
  /lists:
    get:
      responses:
        '200':
          description: all
          content: { application/json: { schema: { type: object, properties: { data: { $ref: '#/components/schemas/Page' } } } } }
    post:
      operationId: createList
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/NewList' } } } }
      responses:
        '200':
          description: the list
          content: { application/json: { schema: { type: object, properties: { data: { $ref: '#/components/schemas/List' } } } } }
  /lists/{list_id}:
    parameters: [{ name: list_id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: a list }, '404': { description: none } } }
    delete: { responses: { '200': { description: gone }, '404': { description: none } } }
  /notes:
    post:
      operationId: createNote
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [name], properties: { name: { type: string }, size: { type: integer } } }
      responses: { '200': { description: made, content: { application/json: { schema: { type: object } } } } }
  /notes/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: a note }, '404': { description: none } } }
    put:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { size: { type: integer } } } } } }
      responses: { '200': { description: changed }, '404': { description: none } }
    delete: { responses: { '200': { description: gone }, '404': { description: none } } }
  /archive:
    get:
      responses:
        '200':
          description: old lists
          content: { application/json: { schema: { type: object, properties: { data: { $ref: '#/components/schemas/Page' } } } } }
  /archive/{list_id}:
    parameters: [{ name: list_id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: an old list }, '404': { description: none } } }
  /events:
    get:
      parameters: [{ name: id, in: query, required: true, schema: { type: string } }]
      responses: { '200': { description: events } }
components:
  schemas:
    NewList:
      type: object
      properties:
        name: { type: string }
        kind: { type: string, enum: [public, private] }
        email: { type: string, example: owner@example.com }
    List: { type: object, properties: { id: { type: integer }, name: { type: string } } }
    Page:
      type: object
      properties: { results: { type: array, items: { $ref: '#/components/schemas/List' } }, total: { type: integer } }
"##;

/// The things of both kinds that the server has, by number, with their e-mail addresses.
type Things = BTreeMap<(&'static str, i64), String>;

/// The server; `wrong` is the fault that breaks it.
fn api(asked: &Received, things: &Mutex<Things>, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let refused = |status: u16, said: &str| Reply::json(status, json!({ "message": said }));
    let path = asked.path.split('?').next().unwrap_or_default();
    let is_read = matches!(asked.method.as_str(), "GET" | "HEAD");
    let reads_only = ["/events", "/archive"].iter().any(|folder| path.starts_with(folder));
    if reads_only && !is_read || path == "/notes" && asked.method != "POST" {
        return refused(405, "").with("Allow", if reads_only { "GET, HEAD" } else { "POST" });
    }
    match path {
        "/events" if asked.path.contains("id=") => return Reply::json(200, "{}"),
        "/events" => return refused(400, "no id"),
        "/archive" => return Reply::json(200, json!({ "data": { "results": [{ "id": 1 }], "total": 1 } })),
        "/archive/1" => return Reply::json(200, "{}"),
        _ => {}
    }
    let (kind, id) = match path.trim_start_matches('/').split_once('/') {
        Some(("lists", id)) => ("lists", Some(id)),
        Some(("notes", id)) => ("notes", Some(id)),
        None if path == "/lists" => ("lists", None),
        None if path == "/notes" => ("notes", None),
        _ => return refused(404, "no such path"),
    };
    if let Some(id) = id {
        let Some(id) = id.parse().ok().filter(|id| things.contains_key(&(kind, *id))) else {
            let is_broken = wrong == "unknown" && asked.method == "DELETE";
            return refused(if is_broken { 500 } else { 404 }, "no such thing");
        };
        let is_object = || serde_json::from_slice::<Value>(&asked.body).is_ok_and(|body| body.is_object());
        return match asked.method.as_str() {
            "GET" => Reply::json(200, json!({ "data": { "id": id } })),
            "PUT" if kind == "notes" && is_object() => Reply::json(200, "{}"),
            "PUT" if kind == "notes" => refused(400, "not readable"),
            "DELETE" => {
                things.remove(&(kind, id));
                Reply::json(200, "{}")
            }
            _ if kind == "notes" => refused(405, "").with("Allow", "GET, PUT, DELETE"),
            _ => refused(405, "").with("Allow", "GET, DELETE"),
        };
    }
    if asked.method == "GET" && kind == "lists" {
        let all =
            things.keys().filter(|(kind, _)| *kind == "lists").map(|(_, id)| json!({ "id": id, "name": "" }));
        return Reply::json(200, json!({ "data": { "results": all.collect::<Vec<_>>(), "total": 1 } }));
    }
    if asked.method != "POST" {
        return refused(405, "").with("Allow", "GET, POST");
    }
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let Some(Value::Object(body)) = body else { return refused(400, "not readable") };
    let text = |name: &str| body.get(name).is_none_or(Value::is_string);
    if !body.get("name").and_then(Value::as_str).is_some_and(|name| (1..200).contains(&name.len())) {
        return refused(400, if kind == "lists" { "Invalid name" } else { "Invalid length for name." });
    }
    match body.get("kind") {
        Some(kind) if kind != "public" && kind != "private" => {
            return if wrong == "kind" { refused(500, "") } else { refused(400, "Invalid kind") };
        }
        _ => {}
    }
    if !text("email") || body.get("size").is_some_and(|size| !size.is_i64() && !size.is_u64()) {
        return refused(400, "Invalid value");
    }
    let email = body.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !email.is_empty() && things.values().any(|other| *other == email) {
        return refused(409, "this address is taken");
    }
    let id = i64::try_from(asked.number).unwrap() + 100;
    things.insert((kind, id), email);
    Reply::json(200, json!({ "data": { "id": id, "name": body["name"] } }))
}

fn run(wrong: &'static str) -> (Done, Value, Vec<(&'static str, i64)>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lists.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "lists.yaml", "--name", "lists", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    // Somebody's list, with the address of the example.
    let things = BTreeMap::from([(("lists", 1), "owner@example.com".to_owned())]);
    let things: Arc<Mutex<Things>> = Arc::new(Mutex::new(things));
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "lists", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().keys().copied().collect();
    (done, serde_json::from_str(&report).unwrap(), left, server.lines())
}

#[test]
fn a_creation_whose_body_requires_nothing_is_made_as_the_api_wants_it() {
    for (wrong, code) in [("nothing", 0), ("kind", 1), ("unknown", 1)] {
        let (done, report, left, asked) = run(wrong);
        assert_eq!(done.code, code, "{wrong}: {}", done.stdout);
        // Only what was there before.
        assert_eq!(left, [("lists", 1)], "{wrong}: {}", done.stdout);
        assert_eq!(report["summary"]["inconclusive"], 0, "{wrong}: {}", done.stdout);
        assert_eq!(report["summary"]["skipped"], 0, "{wrong}: {}", done.stdout);
        let cases = report["cases"].as_array().unwrap();
        // A server that breaks on an id that never was has kept nothing under it.
        let is_left = |case: &&Value| case["left_behind"].as_array().is_some_and(|left| !left.is_empty());
        assert_eq!(cases.iter().find(is_left), None, "{wrong}: {}", done.stdout);
        let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
        let failed: Vec<&str> =
            failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
        assert_eq!(failed.contains(&"create_list_kind_not_in_enum"), wrong == "kind", "{wrong}: {failed:?}");
        // That a list needs a name, the document does not say.
        assert!(report.to_string().contains("undeclared-requirement"), "{wrong}: {}", done.stdout);
        // An id from the list within the envelope, and a name of the run in a query.
        assert!(asked.iter().any(|line| line == "GET /archive/1"), "{asked:?}");
        assert!(asked.iter().any(|line| line.starts_with("GET /events?id=failspec-")), "{asked:?}");
        assert!(!asked.iter().any(|line| line.contains("unique") || line.contains("%24")), "{asked:?}");
    }
}
