//! Things that are removed by a POST beside the one that creates them, with the name that was sent: what the run made is made, used and
//! removed by it, and nothing else is.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Clients with a name, and rules with a domain and an answer. `REMOVE` stands for what the document says of the removal.
const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Clients, version: "1" }
paths:
  /clients:
    get: { responses: { '200': { description: clients } } }
  /clients/add:
    post:
      operationId: clientsAdd
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Client' } } } }
      responses: { '200': { description: made }, '400': { description: no } }
  /clients/delete:
    post:
      operationId: clientsDelete
      summary: REMOVE
      requestBody: { required: true, content: { application/json: { schema: { type: object, properties: { name: { type: string } } } } } }
      responses: { '200': { description: gone }, '400': { description: no } }
  /rules:
    get: { responses: { '200': { description: rules } } }
  /rules/add:
    post:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Rule' } } } }
      responses: { '200': { description: made }, '400': { description: no } }
  /rules/remove:
    put:
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Rule' } } } }
      responses: { '200': { description: gone }, '400': { description: no } }
components:
  schemas:
    Client:
      type: object
      required: [size]
      properties: { name: { type: string, example: localhost }, size: { type: integer, minimum: 1 }, note: { type: string } }
    Rule:
      type: object
      properties: { domain: { type: string, example: example.org }, answer: { type: string, example: 127.0.0.1 }, enabled: { type: boolean } }
"##;

type Things = BTreeMap<String, Value>;

/// The server. `wrong` is `lenient` if it takes any size, or `breaks` if it makes a client with a wrong one and breaks then. What others
/// have is never removed, or the test fails.
fn api(asked: &Received, things: &Mutex<Things>, removed: &Mutex<Vec<String>>, wrong: &str) -> Reply {
    let mut things = things.lock().unwrap();
    let refused = |status: u16, said: &str| Reply::json(status, json!({ "message": said }));
    let is_json = asked.header("content-type") == Some("application/json");
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok().filter(|_| is_json);
    let body = body.filter(Value::is_object).unwrap_or_default();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let (is_client, key) = match asked.path.starts_with("/clients") {
        true => (true, text("name").map(|name| format!("client {name}"))),
        false => {
            let key =
                text("domain").zip(text("answer")).map(|(domain, answer)| format!("rule {domain} {answer}"));
            (false, key)
        }
    };
    match (asked.method.as_str(), asked.path.as_str()) {
        ("GET" | "HEAD", "/clients" | "/rules") => Reply::json(200, "[]"),
        ("POST", "/clients/add" | "/rules/add") => {
            let Some(key) = key else { return refused(400, "name is wrong") };
            let is_right = !is_client
                || body["size"].as_u64().is_some_and(|size| (1..1000).contains(&size))
                    && body.get("note").is_none_or(Value::is_string);
            let is_enabled = body.get("enabled").is_none_or(Value::is_boolean);
            match () {
                () if things.contains_key(&key) => refused(400, "taken"),
                () if wrong == "breaks" && !is_right => {
                    things.insert(key, body);
                    refused(500, "")
                }
                () if wrong != "lenient" && !(is_right && is_enabled) => {
                    refused(400, "size, note or enabled is wrong")
                }
                () => {
                    things.insert(key, body);
                    Reply::new(200, "", "")
                }
            }
        }
        ("POST", "/clients/delete") | ("PUT", "/rules/remove") => {
            let Some(key) = key else { return refused(400, "name is wrong") };
            removed.lock().unwrap().push(key.clone());
            match things.remove(&key) {
                Some(_) => Reply::new(200, "", ""),
                None => refused(400, "not found"),
            }
        }
        _ => refused(405, "").with("Allow", "GET, POST, PUT"),
    }
}

const OF_OTHERS: [&str; 2] = ["client localhost", "rule example.org 127.0.0.1"];

struct Run {
    done: Done,
    report: Value,
    left: Vec<String>,
    /// The names that were to be removed.
    removed: Vec<String>,
    created: usize,
}

fn run(wrong: &'static str, words: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clients.yaml"), DOCUMENT.replace("REMOVE", words)).unwrap();
    let import = ["import", "openapi", "clients.yaml", "--name", "clients", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let things: Things = OF_OTHERS.map(|key| (key.to_owned(), json!({}))).into();
    let (things, removed) = (Arc::new(Mutex::new(things)), Arc::new(Mutex::new(Vec::new())));
    let created = Arc::new(Mutex::new(0));
    let (shared, shared_removed, shared_created) =
        (Arc::clone(&things), Arc::clone(&removed), Arc::clone(&created));
    let server = Server::start(move |asked| {
        let reply = api(asked, &shared, &shared_removed, wrong);
        *shared_created.lock().unwrap() += usize::from(asked.path == "/clients/add" && reply.status == 200);
        reply
    });
    let run = ["run", "clients", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    let left = things.lock().unwrap().keys().cloned().collect();
    let (removed, created) = (removed.lock().unwrap().clone(), *created.lock().unwrap());
    Run { done, report: serde_json::from_str(&report).unwrap(), left, removed, created }
}

#[test]
fn things_that_a_post_removes_by_the_name_that_was_sent_are_made_and_nothing_stays() {
    for wrong in ["nothing", "lenient", "breaks"] {
        let Run { done, report, left, removed, created } = run(wrong, "Remove a client");
        assert_eq!(left, OF_OTHERS, "{wrong}: {}", done.stdout);
        assert!(created > 0 && !removed.is_empty(), "{wrong}: {}", done.stdout);
        let is_own = |key: &String| key.contains("failspec") && !OF_OTHERS.contains(&key.as_str());
        assert!(removed.iter().all(is_own), "{wrong}: {removed:?}");
        if wrong == "nothing" {
            let about =
                |case: &&Value| case["name"].as_str().is_some_and(|name| name.contains("clients_add"));
            let cases: Vec<&Value> = report["cases"].as_array().unwrap().iter().filter(about).collect();
            let passed = cases.iter().filter(|case| case["outcome"] == "passed").count();
            assert!(passed > 5, "{}", done.stdout);
            let undecided = cases.iter().filter(|case| case["outcome"] == "inconclusive").count();
            assert_eq!(undecided, 0, "{}", done.stdout);
        }
    }
}

/// A removal that may be about more than one thing is not sent, so nothing is made that it would have to remove.
#[test]
fn a_removal_that_may_be_about_more_is_no_removal_of_what_the_run_made() {
    for words in ["Remove clients", "Remove all that match"] {
        let Run { done, left, created, .. } = run("nothing", words);
        let clients: Vec<&String> = left.iter().filter(|key| key.starts_with("client")).collect();
        assert_eq!((clients, created), (vec![&OF_OTHERS[0].to_owned()], 0), "{words}: {}", done.stdout);
    }
}
