//! The last parameter of a path may be a value that an operation gives to what the path names, and no id of anything.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::support::{Received, Reply, Server, done, failspec};

/// Nodes, which nobody can create here, and users; both can be renamed. A node has tags, which are listed.
const DOCUMENT: &str = r"
openapi: 3.0.3
info: { title: Nodes, version: '1' }
paths:
  /nodes: { get: { responses: { '200': { description: all } } } }
  /nodes/{nodeId}:
    parameters: [{ name: nodeId, in: path, required: true, schema: { type: string, format: uint64 } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
  /nodes/{nodeId}/rename/{newName}:
    parameters:
      - { name: nodeId, in: path, required: true, schema: { type: string, format: uint64 } }
      - { name: newName, in: path, required: true, schema: { type: string } }
    post: { responses: { '200': { description: renamed }, '404': { description: absent } } }
  /nodes/{nodeId}/tags:
    parameters: [{ name: nodeId, in: path, required: true, schema: { type: string, format: uint64 } }]
    get: { responses: { '200': { description: all }, '404': { description: absent } } }
  /nodes/{nodeId}/tags/{tag}:
    parameters:
      - { name: nodeId, in: path, required: true, schema: { type: string, format: uint64 } }
      - { name: tag, in: path, required: true, schema: { type: string } }
    put: { responses: { '200': { description: tagged }, '404': { description: absent } } }
  /users:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string, format: uint64 } } } } } } }
  /users/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uint64 } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /users/{id}/rename/{newName}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string, format: uint64 } }
      - { name: newName, in: path, required: true, schema: { type: string } }
    post: { responses: { '200': { description: renamed }, '404': { description: absent } } }
";

#[derive(Debug, Default)]
struct State {
    /// The names of nodes and users, by path.
    names: BTreeMap<String, String>,
    tags: Vec<String>,
    /// The ids that were no numbers.
    no_numbers: Vec<String>,
}

fn api(asked: &Received, state: &Mutex<State>, renames_anybody: bool) -> Reply {
    let mut state = state.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let absent = || Reply::json(404, json!({ "error": "absent" }));
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    if let [_, id, ..] = segments.as_slice()
        && id.parse::<u64>().is_err()
    {
        state.no_numbers.push((*id).to_owned());
        return absent();
    }
    match (asked.method.as_str(), segments.as_slice()) {
        ("GET" | "HEAD", ["nodes"]) => Reply::json(200, "[]"),
        ("POST", ["users"]) => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let Some(name) = body["name"].as_str() else { return Reply::json(400, "{}") };
            let id = (asked.number + 10).to_string();
            state.names.insert(format!("users/{id}"), name.to_owned());
            Reply::json(201, json!({ "id": id }))
        }
        ("POST", [kind, id, "rename", name]) => {
            let known = state.names.get_mut(&format!("{kind}/{id}"));
            match known {
                Some(known) => {
                    (*name).clone_into(known);
                    Reply::json(200, "{}")
                }
                None if renames_anybody => Reply::json(200, "{}"),
                None => absent(),
            }
        }
        ("PUT", ["nodes", "1", "tags", tag]) => {
            state.tags.push((*tag).to_owned());
            Reply::json(200, "{}")
        }
        (method, [kind, id, rest @ ..]) if state.names.contains_key(&format!("{kind}/{id}")) => {
            match (method, rest) {
                ("GET" | "HEAD", [] | ["tags"]) => Reply::json(200, json!({ "id": id })),
                ("DELETE", []) if *kind == "users" => {
                    state.names.remove(&format!("{kind}/{id}"));
                    Reply::json(204, "")
                }
                _ => Reply::json(405, "{}"),
            }
        }
        _ => absent(),
    }
}

/// Returns what is left after a run, and the operations of the cases that failed for an unknown id.
fn run(renames_anybody: bool) -> (State, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("nodes.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "nodes.yaml", "--name", "nodes", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let names = BTreeMap::from([("nodes/1".to_owned(), "keep".to_owned())]);
    let state = Arc::new(Mutex::new(State { names, ..State::default() }));
    let shared = Arc::clone(&state);
    let server = Server::start(move |asked| api(asked, &shared, renames_anybody));
    let target = format!("[target.here]\nurl = \"{}\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), target).unwrap();
    let scenarios = fs::read_to_string(folder.path().join("scenarios/nodes/generated.yaml")).unwrap();
    assert!(scenarios.contains("PUT /nodes/{nodeId}/tags/{tag} (unknown id)"), "what is not asked is named");
    let run = [
        "run",
        "nodes",
        "--target",
        "here",
        "--packs",
        ".",
        "--report",
        "json=report.json",
        "--var",
        "node_id=1",
    ];
    let done = done(failspec(folder.path()).args(run));
    assert!([0, 1].contains(&done.code), "{} {}", done.stdout, done.stderr);
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let wrong = cases.filter(|case| {
        let findings = case["violations"].as_array().into_iter().chain(case["warnings"].as_array()).flatten();
        case["fault"] == "unknown_id" && findings.into_iter().any(|it| it["check"] == "not-rejected")
    });
    let mut wrong: Vec<String> =
        wrong.filter_map(|case| case["operation"].as_str()).map(str::to_owned).collect();
    wrong.dedup();
    let left = std::mem::take(&mut *state.lock().unwrap());
    (left, wrong)
}

#[test]
fn a_new_name_is_no_unknown_id_and_nothing_of_others_gets_it() {
    let (left, wrong) = run(false);
    // The one that was there has its name, nobody tagged it, and what was made is gone.
    assert_eq!(left.names, BTreeMap::from([("nodes/1".to_owned(), "keep".to_owned())]));
    assert_eq!(left.tags, Vec::<String>::new());
    assert_eq!(wrong, Vec::<String>::new());
    // An id that is a number in a text is one also where nothing has it.
    assert!(left.no_numbers.iter().all(|id| !id.starts_with("no-such")), "{:?}", left.no_numbers);
    // An API that renames what is not there is found.
    let (_, wrong) = run(true);
    assert_eq!(wrong, ["POST /nodes/{nodeId}/rename/{newName}", "POST /users/{id}/rename/{newName}"]);
}
