//! Tests of the reference implementation of k0rdent AI against its documentation, without a network.

use std::{collections::HashSet, time::Duration};

use crate::dice::{self, Dice};
use failspec_reference::{
    Api, Request, Response,
    k0rdent::{
        BODY_LIMIT, Code, FOREIGN_SERVER_ID, K0rdent, LIMITED_TOKEN, OPERATOR_TOKEN, POOL_ID, QUOTA_TOKEN,
        SERVER_ID, VIEWER_TOKEN,
    },
    mutants_of,
    store::Clock,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const SERVERS: &str = "/v1/regions/sfo1/projects/main/infrastructure/servers";
const POOLS: &str = "/v1/regions/sfo1/projects/main/infrastructure/pools";
const ALLOCATIONS: &str = "/v1/regions/sfo1/projects/main/infrastructure/allocations";
const WORKFLOWS: &str = "/v1/regions/sfo1/projects/main/infrastructure/workflows";
const ABSENT: &str = "srv_0000000000000000000000000x";

/// Creates a request from `METHOD target`.
fn request(token: &str, line: &str) -> Request {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    Request::new(method, target).with_bearer(token)
}

fn ask(api: &K0rdent, line: &str) -> Response {
    api.response(&request(OPERATOR_TOKEN, line))
}

fn send(api: &K0rdent, line: &str, body: Value) -> Response {
    api.response(&request(OPERATOR_TOKEN, line).with_json(&body))
}

fn standing() -> (K0rdent, Clock) {
    let clock = Clock::standing("2026-02-08T15:49:19.296Z".parse::<Timestamp>().expect("a time"));
    (K0rdent::with(clock.clone()), clock)
}

fn server(name: &str) -> Value {
    json!({ "displayName": name, "bmcAddress": "192.0.2.10" })
}

/// Checks the request id, `req_{region}-{unix milliseconds}-{12 hex digits}`, and the other metadata of a response.
#[track_caller]
fn judge_meta(response: &Response, body: &Value) {
    let id = body["meta"]["requestId"].as_str().expect("a request id");
    judge_id(id);
    assert_eq!(response.header("x-request-id"), Some(id), "{body}");
    let time = body["meta"]["timestamp"].as_str().expect("a timestamp");
    assert!(time.len() == 24 && time.ends_with('Z') && &time[19..20] == ".", "{time}");
    assert!(time.parse::<Timestamp>().is_ok(), "{time}");
}

#[track_caller]
fn judge_id(id: &str) {
    let parts: Vec<&str> = id.split('-').collect();
    let [prefix, millis, random] = parts[..] else { panic!("{id}") };
    assert_eq!(prefix, "req_sfo1");
    assert!(millis.len() == 13 && millis.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    assert!(random.len() == 12 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(random, random.to_lowercase());
}

/// Checks the whole envelope, not only the code.
#[track_caller]
fn refused(response: &Response, status: u16, code: &str) -> Value {
    let body = response.document().unwrap_or_else(|| panic!("{code}: no JSON in {response:?}"));
    assert_eq!(body["error"]["code"], code, "{body}");
    assert_eq!(response.status, status, "{body}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(body["success"], false, "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    assert!(body["error"].get("details").is_none_or(Value::is_object), "{body}");
    assert!(body.get("data").is_none() && body.get("results").is_none(), "{body}");
    assert_eq!(response.status == 401, response.header("www-authenticate").is_some());
    assert_eq!(response.status == 405, response.header("allow").is_some());
    assert_eq!(response.status == 429, response.header("retry-after").is_some());
    judge_meta(response, &body);
    body["error"].clone()
}

#[track_caller]
fn fails(response: &Response, code: Code) -> Value {
    refused(response, code.status(), code.as_str())
}

/// Checks that validation fails and lists these fields.
#[track_caller]
fn invalid(response: &Response, fields: &[&str]) {
    let error = fails(response, Code::ValidationError);
    let told = error["details"]["fields"].as_object().unwrap_or_else(|| panic!("no fields in {error}"));
    let mut names: Vec<&str> = told.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, fields, "{error}");
    assert!(told.values().all(|text| text.as_str().is_some_and(|text| !text.is_empty())), "{error}");
}

#[track_caller]
fn succeeds(response: &Response, status: u16) -> Value {
    let body = response.document().unwrap_or_else(|| panic!("no JSON in {response:?}"));
    assert_eq!((response.status, &body["success"]), (status, &json!(true)), "{body}");
    assert!(body.get("data").is_some() && body.get("error").is_none(), "{body}");
    judge_meta(response, &body);
    body
}

#[track_caller]
fn gone(response: &Response) {
    assert_eq!((response.status, response.body.len()), (204, 0), "{response:?}");
    judge_id(response.header("x-request-id").expect("a request id"));
}

/// Creates and inspects a server, which makes it available.
fn available(api: &K0rdent, clock: &Clock, name: &str) {
    succeeds(&send(api, &format!("POST {SERVERS}"), server(name)), 201);
    succeeds(&ask(api, &format!("POST {SERVERS}/{name}:inspect")), 202);
    clock.advance(Duration::from_millis(50));
}

fn state(api: &K0rdent, name: &str) -> Value {
    succeeds(&ask(api, &format!("GET {SERVERS}/{name}")), 200)["data"]["state"].clone()
}

#[test]
fn the_page_lists_ten_codes() {
    let texts: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!((Code::ALL.len(), texts.len()), (10, 10));
}

#[test]
fn every_documented_failure_has_a_request_that_brings_it() {
    let (api, clock) = standing();
    let create = format!("POST {SERVERS}");
    invalid(&send(&api, &create, json!({ "displayName": "a" })), &["bmcAddress"]);
    fails(&api.response(&Request::new("GET", SERVERS)), Code::Unauthorized);
    fails(&api.response(&request(VIEWER_TOKEN, &create).with_json(&server("a"))), Code::Forbidden);
    fails(&ask(&api, &format!("GET {SERVERS}/{ABSENT}")), Code::NotFound);
    succeeds(&send(&api, &create, server("a")), 201);
    let provision = format!("POST {SERVERS}/a:provision");
    let error = fails(&send(&api, &provision, json!({})), Code::InvalidStateTransition);
    assert_eq!(error["details"], json!({ "currentState": "registered", "targetState": "provisioning" }));
    let pool = || send(&api, &format!("POST {POOLS}"), json!({ "name": "p", "gpus": 4 }));
    succeeds(&pool(), 201);
    fails(&pool(), Code::Conflict);
    let allocate = format!("POST {ALLOCATIONS}");
    let error = fails(
        &send(&api, &allocate, json!({ "name": "x", "poolId": "p", "gpus": 5 })),
        Code::PoolCapacityExceeded,
    );
    assert_eq!(error["details"], json!({ "requested": 5, "available": 4 }));
    fails(&api.response(&request(QUOTA_TOKEN, &create).with_json(&server("b"))), Code::QuotaExceeded);
    api.conditions().switch_on("bmc-unreachable");
    fails(&ask(&api, &format!("POST {SERVERS}/a:inspect")), Code::BmcConnectionFailed);
    api.conditions().switch_all_off();
    api.conditions().switch_on("internal-fault");
    let error = fails(&ask(&api, &format!("GET {SERVERS}")), Code::InternalError);
    assert_eq!(error["message"], "An unexpected error occurred");
    api.conditions().switch_all_off();

    // Both have no documented code, so their codes must differ from those of all other failures.
    let backwards = json!({ "name": "x", "poolId": "p", "gpus": 1, "startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-01T00:00:00Z" });
    refused(&send(&api, &allocate, backwards), 422, "SEMANTIC_ERROR");
    let limited = request(LIMITED_TOKEN, &format!("GET {SERVERS}"));
    for _ in 0..5 {
        succeeds(&api.response(&limited), 200);
    }
    let response = api.response(&limited);
    refused(&response, 429, "RATE_LIMITED");
    assert_eq!(response.header("retry-after"), Some("2"));
    clock.advance(Duration::from_secs(2));
    succeeds(&api.response(&limited), 200);

    let body =
        succeeds(&send(&api, &format!("POST {SERVERS}:batchInspect"), json!({ "ids": ["a", ABSENT] })), 207);
    assert_eq!(body["data"], json!({ "total": 2, "succeeded": 1, "failed": 1 }));
    assert_eq!(body["results"][0]["status"], "accepted");
    assert_eq!(body["results"][1]["id"], ABSENT);
    assert_eq!(body["results"][1]["error"]["code"], "NOT_FOUND");
    assert!(body["results"][1]["error"]["message"].is_string());
}

#[test]
fn only_a_known_bearer_token_lets_in() {
    let api = K0rdent::new();
    let with = |value: &str| Request::new("GET", SERVERS).with_header("Authorization", value);
    for value in ["", "Bearer", "Bearer ", "Bearer nobody", "Basic azByOng=", OPERATOR_TOKEN] {
        fails(&api.response(&with(value)), Code::Unauthorized);
    }
    // Two headers contradict each other, even if both are valid.
    let twice = request(OPERATOR_TOKEN, &format!("GET {SERVERS}")).with_bearer(VIEWER_TOKEN);
    fails(&api.response(&twice), Code::Unauthorized);
    succeeds(&api.response(&with(&format!("bearer {VIEWER_TOKEN}"))), 200);
}

#[test]
fn what_is_wrong_is_judged_in_order() {
    let api = K0rdent::new();
    let strange = |line: &str| {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        api.response(&Request::new(method, target))
    };
    // The route comes before authentication, and authentication before the body.
    fails(&strange("GET /v1/nothing"), Code::NotFound);
    fails(&strange("GET /api/v1/servers"), Code::NotFound);
    fails(&strange("GET /v1/regions/nowhere/projects/main/infrastructure/servers"), Code::NotFound);
    fails(&strange("GET /v1/regions/sfo1/projects/other/infrastructure/servers"), Code::NotFound);
    fails(&strange(&format!("POST {SERVERS}/rack-1:dance")), Code::NotFound);
    refused(&strange(&format!("PUT {SERVERS}")), 405, "METHOD_NOT_ALLOWED");
    fails(&strange(&format!("POST {SERVERS}")), Code::Unauthorized);
    // Validation comes before permission, and permission before existence.
    let viewer = |line: &str, body: Value| api.response(&request(VIEWER_TOKEN, line).with_json(&body));
    invalid(&viewer(&format!("POST {SERVERS}"), json!({})), &["bmcAddress"]);
    fails(&viewer(&format!("DELETE {SERVERS}/{ABSENT}"), json!({})), Code::Forbidden);
    // Semantics come before existence.
    let quota = request(QUOTA_TOKEN, &format!("POST {SERVERS}")).with_json(&server("tiny-1"));
    fails(&api.response(&quota), Code::QuotaExceeded);
    let backwards = json!({ "name": "x", "poolId": "no-such-pool", "gpus": 1, "startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-02T00:00:00+00:00" });
    refused(&send(&api, &format!("POST {ALLOCATIONS}"), backwards), 422, "SEMANTIC_ERROR");
    // An internal fault hides what exists, but not who has permission.
    api.conditions().switch_on("internal-fault");
    fails(&ask(&api, &format!("GET {SERVERS}/{ABSENT}")), Code::InternalError);
    fails(&viewer(&format!("DELETE {SERVERS}/{ABSENT}"), json!({})), Code::Forbidden);
    fails(&ask(&api, &format!("POST {SERVERS}/rack-1:inspect")), Code::InternalError);
}

#[test]
fn other_methods_are_told_which_there_are() {
    let api = K0rdent::new();
    for (line, allow) in [
        (format!("PUT {SERVERS}"), "GET, HEAD, POST"),
        (format!("POST {SERVERS}/rack-1"), "GET, HEAD, PATCH, DELETE"),
        (format!("GET {SERVERS}/rack-1:provision"), "POST"),
        (format!("OPTIONS {WORKFLOWS}/x"), "GET, HEAD"),
        (format!("get {POOLS}"), "GET, HEAD, POST"),
    ] {
        let response = ask(&api, &line);
        refused(&response, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(response.header("allow"), Some(allow), "{line}");
    }
    succeeds(&ask(&api, &format!("HEAD {SERVERS}")), 200);
}

#[test]
fn every_bad_field_is_told_at_once() {
    let api = K0rdent::new();
    let create = format!("POST {SERVERS}");
    let two = json!({ "displayName": 7, "bmcAddress": "nowhere" });
    let error = fails(&send(&api, &create, two), Code::ValidationError);
    assert_eq!(
        error["details"]["fields"],
        json!({ "displayName": "displayName must be a text", "bmcAddress": "Invalid BMC address format" })
    );
    for (field, value) in [
        ("displayName", json!(["a"])),
        ("description", json!(7)),
        ("persona", json!({})),
        ("tags", json!([])),
        ("tags", json!({ "row": 7 })),
    ] {
        invalid(&send(&api, &create, json!({ field: value, "bmcAddress": "2001:db8::1" })), &[field]);
    }
    for address in
        [json!("192.0.2"), json!("192.0.2.256"), json!("192.0.2.1:80"), json!(1), json!("bmc.example")]
    {
        invalid(&send(&api, &create, json!({ "bmcAddress": address })), &["bmcAddress"]);
    }
    invalid(
        &send(
            &api,
            &format!("POST {ALLOCATIONS}"),
            json!({ "name": "A", "poolId": "srv_x", "gpus": 0, "startsAt": "now", "endsAt": 7 }),
        ),
        &["endsAt", "gpus", "name", "poolId", "startsAt"],
    );
    invalid(&send(&api, &format!("PATCH {SERVERS}/Rack_1"), json!({ "tags": [] })), &["id", "tags"]);
    succeeds(&send(&api, &create, json!({ "bmcAddress": "2001:db8::1", "surplus": {} })), 201);
}

#[test]
fn bodies_that_are_no_object_are_told_as_body() {
    let api = K0rdent::new();
    let post = |body: &[u8]| {
        api.response(&request(OPERATOR_TOKEN, &format!("POST {SERVERS}")).with_body(body.to_vec()))
    };
    let deep = "[".repeat(100_000);
    for body in [&b""[..], b"{", b"[]", b"null", b"\"x\"", b"\xff", b"{} {}", deep.as_bytes()] {
        invalid(&post(body), &["body"]);
    }
    invalid(&post(&vec![b' '; BODY_LIMIT + 1]), &["body"]);
    // Operations without a body ignore one.
    let delete = request(OPERATOR_TOKEN, &format!("DELETE {SERVERS}/{ABSENT}")).with_body("{");
    fails(&api.response(&delete), Code::NotFound);
    let inspect = request(OPERATOR_TOKEN, &format!("POST {SERVERS}/{ABSENT}:inspect")).with_body("{");
    fails(&api.response(&inspect), Code::NotFound);
    let provision = request(OPERATOR_TOKEN, &format!("POST {SERVERS}/{ABSENT}:provision"));
    invalid(&api.response(&provision.clone().with_body("{")), &["body"]);
    invalid(&api.response(&provision.clone().with_json(&json!({ "osImage": 7 }))), &["osImage"]);
    // It wants a body.
    invalid(&api.response(&provision), &["body"]);
    fails(&api.response(&provision.with_json(&json!({}))), Code::NotFound);
}

#[test]
fn lists_come_in_pages() {
    let api = K0rdent::new();
    for name in ["a", "b", "c"] {
        succeeds(&send(&api, &format!("POST {SERVERS}"), server(name)), 201);
    }
    let page = |query: &str| succeeds(&ask(&api, &format!("GET {SERVERS}{query}")), 200);
    let first = page("?pageSize=3");
    let pagination = &first["meta"]["pagination"];
    assert_eq!(
        (&pagination["total"], &pagination["page"], &pagination["pageSize"]),
        (&json!(4), &json!(1), &json!(3))
    );
    assert!(pagination["hasMore"] == true && pagination["nextCursor"].is_string());
    let last = page("?pageSize=3&page=2");
    assert_eq!(last["data"].as_array().map(Vec::len), Some(1));
    assert!(
        last["meta"]["pagination"]["hasMore"] == false && last["meta"]["pagination"]["nextCursor"].is_null()
    );
    assert_eq!(page("?page=999999999999")["data"], json!([]));
    assert_eq!(page("?state=provisioned")["data"].as_array().map(Vec::len), Some(1));
    for (query, fields) in [
        ("?pageSize=0", vec!["pageSize"]),
        ("?pageSize=501&page=0", vec!["page", "pageSize"]),
        ("?pageSize=ten", vec!["pageSize"]),
        ("?page=%ff", vec!["page"]),
        ("?state=Provisioned", vec!["state"]),
        ("?state=", vec!["state"]),
    ] {
        invalid(&ask(&api, &format!("GET {SERVERS}{query}")), &fields);
    }
    invalid(&ask(&api, &format!("GET {POOLS}?page=-1")), &["page"]);
    invalid(&ask(&api, &format!("GET {ALLOCATIONS}?page=1.0")), &["page"]);
}

#[test]
fn what_belongs_to_others_is_as_absent() {
    let api = K0rdent::new();
    let strip = |response: Response| fails(&response, Code::NotFound);
    for id in [FOREIGN_SERVER_ID, "tiny-1"] {
        for (method, action) in [("GET", ""), ("DELETE", ""), ("POST", ":inspect")] {
            let foreign = strip(ask(&api, &format!("{method} {SERVERS}/{id}{action}")));
            assert_eq!(foreign, strip(ask(&api, &format!("{method} {SERVERS}/{ABSENT}{action}"))));
        }
    }
    let quota = |line: &str| api.response(&request(QUOTA_TOKEN, line));
    succeeds(&quota(&format!("GET {SERVERS}/{FOREIGN_SERVER_ID}")), 200);
    fails(&quota(&format!("GET {SERVERS}/{SERVER_ID}")), Code::NotFound);
    fails(&quota(&format!("GET {POOLS}/{POOL_ID}")), Code::NotFound);
    // The same display name can be used in another organisation.
    succeeds(&send(&api, &format!("POST {SERVERS}"), server("tiny-1")), 201);
}

#[test]
fn ids_are_judged_before_they_are_looked_up() {
    let api = K0rdent::new();
    for id in [
        "srv_",
        "srv_a-b",
        "pool_1refAcmePool00000000000001",
        "Rack-1",
        "",
        "a%20b",
        "%zz",
        "srv_%C3%A4",
        "a%2Fb",
    ] {
        invalid(&ask(&api, &format!("GET {SERVERS}/{id}")), &["id"]);
    }
    for id in ["srv_1", "no-such-server", "srv_00000000000000000000000000000000000000"] {
        fails(&ask(&api, &format!("GET {SERVERS}/{id}")), Code::NotFound);
    }
    invalid(&ask(&api, &format!("GET {WORKFLOWS}/{SERVER_ID}")), &["id"]);
    fails(&ask(&api, &format!("GET {WORKFLOWS}/run_1")), Code::NotFound);
}

#[test]
fn a_server_lives_through_its_states() {
    let (api, clock) = standing();
    let step = Duration::from_millis(50);
    let act = |action: &str| send(&api, &format!("POST {SERVERS}/a:{action}"), json!({}));
    let created = succeeds(&send(&api, &format!("POST {SERVERS}"), server("a")), 201);
    assert_eq!(
        (&created["data"]["state"], &created["data"]["displayName"]),
        (&json!("registered"), &json!("a"))
    );
    assert!(created["data"]["id"].as_str().is_some_and(|id| id.len() == 30 && id.starts_with("srv_")));
    assert!(created["data"]["organizationId"].as_str().is_some_and(|id| id.len() == 30));
    fails(&act("decommission"), Code::InvalidStateTransition);

    let inspecting = succeeds(&act("inspect"), 202);
    assert_eq!(inspecting["data"]["state"], "inspecting");
    let workflow = inspecting["meta"]["workflowId"].as_str().expect("a workflow").to_owned();
    let status = || succeeds(&ask(&api, &format!("GET {WORKFLOWS}/{workflow}")), 200)["data"].clone();
    assert_eq!((&status()["status"], &status()["finishedAt"]), (&json!("running"), &Value::Null));
    for action in ["inspect", "provision", "decommission"] {
        fails(&act(action), Code::InvalidStateTransition);
    }
    clock.advance(step);
    assert_eq!((&status()["status"], &status()["serverId"]), (&json!("completed"), &created["data"]["id"]));
    assert!(status()["finishedAt"].is_string());
    assert_eq!(state(&api, "a"), "available");

    succeeds(&act("inspect"), 202);
    clock.advance(step);
    let provisioning =
        send(&api, &format!("POST {SERVERS}/a:provision"), json!({ "osImage": "ubuntu-24.04" }));
    assert_eq!(succeeds(&provisioning, 202)["data"]["osImage"], "ubuntu-24.04");
    assert_eq!(state(&api, "a"), "provisioning");
    clock.advance(step);
    let error = fails(&act("provision"), Code::InvalidStateTransition);
    assert_eq!(error["details"], json!({ "currentState": "provisioned", "targetState": "provisioning" }));

    assert_eq!(succeeds(&act("decommission"), 202)["data"]["state"], "provisioned");
    fails(&act("decommission"), Code::InvalidStateTransition);
    clock.advance(step);
    assert_eq!(state(&api, "a"), "decommissioned");
    for action in ["inspect", "provision", "decommission"] {
        fails(&act(action), Code::InvalidStateTransition);
    }
    gone(&ask(&api, &format!("DELETE {SERVERS}/a")));
    fails(&ask(&api, &format!("DELETE {SERVERS}/a")), Code::NotFound);
    // A workflow of another organisation is not found.
    let foreign = request(QUOTA_TOKEN, &format!("GET {WORKFLOWS}/{workflow}"));
    fails(&api.response(&foreign), Code::NotFound);
}

#[test]
fn a_server_can_be_changed() {
    let api = K0rdent::new();
    succeeds(&send(&api, &format!("POST {SERVERS}"), server("a")), 201);
    let patch = |body: Value| send(&api, &format!("PATCH {SERVERS}/a"), body);
    let changed = succeeds(&patch(json!({ "tags": { "row": "7" }, "persona": "worker" })), 200);
    assert_eq!(
        (&changed["data"]["tags"], &changed["data"]["persona"]),
        (&json!({ "row": "7" }), &json!("worker"))
    );
    // The address is no metadata, so it stays.
    let same = succeeds(&patch(json!({ "bmcAddress": "::1" })), 200);
    assert_eq!(same["data"]["bmcAddress"], "192.0.2.10");
    invalid(&patch(json!({ "tags": { "row": 7 } })), &["tags"]);
    invalid(&patch(json!({ "displayName": null, "description": 1 })), &["description"]);
    fails(&send(&api, &format!("PATCH {SERVERS}/b"), json!({ "tags": {} })), Code::NotFound);
}

#[test]
fn without_a_bmc_nothing_begins() {
    let (api, clock) = standing();
    available(&api, &clock, "a");
    api.conditions().switch_on("bmc-unreachable");
    for action in ["inspect", "provision", "decommission"] {
        let act = send(&api, &format!("POST {SERVERS}/a:{action}"), json!({}));
        fails(&act, Code::BmcConnectionFailed);
    }
    assert_eq!(state(&api, "a"), "available");
    // A request that would be rejected anyway is rejected for its own reason.
    let provisioned = send(&api, &format!("POST {SERVERS}/{SERVER_ID}:provision"), json!({}));
    fails(&provisioned, Code::InvalidStateTransition);
    let bulk = send(&api, &format!("POST {SERVERS}:batchInspect"), json!({ "ids": ["a", "rack-1"] }));
    let body = succeeds(&bulk, 207);
    assert_eq!(body["results"][0]["error"]["code"], "BMC_CONNECTION_FAILED");
    assert_eq!(body["results"][1]["error"]["code"], "INVALID_STATE_TRANSITION");
    api.conditions().switch_all_off();
    succeeds(&ask(&api, &format!("POST {SERVERS}/a:inspect")), 202);
}

#[test]
fn bulk_responses_tell_each_item() {
    let (api, clock) = standing();
    let bulk = |ids: Value| send(&api, &format!("POST {SERVERS}:batchInspect"), json!({ "ids": ids }));
    for name in ["a", "b"] {
        succeeds(&send(&api, &format!("POST {SERVERS}"), server(name)), 201);
    }
    let body = succeeds(&bulk(json!(["b", "Not an id", "a", "b", FOREIGN_SERVER_ID, "rack-1"])), 207);
    let codes: Vec<&Value> =
        body["results"].as_array().expect("results").iter().map(|item| &item["error"]["code"]).collect();
    assert_eq!(
        json!(codes),
        json!([null, "VALIDATION_ERROR", null, "NOT_FOUND", "INVALID_STATE_TRANSITION"])
    );
    assert_eq!(body["data"], json!({ "total": 5, "succeeded": 2, "failed": 3 }));
    assert!(body["results"][1]["error"]["details"]["fields"]["id"].is_string());
    assert!(body["results"][0].get("error").is_none());
    let workflow = body["results"][0]["workflowId"].as_str().expect("a workflow").to_owned();
    clock.advance(Duration::from_millis(50));
    let status = succeeds(&ask(&api, &format!("GET {WORKFLOWS}/{workflow}")), 200);
    assert_eq!(status["data"]["status"], "completed");

    let none = succeeds(&bulk(json!([ABSENT])), 207);
    assert_eq!(none["data"], json!({ "total": 1, "succeeded": 0, "failed": 1 }));
    let all = succeeds(&bulk(json!(["a", "b"])), 207);
    assert_eq!(all["data"], json!({ "total": 2, "succeeded": 2, "failed": 0 }));

    for ids in [json!([]), json!("a"), json!([1]), json!(["a", null]), json!(vec!["a"; 101]), Value::Null] {
        invalid(&bulk(ids), &["ids"]);
    }
    succeeds(&bulk(json!(vec![ABSENT; 100])), 207);
    let viewer = request(VIEWER_TOKEN, &format!("POST {SERVERS}:batchInspect"));
    fails(&api.response(&viewer.with_json(&json!({ "ids": ["a"] }))), Code::Forbidden);
}

#[test]
fn servers_are_registered_in_batches() {
    let api = K0rdent::new();
    let batch =
        |servers: Value| send(&api, &format!("POST {SERVERS}:batchCreate"), json!({ "servers": servers }));
    let body = succeeds(&batch(json!([server("a"), { "bmcAddress": "nowhere" }, {}])), 207);
    assert_eq!(body["data"], json!({ "total": 3, "succeeded": 1, "failed": 2 }));
    let id = body["results"][0]["id"].as_str().expect("an id").to_owned();
    succeeds(&ask(&api, &format!("GET {SERVERS}/{id}")), 200);
    for index in [1, 2] {
        let result = &body["results"][index];
        assert_eq!((&result["index"], &result["error"]["code"]), (&json!(index), &json!("VALIDATION_ERROR")));
        assert!(result["error"]["details"]["fields"]["bmcAddress"].is_string());
    }
    assert_eq!(succeeds(&batch(json!([{}])), 207)["data"]["failed"], 1);
    for servers in [json!([]), json!("a"), json!([1]), json!({}), json!(vec![json!({}); 101]), Value::Null] {
        invalid(&batch(servers), &["servers"]);
    }
    let viewer = request(VIEWER_TOKEN, &format!("POST {SERVERS}:batchCreate"));
    fails(&api.response(&viewer.with_json(&json!({ "servers": [server("b")] }))), Code::Forbidden);
}

#[test]
fn a_pool_gives_out_what_it_has() {
    let api = K0rdent::new();
    let pool =
        |name: &str, gpus: Value| send(&api, &format!("POST {POOLS}"), json!({ "name": name, "gpus": gpus }));
    let allocate = |name: &str, gpus: u64| {
        send(&api, &format!("POST {ALLOCATIONS}"), json!({ "name": name, "poolId": "p", "gpus": gpus }))
    };
    for gpus in [json!(0), json!(10_001), json!(1.5), json!("4"), json!(-1), Value::Null, json!(1e300)] {
        invalid(&pool("p", gpus), &["gpus"]);
    }
    fails(&allocate("x", 1), Code::NotFound);
    assert_eq!(succeeds(&pool("p", json!(4)), 201)["data"]["allocated"], 0);
    fails(&pool("p", json!(4)), Code::Conflict);
    succeeds(&allocate("x", 3), 201);
    fails(&allocate("x", 1), Code::Conflict);
    // A duplicate name comes before missing capacity.
    fails(&allocate("x", 9), Code::Conflict);
    let error = fails(&allocate("y", u64::MAX), Code::PoolCapacityExceeded);
    assert_eq!(error["details"], json!({ "requested": u64::MAX, "available": 1 }));
    succeeds(&allocate("y", 1), 201);
    assert_eq!(succeeds(&ask(&api, &format!("GET {POOLS}/p")), 200)["data"]["allocated"], 4);
    fails(&ask(&api, &format!("DELETE {POOLS}/p")), Code::Conflict);
    for name in ["x", "y"] {
        succeeds(&ask(&api, &format!("GET {ALLOCATIONS}/{name}")), 200);
        gone(&ask(&api, &format!("DELETE {ALLOCATIONS}/{name}")));
        fails(&ask(&api, &format!("DELETE {ALLOCATIONS}/{name}")), Code::NotFound);
    }
    gone(&ask(&api, &format!("DELETE {POOLS}/p")));
    fails(&ask(&api, &format!("GET {POOLS}/p")), Code::NotFound);
    assert_eq!(succeeds(&ask(&api, &format!("GET {POOLS}/{POOL_ID}")), 200)["data"]["gpus"], 64);
}

#[test]
fn times_are_rfc_3339() {
    let api = K0rdent::new();
    let allocate = |from: &str, to: &str| {
        let body = json!({ "name": "x", "poolId": POOL_ID, "gpus": 1, "startsAt": from, "endsAt": to });
        let response = send(&api, &format!("POST {ALLOCATIONS}"), body);
        ask(&api, &format!("DELETE {ALLOCATIONS}/x"));
        response
    };
    let right = "2026-03-01T12:00:00Z";
    for wrong in [
        "2026-03-01",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00:00",
        "2026-13-01T12:00:00Z",
        "2026-03-01T12:00:00+0100",
        "",
        "é",
    ] {
        invalid(&allocate(wrong, right), &["startsAt"]);
    }
    succeeds(&allocate("2026-03-01T13:00:00+02:00", right), 201);
    refused(&allocate("2026-03-01T13:00:00+01:00", right), 422, "SEMANTIC_ERROR");
    succeeds(&allocate("2026-03-01T11:59:59.999z", right), 201);
}

#[test]
fn quota_is_given_back() {
    let api = K0rdent::new();
    let quota = |line: &str| api.response(&request(QUOTA_TOKEN, line).with_json(&server("new")));
    fails(&quota(&format!("POST {SERVERS}")), Code::QuotaExceeded);
    gone(&quota(&format!("DELETE {SERVERS}/tiny-1")));
    succeeds(&quota(&format!("POST {SERVERS}")), 201);
    fails(&quota(&format!("POST {SERVERS}")), Code::QuotaExceeded);
}

#[test]
fn only_one_role_is_limited_and_refused_requests_count_nothing() {
    let (api, clock) = standing();
    let limited = |line: &str| api.response(&request(LIMITED_TOKEN, line));
    for _ in 0..5 {
        limited(&format!("GET {SERVERS}?page=0"));
    }
    clock.advance(Duration::from_millis(1500));
    for _ in 0..20 {
        // The rate limit comes before validation, and the route before the rate limit.
        let response = limited(&format!("GET {SERVERS}?page=0"));
        refused(&response, 429, "RATE_LIMITED");
        assert_eq!(response.header("retry-after"), Some("1"));
    }
    fails(&limited("GET /nothing"), Code::NotFound);
    clock.advance(Duration::from_millis(500));
    for _ in 0..5 {
        succeeds(&limited(&format!("GET {SERVERS}")), 200);
    }
    for _ in 0..200 {
        succeeds(&ask(&api, &format!("GET {SERVERS}")), 200);
    }
}

#[test]
fn no_two_responses_share_a_request_id() {
    let (api, _) = standing();
    let ids: HashSet<String> = (0..500)
        .map(|_| ask(&api, &format!("GET {SERVERS}")).header("x-request-id").expect("an id").to_owned())
        .collect();
    assert_eq!(ids.len(), 500);
    assert!(ids.iter().all(|id| id.starts_with("req_sfo1-1770565759296-")), "{ids:?}");
}

/// Returns requests that make the effect of each quirk visible: the last response must differ.
fn scene(quirk: &str) -> Vec<Request> {
    let operator = |line: &str| request(OPERATOR_TOKEN, line);
    let json = |line: &str, body: Value| operator(line).with_json(&body);
    let create = format!("POST {SERVERS}");
    let list = format!("GET {SERVERS}");
    let bulk = || json(&format!("POST {SERVERS}:batchInspect"), json!({ "ids": ["a", ABSENT] }));
    let allocate = |gpus: u64| json!({ "name": "x", "poolId": "p", "gpus": gpus });
    let pool = || json(&format!("POST {POOLS}"), json!({ "name": "p", "gpus": 4 }));
    let backwards = json!({ "name": "x", "poolId": POOL_ID, "gpus": 1, "startsAt": "2026-03-02T00:00:00Z", "endsAt": "2026-03-01T00:00:00Z" });
    let limited = |times: usize| vec![request(LIMITED_TOKEN, &list); times];
    match quirk {
        "missing-token-accepted" => vec![Request::new("GET", SERVERS)],
        "any-token-accepted" => vec![request("nobody", &list)],
        "permission-not-enforced" => vec![request(VIEWER_TOKEN, &create).with_json(&server("a"))],
        "rate-limit-not-enforced" | "limit-without-retry-after" | "limit-with-retry-after-in-words" => {
            limited(6)
        }
        // The seventh request is sent after waiting.
        "still-limited-after-waiting" => limited(7),
        "validation-skipped" => vec![json(&create, json!({}))],
        "first-bad-field-alone" => vec![json(&create, json!({ "displayName": 7 }))],
        "fields-as-list" | "details-left-out" => vec![json(&create, json!({}))],
        "semantic-error-accepted" | "unnamed-codes-otherwise" => {
            vec![json(&format!("POST {ALLOCATIONS}"), backwards)]
        }
        "duplicate-accepted" => vec![pool(), pool()],
        "absent-deleted" => vec![operator(&format!("DELETE {SERVERS}/{ABSENT}"))],
        "deleted-server-found" => vec![
            json(&create, server("a")),
            operator(&format!("DELETE {SERVERS}/a")),
            operator(&format!("GET {SERVERS}/a")),
        ],
        "foreign-server-shown" | "foreign-server-told-apart" => {
            vec![operator(&format!("GET {SERVERS}/{FOREIGN_SERVER_ID}"))]
        }
        "pool-in-use-deleted" => vec![
            pool(),
            json(&format!("POST {ALLOCATIONS}"), allocate(1)),
            operator(&format!("DELETE {POOLS}/p")),
        ],
        "state-machine-not-enforced" => vec![json(&format!("POST {SERVERS}/rack-1:provision"), json!({}))],
        "pool-capacity-not-enforced" => vec![pool(), json(&format!("POST {ALLOCATIONS}"), allocate(5))],
        "quota-not-enforced" => vec![request(QUOTA_TOKEN, &create).with_json(&server("a"))],
        "bmc-failure-hidden" => {
            vec![json(&create, server("a")), operator(&format!("POST {SERVERS}/a:inspect"))]
        }
        "internal-fault-hidden" | "internal-fault-leaks" => vec![operator(&list)],
        bulky if bulky.starts_with("bulk-") => vec![json(&create, server("a")), bulk()],
        "delete-responses-200" => vec![json(&create, server("a")), operator(&format!("DELETE {SERVERS}/a"))],
        "request-ids-disagree"
        | "request-id-of-another-form"
        | "timestamp-as-number"
        | "error-says-success" => {
            vec![operator(&format!("GET {SERVERS}/{ABSENT}"))]
        }
        other => panic!("no scene for {other}"),
    }
}

/// Returns the last response of a scene, without the parts that differ from response to response.
fn play(quirk: &str, on: bool) -> (u16, Value, Vec<String>) {
    let (api, clock) = standing();
    if on {
        assert!(api.quirks().switch_on(quirk));
    }
    match quirk {
        "bmc-failure-hidden" => assert!(api.conditions().switch_on("bmc-unreachable")),
        "internal-fault-hidden" | "internal-fault-leaks" => {
            assert!(api.conditions().switch_on("internal-fault"))
        }
        _ => {}
    }
    let requests = scene(quirk);
    let mut response = Response::empty(0);
    for (at, request) in requests.iter().enumerate() {
        if quirk == "still-limited-after-waiting" && at + 1 == requests.len() {
            clock.advance(Duration::from_secs(2));
        }
        response = api.response(request);
    }
    let id = response.header("x-request-id").expect("an id").to_owned();
    let mut body = response.document().unwrap_or_default();
    let mut features = Vec::new();
    features.push(format!("agree: {}", body.is_null() || body["meta"]["requestId"] == id.as_str()));
    features.push(format!("length: {}", id.len()));
    features.push(format!("retry: {:?}", response.header("retry-after")));
    if let Some(id) = body.pointer_mut("/meta/requestId") {
        *id = Value::Null;
    }
    if let Some(id) = body.pointer_mut("/data/id") {
        *id = Value::Null;
    }
    for result in body["results"].as_array_mut().into_iter().flatten() {
        if let Some(workflow) = result.get_mut("workflowId") {
            *workflow = Value::Null;
        }
    }
    (response.status, body, features)
}

#[test]
fn every_quirk_changes_a_response() {
    let api = K0rdent::new();
    for quirk in api.quirks().known() {
        let right = play(quirk.name, false);
        assert_eq!(right, play(quirk.name, false), "{} is not what makes the difference", quirk.name);
        assert_ne!(right, play(quirk.name, true), "{}", quirk.name);
    }
}

#[test]
fn mutants_have_names_of_their_own_and_know_what_is_harmless() {
    let api = K0rdent::new();
    let mutants = mutants_of(&api);
    let names: HashSet<&str> = mutants.iter().map(|mutant| mutant.id.as_ref()).collect();
    assert_eq!(names.len(), mutants.len());
    for mutant in mutants.iter().filter(|mutant| mutant.quirk().is_some()) {
        assert_eq!(mutant.harmless, api.harmless_quirks().contains(&mutant.id.as_ref()), "{}", mutant.id);
    }
}

#[test]
fn a_constant_request_id_keeps_its_form() {
    let api = K0rdent::new();
    let mutant = mutants_of(&api).into_iter().find(|mutant| mutant.id == "request-id-constant").expect("one");
    let request = request(OPERATOR_TOKEN, &format!("GET {SERVERS}/{ABSENT}"));
    let ids: HashSet<String> = (0..3)
        .map(|_| {
            let mut response = api.response(&request);
            mutant.change(&api, &request, &mut response);
            fails(&response, Code::NotFound);
            response.header("x-request-id").expect("an id").to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 1);
}

#[test]
fn the_target_file_is_complete() {
    let text = K0rdent::new().target_file("http://127.0.0.1:8080/");
    let file: toml::Table = text.parse().expect("TOML");
    let target = &file["target"]["reference"];
    assert_eq!(target["url"].as_str(), Some("http://127.0.0.1:8080"));
    for (role, token) in [
        ("operator", OPERATOR_TOKEN),
        ("viewer", VIEWER_TOKEN),
        ("quota_limited", QUOTA_TOKEN),
        ("limited", LIMITED_TOKEN),
    ] {
        assert_eq!(target["roles"][role]["bearer"].as_str(), Some(token));
    }
    assert_eq!(target["variables"].as_table().map(toml::Table::len), Some(10));
    let conditions = target["conditions"].as_table().expect("conditions");
    assert_eq!(
        conditions.keys().map(String::as_str).collect::<HashSet<_>>(),
        HashSet::from(["bmc-unreachable", "internal-fault"])
    );
}

#[test]
fn whatever_is_asked_gets_a_documented_response() {
    ask_at_random(dice::FEW);
}

#[test]
#[ignore = "needs minutes"]
fn whatever_is_asked_for_long_gets_a_documented_response() {
    ask_at_random(dice::MANY);
}

fn ask_at_random(rounds: u32) {
    let (api, clock) = standing();
    let mut documented: HashSet<(u16, &str)> =
        Code::ALL.iter().map(|code| (code.status(), code.as_str())).collect();
    documented.extend([(422, "SEMANTIC_ERROR"), (429, "RATE_LIMITED"), (405, "METHOD_NOT_ALLOWED")]);
    let paths = [
        "servers",
        "servers/a",
        "servers/a:inspect",
        "servers/a:provision",
        "servers/a:decommission",
        "servers:batchInspect",
        "servers:batchCreate",
        "servers/rack-1",
        "servers/%ff",
        "servers/",
        "servers/:inspect",
        "workflows/run_1",
        "pools",
        "pools/a",
        "allocations",
        "allocations/a",
        "nothing",
        "%",
        "servers/..",
        "pools/pool_0",
    ];
    let queries = ["", "", "", "?page=2", "?page=x&pageSize=0", "?%", "?state=available", "??", "?&&=&="];
    let bodies: [&[u8]; 10] = [
        b"", b"{}", b"[", b"\xff", br#"{"name":"a","displayName":"a","bmcAddress":"::1","gpus":2,"poolId":"a"}"#,
        br#"{"name":"a","gpus":7,"poolId":"default-pool","startsAt":"2026-03-02T00:00:00Z","endsAt":"2026-03-01T00:00:00Z"}"#,
        br#"{"ids":["a","\u0000"]}"#, br#"{"tags":{"a":"b"},"osImage":"x"}"#, br#"{"name":null}"#,
        br#"{"servers":[{"displayName":"a","bmcAddress":"::1"},{}]}"#,
    ];
    let mut dice = Dice::new();
    let mut codes = HashSet::new();
    for round in 0..rounds {
        if round % 50 == 0 {
            api.conditions().switch_all_off();
            api.conditions().switch_on(dice.roll(&["bmc-unreachable", "internal-fault", "none", "none"]));
        }
        clock.advance(Duration::from_millis(20));
        let target = format!(
            "/v1/regions/sfo1/projects/main/infrastructure/{}{}",
            dice.roll(&paths),
            dice.roll(&queries)
        );
        let method = dice.roll(&["GET", "POST", "POST", "POST", "PATCH", "DELETE", "HEAD", "PUT"]);
        let token = dice.roll(&[
            OPERATOR_TOKEN,
            OPERATOR_TOKEN,
            OPERATOR_TOKEN,
            VIEWER_TOKEN,
            QUOTA_TOKEN,
            LIMITED_TOKEN,
            "nobody",
        ]);
        let request = Request::new(method, &target).with_bearer(token).with_body(dice.roll(&bodies).to_vec());
        let response = api.response(&request);
        match response.status {
            204 => gone(&response),
            200 | 201 | 202 | 207 => drop(succeeds(&response, response.status)),
            status => {
                let body = response.document().expect("JSON");
                let code = body["error"]["code"].as_str().expect("a code").to_owned();
                assert!(documented.contains(&(status, code.as_str())), "{request:?} {body}");
                refused(&response, status, &code);
                codes.insert(code);
            }
        }
    }
    assert!(rounds < dice::MANY || codes.len() >= 12, "the dice reach too little: {codes:?}");
}
