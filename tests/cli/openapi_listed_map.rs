//! The keys of a map that an API lists are values of a member that names such a thing.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Engines, each of a kind that the API lists by its name.
const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Engines, version: "1" }
paths:
  /enginespecs:
    get:
      responses:
        '200':
          description: all
          content:
            application/json:
              schema:
                type: object
                properties:
                  default: { type: string }
                  enginespecs: { type: object, additionalProperties: { type: object, properties: { spec: { type: string } } } }
  /engines:
    get: { responses: { '200': { description: all, content: { application/json: { schema: { type: array, items: { type: object } } } } } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
        '400': { description: no }
  /engines/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
"#;

type Engines = Mutex<BTreeMap<String, Value>>;

fn api(asked: &Received, engines: &Engines, knows_some: bool) -> Reply {
    let mut engines = engines.lock().unwrap();
    let id = asked.path.strip_prefix("/engines/").unwrap_or_default();
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET" | "HEAD", "/enginespecs") => {
            let specs = json!({ "old": { "deprecated": true }, "steam": { "spec": "x" } });
            Reply::json(200, json!({ "default": "steam", "enginespecs": specs }))
        }
        (_, "/enginespecs") => Reply::json(405, "{}").with("Allow", "GET, HEAD"),
        ("GET" | "HEAD", "/engines") => Reply::json(200, json!(engines.values().collect::<Vec<_>>())),
        ("POST", "/engines") => {
            let is_json = asked.header("content-type").is_some_and(|text| text == "application/json");
            let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
            let name = body.as_ref().and_then(|body| body.get("name"));
            match name {
                Some(Value::String(name)) if !knows_some || name == "steam" => {
                    let id = asked.number.to_string();
                    engines.insert(id.clone(), json!({ "id": id, "name": name }));
                    Reply::json(201, json!({ "id": id }))
                }
                Some(Value::String(_)) => Reply::json(400, json!({ "message": "no such name" })),
                _ => Reply::json(400, json!({ "message": "'name' must be a text" })),
            }
        }
        (_, "/engines") => Reply::json(405, "{}").with("Allow", "GET, HEAD, POST"),
        ("GET" | "HEAD" | "DELETE", _) if !engines.contains_key(id) => Reply::json(404, "{}"),
        ("GET" | "HEAD", _) => Reply::json(200, engines[id].to_string()),
        ("DELETE", _) => {
            engines.remove(id);
            Reply::new(204, "", "")
        }
        _ => Reply::json(405, "{}").with("Allow", "GET, HEAD, DELETE"),
    }
}

#[test]
fn a_name_of_a_listed_map_is_taken_where_one_is_refused() {
    for knows_some in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("engines.yaml"), DOCUMENT).unwrap();
        let import = ["import", "openapi", "engines.yaml", "--name", "engines", "--allow-writes"];
        done(failspec(folder.path()).args(import)).exits(0);
        let engines = Arc::new(Engines::default());
        let shared = Arc::clone(&engines);
        let server = Server::start(move |asked| api(asked, &shared, knows_some));
        let run = ["run", "engines", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
        let done = done(failspec(folder.path()).args(run));
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let read =
            |case: &&Value| case["name"].as_str().is_some_and(|name| name.contains("get_engines_id_valid"));
        let case = report["cases"].as_array().unwrap().iter().find(read);
        let outcome = case.map(|case| case["outcome"].as_str().unwrap_or_default());
        assert_eq!(outcome, Some("passed"), "{}", done.stdout);
        let listed = done.stdout.contains("took a value from a list of the API");
        assert_eq!(listed, knows_some, "{}", done.stdout);
        assert!(engines.lock().unwrap().is_empty(), "{}", done.stdout);
    }
}
