//! Operations whose path has no id, and whose query or body names what they act on: they are asked for what the run created, or for
//! what nobody has.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::support::{Received, Reply, Server, done, failspec};

/// Keys, which an action expires and a query removes; sessions, which nobody can create here; pools, which are changed several at once.
const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Keys, version: '1' }
paths:
  /keys:
    get: { responses: { '200': { description: all } } }
    post:
      summary: Create a key
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { days: { type: integer } } } } } }
      responses: { '200': { description: made, content: { application/json: { schema: { type: object, required: [key], properties: { key: { type: object, required: [id], properties: { id: { type: string, format: uint64 } } } } } } } } }
    delete:
      operationId: deleteKey
      summary: Delete a key
      parameters: [{ name: id, in: query, schema: { type: string, format: uint64 } }]
      responses: { '200': { description: gone }, '400': { description: wrong }, '404': { description: absent } }
  /keys/expire:
    post:
      summary: Expire a key
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { id: { type: string, format: uint64 } } } } } }
      responses: { '200': { description: expired, content: { application/json: { schema: { type: object } } } }, '400': { description: wrong }, '404': { description: absent } }
  /sessions/approve:
    post:
      summary: Approve a pending session
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { authId: { type: string } } } } } }
      responses: { '200': { description: approved }, '400': { description: wrong }, '404': { description: absent } }
  /pools:
    get: { responses: { '200': { description: all } } }
    patch:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [actions], properties: { actions: { type: array, items: { oneOf: [{ $ref: '#/components/schemas/Create' }, { $ref: '#/components/schemas/Remove' }] } } } } } } }
      responses: { '200': { description: done }, '400': { description: wrong } }
  /pools/{name}:
    parameters: [{ name: name, in: path, required: true, example: main, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
  /sessions/approve-all:
    post:
      summary: Approve all pending sessions
      requestBody: { content: { application/json: { schema: { type: object, properties: { authId: { type: string } } } } } }
      responses: { '200': { description: approved } }
components:
  schemas:
    Create: { type: object, required: [action, pool], properties: { action: { const: create }, pool: { type: string } } }
    Remove: { type: object, required: [action, pool], properties: { action: { const: remove }, pool: { type: string } } }
";

/// The keys by id, each with the number of times that it was expired.
#[derive(Debug, Default)]
struct State {
    keys: BTreeMap<u64, usize>,
    /// The ids that were to be approved; `all` is everything.
    approved: Vec<String>,
}

fn api(asked: &Received, state: &Mutex<State>, breaks: bool) -> Reply {
    let mut state = state.lock().unwrap();
    let (path, query) = asked.path_and_query();
    let body = serde_json::from_slice::<Value>(&asked.body).ok().filter(Value::is_object);
    let (absent, wrong) = (Reply::json(404, "{}"), |what: &str| Reply::json(400, json!({ "field": what })));
    let id = |text: Option<&str>| -> Result<u64, Reply> {
        let id: u64 = text.ok_or_else(|| wrong("id"))?.parse().map_err(|_| wrong("id"))?;
        match i64::try_from(id) {
            Ok(_) => Ok(id),
            Err(_) if breaks => Err(Reply::json(500, "{}")),
            Err(_) => Err(wrong("id")),
        }
    };
    let is_json = asked.header("content-type").is_none_or(|it| it.starts_with("application/json"));
    match (asked.method.as_str(), path) {
        ("GET" | "HEAD", "/keys") => Reply::json(200, "[]"),
        ("POST", _) if !is_json => Reply::json(415, "{}"),
        ("POST", "/keys") => {
            let Some(body) = body else { return wrong("body") };
            if body.get("days").is_some_and(|days| !days.is_i64()) {
                return wrong("days");
            }
            let new = asked.number as u64 + 100;
            state.keys.insert(new, 0);
            Reply::json(200, json!({ "key": { "id": new.to_string() } }))
        }
        ("DELETE", "/keys") => {
            let asked = query.split('&').find_map(|pair| pair.strip_prefix("id="));
            match id(asked) {
                Ok(id) => state.keys.remove(&id).map_or(absent, |_| Reply::json(200, "{}")),
                Err(refused) => refused,
            }
        }
        ("POST", "/keys/expire") => match body {
            Some(body) => match id(body["id"].as_str()) {
                Ok(id) => match state.keys.get_mut(&id) {
                    Some(times) => {
                        *times += 1;
                        Reply::json(200, "{}")
                    }
                    None => absent,
                },
                Err(refused) => refused,
            },
            None => wrong("body"),
        },
        ("POST", "/sessions/approve") => match body {
            Some(body) if body["authId"].is_string() => {
                state.approved.extend(body["authId"].as_str().map(str::to_owned));
                absent
            }
            Some(_) => wrong("authId"),
            None => wrong("body"),
        },
        ("GET" | "HEAD", "/pools") => Reply::json(200, json!([{ "name": "main" }])),
        ("GET" | "HEAD", "/pools/main") => Reply::json(200, json!({ "name": "main" })),
        ("GET" | "HEAD", _) if path.starts_with("/pools/") => absent,
        ("PATCH", "/pools") => match body.as_ref().and_then(|body| body["actions"].as_array()) {
            Some(items) if items.iter().any(Value::is_object) && breaks => Reply::json(500, "{}"),
            Some(items) if items.iter().all(|item| item.get("pool").is_none()) => wrong("actions"),
            Some(_) => {
                state.approved.push("all".to_owned());
                Reply::json(200, "{}")
            }
            None => wrong("actions"),
        },
        ("POST", "/sessions/approve-all") => match body {
            Some(body) if body.get("authId").is_none_or(Value::is_string) => {
                state.approved.push("all".to_owned());
                Reply::json(200, "{}")
            }
            _ => wrong("body"),
        },
        _ => Reply::json(405, "{}"),
    }
}

/// Returns what is there after a run, the requests, and the names of the cases with another outcome than passed.
fn run(breaks: bool) -> (State, Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "keys.yaml", "--name", "keys", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let state = Arc::new(Mutex::new(State { keys: BTreeMap::from([(1, 0), (7, 0)]), ..State::default() }));
    let shared = Arc::clone(&state);
    let server = Server::start(move |asked| api(asked, &shared, breaks));
    let run = ["run", "keys", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    assert!([0, 1].contains(&done.code), "{} {}", done.stdout, done.stderr);
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert!(!done.stdout.contains("\nleft "), "{}", done.stdout);
    let cases = report["cases"].as_array().unwrap().iter();
    let failed = cases.filter(|case| case["outcome"] != "passed").filter_map(|case| case["name"].as_str());
    let failed = failed.map(str::to_owned).collect();
    let left = std::mem::take(&mut *state.lock().unwrap());
    (left, server.lines(), failed)
}

#[test]
fn an_action_and_a_removal_by_query_are_asked_for_what_the_run_made_and_for_nothing_else() {
    let (left, lines, failed) = run(false);
    assert_eq!(left.keys, BTreeMap::from([(1, 0), (7, 0)]), "what was there is as it was");
    assert_eq!(failed, Vec::<String>::new());
    let approved = |text: &String| text.contains("failspec-");
    assert!(!left.approved.is_empty() && left.approved.iter().all(approved), "{:?}", left.approved);
    // Without an id, a server might take all.
    assert!(
        lines.iter().all(|line| !line.starts_with("DELETE /keys ") && line != "DELETE /keys"),
        "{lines:#?}"
    );
    let (_, _, failed) = run(true);
    let wanted = [
        "delete_key_id_most_of_64_bits",
        "post_keys_expire_id_most_of_64_bits",
        "patch_pools_actions_empty_item",
    ];
    assert!(wanted.iter().all(|name| failed.iter().any(|case| case.ends_with(name))), "{failed:#?}");
}
