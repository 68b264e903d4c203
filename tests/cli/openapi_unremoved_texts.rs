//! Leftovers whose id no response tells are listed: half a character hides it in one, and a key is shown once and never again. So is
//! what a case made under the name of another one.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use failspec_base::encoding::percent_decode;
use serde_json::{Value, json};

use crate::support::{Received, Reply, Server, done, failspec};

const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Groups, version: "1" }
paths:
  /groups:
    get: { responses: { '200': { description: all } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/New' } } } }
      responses: { '200': { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/New' } } } }, '409': { description: taken } }
  /groups/{groupId}:
    parameters: [{ name: groupId, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /keys:
    get: { responses: { '200': { description: all } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { expiration: { type: string, format: date-time } } } } } }
      responses: { '200': { description: made }, '400': { description: wrong } }
  /groups/search:
    get: { responses: { '200': { description: found } } }
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { since: { type: string, format: date-time } } } } } }
      responses: { '200': { description: found }, '400': { description: wrong } }
components:
  schemas:
    New: { type: object, required: [groupId], properties: { groupId: { type: string }, description: { type: string } } }
"##;

type Things = Arc<Mutex<BTreeSet<String>>>;

/// Returns the name of a group in a body that may have half a character in it, as a server reads it that keeps such texts.
fn group_of(body: &str) -> Option<String> {
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        return Some(json["groupId"].as_str()?.to_owned());
    }
    let (_, rest) = body.split_once("\"groupId\":")?;
    let (name, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(name.to_owned())
}

fn api(asked: &Received, things: &Things) -> Reply {
    let mut things = things.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let body = String::from_utf8_lossy(&asked.body);
    let json: Option<Value> = serde_json::from_str(&body).ok();
    let is_object = body.trim_start().starts_with('{') && body.trim_end().ends_with('}');
    match (asked.method.as_str(), path) {
        ("GET" | "HEAD", "/groups" | "/keys" | "/groups/search") => Reply::json(200, json!({ "count": 1 })),
        ("POST", "/groups/search") => Reply::json(200, json!({ "found": [] })),
        ("POST", "/keys") if json.as_ref().is_some_and(Value::is_object) => {
            let key = format!("key number {}", asked.number);
            things.insert(key.clone());
            Reply::json(200, json!({ "secret": key }))
        }
        ("POST", "/groups") => match group_of(&body).filter(|_| is_object) {
            Some(name) if things.contains(&format!("/groups/{name}")) => Reply::json(409, "{}"),
            Some(name) => {
                things.insert(format!("/groups/{name}"));
                Reply::new(200, "application/json", body.as_bytes())
            }
            None => Reply::json(400, "{}"),
        },
        (method, path) if things.contains(&*percent_decode(path)) => match method {
            "GET" | "HEAD" => Reply::json(200, "{}"),
            "DELETE" => {
                things.remove(&*percent_decode(path));
                Reply::json(204, "")
            }
            _ => Reply::json(405, "{}"),
        },
        _ => Reply::json(404, "{}"),
    }
}

#[test]
fn what_no_response_tells_the_id_of_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("groups.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "groups.yaml", "--name", "groups", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let things = Things::default();
    let shared = Arc::clone(&things);
    let server = Server::start(move |asked| api(asked, &shared));
    let run = ["run", "groups", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let lines: Vec<&str> =
        cases.filter_map(|case| case["left_behind"].as_array()).flatten().filter_map(Value::as_str).collect();
    let things = things.lock().unwrap();
    let left = |begin: &str| things.iter().filter(|thing| thing.starts_with(begin)).count();
    let listed = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert_eq!(left("/groups"), listed("/groups:"), "{things:#?}\n{lines:#?}");
    let keys = listed("/keys:");
    assert_eq!(left("key"), keys, "{things:#?}\n{lines:#?}");
    assert!(keys > 0, "{lines:#?}");
    // A search makes nothing.
    assert!(!lines.iter().any(|line| line.contains("/search")), "{lines:#?}");
}
