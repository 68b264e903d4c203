//! References that a document does not require, to things that only the run can have made below the same parent.

use std::fs;

use crate::support::{done, failspec};
use serde_json::{Value, json};

/// Projects with keys and stores in them. The creation of a key tells no id.
fn document(collection: &str, required: &[&str]) -> Value {
    let id = json!({ "type": "integer", "minimum": 1 });
    let body =
        |schema: Value| json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    let answer = |schema: Value| json!({ "description": "done", "content": { "application/json": { "schema": schema } } });
    let none = json!({ "description": "none" });
    let made = json!({ "type": "object", "required": ["id"], "properties": { "id": id } });
    let project = json!({ "name": "project_id", "in": "path", "required": true, "schema": id });
    let text = json!({ "type": "string" });
    let item = |name: &str| {
        let own = json!({ "name": name, "in": "path", "required": true, "schema": id });
        json!({ "parameters": [project, own], "delete": { "responses": { "204": none, "400": none, "404": none } } })
    };
    let mut paths = json!({
        "/projects": { "post": {
            "requestBody": body(json!({ "type": "object", "required": ["name"], "properties": { "name": text } })),
            "responses": { "201": answer(made.clone()), "400": none }
        } },
        "/projects/{project_id}": {
            "parameters": [project], "delete": { "responses": { "204": none, "400": none, "404": none } }
        },
        "/projects/{project_id}/keys": { "parameters": [project], "post": {
            "requestBody": body(json!({ "type": "object", "properties": { "name": text } })),
            "responses": { "204": none, "400": none, "404": none }
        } },
        "/projects/{project_id}/keys/{key_id}": item("key_id"),
    });
    let members = json!({ "name": text, "ssh_key_id": { "type": "integer" }, "size": { "type": "integer" } });
    paths[format!("/projects/{{project_id}}/{collection}")] = json!({ "parameters": [project], "post": {
        "requestBody": body(json!({ "type": "object", "required": required, "properties": members })),
        "responses": { "201": answer(made), "400": none, "404": none }
    } });
    paths[format!("/projects/{{project_id}}/{collection}/{{thing_id}}")] = item("thing_id");
    json!({ "openapi": "3.1.0", "info": { "title": "Stores", "version": "1" }, "paths": paths })
}

/// Imports the document. Returns the scenarios.
fn scenarios(document: &Value) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stores.json"), document.to_string()).unwrap();
    let import = ["import", "openapi", "stores.json", "--name", "stores", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    fs::read_to_string(folder.path().join("scenarios/stores/generated.yaml")).unwrap()
}

#[test]
fn a_reference_that_nothing_requires_is_to_a_thing_of_the_run_below_the_same_parent() {
    for (collection, required, expected) in [
        ("stores", &[][..], true),
        // The document says what is needed.
        ("stores", &["name"], false),
        // With what it refers to, it would start something.
        ("schedules", &[], false),
    ] {
        let generated = scenarios(&document(collection, required));
        let makes = format!("\"POST /projects/{{made}}/{collection}\"");
        let bodies: Vec<&str> =
            generated.split(&makes).skip(1).filter_map(|rest| rest.lines().nth(1)).collect();
        assert!(!bodies.is_empty(), "{collection} {required:?}: {generated}");
        let is_linked = |body: &&&str| body.contains("ssh_key_id: \"${made_2}\"");
        assert_eq!(
            bodies.iter().any(|body| is_linked(&body)),
            expected,
            "{collection} {required:?}: {bodies:?}"
        );
        // What tells no id has a name of the run.
        let mut keys =
            generated.split("\"POST /projects/{made}/keys\"").skip(1).filter_map(|rest| rest.lines().nth(1));
        assert!(keys.any(|body| body.contains("name: \"${unique}")), "{generated}");
    }
}
