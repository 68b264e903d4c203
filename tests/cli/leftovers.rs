//! Resources that a control, or a fault that is not rejected, creates are removed or listed; and a failure after which something
//! happened all the same is a violation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const CONTRACT: &str = tiny_contract!(
    "\
failures:
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
"
);

const SCENARIO: &str = "\
contract: tiny
scenarios:
  without_a_text:
    triggers: invalid
    request: POST /notes
    json: { name: note }
    control: { json: { name: note, text: x }, capture: { note: /id } }
    teardown: [ { request: \"DELETE /notes/${note}\" } ]
";

/// Notes whose ids the server chooses. It accepts a note without a text if `lenient`.
fn notes(lenient: bool) -> (Server, Arc<Mutex<BTreeSet<usize>>>) {
    let there = Arc::<Mutex<BTreeSet<usize>>>::default();
    let (kept, next) = (Arc::clone(&there), Mutex::new(0));
    let server = Server::start(move |request: &Received| {
        let mut there = kept.lock().unwrap();
        let line = request.line();
        let id = line.rsplit('/').next().and_then(|id| id.parse::<usize>().ok());
        match (line.split(' ').next().unwrap(), id) {
            ("POST", _) if lenient || String::from_utf8_lossy(&request.body).contains("text") => {
                let mut next = next.lock().unwrap();
                *next += 1;
                there.insert(*next);
                Reply::json(201, format!("{{\"id\":{next}}}"))
            }
            ("POST", _) => Reply::json(400, "{\"error\":\"invalid\"}"),
            ("DELETE", Some(id)) if there.remove(&id) => Reply::json(204, ""),
            ("GET", Some(id)) if there.contains(&id) => Reply::json(200, "{\"id\":1}"),
            _ => Reply::json(404, "{\"error\":\"absent\"}"),
        }
    });
    (server, there)
}

fn run(scenarios: &str, server: &Server) -> Done {
    let folder = pack_with(CONTRACT, scenarios);
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url, "-v"]))
}

#[test]
fn control_is_removed_by_its_captured_id() {
    let (server, there) = notes(false);
    run(SCENARIO, &server).exits(0).never_says("left over");
    assert!(there.lock().unwrap().is_empty());
}

#[test]
fn accepted_fault_is_removed_by_its_captured_id() {
    let (server, there) = notes(true);
    run(SCENARIO, &server).exits(1).says("[not-rejected]").never_says("left over");
    assert!(there.lock().unwrap().is_empty());
}

#[test]
fn accepted_fault_that_nothing_removes_is_listed() {
    let (server, there) = notes(true);
    let without = SCENARIO.replace(", capture: { note: /id } }", " }");
    let without = without.split("    teardown:").next().unwrap();
    run(without, &server).exits(1).says("it was not rejected, and no teardown removed what it created");
    assert_eq!(there.lock().unwrap().len(), 2);
}

#[test]
fn id_that_the_response_lacks_is_said() {
    let (server, _) = notes(false);
    let wrong = SCENARIO.replace("note: /id", "note: /uuid");
    run(&wrong, &server).exits(3).says("nothing to capture as note in /uuid: the body has id");
}

#[test]
fn request_that_was_refused_and_done_all_the_same_is_a_violation() {
    // The server refuses the deletion of a note that is in use, and deletes it all the same.
    let api = |deletes: bool| {
        let there = Mutex::new(true);
        Server::start(move |request: &Received| {
            let mut there = there.lock().unwrap();
            match request.line().as_str() {
                line if line.starts_with("DELETE /notes/used") => {
                    *there = !deletes;
                    Reply::json(400, "{\"error\":\"invalid\"}")
                }
                line if line.starts_with("GET /notes/used") && !*there => {
                    Reply::json(404, "{\"error\":\"absent\"}")
                }
                line if line.starts_with("DELETE") => Reply::json(204, ""),
                _ => Reply::json(200, "{\"id\":1}"),
            }
        })
    };
    let scenarios = "\
contract: tiny
scenarios:
  used:
    triggers: invalid
    request: DELETE /notes/used
    control: { request: DELETE /notes/free }
    then: [ { request: GET /notes/used, expect: { status: 200 } } ]
";
    run(scenarios, &api(true)).exits(1).says("after the failure: step 1 of `then`").says("[after-failure]");
    run(scenarios, &api(false)).exits(0);
    // A step without `expect` decides nothing about the failure.
    let silent = scenarios.replace(", expect: { status: 200 }", "");
    run(&silent, &api(true)).exits(3);
}

