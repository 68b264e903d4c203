//! The one to blame: a wrong credential, a condition that is in force, a gateway's limit, a lag, another case. The API is
//! accused of none of these, and of its own faults still.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    contract_head::tiny_contract,
    support::{Done, Received, Reply, Server, done, failspec, pack_with},
};

const CONTRACT: &str = tiny_contract!(
    "\
requires:
  roles: { reader: may read, writer: may write }
failures:
  - { id: unauthorized, status: 401, code: unauthorized, summary: There is no credential }
  - { id: forbidden, status: 403, code: forbidden, summary: It is not allowed }
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: invalid, status: 400, code: invalid, summary: It is not valid }
  - { id: conflict, status: 409, code: conflict, summary: The name is taken }
"
);

fn run(contract: &str, scenarios: &str, server: &Server, more: &[&str]) -> Done {
    let folder = pack_with(contract, scenarios);
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url, "-v"]).args(more))
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(status, format!("{{\"error\":\"{code}\"}}"))
}

const ROLES: &str = "\
contract: tiny
scenarios:
  no_token: { triggers: unauthorized, request: GET /notes/1, control: { as: reader } }
  reader_writes: { triggers: forbidden, as: reader, request: POST /notes, json: { text: x }, control: { as: writer } }
  absent: { triggers: absent, as: reader, request: GET /notes/absent, control: { request: GET /notes/1 } }
  no_text: { triggers: invalid, as: writer, request: POST /notes, json: {}, control: { json: { text: x } } }
";

/// Notes of which a reader may read and a writer write; `refuses` says which requests are refused all the same.
fn notes(refuses: fn(&str, &str) -> Option<u16>) -> Server {
    Server::start(move |request: &Received| {
        let token = request.header("authorization").unwrap_or_default().to_owned();
        let line = request.line();
        if let Some(status) = refuses(&line, &token) {
            return error(status, if status == 403 { "forbidden" } else { "unauthorized" });
        }
        match (token.as_str(), line.as_str()) {
            ("Bearer reading", "POST /notes") => error(403, "forbidden"),
            ("Bearer reading" | "Bearer writing", line) => match line {
                "GET /notes/1" => Reply::json(200, "{}"),
                "POST /notes" if request.body == b"{}" => error(400, "invalid"),
                "POST /notes" => Reply::json(200, "{}"),
                _ => error(404, "absent"),
            },
            _ => error(401, "unauthorized"),
        }
    })
}

#[test]
fn credentials_of_a_role_that_are_refused_everywhere_are_not_the_apis_fault() {
    let roles = ["--role", "reader=bearer:env:READER", "--role", "writer=bearer:env:WRITER"];
    let with = |server: &Server, reader: &str| {
        let contract =
            CONTRACT.lines().filter(|line| !line.contains("conflict")).collect::<Vec<_>>().join("\n");
        let folder = pack_with(&contract, ROLES);
        let mut command = failspec(folder.path());
        command.args(["run", "--packs", ".", "--url", &server.url, "-v"]).args(roles);
        done(command.env("READER", reader).env("WRITER", "writing"))
    };
    with(&notes(|_, _| None), "reading").exits(0);
    with(&notes(|_, _| None), "expired")
        .exits(3)
        .says("every request with the credentials of the role reader was refused (HTTP 401)")
        .says("1 passed")
        .never_says("[control]");
    // Refused here and accepted there, the credentials are right, and the API is wrong.
    let in_part = notes(|line, token| (line == "GET /notes/1" && token == "Bearer reading").then_some(401));
    with(&in_part, "reading").exits(1).says("[control]");
    // A role that is refused as documented is not refused everywhere.
    let forbids = notes(|line, token| (line == "POST /notes" && token == "Bearer reading").then_some(403));
    with(&forbids, "reading").exits(0);
}

const ABSENT: &str = "\
contract: tiny
scenarios:
  read: { triggers: absent, request: GET /notes/absent, control: { request: GET /notes/1 } }
";

/// The contract with these failures alone, and without roles.
fn of(failures: &[&str]) -> String {
    let is_kept = |line: &&str| {
        let mut kept = failures.iter().map(|id| format!("{{ id: {id},"));
        !line.contains("{ id:") || kept.any(|id| line.contains(&id))
    };
    let lines: Vec<&str> = CONTRACT.lines().filter(is_kept).collect();
    lines.join("\n").replace("requires:\n  roles: { reader: may read, writer: may write }\n", "")
}

