//! Fixtures and rows in a run: each flow has its own resources, and they are removed.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use crate::support::{Done, Received, Reply, Server, done, failspec, pack_with};

const CONTRACT: &str = "\
contract: tiny
as_of: 2026-01-31
success: { status: 2xx }
envelope: { code: /error, message: /message }
failures:
  - { id: invalid, status: 422, code: invalid, summary: The size is invalid }
";

const FIXTURES: &str = "\
contract: tiny
fixtures:
  customer:
    setup:
      - request: POST /customers
        json: { name: \"${unique}\" }
        capture: { customer: /id }
    teardown:
      - request: DELETE /customers/${customer}
  order:
    fixtures: [customer]
    setup:
      - request: POST /orders
        json: { customer: \"${customer}\" }
        capture: { order: /id }
    teardown:
      - request: DELETE /orders/${order}
";

const SCENARIOS: &str = "\
contract: tiny
scenarios:
  resize:
    triggers: invalid
    fixtures: [order]
    request: PUT /orders/${order}
    json: { size: \"${size}\" }
    each: sizes.csv
    control: { json: { size: 2 } }
";

const SIZES: &str = "row,size:json\nzero,0\nnegative,-1\n";

/// The behaviour of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Right,
    /// It accepts every size.
    Accepts,
    /// It refuses to create orders.
    Full,
    /// Its ids are texts, and its responses have members that nobody documents.
    Harmless,
}

/// The resources of the server: its path, and the customer of an order.
type Resources = Arc<Mutex<BTreeMap<String, String>>>;

fn serve(api: Api, resources: &Resources, request: &Received) -> Reply {
    let mut resources = resources.lock().unwrap();
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let wrong = |status: u16, code: &str| {
        Reply::json(status, format!(r#"{{"error":"{code}","message":"it is {code}"}}"#))
    };
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/orders") if api == Api::Full => wrong(507, "full"),
        ("POST", path) => {
            let owner = body["customer"].to_string().replace('"', "");
            if path == "/orders" && !resources.contains_key(&format!("/customers/{owner}")) {
                return wrong(404, "absent");
            }
            let id = request.number;
            resources.insert(format!("{path}/{id}"), owner);
            match api {
                Api::Harmless => Reply::json(201, format!(r#"{{"id":"{id}","since":"today","x":[1]}}"#)),
                _ => Reply::json(201, format!(r#"{{"id":{id}}}"#)),
            }
        }
        ("GET", "/orders") => wrong(422, "invalid"),
        ("GET", path) if resources.contains_key(path) => Reply::json(200, "{}"),
        ("PUT", path) if !resources.contains_key(path) => wrong(404, "absent"),
        ("PUT", _) if api != Api::Accepts && body["size"].as_i64().is_none_or(|size| size < 1) => {
            wrong(422, "invalid")
        }
        ("PUT", _) => Reply::json(200, "{}"),
        ("DELETE", path) => {
            let own = path.strip_prefix("/customers/");
            if own.is_some_and(|id| resources.values().any(|owner| owner == id)) {
                return wrong(409, "in_use");
            }
            match resources.remove(path) {
                Some(_) => Reply::json(200, "{}"),
                None => wrong(404, "absent"),
            }
        }
        _ => wrong(404, "absent"),
    }
}

/// Runs the pack against a server; returns the result, the lines of its requests, and what was left there.
fn run(api: Api, scenarios: &str) -> (Done, Vec<String>, Vec<String>) {
    let folder = pack_with(CONTRACT, scenarios);
    let own = folder.path().join("scenarios/tiny");
    fs::write(own.join("fixtures.yaml"), FIXTURES).unwrap();
    fs::write(own.join("sizes.csv"), SIZES).unwrap();
    let resources = Resources::default();
    let held = Arc::clone(&resources);
    let server = Server::start(move |request| serve(api, &held, request));
    let mut command = failspec(folder.path());
    let done = done(command.args(["run", "--packs", ".", "--jobs", "1", "--url", &server.url]));
    let left = resources.lock().unwrap().keys().cloned().collect();
    (done, server.lines(), left)
}

#[test]
fn each_flow_has_the_resources_of_its_fixtures_and_removes_them() {
    for api in [Api::Right, Api::Harmless] {
        let (done, lines, left) = run(api, SCENARIOS);
        let done = done.exits(0);
        assert!(done.has_verdict("conforms"), "{done:?}");
        assert_eq!(left, [""; 0], "{lines:?}");
        // Two rows, and the control, which they share.
        let count = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
        assert_eq!(["POST /customers", "POST /orders", "PUT /orders/"].map(count), [3, 3, 3], "{lines:?}");
        assert_eq!(["DELETE /orders/", "DELETE /customers/"].map(count), [3, 3], "{lines:?}");
    }
}

#[test]
fn control_with_a_fixture_of_its_own_leaves_nothing_that_the_request_under_test_would_have_to_remove() {
    let fixture = "fixtures: [order], request: 'GET /orders/${order}'";
    let steps = "setup: [ { request: POST /customers, json: {}, capture: { customer: /id } } ], \
                 request: 'GET /customers/${customer}'";
    for (control, teardown) in
        [(fixture, ""), (steps, "    teardown: [ { request: 'DELETE /customers/${customer}' } ]\n")]
    {
        let scenario = format!(
            "  read:\n    triggers: invalid\n    request: GET /orders\n    control: {{ {control} }}\n"
        );
        let (done, lines, left) =
            run(Api::Right, &format!("contract: tiny\nscenarios:\n{scenario}{teardown}"));
        done.exits(0).never_says("left");
        assert_eq!(left, [""; 0], "{lines:?}");
    }
}

#[test]
fn wrong_server_is_found_and_a_fixture_that_fails_accuses_nobody() {
    let (done, lines, left) = run(Api::Accepts, SCENARIOS);
    done.exits(1).says("tiny::invalid::resize::zero").says("tiny::invalid::resize::negative");
    assert_eq!(left, [""; 0], "{lines:?}");
    let (done, ..) = run(Api::Full, SCENARIOS);
    let place = "step 1 of the fixture `order` (scenarios/tiny/fixtures.yaml:13) in the setup of the control";
    done.exits(3).says(place).says("tiny::invalid::resize::zero").never_says("✗ ");
    // A step of the scenario itself is counted without those of its fixtures.
    let own = SCENARIOS.replace(
        "    request: PUT",
        "    setup: [{ request: POST /nowhere/at/all, expect: { status: 299 } }]\n    request: PUT",
    );
    let (done, ..) = run(Api::Right, &own);
    done.exits(3).says("step 1 of the setup of the control");
    // A control without the fixtures has no order: it is not the API's fault.
    let (done, ..) = run(
        Api::Right,
        &SCENARIOS
            .replace("{ json: { size: 2 } }", "{ request: PUT /orders/1, json: { size: 2 }, fixtures: [] }"),
    );
    done.exits(3);
}
