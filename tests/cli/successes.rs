//! Cases that expect a success: they keep an API from rejecting what the documentation allows, and count for no coverage.

use serde_json::Value;

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

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  empty_name:
    triggers: invalid
    request: POST /notes
    json: { name: \"\" }
    control: { json: { name: note } }
  shortest_name:
    expect: success
    each: { a: { name: a }, b: { name: b } }
    request: POST /notes
    json: { name: \"${name}\" }
    capture: { note: /id }
    teardown: [ { request: \"DELETE /notes/${note}\" } ]
  longest_name:
    expect: { success: true, status: 201, headers: { Location: {} }, body: { /id: { type: integer } } }
    request: POST /notes
    json: { name: longest }
";

/// Notes; `refuses` is the name that is refused.
fn notes(refuses: &'static str, reply: Reply) -> Server {
    Server::start(move |request: &Received| match request.line().split(' ').next() {
        Some("POST") if request.body == br#"{"name":""}"# => Reply::json(400, r#"{"error":"invalid"}"#),
        Some("POST") if request.body == format!("{{\"name\":\"{refuses}\"}}").as_bytes() => reply.clone(),
        Some("POST") => Reply::json(201, r#"{"id":7}"#).with("Location", "/notes/7"),
        Some("DELETE") => Reply::json(204, ""),
        _ => Reply::json(404, r#"{"error":"absent"}"#),
    })
}

fn run(server: &Server) -> (Done, Value) {
    let folder = pack_with(CONTRACT, SCENARIOS);
    let run = ["run", "--packs", ".", "--url", &server.url, "--report", "json=r.json", "-v"];
    let done = done(failspec(folder.path()).args(run));
    let report = std::fs::read_to_string(folder.path().join("r.json")).unwrap();
    (done, serde_json::from_str(&report).unwrap())
}

#[test]
fn success_passes_and_counts_for_no_coverage() {
    let server = notes("nobody", Reply::json(400, ""));
    let (ran, report) = run(&server);
    ran.exits(0).says("4 passed").says("1 of 1 documented failures exercised").never_says("left over");
    let names: Vec<&str> =
        report["cases"].as_array().unwrap().iter().map(|case| case["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"tiny::success::shortest_name::a"), "{names:?}");
    assert_eq!(server.lines().iter().filter(|line| line.starts_with("DELETE")).count(), 2);
}

#[test]
fn what_is_rejected_or_differs_is_a_violation() {
    let error = || Reply::json(400, r#"{"error":"invalid"}"#);
    for (name, reply, said) in [
        ("a", error(), "the request must succeed, but got HTTP 400"),
        // An error with the status of a success is none.
        ("a", Reply::json(200, r#"{"error":"invalid"}"#), "the request must succeed, but got HTTP 200"),
        ("longest", Reply::json(200, r#"{"id":7}"#).with("Location", "/"), "expected HTTP 201"),
        ("longest", Reply::json(201, r#"{"id":7}"#), "the header Location is not as expected"),
        ("longest", Reply::json(201, r#"{"id":"7"}"#).with("Location", "/"), "/id is \"7\""),
    ] {
        let (ran, _) = run(&notes(name, reply));
        ran.exits(1)
            .says(said)
            .says("[success]")
            .says("1 failed")
            .says("1 of 1 documented failures exercised");
    }
}

#[test]
fn page_of_a_gateway_says_nothing_about_a_success() {
    let page = Reply::html(503, "<html><hr><center>nginx</center></html>");
    run(&notes("a", page)).0.exits(3).says("is not from the API");
}
