//! Things that a run creates in a way that no teardown of its scenarios knows are removed or listed, and nothing is listed that never was.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex},
    thread,
};

use crate::support::{Received, Reply, Server, done, failspec};
use failspec_base::encoding::percent_encode;
use serde_json::{Value, json};

/// Key sets, which are created by the first key in them, event handlers, whose creation answers nothing, campaigns and agents.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Several, version: "1" }
paths:
  /keys/{set}:
    parameters: [{ name: set, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { $ref: '#/components/responses/Keys' }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [alg, kid]
              properties: { alg: { type: string, maxLength: 20 }, kid: { type: string } }
      responses: { '201': { $ref: '#/components/responses/Keys' }, '400': { description: no } }
  /keys/{set}/{kid}:
    parameters:
      - { name: set, in: path, required: true, schema: { type: string } }
      - { name: kid, in: path, required: true, schema: { type: string } }
    get: { responses: { '200': { $ref: '#/components/responses/Keys' }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
  /events:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
              properties: { name: { type: string }, active: { type: boolean } }
      responses: { '200': { description: made }, '400': { description: no } }
  /events/{name}:
    parameters: [{ name: name, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: an event }, '404': { description: none } } }
    delete: { responses: { '200': { description: gone }, '404': { description: none } } }
  /campaigns:
    get:
      responses:
        '200':
          description: campaigns
          content: { application/json: { schema: { type: array, items: { type: object } } } }
    post:
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [title], properties: { title: { type: string } } } } }
      responses: { '201': { $ref: '#/components/responses/Campaign' }, '400': { description: no } }
  /campaigns/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { $ref: '#/components/responses/Campaign' }, '404': { description: none } } }
    put:
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, properties: { title: { type: string } } } } }
      responses: { '200': { $ref: '#/components/responses/Campaign' }, '404': { description: none } }
    delete: { responses: { '200': { description: gone }, '404': { description: none } } }
  /campaigns/{id}/archive:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    put: { responses: { '200': { $ref: '#/components/responses/Campaign' }, '404': { description: none } } }
  /campaigns/{id}/default:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    put: { responses: { '200': { description: the default from now on }, '404': { description: none } } }
  /agents/{agent_id}:
    parameters: [{ name: agent_id, in: path, required: true, schema: { type: string, format: uuid } }]
    post:
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { method: { type: string } } } } } }
      responses: { '200': { description: done }, '404': { description: none } }
components:
  responses:
    Keys:
      description: keys
      content: { application/json: { schema: { type: object, properties: { keys: { type: array, items: {} } } } } }
    Campaign:
      description: a campaign
      content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer }, title: { type: string } } } } }
"##;

/// The paths of the things that are there.
type Things = Arc<Mutex<BTreeSet<String>>>;

/// The titles of campaigns by their ids.
type Titles = Arc<Mutex<BTreeMap<usize, Value>>>;

fn api(asked: &Received, things: &Things, titles: &Titles, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let (path, _) = asked.path_and_query();
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let refused = |status: u16| Reply::json(status, "{}");
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let is_text = |name: &str| body[name].as_str().is_some_and(|text| (1..=60).contains(&text.len()));
    match (asked.method.as_str(), segments.as_slice()) {
        ("POST", ["keys", _]) => {
            let is_right =
                is_text("alg") && is_text("kid") && asked.header("content-type") == Some("application/json");
            if !is_right && !matches!(wrong, "lenient" | "closes") {
                return refused(400);
            }
            things.insert(path.to_owned());
            match wrong {
                "closes" if !is_right => Reply::close(),
                _ => Reply::json(201, json!({ "keys": [] })),
            }
        }
        ("GET" | "DELETE", ["keys", set, _]) if things.contains(&format!("/keys/{set}")) => {
            if asked.method == "GET" { Reply::json(200, json!({ "keys": [] })) } else { refused(204) }
        }
        ("POST", ["events"]) if wrong == "tires" && asked.number > 60 => Reply::close(),
        ("POST", ["events"]) => {
            let name = match &body["name"] {
                Value::String(name) if is_text("name") => name.clone(),
                Value::Number(name) if wrong == "numbers" => name.to_string(),
                _ => return refused(400),
            };
            if !body["active"].is_null() && !body["active"].is_boolean() {
                return refused(400);
            }
            things.insert(format!("/events/{}", percent_encode(&name)));
            Reply::new(200, "text/plain", "")
        }
        ("POST", ["campaigns"]) if wrong == "forbids" => refused(403),
        ("POST", ["campaigns"]) if !is_text("title") && wrong != "refuses late" => refused(400),
        ("POST", ["campaigns"]) => {
            let id = 1000 + asked.number;
            things.insert(format!("/campaigns/{id}"));
            *titles.lock().unwrap().entry(id).or_default() = body["title"].clone();
            match is_text("title") {
                true => Reply::json(201, json!({ "id": id, "title": body["title"] })),
                false => refused(400),
            }
        }
        ("GET", ["campaigns"]) => {
            let titles = titles.lock().unwrap();
            let there = titles.iter().filter(|(id, _)| things.contains(&format!("/campaigns/{id}")));
            let there: Vec<Value> = there.map(|(id, title)| json!({ "id": id, "title": title })).collect();
            Reply::json(200, Value::from(there))
        }
        ("PUT", ["campaigns", id]) if wrong == "breaks" && !things.contains(path) => {
            Reply::json(500, json!({ "id": id }))
        }
        ("DELETE", ["campaigns", _]) if wrong == "breaks" && !things.contains(path) => refused(500),
        ("PUT", ["campaigns", id, "archive"]) => {
            let id: u64 = id.parse().unwrap_or_default();
            match things.contains(&format!("/campaigns/{id}")) || wrong == "says yes" {
                true => Reply::json(200, json!({ "id": id })),
                false => refused(404),
            }
        }
        ("PUT" | "GET", ["campaigns", id]) if things.contains(path) => {
            Reply::json(200, json!({ "id": id.parse::<u64>().unwrap() }))
        }
        ("POST", ["agents", _]) if wrong == "says yes" => {
            Reply::json(200, json!({ "id": "1", "error": { "code": -32602, "message": "no such agent" } }))
        }
        ("GET", _) if things.contains(path) => Reply::json(200, json!({ "keys": [] })),
        ("DELETE", _) if things.remove(path) => match path.starts_with("/keys") {
            true => refused(204),
            false => refused(200),
        },
        _ => refused(404),
    }
}