#[test]
fn page_of_a_limit_in_front_of_the_api_is_not_the_apis() {
    let page = |status: u16| {
        let title = format!("<html><head><title>{status} Refused</title></head></html>");
        Server::start(move |request: &Received| match request.line().as_str() {
            "GET /notes/1" => Reply::json(200, "{}"),
            _ => Reply::html(status, &title),
        })
    };
    for status in [403, 413, 414, 431] {
        run(&of(&["absent"]), ABSENT, &page(status), &[])
            .exits(3)
            .says("as a server or gateway in front of it");
    }
    // Other statuses may be those of a framework, and the body of a documented failure is the API's own.
    for status in [400, 404, 406] {
        run(&of(&["absent"]), ABSENT, &page(status), &[]).exits(1);
    }
    let documented = of(&["absent"]).replace("absent, status: 404", "absent, status: 413");
    run(&documented, ABSENT, &page(413), &[]).exits(1);
    // JSON comes from the API.
    let json = Server::start(|request: &Received| match request.line().as_str() {
        "GET /notes/1" => Reply::json(200, "{}"),
        _ => error(413, "too_large"),
    });
    run(&of(&["absent"]), ABSENT, &json, &[]).exits(1);
    // 403 without a page may be the API's.
    let empty = Server::start(|request: &Received| match request.line().as_str() {
        "GET /notes/1" => Reply::json(200, "{}"),
        _ => Reply::new(403, "text/plain", ""),
    });
    run(&of(&["absent"]), ABSENT, &empty, &[]).exits(1);
}

