//! Values that no document tells, and that a refusal tells in its way: a text that another thing has, members that it does not name, and
//! the thing from which a new one is made.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Shelves with a label that no other one has, teams that need one of two members, and branches that are made from others.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Any, version: "1" }
paths:
  /shelves:
    get: { responses: { '200': { $ref: '#/components/responses/All' } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [label, size], properties: { label: { type: string }, size: { type: integer, minimum: 1 } } } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no } }
  /shelves/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /teams:
    get: { responses: { '200': { $ref: '#/components/responses/All' } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string }, size: { type: integer, minimum: 1 }, notifyAll: { type: boolean }, everywhere: { type: boolean }, places: { type: array, items: { type: string } } } } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no } }
  /teams/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /branches:
    get: { responses: { '200': { description: all, content: { application/json: { schema: { type: object, properties: { branches: { type: array, items: { $ref: '#/components/schemas/Branch' } } } } } } } } }
    post:
      parameters: [{ name: name, in: query, required: true, schema: { type: string, minLength: 1 } }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Branch' } } } }
      responses: { '201': { $ref: '#/components/responses/Made' }, '400': { description: no }, '404': { description: no such branch }, '409': { description: there is one } }
  /branches/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
components:
  responses:
    All: { description: all, content: { application/json: { schema: { type: array, items: { type: object } } } } }
    Made: { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
  schemas:
    Branch: { type: object, required: [name, hash], properties: { name: { type: string }, hash: { type: string, pattern: '^[0-9a-f]{8,16}$' }, size: { type: integer, minimum: 1 } } }
"##;

/// Collection and id of a thing → its body.
type Things = BTreeMap<(String, String), Value>;

/// Returns the method of a request; HEAD asks for the headers of what GET reads.
fn as_get(asked: &Received) -> &str {
    if asked.method == "HEAD" { "GET" } else { &asked.method }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The API: `wrong` is the collection whose things may have the size 0.
fn api(asked: &Received, things: &Mutex<Things>, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let refused = |status: u16, why: &str| Reply::json(status, json!({ "error": why }).to_string());
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let (path, query) = asked.path_and_query();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let is_size = |kind: &str, own: &Value| {
        own.get("size").is_none_or(|size| {
            size.as_u64().is_some_and(|size| (1..1 << 31).contains(&size)) || kind == wrong && *size == 0
        })
    };
    match (as_get(asked), segments.as_slice()) {
        ("GET", [kind @ ("shelves" | "teams" | "branches")]) => {
            let all = things.iter().filter(|((own, _), _)| own == kind).map(|(_, it)| it.clone());
            let all: Value = all.collect();
            Reply::json(200, if *kind == "branches" { json!({ "branches": all }) } else { all }.to_string())
        }
        ("POST", [kind @ ("shelves" | "teams" | "branches")]) => {
            let Some(body) = body.filter(|body| body.is_object() && is_size(kind, body)) else {
                return refused(400, "invalid");
            };
            let mut id = asked.number.to_string();
            match *kind {
                "shelves" => {
                    if !body["label"].is_string() || body.get("size").is_none() {
                        return refused(400, "invalid");
                    }
                    let has = |it: &Value| it["label"] == body["label"];
                    if things.iter().any(|((own, _), it)| own == "shelves" && has(it)) {
                        return refused(400, "Shelf already exists.");
                    }
                }
                "teams" => {
                    let is_kind = |name: &str, is: fn(&Value) -> bool| body.get(name).is_none_or(is);
                    let is_texts =
                        |it: &Value| it.as_array().is_some_and(|it| it.iter().all(Value::is_string));
                    let is_right = body["name"].is_string()
                        && is_kind("everywhere", Value::is_boolean)
                        && is_kind("notifyAll", Value::is_boolean)
                        && is_kind("places", is_texts);
                    if !is_right {
                        return refused(400, "invalid");
                    }
                    assert_ne!(body["notifyAll"], true, "nobody is notified");
                    let has_places = body["places"].as_array().is_some_and(|it| !it.is_empty());
                    if body["everywhere"] != true || has_places {
                        return refused(400, "Please pick some of them, or all of them!");
                    }
                }
                _ => {
                    let (Some(name), Some(hash)) = (body["name"].as_str(), body["hash"].as_str()) else {
                        return refused(400, "invalid");
                    };
                    let is_hash = (8..=16).contains(&hash.len())
                        && hash.bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it));
                    let own = query.split('&').find_map(|it| it.strip_prefix("name="));
                    let own = own.map(|own| decoded(&own.replace('+', " ")));
                    let Some(own) = own.filter(|own| is_hash && !own.is_empty()) else {
                        return refused(400, "invalid");
                    };
                    let origin = things.get(&("branches".to_owned(), name.to_owned()));
                    if origin.is_none_or(|it| it["hash"] != hash) {
                        return refused(404, &format!("reference '{name}' not found"));
                    }
                    id = own.clone();
                    let made = json!({ "name": own, "hash": hash });
                    let is_new = things.insert((kind.to_string(), id.clone()), made).is_none();
                    return match is_new {
                        true => Reply::json(201, json!({ "id": id }).to_string()),
                        false => refused(409, "there is one"),
                    };
                }
            }
            things.insert((kind.to_string(), id.clone()), body);
            Reply::json(201, json!({ "id": id }).to_string())
        }
        ("GET" | "DELETE", [kind, id]) => {
            let id = decoded(id);
            let key = (kind.to_string(), id.clone());
            match things.get(&key).cloned() {
                None => refused(404, "none"),
                Some(it) if asked.method != "DELETE" => Reply::json(200, it.to_string()),
                Some(_) => {
                    assert!(id != "main", "the branch of others is removed");
                    things.remove(&key);
                    Reply::new(204, "", "")
                }
            }
        }
        (_, ["shelves" | "teams" | "branches"]) => Reply::json(405, "{}").with("Allow", "GET, POST"),
        (_, ["shelves" | "teams" | "branches", _]) => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
        _ => refused(404, "none"),
    }
}

fn run(wrong: &'static str) -> (Done, Value, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("any.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "any.yaml", "--name", "any", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    done(failspec(folder.path()).args(["lint", "--packs", "."])).exits(0).says("0 errors, 0 warnings");
    let main = json!({ "name": "main", "hash": "0123456789abcdef" });
    let things = Things::from([(("branches".to_owned(), "main".to_owned()), main)]);
    let things = Arc::new(Mutex::new(things));
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared, wrong));
    let run = ["run", "any", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().len() - 1;
    (done, serde_json::from_str(&report).unwrap(), left)
}

