//! Things that cases which only read have in common are made once and removed once, whatever happens in between.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    thread::sleep,
    time::Duration,
};

use serde_json::Value;

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const CONTRACT: &str = tiny_contract!(
    "\
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
"
);

/// Four cases that read a note which the setup makes, and one that changes it.
const SCENARIOS: &str = "\
contract: tiny
scenarios:
  limits:
    triggers: invalid
    setup: [{ request: POST /notes, json: { name: \"${unique}\" }, capture: { note: /id } }]
    request: GET /notes/{note}
    query: { limit: \"${limit}\" }
    control: { query: { limit: 1 } }
    teardown: [{ request: \"DELETE /notes/{note}\" }]
    each:
      text: { limit: text }
      negative: { limit: -1 }
      zero: { limit: 0 }
  part:
    triggers: absent
    setup: [{ request: POST /notes, json: { name: \"${unique}\" }, capture: { note: /id } }]
    request: GET /notes/{note}/none
    control: { request: \"GET /notes/{note}\", query: { limit: 1 } }
    teardown: [{ request: \"DELETE /notes/{note}\" }]
  part_of_part:
    triggers: absent
    setup: [{ request: POST /notes, json: { name: \"${unique}\" }, capture: { note: /id } }]
    request: GET /notes/{note}/none/none
    control: { request: \"GET /notes/{note}\", query: { limit: 1 } }
    teardown: [{ request: \"DELETE /notes/{note}\" }]
  change:
    triggers: invalid
    setup: [{ request: POST /notes, json: { name: \"${unique}\" }, capture: { note: /id } }]
    request: PUT /notes/{note}
    json: {}
    control: { json: { text: x } }
    teardown: [{ request: \"DELETE /notes/{note}\" }]
";

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, format!("{{\"error\":\"{code}\"}}"))
}

/// How a server of notes differs from the right one.
#[derive(Default)]
struct Notes {
    /// It takes any limit.
    any_limit: bool,
    /// A note is gone after it was read this often.
    reads: Option<usize>,
    /// It removes nothing.
    keeps: bool,
    /// A read takes this long.
    delay: Duration,
}

/// The notes that are there, each with the number of its reads.
type There = Arc<Mutex<HashMap<String, usize>>>;

impl Notes {
    fn start(self) -> (Server, There) {
        let there = There::default();
        let (notes, made) = (Arc::clone(&there), Mutex::new(0));
        let server = Server::start(move |request: &Received| {
            let line = request.line();
            let (method, url) = line.split_once(' ').unwrap_or_default();
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            let id = path.split('/').nth(2).unwrap_or_default().to_owned();
            if method == "POST" {
                let mut made = made.lock().unwrap();
                *made += 1;
                notes.lock().unwrap().insert(format!("n{made}"), 0);
                return Reply::json(201, format!("{{\"id\":\"n{made}\"}}"));
            }
            if method == "GET" {
                sleep(self.delay);
            }
            let mut notes = notes.lock().unwrap();
            let Some(reads) = notes.get_mut(&id) else { return error(404, "absent") };
            *reads += 1;
            if self.reads.is_some_and(|most| *reads > most) {
                return error(404, "absent");
            }
            match method {
                "DELETE" if self.keeps => error(500, "broken"),
                "DELETE" => {
                    notes.remove(&id);
                    Reply::json(200, "{}")
                }
                "PUT" if request.body == b"{}" => error(400, "invalid"),
                "GET" if path.ends_with("none") => error(404, "absent"),
                "GET" if query != "limit=1" && !self.any_limit => error(400, "invalid"),
                _ => Reply::json(200, "{}"),
            }
        });
        (server, there)
    }
}

fn run(server: &Server, more: &[&str]) -> (Done, Value) {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let mut command = failspec(folder.path());
    command.args(["run", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]).args(more);
    let done = done(&mut command);
    let report = std::fs::read_to_string(folder.path().join("r.json"))
        .unwrap_or_else(|error| panic!("{error}: {}", done.all()));
    (done, serde_json::from_str(&report).unwrap())
}

fn sent(server: &Server, method: &str) -> usize {
    server.lines().iter().filter(|line| line.starts_with(method)).count()
}

#[test]
fn cases_that_only_read_use_the_same_things() {
    for jobs in ["1", "8"] {
        let (server, there) = Notes::default().start();
        let (done, report) = run(&server, &["--jobs", jobs]);
        done.exits(0).says("6 passed");
        // Two controls with a note each, one note for all that read, and one for the case that changes it.
        assert_eq!((sent(&server, "POST"), sent(&server, "DELETE")), (4, 4), "{:?}", server.lines());
        assert_eq!((sent(&server, "GET"), sent(&server, "PUT")), (1 + 5, 1 + 1));
        assert!(there.lock().unwrap().is_empty());
        // Each report is complete; that of the first case has the removal.
        for case in report["cases"].as_array().unwrap() {
            let phases = case["exchanges"].as_array().unwrap().iter().map(|it| it["phase"].as_str().unwrap());
            let phases: Vec<&str> = phases.collect();
            assert!(phases.contains(&"setup") && phases.contains(&"request"), "{case:#}");
            let is_first = case["index"] == 0 || case["name"] == "tiny::invalid::change";
            assert_eq!(phases.contains(&"teardown"), is_first, "{case:#}");
        }
    }
}

#[test]
fn shared_things_that_cannot_be_removed_are_left_over() {
    let (server, _) = Notes { keeps: true, ..Notes::default() }.start();
    let (done, report) = run(&server, &["--jobs", "1"]);
    done.says("that a teardown could not remove").says("DELETE ");
    let left =
        report["cases"].as_array().unwrap().iter().flat_map(|case| case["left_behind"].as_array().unwrap());
    // What is left is listed once: a control that leaves something serves no other case.
    let left: Vec<&Value> = left.collect();
    assert_eq!(left.len(), sent(&server, "POST"), "{left:#?}");
}

#[test]
fn shared_things_are_removed_when_the_run_is_cut_short() {
    let (server, there) = Notes { delay: Duration::from_millis(200), ..Notes::default() }.start();
    let (done, _) = run(&server, &["--jobs", "1", "--max-time", "500ms"]);
    done.exits(4);
    assert!(there.lock().unwrap().is_empty(), "{:?}", server.lines());
}

#[test]
fn shared_thing_that_is_gone_convicts_nobody() {
    // A note can be read twice: enough for each case alone, and not for all together.
    let (server, _) = Notes { reads: Some(2), ..Notes::default() }.start();
    let (done, report) = run(&server, &["--jobs", "1"]);
    done.exits(0).says("6 passed");
    assert!(report["cases"].as_array().unwrap().iter().any(|case| case["rerun"] == "own_things"));
    // A violation is one with things of the case's own as well.
    let (server, there) = Notes { any_limit: true, ..Notes::default() }.start();
    let (done, report) = run(&server, &[]);
    done.exits(1).says("3 failed");
    let failed = report["cases"].as_array().unwrap().iter().filter(|case| case["outcome"] == "failed");
    for case in failed {
        assert!(case["exchanges"].as_array().unwrap().iter().all(|it| it["same_as"].is_null()), "{case:#}");
    }
    assert!(there.lock().unwrap().is_empty(), "{:?}", server.lines());
}

const DOCUMENT: &str = r#"
openapi: 3.0.3
info: { title: Notes, version: "1" }
paths:
  /notes:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
  /notes/{note_id}:
    parameters: [{ name: note_id, in: path, required: true, schema: { type: string } }]
    patch:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
      responses: { '200': { description: changed }, '404': { description: absent } }
    delete:
      responses: { '204': { description: gone }, '404': { description: absent } }
components:
  schemas:
    Note: { type: object, required: [name], properties: { name: { type: string }, size: { type: integer }, text: { type: string } } }
"#;

#[test]
fn what_was_changed_is_changed_again_and_blamed_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "notes.yaml", "--name", "notes", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let run = |spoils: bool| {
        let (there, made) = (Mutex::new(HashMap::<String, bool>::new()), Mutex::new(0));
        let server = Server::start(move |request: &Received| {
            let mut there = there.lock().unwrap();
            let id = request.path.rsplit('/').next().unwrap_or_default().to_owned();
            let body: Option<Value> = serde_json::from_slice(&request.body).ok();
            let is_note = body.as_ref().is_some_and(Value::is_object);
            match (request.method.as_str(), there.get(&id)) {
                ("POST", _) if request.path == "/notes" && is_note => {
                    let mut made = made.lock().unwrap();
                    *made += 1;
                    there.insert(made.to_string(), false);
                    Reply::json(201, format!("{{\"id\":\"{made}\"}}"))
                }
                ("POST", _) => Reply::json(400, "{}"),
                (_, None) => Reply::json(404, "{}"),
                ("DELETE", _) => {
                    there.remove(&id);
                    Reply::new(204, "text/plain", "")
                }
                ("PATCH", Some(true)) => Reply::json(500, "{}"),
                ("PATCH", _) if is_note => {
                    // With a text that is empty it can never be changed again.
                    let is_empty = body.and_then(|body| Some(body.get("text")?.as_str()?.is_empty()));
                    there.insert(id, spoils && is_empty == Some(true));
                    Reply::json(200, "{}")
                }
                _ => Reply::json(400, "{}"),
            }
        });
        let mut command = failspec(folder.path());
        command.args(["run", "notes", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]);
        let done = done(command.args(["--jobs", "1"]));
        let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert!(report["cases"].to_string().contains("/notes/"), "{}", done.all());
        (server, report)
    };
    let changes = |report: &Value| {
        let cases = report["cases"].as_array().unwrap();
        cases.iter().filter(|case| case["operation"] == "PATCH /notes/{note_id}").count()
    };
    let breaks = |report: &Value| {
        let groups = report["finding_groups"].as_array().cloned().unwrap_or_default();
        groups.iter().filter(|group| group["check"] == "server-error").count()
    };
    let (server, report) = run(false);
    // The others are made for changes and removals.
    let cases = report["cases"].as_array().unwrap();
    let creations = cases.iter().filter(|case| case["operation"] == "POST /notes").count();
    let made = server.lines().iter().filter(|line| *line == "POST /notes").count();
    let most = creations + changes(&report) * 3 / 4;
    assert!(
        made < most,
        "{made} things, {creations} of them for creations, for {} changes",
        changes(&report)
    );
    assert_eq!(breaks(&report), 0);
    let all_gone = server.lines().iter().filter(|line| line.starts_with("DELETE ")).count();
    assert!(all_gone > 0);
    // That it can no longer be changed is the fault of an earlier case, and each is asked of a thing that nobody changed.
    let (_, spoilt) = run(true);
    assert_eq!(breaks(&spoilt), 0, "{spoilt:#}");
    let reruns =
        spoilt["cases"].as_array().unwrap().iter().filter(|case| case["rerun"] == "unchanged_things");
    assert!(reruns.count() > 0);
}

const NESTED: &str = r#"
openapi: 3.0.3
info: { title: Groups, version: "1" }
paths:
  /groups:
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string } } } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } } }
  /groups/{group_id}:
    parameters: [{ name: group_id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
  /groups/{group_id}/items:
    parameters: [{ name: group_id, in: path, required: true, schema: { type: string } }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], properties: { name: { type: string }, size: { type: integer }, text: { type: string } } } } } }
      responses: { '201': { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } } }
  /groups/{group_id}/items/{item_id}:
    parameters:
      - { name: group_id, in: path, required: true, schema: { type: string } }
      - { name: item_id, in: path, required: true, schema: { type: string } }
    get: { responses: { '200': { description: one }, '404': { description: absent } } }
    delete: { responses: { '204': { description: gone }, '404': { description: absent } } }
"#;

#[test]
fn what_accepted_things_were_created_in_is_used_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("groups.yaml"), NESTED).unwrap();
    let import = ["import", "openapi", "groups.yaml", "--name", "groups", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let mut groups = Vec::new();
    // A group may be gone with the last of its items.
    for goes_with_items in [false, true] {
        let there = Arc::new(Mutex::new(std::collections::BTreeSet::<String>::new()));
        let (own, count) = (Arc::clone(&there), Mutex::new(0));
        let server = Server::start(move |request: &Received| {
            let mut there = own.lock().unwrap();
            let path = request.path.clone();
            let is_item = path.contains("/items");
            let group = path.split('/').take(3).collect::<Vec<_>>().join("/");
            if request.method == "POST" {
                let is_object =
                    serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body.is_object());
                return match (is_item && !there.contains(&group), is_object) {
                    (true, _) => Reply::json(404, "{}"),
                    (_, false) => Reply::json(400, "{}"),
                    _ => {
                        let mut count = count.lock().unwrap();
                        *count += 1;
                        there.insert(format!("{path}/{count}"));
                        Reply::json(201, format!("{{\"id\":\"{count}\"}}"))
                    }
                };
            }
            match (request.method.as_str(), there.contains(&path)) {
                (_, false) => Reply::json(404, "{}"),
                ("DELETE", _) => {
                    there.retain(|known| *known != path && !known.starts_with(&format!("{path}/")));
                    let is_last = !there.iter().any(|known| known.starts_with(&format!("{group}/")));
                    if goes_with_items && is_item && is_last {
                        there.remove(&group);
                    }
                    Reply::new(204, "text/plain", "")
                }
                ("GET", _) => Reply::json(200, "{}"),
                _ => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
            }
        });
        let mut command = failspec(folder.path());
        command.args(["run", "groups", "--packs", ".", "--url", &server.url, "--report", "json=r.json"]);
        done(command.args(["--jobs", "1"]));
        let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let cases = report["cases"].as_array().unwrap();
        let creations: Vec<&Value> =
            cases.iter().filter(|case| case["operation"] == "POST /groups/{group_id}/items").collect();
        assert!(creations.len() > 20);
        // Only of a group that is not there the server says so.
        let lost = creations.iter().filter(|case| {
            case["observed"]["status"] == 404
                && case["fault"] != "unknown_id"
                && case["fault"] != "another_parent"
        });
        assert_eq!(lost.count(), 0, "{creations:#?}");
        assert!(there.lock().unwrap().is_empty(), "{:?}", there.lock().unwrap());
        groups.push(server.lines().iter().filter(|line| *line == "POST /groups").count());
    }
    // One is used for all, and one that is gone is made again.
    assert!(groups.iter().all(|made| *made < 45), "{groups:?}");
}
