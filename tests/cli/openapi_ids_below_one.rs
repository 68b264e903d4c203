//! Changes and removals of what has the id -1 or 0: asked after a GET has shown that there is no such thing, and of 0 only where
//! leftovers are acceptable, since some libraries for databases take it for no condition.

use std::fs;

use crate::support::{Done, Received, Reply, Server, done, failspec};
use serde_json::json;

const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Things, version: "1" }
paths:
  /things:
    get: { responses: { '200': { description: all } } }
  /things/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { responses: { '200': { description: one }, '404': { description: none } } }
    delete: { responses: { '204': { description: gone }, '404': { description: none } } }
"#;

/// Answers as an API that has the thing 1, breaks on the removal of some ids, and has others as well.
fn api(asked: &Received, breaks_on: &[&str], has: &[&str]) -> Reply {
    let id = asked.path.strip_prefix("/things/").unwrap_or_default();
    match asked.method.as_str() {
        "GET" if asked.path == "/things" => Reply::json(200, json!([{ "id": 1 }])),
        "GET" if id == "1" || has.contains(&id) => Reply::json(200, json!({ "id": 1 })),
        "DELETE" if breaks_on.contains(&id) => Reply::json(500, "{}"),
        "DELETE" if has.contains(&id) => panic!("what the run did not create is removed"),
        "GET" | "DELETE" => Reply::json(404, "{}"),
        _ => Reply::json(405, "{}").with("Allow", "GET, DELETE"),
    }
}

fn run(
    more: &[&str],
    breaks_on: &'static [&'static str],
    has: &'static [&'static str],
) -> (Done, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("things.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "things.yaml", "--name", "things", "--allow-writes"];
    done(failspec(folder.path()).args(import).args(more)).exits(0);
    let server = Server::start(move |asked| api(asked, breaks_on, has));
    let run = ["run", "things", "--packs", ".", "--url", &server.url, "--only", "*delete_things*"];
    let done = done(failspec(folder.path()).args(run));
    (done, server.lines())
}

#[test]
fn a_removal_of_what_is_not_there_is_asked_and_must_not_break_the_server() {
    let (done, lines) = run(&[], &[], &[]);
    done.exits(0);
    assert!(lines.iter().any(|line| line.starts_with("DELETE /things/-1")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("DELETE /things/0")), "{lines:#?}");
    run(&[], &["-1"], &[]).0.exits(1).says("delete_things_id_id_negative");
    run(&["--allow-leftovers"], &["0"], &[]).0.exits(1).says("delete_things_id_id_zero");
}

#[test]
fn what_has_such_an_id_is_not_touched() {
    let (done, lines) = run(&["--allow-leftovers"], &[], &["0", "-1"]);
    done.exits(3);
    let is_touched =
        |line: &String| ["DELETE /things/0", "DELETE /things/-1"].iter().any(|it| line.starts_with(it));
    assert!(!lines.iter().any(is_touched), "{lines:#?}");
}
