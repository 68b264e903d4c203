//! Lists that must not be empty in one of the alternatives of a body.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

fn document() -> Value {
    let body = json!({ "oneOf": [
        { "type": "object", "required": ["name", "kind", "values"], "properties": {
            "name": { "type": "string" }, "kind": { "const": "listed" },
            "values": { "type": "array", "items": { "type": "object", "required": ["label"],
                "properties": { "label": { "type": "string" } } } } } },
        { "type": "object", "required": ["name", "kind"], "properties": {
            "name": { "type": "string" }, "kind": { "const": "free" } } },
    ] });
    let none = json!({ "description": "none" });
    let made = json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } });
    json!({
        "openapi": "3.1.0", "info": { "title": "Scales", "version": "1" },
        "paths": {
            "/scales": { "post": {
                "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
                "responses": { "201": { "description": "made", "content": { "application/json": { "schema": made } } },
                    "400": none, "415": none }
            } },
            "/scales/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer", "minimum": 1 } }],
                "delete": { "responses": { "204": none, "400": none, "404": none } }
            }
        }
    })
}

/// The API. One that is strict wants a value in each list, and says so.
fn api(asked: &Received, scales: &Mutex<BTreeMap<u64, Value>>, is_strict: bool) -> Reply {
    let error = |status, said: &str| Reply::json(status, json!({ "error": said }).to_string());
    let mut scales = scales.lock().unwrap();
    let id = asked.path.strip_prefix("/scales/").map(|id| id.parse::<u64>().ok().filter(|id| *id > 0));
    match (asked.method.as_str(), id) {
        ("POST", None)
            if !asked.header("content-type").is_some_and(|it| it.starts_with("application/json")) =>
        {
            error(415, "JSON only")
        }
        ("POST", None) => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let values = body["values"].as_array();
            let is_label = |item: &Value| item["label"].is_string();
            if !body["name"].is_string() || !["listed", "free"].iter().any(|kind| body["kind"] == *kind) {
                return error(400, "no");
            }
            if body["kind"] == "listed" {
                match values {
                    None => return error(400, "values must be a list"),
                    Some(values) if is_strict && values.is_empty() => {
                        return error(400, "values: Value error, Values must be non-empty");
                    }
                    Some(values) if !values.iter().all(is_label) => {
                        return error(400, "values[0].label must be a text");
                    }
                    Some(_) => {}
                }
            }
            let new = asked.number as u64 + 1000;
            scales.insert(new, body);
            Reply::json(201, json!({ "id": new }).to_string())
        }
        ("DELETE", Some(Some(id))) => match scales.remove(&id) {
            Some(_) => Reply::new(204, "", ""),
            None => error(404, "none"),
        },
        ("DELETE", Some(None)) => error(400, "bad id"),
        _ => error(405, "no").with("Allow", if id.is_some() { "DELETE" } else { "POST" }),
    }
}

#[test]
fn a_list_of_objects_that_must_not_be_empty_gets_an_item_in_an_alternative() {
    for is_strict in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("scales.json"), document().to_string()).unwrap();
        let import = ["import", "openapi", "scales.json", "--name", "scales", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let scales = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = Arc::clone(&scales);
        let server = Server::start(move |asked| api(asked, &shared, is_strict));
        let report = ["--report", "json=report.json"];
        done(
            failspec(folder.path())
                .args(["run", "scales", "--packs", ".", "--url", &server.url])
                .args(report),
        );
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert!(scales.lock().unwrap().is_empty());
        let rows: Vec<&Value> = report["finding_groups"].as_array().into_iter().flatten().collect();
        let is_told = rows.iter().any(|row| row["check"] == "undeclared-requirement");
        assert_eq!(is_told, is_strict, "{rows:#?}");
        let cases = report["cases"].as_array().unwrap();
        let is_undecided = |case: &&Value| case["outcome"] == "inconclusive";
        assert!(!cases.iter().any(|case| is_undecided(&case)), "{:#?}", cases.iter().find(is_undecided));
    }
}
