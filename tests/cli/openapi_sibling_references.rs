//! References that a document does not require, to things that only the run can have made below the same parent.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Projects with keys and stores in them. The document requires nothing; neither creation tells an id.
fn document() -> Value {
    let id = json!({ "type": "integer", "minimum": 1 });
    let body =
        |schema: Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    let answer = |schema: Value| json!({ "description": "done", "content": { "application/json": { "schema": schema } } });
    let none = json!({ "description": "none" });
    let project = json!({ "name": "project_id", "in": "path", "required": true, "schema": id });
    let things = |members: Value| {
        let listed = json!({ "type": "array", "items": { "type": "object", "properties": { "id": { "type": "integer" } } } });
        json!({
            "parameters": [project],
            "get": { "responses": { "200": answer(listed), "404": none } },
            "post": {
                "requestBody": body(json!({ "type": "object", "properties": members })),
                "responses": { "204": none, "400": none, "404": none, "415": none }
            }
        })
    };
    let item = |name: &str| {
        let own = json!({ "name": name, "in": "path", "required": true, "schema": id });
        json!({ "parameters": [project, own], "delete": { "responses": { "204": none, "400": none, "404": none } } })
    };
    json!({
        "openapi": "3.1.0", "info": { "title": "Stores", "version": "1" },
        "paths": {
            "/projects": { "post": {
                "requestBody": body(json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } })),
                "responses": { "201": answer(json!({ "type": "object", "required": ["id"], "properties": { "id": id } })),
                    "400": none, "415": none }
            } },
            "/projects/{project_id}": {
                "parameters": [project], "delete": { "responses": { "204": none, "400": none, "404": none } }
            },
            "/projects/{project_id}/keys": things(json!({ "name": { "type": "string" } })),
            "/projects/{project_id}/keys/{key_id}": item("key_id"),
            "/projects/{project_id}/stores": things(
                json!({ "name": { "type": "string" }, "ssh_key_id": { "type": "integer" }, "size": { "type": "integer" } })
            ),
            "/projects/{project_id}/stores/{store_id}": item("store_id"),
        }
    })
}

/// A thing in a project: its collection, its project, its id and its body.
type Thing = (String, u64, u64, Value);

/// The API: a store needs a key of its project, if it is strict, and breaks on a size that is a text.
fn api(asked: &Received, things: &Mutex<Vec<Thing>>, is_strict: bool) -> Reply {
    let error = |status, said: &str| Reply::json(status, json!({ "error": said }).to_string());
    let mut things = things.lock().unwrap();
    let segments: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let is_json = asked.header("content-type").is_some_and(|it| it.starts_with("application/json"));
    if asked.method == "POST" && !is_json {
        return error(415, "JSON only");
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let new = asked.number as u64 + 1000;
    let number = |at: usize| segments.get(at).and_then(|id| id.parse::<u64>().ok()).filter(|id| *id > 0);
    let has = |things: &Vec<Thing>, kind: &str, project: u64, id: u64| {
        things.iter().any(|(own, of, own_id, _)| own == kind && *of == project && *own_id == id)
    };
    match (asked.method.as_str(), segments.as_slice()) {
        ("POST", ["projects"]) => match body["name"].as_str() {
            Some(_) => {
                things.push(("projects".to_owned(), 0, new, body));
                Reply::json(201, json!({ "id": new }).to_string())
            }
            None => error(400, "name must be a text"),
        },
        ("DELETE", ["projects", _]) => match number(1) {
            Some(id) if has(&things, "projects", 0, id) => {
                things.retain(|(_, of, own, _)| *of != id && *own != id);
                Reply::new(204, "", "")
            }
            Some(_) => error(404, "no project"),
            None => error(400, "bad id"),
        },
        ("GET" | "POST", ["projects", _, kind @ ("keys" | "stores")]) => {
            let Some(project) = number(1) else { return error(400, "bad id") };
            if !has(&things, "projects", 0, project) {
                return error(404, "no project");
            }
            if asked.method == "GET" {
                let own = things.iter().filter(|(own, of, ..)| own == kind && *of == project);
                let own = own.map(|(.., id, body)| json!({ "id": id, "name": body["name"] }));
                return Reply::json(200, Value::from(own.collect::<Vec<_>>()).to_string());
            }
            let is_key = |id: &Value| id.as_u64().is_some_and(|id| has(&things, "keys", project, id));
            if *kind == "stores" && is_strict && !is_key(&body["ssh_key_id"]) {
                return error(400, "no such key");
            }
            if *kind == "stores" && body["size"].is_string() {
                return error(500, "broken");
            }
            let is_wrong = |name: &str| body.get(name).is_some_and(|it| !it.is_u64());
            if !body.is_object()
                || body.get("name").is_some_and(|it| !it.is_string())
                || is_wrong("ssh_key_id")
                || is_wrong("size")
            {
                return error(400, "no");
            }
            things.push(((*kind).to_owned(), project, new, body));
            Reply::new(204, "", "")
        }
        ("DELETE", ["projects", _, kind, _]) => match (number(1), number(3)) {
            (Some(project), Some(id)) if has(&things, kind, project, id) => {
                things.retain(|(.., own, _)| *own != id);
                Reply::new(204, "", "")
            }
            (Some(_), Some(_)) => error(404, "none"),
            _ => error(400, "bad id"),
        },
        _ => error(405, "no"),
    }
}

/// Runs the pack of the document. Returns the rows of the report, the stores that were made, and what is left.
fn run(is_strict: bool) -> (Vec<Value>, Vec<Thing>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stores.json"), document().to_string()).unwrap();
    let import = ["import", "openapi", "stores.json", "--name", "stores", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    // A project of somebody else, with a key.
    let theirs = || {
        (
            ("projects".to_owned(), 0, 1, json!({ "name": "theirs" })),
            ("keys".to_owned(), 1, 2, json!({ "name": "theirs" })),
        )
    };
    let things = Arc::new(Mutex::new(vec![theirs().0, theirs().1]));
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, is_strict));
    let report = ["--report", "json=report.json"];
    done(failspec(folder.path()).args(["run", "stores", "--packs", ".", "--url", &server.url]).args(report));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let left = things.lock().unwrap().clone();
    (report["finding_groups"].as_array().unwrap().clone(), left)
}

#[test]
fn a_reference_to_a_thing_below_the_same_parent_is_that_of_the_run() {
    for is_strict in [true, false] {
        let (rows, left) = run(is_strict);
        // What others have is as it was, and what the run made is gone: it was known by its name.
        let left: Vec<&str> = left.iter().map(|(kind, ..)| kind.as_str()).collect();
        assert_eq!(left, ["projects", "keys"], "strict: {is_strict}");
        let is_of = |row: &&Value, check: &str| {
            row["check"] == check
                && row["operations"].to_string().contains("POST /projects/{project_id}/stores")
        };
        // It is asked behind the reference.
        assert!(rows.iter().any(|row| is_of(&row, "server-error")), "strict: {is_strict}: {rows:#?}");
        // That the reference is needed is told where it is.
        let is_told = rows.iter().any(|row| is_of(&row, "undeclared-requirement"));
        assert_eq!(is_told, is_strict, "{rows:#?}");
    }
}
