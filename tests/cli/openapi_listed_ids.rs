//! Creations whose response does not tell the id of what they made: the list of the collection does.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

fn document() -> Value {
    let answer = |schema: Value| json!({ "description": "done", "content": { "application/json": { "schema": schema } } });
    let none = json!({ "description": "none" });
    let text = json!({ "type": "string", "minLength": 1 });
    let token = json!({ "type": "object", "required": ["name"], "properties": { "name": text } });
    let listed = json!({ "type": "object", "required": ["id", "name"],
        "properties": { "id": { "type": "integer", "minimum": 1 }, "name": text } });
    let item = json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 1 } }]);
    json!({
        "openapi": "3.1.0", "info": { "title": "Tokens", "version": "1" },
        "paths": {
            "/tokens": {
                "get": { "responses": { "200": answer(json!({ "type": "array", "items": listed })) } },
                "post": {
                    "requestBody": { "required": true, "content": { "application/json": { "schema": token } } },
                    "responses": { "200": answer(json!({ "type": "object", "required": ["token"],
                        "properties": { "token": { "type": "string" } } })), "400": none, "415": none }
                }
            },
            "/tokens/{id}": {
                "parameters": item,
                "patch": {
                    "requestBody": { "required": true, "content": { "application/json": { "schema": token } } },
                    "responses": { "204": { "description": "renamed" }, "400": none, "404": none, "415": none }
                },
                "delete": { "responses": { "204": { "description": "gone" }, "400": none, "404": none } }
            }
        }
    })
}

/// The API. Names of a token that are no text break its PATCH. One that `is_silent` lists nothing.
fn api(asked: &Received, there: &Mutex<BTreeMap<u64, String>>, is_silent: bool) -> Reply {
    let mut there = there.lock().unwrap();
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    let name = body.as_ref().map(|body| &body["name"]);
    let right = name.and_then(Value::as_str).filter(|name| !name.is_empty() && !name.contains('\0'));
    let is_json = asked.header("content-type").is_some_and(|it| it.starts_with("application/json"));
    let own = asked.path.strip_prefix("/tokens/").map(str::parse::<u64>);
    let method = if asked.method == "HEAD" { "GET" } else { &asked.method };
    match (method, own) {
        ("POST" | "PATCH", _) if !is_json => Reply::json(415, "{}"),
        ("GET", None) => {
            let shown = there.iter().filter(|(id, _)| **id == 1 || !is_silent);
            let listed: Vec<Value> = shown.map(|(id, name)| json!({ "id": id, "name": name })).collect();
            Reply::json(200, json!(listed).to_string())
        }
        ("POST", None) => {
            let Some(name) = right else { return Reply::json(400, "{}") };
            there.insert(1000 + asked.number as u64, name.to_owned());
            Reply::json(200, r#"{"token":"abc"}"#)
        }
        (_, None) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        ("PATCH" | "DELETE", Some(Err(_))) => Reply::json(400, "{}"),
        ("PATCH", Some(Ok(id))) => match (there.get_mut(&id), right) {
            (None, _) => Reply::json(404, "{}"),
            (Some(_), None) if name.is_some_and(Value::is_number) => Reply::json(500, "{}"),
            (Some(_), None) => Reply::json(400, "{}"),
            (Some(own), Some(new)) => {
                new.clone_into(own);
                Reply::new(204, "", "")
            }
        },
        ("DELETE", Some(Ok(id))) => match there.remove(&id) {
            Some(_) => Reply::new(204, "", ""),
            None => Reply::json(404, "{}"),
        },
        _ => Reply::json(405, "{}").with("Allow", "PATCH, DELETE"),
    }
}

/// Runs the pack of the document. Returns the output, and what is there afterwards.
fn run(is_silent: bool) -> (String, BTreeMap<u64, String>, Vec<Received>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokens.json"), document().to_string()).unwrap();
    let import = ["import", "openapi", "tokens.json", "--name", "tokens", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let there = Arc::new(Mutex::new(BTreeMap::from([(1, "of-somebody".to_owned())])));
    let shared = Arc::clone(&there);
    let server = Server::start(move |asked| api(asked, &shared, is_silent));
    let done = done(failspec(folder.path()).args(["run", "tokens", "--packs", ".", "--url", &server.url]));
    let there = there.lock().unwrap().clone();
    (done.stdout, there, server.received())
}

#[test]
fn an_id_that_only_the_list_tells_is_found_by_the_name_that_was_sent() {
    let (output, there, received) = run(false);
    let others = BTreeMap::from([(1, "of-somebody".to_owned())]);
    assert_eq!(there, others, "{output}");
    assert!(!output.contains("could not remove"), "{output}");
    // The change of a thing of the run is asked, and what is wrong with it found.
    assert!(output.contains("the request broke the server: HTTP 500"), "{output}");
    let is_change = |it: &&Received| it.method == "PATCH" && it.path.starts_with("/tokens/1");
    assert!(received.iter().filter(is_change).count() > 3, "{output}");
    assert!(received.iter().all(|it| it.path != "/tokens/1"), "{output}");
}

#[test]
fn what_no_list_shows_is_listed_as_left_and_nothing_else_is_changed() {
    let (output, there, received) = run(true);
    assert_eq!(there[&1], "of-somebody", "{output}");
    assert!(output.contains("could not remove"), "{output}");
    assert!(received.iter().all(|it| it.path != "/tokens/1"), "{output}");
}
