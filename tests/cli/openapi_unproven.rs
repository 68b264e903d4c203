//! Refusals that may be about anything: they show something about a fault only if the run has a request without the fault that was
//! accepted, or if they name the part with the fault.

use std::fs;

use crate::support::{Received, Reply, Server, done, failspec};
use serde_json::{Value, json};

/// Notes that nothing requires to have a subject. What a change says back names no id.
const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Notes, version: "1" }
paths:
  /notes:
    get: { responses: { '200': { description: all } } }
  /preview:
    post:
      operationId: preview
      summary: Get a preview of a note
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties:
                text: { type: string }
                size: { type: integer, minimum: 1 }
                parts: { type: array, items: { type: object, properties: { kind: { type: string }, size: { type: integer } } } }
      responses: { '200': { description: how it looks }, '400': { description: no } }
"#;

/// The way in which an API refuses a note.
#[derive(Clone, Copy, PartialEq)]
enum Refuses {
    /// Whatever is asked, without a word.
    All,
    /// Whatever is asked, as if a member were missing that the document does not have.
    AllBySubject,
    /// Wrong requests alone, without a word.
    Wrong,
    /// Wrong requests, and those with a member that not every note may have.
    Parts,
    /// Whatever is asked, by the names of all members.
    AllByName,
}

fn api(asked: &Received, refuses: Refuses) -> Reply {
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "/preview") => {}
        ("GET", "/notes") => return Reply::json(200, "[]"),
        _ => return Reply::json(404, "{}"),
    }
    let no = |said: &str| Reply::json(400, json!({ "message": said }));
    let is_json = asked.header("content-type").is_some_and(|it| it == "application/json");
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let is = |name: &str, is_right: fn(&Value) -> bool| body.get(name).is_none_or(is_right);
    let part = |part: &Value| {
        part.is_object()
            && part.get("kind").is_none_or(Value::is_string)
            && part.get("size").is_none_or(Value::is_i64)
    };
    let wrong = [
        (!is("text", Value::is_string), "text"),
        (!is("size", |size| size.as_i64().is_some_and(|size| size > 0)), "size"),
        (!body.get("parts").is_none_or(|it| it.as_array().is_some_and(|it| it.iter().all(part))), "parts"),
    ];
    let wrong = wrong.iter().find(|(is_wrong, _)| *is_wrong).map(|(_, name)| *name);
    match (refuses, wrong) {
        (Refuses::All, _) => no("no"),
        (Refuses::AllBySubject, _) => no("Invalid length for subject."),
        (Refuses::Parts, _) if body["parts"].as_array().is_some_and(|parts| !parts.is_empty()) => {
            no("a part is only taken for drafts")
        }
        (Refuses::AllByName, _) => {
            let names: Vec<&str> = body.as_object().into_iter().flatten().map(|it| it.0.as_str()).collect();
            no(&format!("wrong: {}", names.join(", ")))
        }
        (Refuses::Wrong | Refuses::Parts, None) if body.is_object() && is_json => Reply::json(200, "{}"),
        (Refuses::Wrong | Refuses::Parts, _) => no("no"),
    }
}

/// Runs the cases about members of the body. Returns how many passed and how many showed nothing, by the name of the member.
fn run(refuses: Refuses) -> Vec<(String, String, Value)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.yaml"), DOCUMENT).unwrap();
    let import = ["import", "openapi", "notes.yaml", "--name", "notes", "--allow-writes"];
    done(failspec(folder.path()).args(import)).exits(0);
    let server = Server::start(move |asked| api(asked, refuses));
    let run = ["run", "notes", "--packs", ".", "--url", &server.url, "--report", "json=report.json"];
    done(failspec(folder.path()).args(run));
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let of_body = cases.filter(|case| case["operation"] == "POST /preview" && case["part"].is_string());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    of_body.map(|case| (text(&case["part"]), text(&case["outcome"]), case["reason"].clone())).collect()
}

#[test]
fn a_refusal_that_may_be_about_anything_passes_only_if_the_request_without_the_fault_is_accepted() {
    for refuses in [Refuses::All, Refuses::AllBySubject] {
        let found = run(refuses);
        assert!(found.len() > 10, "{found:#?}");
        let passed: Vec<_> = found.iter().filter(|(_, outcome, _)| outcome == "passed").collect();
        assert!(passed.is_empty(), "{passed:#?}");
    }
    let found = run(Refuses::Wrong);
    let others: Vec<_> = found.iter().filter(|(_, outcome, _)| outcome != "passed").collect();
    assert!(found.len() > 10 && others.iter().all(|(part, ..)| part.starts_with("parts_")), "{others:#?}");
}

/// As Memos takes the metadata of an image, and only for an image.
#[test]
fn a_refusal_of_what_the_fault_is_in_is_not_that_of_the_fault() {
    let found = run(Refuses::Parts);
    let (within, others): (Vec<_>, Vec<_>) = found.iter().partition(|(part, ..)| part.starts_with("parts_"));
    assert!(!within.is_empty() && within.iter().all(|(_, outcome, _)| outcome != "passed"), "{within:#?}");
    let is_passed = |part: &str| others.iter().any(|(own, outcome, _)| own == part && outcome == "passed");
    assert!(["text", "size"].into_iter().all(is_passed), "{others:#?}");
}

#[test]
fn a_refusal_that_names_the_fault_passes() {
    let found = run(Refuses::AllByName);
    let is_passed = |part: &str| found.iter().any(|(own, outcome, _)| own == part && outcome == "passed");
    assert!(["text", "size"].into_iter().all(is_passed), "{found:#?}");
}