/// Notes with the lowest free number. Somebody else takes a number as soon as it is free.
fn numbers() -> (Server, Arc<Mutex<BTreeMap<usize, &'static str>>>) {
    let there = Arc::new(Mutex::new(BTreeMap::from([(1, "theirs")])));
    let kept = Arc::clone(&there);
    let server = Server::start(move |request: &Received| {
        let mut there = kept.lock().unwrap();
        let id = request.path.rsplit('/').next().and_then(|id| id.parse::<usize>().ok());
        match (request.method.as_str(), id) {
            ("POST", _) if String::from_utf8_lossy(&request.body).contains("text") => {
                let free = (1..).find(|number| !there.contains_key(number)).unwrap();
                there.insert(free, "ours");
                Reply::json(201, format!("{{\"id\":{free},\"size\":2}}"))
            }
            ("POST", _) => Reply::json(400, "{\"error\":\"invalid\"}"),
            ("PUT", Some(id)) => {
                there.insert(id, "ours");
                Reply::json(200, "{}")
            }
            ("DELETE", Some(id)) if there.remove(&id).is_some() => {
                there.insert(id, "theirs");
                Reply::json(204, "")
            }
            _ => Reply::json(404, "{\"error\":\"absent\"}"),
        }
    });
    (server, there)
}

#[test]
fn number_that_was_removed_is_somebody_elses() {
    let removes = |later: &str| {
        format!(
            "\
contract: tiny
scenarios:
  without_a_text:
    triggers: invalid
    setup:
      - request: POST /notes
        json: {{ text: x }}
        capture: {{ note: /id }}
      - request: \"DELETE /notes/${{note}}\"{later}
    request: POST /notes
    json: {{ name: note }}
    control: {{ json: {{ text: z }}, capture: {{ own: /id }} }}
    teardown:
      - request: \"DELETE /notes/${{note}}\"
      - request: \"DELETE /notes/${{own}}\"
"
        )
    };
    let deleted = |server: &Server| {
        let lines = server.lines();
        lines.iter().filter(|line| *line == "DELETE /notes/2").count()
    };
    let (server, there) = numbers();
    run(&removes(""), &server).exits(0).never_says("left over");
    assert_eq!(deleted(&server), 1, "{:?}", server.lines());
    assert!(there.lock().unwrap().values().all(|owner| *owner == "theirs"));
    // What is made anew under the same number is removed.
    let (server, there) = numbers();
    run(&removes("\n      - request: \"PUT /notes/${note}\""), &server).exits(0).never_says("left over");
    assert_eq!(deleted(&server), 2, "{:?}", server.lines());
    assert!(there.lock().unwrap().values().all(|owner| *owner == "theirs"));
}

#[test]
fn removal_of_what_the_setup_made_does_not_hide_what_a_fault_made() {
    let scenario = "\
contract: tiny
scenarios:
  without_a_text:
    triggers: invalid
    setup: [ { request: POST /notes, json: { text: x }, capture: { made: /id } } ]
    request: POST /notes
    json: { name: note }
    control: { request: \"GET /notes/${made}\" }
    teardown: [ { request: \"DELETE /notes/${made}\" } ]
";
    let (server, there) = notes(true);
    run(scenario, &server).exits(1).says("it was not rejected, and no teardown removed what it created");
    assert_eq!(there.lock().unwrap().len(), 1);
    let (server, there) = notes(false);
    run(scenario, &server).exits(0).never_says("left over");
    assert!(there.lock().unwrap().is_empty());
}

/// The fault only reads; the control makes what it reads.
const READS: &str = "\
contract: tiny
scenarios:
  read_an_absent_note:
    triggers: invalid
    request: GET /notes/${unique}
    control: { setup: [ { request: POST /notes, json: { name: \"${unique}\" } } ] }
    teardown: [ { request: \"DELETE /notes/${unique}\" } ]
";

#[test]
fn refused_teardown_leaves_something_only_if_something_was_made() {
    // An API that says 403 or 401 of what is not there, or of everything.
    let server = |status: u16, refuses_all: bool| {
        let made = Mutex::new(BTreeSet::new());
        Server::start(move |request: &Received| {
            let mut made = made.lock().unwrap();
            let name = request.path.rsplit('/').next().unwrap_or_default().to_owned();
            match request.method.as_str() {
                "POST" => {
                    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                    made.insert(body["name"].as_str().unwrap().to_owned());
                    Reply::json(200, "{}")
                }
                "DELETE" if !refuses_all && made.remove(&name) => Reply::json(204, ""),
                "DELETE" => Reply::json(status, "{\"error\":\"forbidden\"}"),
                _ if made.contains(&name) => Reply::json(200, "{}"),
                _ => Reply::json(400, "{\"error\":\"invalid\"}"),
            }
        })
    };
    for status in [401, 403] {
        run(READS, &server(status, false)).exits(0).never_says("left over").never_says("left  ");
        let control = "what the control made is left";
        let done = run(READS, &server(status, true)).exits(0);
        assert!(done.all().contains("left  "), "{control}: {}", done.all());
        let setup =
            "    setup: [ { request: POST /notes, json: { name: \"x-${unique}\" } } ]\n    request: GET";
        let writes =
            READS.replacen("    request: GET", setup, 1).replacen("DELETE /notes/", "DELETE /notes/x-", 1);
        run(&writes, &server(status, true)).says("left over");
    }
}
