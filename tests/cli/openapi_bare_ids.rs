//! Creations whose response is the id of what they made, and nothing else.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Returns the document. The id has this schema.
fn document(id: &Value) -> Value {
    let answer = |schema: Value| json!({ "description": "done", "content": { "application/json": { "schema": schema } } });
    let project =
        json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } });
    let none = json!({ "description": "none" });
    let item = json!([{ "name": "project_id", "in": "path", "required": true, "schema": id }]);
    json!({
        "openapi": "3.1.0", "info": { "title": "Projects", "version": "1" },
        "paths": {
            "/projects": { "post": {
                "requestBody": { "required": true, "content": { "application/json": { "schema": project } } },
                "responses": { "201": answer(id.clone()), "400": none, "415": none }
            } },
            "/projects/{project_id}": {
                "parameters": item,
                "get": { "responses": { "200": answer(project), "400": none, "404": none } },
                "delete": { "responses": { "204": { "description": "gone" }, "400": none, "404": none } }
            }
        }
    })
}

/// The API. An id is written by `id`, in JSON.
fn api(asked: &Received, there: &Mutex<BTreeSet<String>>, id: fn(usize) -> Value) -> Reply {
    let mut there = there.lock().unwrap();
    let own = asked.path.strip_prefix("/projects/").unwrap_or_default();
    let is_form = id(1).is_string() == (uuid_like(own)) && (id(1).is_string() || own.parse::<u64>().is_ok());
    let method = if asked.method == "HEAD" { "GET" } else { &asked.method };
    match (method, asked.path.as_str()) {
        ("POST", "/projects") => {
            if asked.header("content-type").is_none_or(|it| !it.starts_with("application/json")) {
                return Reply::json(415, "{}");
            }
            let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
            if body.is_none_or(|body| !body["name"].is_string()) {
                return Reply::json(400, "{}");
            }
            let new = id(asked.number);
            there.insert(new.as_str().map_or_else(|| new.to_string(), str::to_owned));
            Reply::json(201, new.to_string())
        }
        (_, "/projects") => Reply::json(405, "{}").with("Allow", "POST"),
        ("GET" | "DELETE", _) if !own.is_empty() && !is_form => Reply::json(400, "{}"),
        ("GET", _) if there.contains(own) => Reply::json(200, r#"{"name":"a"}"#),
        ("DELETE", _) if there.remove(own) => Reply::new(204, "", ""),
        ("GET" | "DELETE", _) => Reply::json(404, "{}"),
        _ => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
    }
}

fn uuid_like(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

#[test]
fn what_a_response_names_by_an_id_alone_is_used_and_removed() {
    let uuid = json!({ "type": "string", "format": "uuid" });
    let number = json!({ "type": "integer", "minimum": 0 });
    for (schema, id) in [
        (uuid, (|number| json!(format!("00000000-0000-4000-8000-{number:012x}"))) as fn(usize) -> Value),
        (number, |number| json!(1000 + number)),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("projects.json"), document(&schema).to_string()).unwrap();
        let import = ["import", "openapi", "projects.json", "--name", "projects", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let there: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let shared = Arc::clone(&there);
        let server = Server::start(move |asked| api(asked, &shared, id));
        let done =
            done(failspec(folder.path()).args(["run", "projects", "--packs", ".", "--url", &server.url]));
        let removed =
            server.received().iter().filter(|it| it.method == "DELETE" && it.path.len() > 10).count();
        assert!(removed > 3, "{}", done.stdout);
        assert_eq!(*there.lock().unwrap(), BTreeSet::new(), "{schema}: {}", done.stdout);
        assert!(!done.stdout.contains("leaves behind"), "{schema}: {}", done.stdout);
        done.exits(0);
    }
}
