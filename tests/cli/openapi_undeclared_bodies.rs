//! Operations that want a body although the document has none.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: Boards, version: "1" }
paths:
  /boards:
    get: { responses: { '200': { description: boards } } }
    post:
      responses:
        '201': { description: made, content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: string } } } } } }
        '400': { description: no }
  /boards/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { responses: { '200': { description: a board }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
"##;

#[derive(Default)]
struct Boards {
    there: BTreeSet<String>,
    made: usize,
    /// The bodies that were sent.
    sent: Vec<Value>,
}

/// The server, which wants a member of each board.
fn api(asked: &Received, boards: &Mutex<Boards>, member: &str) -> Reply {
    let mut boards = boards.lock().unwrap();
    let refused = |status: u16, said: String| Reply::json(status, json!({ "message": said }));
    let body: Option<Value> = serde_json::from_slice(&asked.body).ok();
    boards.sent.extend(body.clone());
    let method = if asked.method == "HEAD" { "GET" } else { &asked.method };
    match (method, asked.path.as_str()) {
        ("GET", "/boards") => Reply::json(200, "[]"),
        ("POST", "/boards") => match body {
            None => refused(400, "the body must be JSON".to_owned()),
            Some(body) if !body[member].is_string() => refused(400, format!("'{member}' is required")),
            Some(_) => {
                boards.made += 1;
                let id = format!("b{}", boards.made);
                boards.there.insert(id.clone());
                Reply::json(201, json!({ "id": id }))
            }
        },
        (method @ ("GET" | "DELETE"), path) if path.starts_with("/boards/") => {
            let id = path.trim_start_matches("/boards/").to_owned();
            match (boards.there.contains(&id), method) {
                (false, _) => refused(404, "none".to_owned()),
                (true, "GET") => Reply::json(200, "{}"),
                (true, _) => {
                    boards.there.remove(&id);
                    Reply::new(204, "", "")
                }
            }
        }
        (_, "/boards") => refused(405, String::new()).with("Allow", "GET, POST"),
        _ => refused(405, String::new()).with("Allow", "GET, DELETE"),
    }
}

fn run(member: &'static str) -> (Done, Value, Arc<Mutex<Boards>>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("boards.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "boards.yaml", "--name", "boards", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let boards = Arc::new(Mutex::new(Boards::default()));
    let shared = Arc::clone(&boards);
    let server = Server::start(move |asked| api(asked, &shared, member));
    let run = ["run", "boards", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    let done = done(failspec(folder.path()).args(run));
    let report = fs::read_to_string(folder.path().join("report.json")).unwrap();
    (done, serde_json::from_str(&report).unwrap(), boards)
}

#[test]
fn a_body_that_the_document_does_not_have_is_sent_if_the_refusal_says_what_it_wants() {
    let (done, report, boards) = run("title");
    let boards = boards.lock().unwrap();
    assert!(boards.made > 0 && boards.there.is_empty(), "{}", done.stdout);
    assert_eq!(report["summary"]["inconclusive"], 0, "{}", done.stdout);
    done.says("accepted with more: title [undeclared-requirement]");
}

#[test]
fn a_body_that_would_name_what_the_run_did_not_create_is_not_made_up() {
    let (done, _, boards) = run("owner_id");
    let boards = boards.lock().unwrap();
    assert_eq!(boards.made, 0, "{}", done.stdout);
    assert!(boards.sent.iter().all(|body| body.get("owner_id").is_none()), "{:?}", boards.sent);
}
