//! Things that an operation makes of another one, such as a copy, are listed: no teardown knows them.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Threads, which can be copied and marked.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Threads, version: "1" }
paths:
  /threads:
    post:
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } }
      responses: { '201': { $ref: '#/components/responses/Thread' }, '400': { description: no } }
  /threads/{thread_id}:
    parameters: [{ name: thread_id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { $ref: '#/components/responses/Thread' }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /threads/{thread_id}/VERB:
    parameters: [{ name: thread_id, in: path, required: true, schema: { type: string } }]
    post: { responses: { '200': { $ref: '#/components/responses/Thread' }, '404': { description: none } } }
components:
  responses:
    Thread:
      description: a thread
      content:
        application/json: { schema: { type: object, required: [thread_id], properties: { thread_id: { type: string } } } }
"##;

type Threads = Arc<Mutex<BTreeSet<String>>>;

fn api(asked: &Received, threads: &Threads) -> Reply {
    let mut threads = threads.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let make = |threads: &mut BTreeSet<String>, status: u16| {
        let id = format!("thread-number-{}", asked.number);
        threads.insert(id.clone());
        Reply::json(status, json!({ "thread_id": id }))
    };
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (asked.method.as_str(), segments.as_slice()) {
        ("POST", ["threads"]) if body["name"].is_string() => make(&mut threads, 201),
        ("POST", ["threads"]) => Reply::json(400, "{}"),
        (method, ["threads", id, rest @ ..]) if threads.contains(*id) => match (method, rest) {
            ("GET", []) | ("POST", ["mark"]) => Reply::json(200, json!({ "thread_id": id })),
            ("DELETE", []) => {
                threads.remove(*id);
                Reply::json(204, "")
            }
            ("POST", ["copy"]) => make(&mut threads, 200),
            _ => Reply::json(405, "{}"),
        },
        _ => Reply::json(404, "{}"),
    }
}

/// Returns the threads that are left, and what the report says of them.
fn run(verb: &str) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("threads.yaml"), DOCUMENT.replace("VERB", verb)).unwrap();
    let import = ["import", "openapi", "threads.yaml", "--name", "threads", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let threads = Threads::default();
    let shared = Arc::clone(&threads);
    let server = Server::start(move |asked| api(asked, &shared));
    let target = format!("[target.here]\nurl = \"{}\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), target).unwrap();
    let run = ["run", "threads", "--target", "here", "--packs", ".", "--report", "json=report.json"];
    done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let lines = cases.filter_map(|case| case["left_behind"].as_array()).flatten();
    let lines =
        lines.filter_map(Value::as_str).filter(|line| line.contains(verb)).map(str::to_owned).collect();
    let left = threads.lock().unwrap().iter().cloned().collect();
    (left, lines)
}

#[test]
fn copies_of_a_thing_are_listed_and_no_more_than_a_few_are_made() {
    let (left, lines) = run("copy");
    assert!((1..=4).contains(&left.len()), "{left:?}");
    assert!(lines.iter().all(|line| line.contains("names another thing (thread_id ")), "{lines:?}");
    // Each of them once, also that of a control which several cases share.
    let is_listed = |id: &String| lines.iter().any(|line| line.contains(&format!("(thread_id {id})")));
    assert!(left.iter().all(is_listed), "{left:?} {lines:?}");
    assert_eq!(lines.len(), left.len(), "{lines:?}");
    // A response that names the thing itself has made nothing.
    assert_eq!(run("mark"), (Vec::new(), Vec::new()));
}