/// Returns what is left, what the report says of it, and the number of cases in which a closed connection is a violation.
fn run(wrong: &'static str) -> (BTreeSet<String>, Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("several.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "several.yaml", "--name", "several", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let others: BTreeSet<String> =
        ["/keys/other", "/events/other", "/campaigns/7"].into_iter().map(str::to_owned).collect();
    let things: Things = Arc::new(Mutex::new(others.clone()));
    let shared = Arc::clone(&things);
    let titles = Titles::default();
    let shown = Arc::clone(&titles);
    let server = Server::start(move |asked| api(asked, &shared, &titles, wrong));
    let target = format!("[target.here]\nurl = \"{}\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), target).unwrap();
    let run = ["run", "several", "--target", "here", "--packs", ".", "--report", "json=report.json"];
    done(failspec(folder.path()).args(run));
    // Which one was the default before, nobody could restore.
    assert!(server.lines().iter().all(|line| !line.ends_with("/default")), "{wrong}");
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let is_closed = |case: &&Value| {
        let mut violations = case["violations"].as_array().into_iter().flatten();
        violations.any(|violation| violation["check"] == "connection-closed")
    };
    let closed = cases.clone().filter(is_closed).count();
    let lines = cases.filter_map(|case| case["left_behind"].as_array()).flatten();
    let lines = lines.filter_map(Value::as_str).map(str::to_owned).collect();
    let mut left = things.lock().unwrap().clone();
    assert!(others.is_subset(&left), "{wrong}: something of others is gone: {left:?}");
    // What a server refused and made without a name of the run, nobody can know.
    let is_named = |path: &str| {
        let id = path.strip_prefix("/campaigns/").and_then(|id| id.parse::<usize>().ok());
        let titles = shown.lock().unwrap();
        let title = id.and_then(|id| titles.get(&id)?.as_str().map(str::to_owned));
        id.is_none() || title.is_some_and(|title| title.split('-').nth(1).is_some_and(|run| run.len() == 6))
    };
    left.retain(|path| !others.contains(path) && is_named(path));
    (left, lines, closed)
}

#[test]
fn what_a_run_creates_is_removed_or_listed_and_nothing_else_is_listed() {
    let servers = [
        ("nothing", 0),
        // An accepted fault at an address of its own.
        ("lenient", 0),
        // It makes the thing and closes the connection.
        ("closes", 0),
        // The thing has another name than the one that was sent.
        ("numbers", 1),
        // A success for what is not there.
        ("says yes", 0),
        // What breaks for whatever is not there.
        ("breaks", 0),
        ("forbids", 0),
        // It makes a campaign before it looks at its title: those with a name of the run are found in the list. The others have none.
        ("refuses late", 0),
    ];
    // Each waits for its server most of the time.
    thread::scope(|scope| {
        let check = |wrong: &'static str, left: usize| {
            let (things, lines, closed) = run(wrong);
            assert_eq!(closed > 0, wrong == "closes", "{wrong}");
            assert_eq!((things.len(), lines.len()), (left, left), "{wrong}: {things:#?}\n{lines:#?}");
        };
        for (wrong, left) in servers {
            scope.spawn(move || check(wrong, left));
        }
    });
}

#[test]
fn an_operation_that_closes_the_connection_without_a_fault_does_not_close_it_because_of_one() {
    let (things, _, closed) = run("tires");
    assert_eq!((things.len(), closed), (0, 0), "{things:?}");
}