const CREATED: &str = "\
contract: tiny
scenarios:
  change_without_a_text:
    triggers: invalid
    setup: [ { request: POST /notes, json: { text: x }, capture: { note: /id } } ]
    request: \"PUT /notes/${note}\"
    json: {}
    control: { json: { text: z } }
    teardown: [ { request: \"DELETE /notes/${note}\" } ]
";

/// Notes that are known only some time after they are created; `forgets` decides that one is never known.
fn lagging(lag: Duration, forgets: bool) -> (Server, &'static Mutex<BTreeMap<String, Instant>>) {
    let notes: &'static Mutex<BTreeMap<String, Instant>> = Box::leak(Box::default());
    let next = AtomicUsize::new(0);
    let server = Server::start(move |request: &Received| {
        let mut notes = notes.lock().unwrap();
        let line = request.line();
        let (method, path) = line.split_once(' ').unwrap();
        let valid = String::from_utf8_lossy(&request.body).contains("text");
        if method == "POST" {
            let id = next.fetch_add(1, SeqCst).to_string();
            notes.insert(id.clone(), Instant::now());
            return Reply::json(201, format!("{{\"id\":\"n{id}\"}}"));
        }
        let id = path.trim_start_matches("/notes/n").to_owned();
        match notes.get(&id) {
            Some(made) if !forgets && made.elapsed() >= lag => match method {
                "PUT" if !valid => error(400, "invalid"),
                "DELETE" => {
                    notes.remove(&id);
                    Reply::json(204, "")
                }
                _ => Reply::json(200, "{}"),
            },
            _ => error(404, "absent"),
        }
    });
    (server, notes)
}

#[test]
fn what_was_just_created_is_waited_for() {
    let (server, notes) = lagging(Duration::from_millis(400), false);
    run(&of(&["invalid"]), CREATED, &server, &[])
        .exits(0)
        .says("sent a request again until the API knew what it had just created")
        .never_says("left over");
    assert!(notes.lock().unwrap().is_empty());
    // What never comes is not waited for without end, and is listed.
    let (server, _) = lagging(Duration::ZERO, true);
    run(&of(&["invalid"]), CREATED, &server, &[]).exits(3).says("left over").says("/notes/n0");
}

#[test]
fn teardown_that_finds_nothing_is_right_only_where_something_was_removed() {
    // The route of the removal is wrong: 404, and the note stays.
    let wrong = CREATED.replace("DELETE /notes/", "DELETE /note/");
    let (server, notes) = lagging(Duration::ZERO, false);
    run(&of(&["invalid"]), &wrong, &server, &[]).exits(0).says("left over").says("/note/n0: got HTTP 404");
    assert_eq!(notes.lock().unwrap().len(), 2);
    // A case that removes it itself leaves nothing.
    let removed = "\
contract: tiny
scenarios:
  read_what_was_removed:
    triggers: absent
    setup:
      - { request: POST /notes, json: { text: x }, capture: { note: /id } }
      - { request: \"DELETE /notes/${note}\" }
    request: \"GET /notes/${note}\"
    control: { setup: [ { request: POST /notes, json: { text: x }, capture: { note: /id } } ] }
    teardown: [ { request: \"DELETE /notes/${note}\" } ]
";
    let (server, notes) = lagging(Duration::ZERO, false);
    run(&of(&["absent"]), removed, &server, &[]).exits(0).never_says("left over");
    assert!(notes.lock().unwrap().is_empty());
    // A name that the client chooses was never taken if the request that has it was refused.
    let refused = "\
contract: tiny
scenarios:
  create_without_a_text:
    triggers: invalid
    request: \"PUT /notes/n0\"
    json: {}
    no_control: there is nothing to compare with
    teardown: [ { request: \"DELETE /notes/n0\" } ]
";
    let refuses = Server::start(|request: &Received| match request.line().split(' ').next() {
        Some("PUT") => error(400, "invalid"),
        Some("GET") => Reply::json(200, "{}"),
        _ => error(404, "absent"),
    });
    run(&of(&["invalid"]), refused, &refuses, &[]).exits(0).never_says("left over");
}

const SAME_NAME: &str = "\
contract: tiny
scenarios:
  first: { triggers: absent, request: GET /names/none, control: { request: GET /names } }
  holds_the_name:
    triggers: absent
    setup: [ { request: PUT /names/A, text: holder } ]
    request: GET /names/absent
    control: { setup: null, request: GET /names }
    teardown: [ { request: DELETE /names/A } ]
  takes_the_name:
    triggers: conflict
    setup: [ { request: PUT /names/b } ]
    request: PUT /names/b
    control: { setup: null, request: PUT /names/a, text: taker }
    teardown: [ { request: DELETE /names/b }, { request: DELETE /names/a } ]
";

/// Names, each of which can be taken once, in upper or lower case: one path would keep the cases apart. The taker comes once the holder has the name, and the holder keeps it until
/// then. If `broken`, the taker never gets the name.
fn names(broken: bool) -> Server {
    let taken = Mutex::new(Vec::<String>::new());
    let (held, asked) = (AtomicBool::new(false), AtomicBool::new(false));
    let wait = |flag: &AtomicBool| {
        let deadline = Instant::now() + Duration::from_secs(5);
        while !flag.load(SeqCst) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    };
    Server::start(move |request: &Received| {
        let line = request.line();
        let (method, path) = line.split_once(' ').unwrap();
        let path = path.to_lowercase();
        let path = path.as_str();
        let is_taker = request.body == b"taker";
        if is_taker {
            wait(&held);
        }
        match (method, path) {
            ("GET", "/names") => Reply::json(200, "[]"),
            ("GET", "/names/absent") => {
                wait(&asked);
                error(404, "absent")
            }
            ("GET", _) => error(404, "absent"),
            ("DELETE", _) => {
                taken.lock().unwrap().retain(|name| name != path);
                Reply::json(204, "")
            }
            _ => {
                let mut names = taken.lock().unwrap();
                let is_held = names.iter().any(|name| name == path) || is_taker && broken;
                held.fetch_or(request.body == b"holder", SeqCst);
                asked.fetch_or(is_taker, SeqCst);
                if !is_held {
                    names.push(path.to_owned());
                }
                if is_held { error(409, "conflict") } else { Reply::json(201, "{}") }
            }
        }
    })
}

#[test]
fn case_that_another_one_may_have_disturbed_runs_again_alone() {
    let contract = of(&["absent", "conflict"]);
    let ran_alone = "another case may have created or removed the same id";
    run(&contract, SAME_NAME, &names(false), &[]).exits(0).says(ran_alone);
    // What is wrong also alone is a violation.
    run(&contract, SAME_NAME, &names(true), &[]).exits(1).says(ran_alone).says("[control]");
    // Without other cases there is nobody to blame.
    let selected = ["tiny::absent::first", "tiny::conflict::takes_the_name"];
    run(&contract, SAME_NAME, &names(true), &selected).exits(1).never_says(ran_alone);
}

/// A login that knows one user, and hours that anybody may read.
const DOCUMENT: &str = "\
openapi: 3.0.3
info: { title: Door, version: '1' }
components:
  responses:
    E: { description: refused, content: { application/json: { schema: { type: object, required: [code], properties: { code: { type: string } } } } } }
paths:
  /login:
    post:
      operationId: login
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [user, pin], properties: { user: { type: string }, pin: { type: integer } } }
      responses: { '200': { description: a token }, '422': { $ref: '#/components/responses/E' } }
  /hours:
    get:
      operationId: hours
      parameters: [ { name: day, in: query, schema: { type: integer, minimum: 1, maximum: 7 } } ]
      responses: { '200': { description: ok }, '422': { $ref: '#/components/responses/E' } }
";

#[test]
fn values_that_an_import_made_up_are_not_the_apis_fault() {
    let server = Server::start(|request: &Received| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let line = request.line();
        let day = line.split_once("day=").map(|(_, day)| day.parse::<u8>());
        match line.split(' ').next() {
            Some("POST") if body == serde_json::json!({ "user": "joe", "pin": 17 }) => Reply::json(200, "{}"),
            Some("GET") if day.is_none_or(|day| day.is_ok_and(|day| (1..=7).contains(&day))) => {
                Reply::json(200, "{}")
            }
            _ => Reply::json(422, "{\"code\":\"no\"}"),
        }
    });
    let run = |values: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("api.yaml"), DOCUMENT).unwrap();
        let import =
            ["import", "openapi", "api.yaml", "--name", "door", "--allow-writes", "--allow-leftovers"];
        done(failspec(folder.path()).args(import).args(values)).exits(0);
        done(failspec(folder.path()).args(["run", "door", "--packs", ".", "--url", &server.url]))
    };
    run(&[])
        .exits(3)
        .says("and its values are made up: ")
        .says("user")
        .says("pin")
        .never_says("[control]")
        // What needs no such values is judged.
        .says("12 passed");
    run(&["--value", "user=joe", "--value", "pin=17"]).exits(0).never_says("inconclusive");
}

#[test]
fn condition_that_is_in_force_already_is_not_the_apis_fault() {
    let contract = "\
contract: tiny
as_of: 2026-01-31
success: { status: 2xx }
envelope: { code: /error }
codes: open
requires: { conditions: { down: the notes are down } }
failures:
  - { id: absent, status: 404, code: absent, summary: It is not there }
  - { id: down, status: 503, code: down, summary: It is down, condition: down }
";
    let scenarios = "\
contract: tiny
scenarios:
  read: { triggers: absent, request: GET /books/absent, control: { request: GET /books } }
  break: { triggers: down, request: GET /notes }
";
    // The condition that never ends was there before the run; the other one begins and ends as it should.
    let run = |ends: bool| {
        let down = AtomicBool::new(!ends);
        let server = Server::start(move |request: &Received| match request.line().as_str() {
            "PUT /down" => {
                down.store(true, SeqCst);
                Reply::json(204, "")
            }
            "DELETE /down" => {
                down.fetch_and(!ends, SeqCst);
                Reply::json(204, "")
            }
            "GET /notes" if down.load(SeqCst) => error(503, "down"),
            "GET /books/absent" => error(404, "absent"),
            _ => Reply::json(200, "{}"),
        });
        let folder = pack_with(contract, scenarios);
        let config = format!(
            "default_target = \"tiny\"\n[target.tiny]\nurl = \"{}\"\n[target.tiny.conditions.down]\n\
             begin = {{ request = \"PUT /down\" }}\nend = {{ request = \"DELETE /down\" }}\n",
            server.url
        );
        std::fs::write(folder.path().join("failspec.toml"), config).unwrap();
        done(failspec(folder.path()).args(["run", "tiny", "--packs", "."]))
    };
    run(true).exits(0);
    run(false)
        .exits(3)
        .says("before the condition down began: is it in force already?")
        .never_says("[control]");
}