/// Returns the number of cases with this reason for a second request.
fn again(report: &Value, rerun: &str) -> usize {
    report["cases"].as_array().unwrap().iter().filter(|case| case["rerun"] == rerun).count()
}

#[test]
fn what_only_a_refusal_tells_is_found_out() {
    let (done, report, left) = run("nothing");
    assert_eq!((done.code, left), (0, 0), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    for rerun in ["own_text", "members_added", "listed_value"] {
        assert!(again(&report, rerun) > 0, "{rerun}: {}", done.stdout);
    }
    // That teams need one of two members is the only thing that the document should say.
    let rows = report["finding_groups"].as_array().cloned().unwrap_or_default();
    let rows: Vec<&str> = rows.iter().filter_map(|row| row["check"].as_str()).collect();
    assert_eq!(rows, ["undeclared-requirement"], "{}", done.stdout);
}

#[test]
fn what_is_wrong_behind_it_shows() {
    for wrong in ["shelves", "teams", "branches"] {
        let (done, report, left) = run(wrong);
        assert_eq!((done.code, left), (1, 0), "{wrong}: {}", done.stdout);
        let cases = report["cases"].as_array().unwrap();
        let failed = cases.iter().filter(|case| !case["violations"].as_array().unwrap().is_empty());
        let failed: Vec<&str> =
            failed.filter_map(|case| case["name"].as_str()?.rsplit("::").next()).collect();
        assert_eq!(failed, [format!("post_{wrong}_size_below_minimum")], "{}", done.stdout);
    }
}
