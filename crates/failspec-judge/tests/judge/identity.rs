//! Identification before the verdict: what a response is.

use failspec_judge::check::{Phase, Pick};
use failspec_pack::pack::{Pointer, Schema, SchemaRegistry};
use serde_json::{Value, json};

use crate::harness::{Reply, World};

const FAILURES: &str = "
failures:
  - { id: absent, status: 404, code: absent, summary: x, retry: backoff }
  - { id: conflict, status: 409, code: conflict, summary: x }";

fn world(head: &str) -> World {
    World::new(&format!("{head}{FAILURES}"), "triggers: absent")
}

const SCHEMA: &str = "schema: { type: object, required: [error, message] }";

#[test]
fn a_success_that_carries_an_error_is_no_success() {
    let plain = "success: { status: 2xx }\nenvelope: { media_type: application/json, code: /error, message: /message }";
    let with_schema =
        format!("success: {{ status: 2xx }}\nenvelope: {{ {SCHEMA}, code: /error, message: /message }}");
    let matched = "success: { status: 2xx, match: { /ok: { const: true } } }\nenvelope: { code: /error, message: /message }";
    let code_only = "success: { status: 2xx }\nenvelope: { code: /error }";
    let error = |code: Value| json!({ "error": code, "message": "x" });
    for (head, body, expected) in [
        (plain, error(json!("conflict")), "other conflict"),
        (plain, error(json!("absent")), "other absent"),
        (plain, error(json!("kaboom")), "undocumented \"kaboom\""),
        (&with_schema, error(json!("kaboom")), "undocumented \"kaboom\""),
        (&with_schema, json!({ "error": "conflict" }), "other conflict"),
        (&with_schema, json!({ "error": "kaboom" }), "success"),
        (plain, json!({ "error": "kaboom" }), "success"),
        (plain, json!({ "error": null, "message": "done" }), "success"),
        (plain, error(json!(0)), "success"),
        (plain, error(json!("ok")), "success"),
        (plain, error(json!(200)), "success"),
        (plain, json!({ "id": 1 }), "success"),
        (plain, json!([]), "success"),
        (matched, json!({ "ok": true, "error": "conflict", "message": "x" }), "success"),
        (matched, json!({ "ok": false }), "unidentified"),
        (matched, json!({ "ok": false, "error": "conflict" }), "other conflict"),
        (code_only, json!({ "error": "conflict" }), "other conflict"),
        (code_only, json!({ "error": "kaboom" }), "success"),
    ] {
        let found = world(head).identify_control(&Reply::json(200, body.clone()), None);
        assert_eq!(found, expected, "{head}\n{body}");
    }
    // The media type of errors is another one than that of the response.
    let other =
        Reply::text(200, &error(json!("kaboom")).to_string()).with("content-type", "application/hal+json");
    assert_eq!(world(plain).identify_control(&other, None), "success");
    assert_eq!(world(plain).identify_control(&Reply::text(204, ""), None), "success");
}

#[test]
fn without_codes_only_a_media_type_of_its_own_tells_an_error_from_a_success() {
    let failures = "failures: [ { id: absent, status: 404, summary: x } ]";
    let world = |head: &str| {
        World::new(&format!("success: {{ status: 2xx }}\n{head}\n{failures}"), "triggers: absent")
    };
    let message = world("envelope: { message: /message }");
    assert_eq!(message.identify_control(&Reply::json(200, json!({ "message": "deleted" })), None), "success");
    let problem = world("envelope: { media_type: application/problem+json, message: /title }");
    assert_eq!(problem.identify_control(&Reply::json(200, json!({ "title": "a book" })), None), "success");
    let error = Reply::text(200, r#"{"title": "broken"}"#).with("content-type", "application/problem+json");
    assert_eq!(problem.identify_control(&error, None), "unidentified");
}

fn pick(id: &str) -> Pick {
    let schema = Schema::compile(json!({ "const": id }), &SchemaRegistry::default()).expect("a schema");
    let pointer = |text: &str| Pointer::parse(text).expect("a pointer");
    Pick { items: pointer("/results"), filter: vec![(pointer("/id"), schema.into())] }
}

#[test]
fn the_item_of_a_bulk_response_decides() {
    let world = world("success: { status: 2xx }\nenvelope: { code: /error, message: /message }");
    let bulk = |items: Value| Reply::json(207, json!({ "results": items }));
    for (items, expected) in [
        (json!([{ "id": "a", "error": "conflict", "message": "x" }]), "other conflict"),
        (json!([{ "id": "a", "error": "kaboom", "message": "x" }]), "undocumented \"kaboom\""),
        (json!([{ "id": "a" }, { "id": "b", "error": "conflict" }]), "success"),
    ] {
        assert_eq!(world.identify_control(&bulk(items.clone()), Some(&pick("a"))), expected, "{items}");
    }
}

#[test]
fn the_resent_item_of_a_bulk_response_decides_whether_it_recovers() {
    let contract = "
success: { status: 2xx }
envelope: { code: /error, message: /message }
failures: [ { id: locked, status: 207, code: locked, summary: x, retry: backoff } ]";
    let world = World::new(contract, "triggers: locked, then: [ { wait: 1ms, resend: true } ]");
    let locked = json!({ "id": "a", "error": "locked", "message": "x" });
    let bulk = |items: &[&Value]| Reply::json(207, json!({ "results": items }));
    let fine = json!({ "id": "a", "ok": true });
    let other = json!({ "id": "b", "ok": true });
    let judge = |resent: Reply| {
        world.judge_case(&[(Phase::Request, bulk(&[&locked])), (Phase::Resend, resent)], Some(pick("a")))
    };
    assert_eq!(judge(bulk(&[&fine, &other])), [""; 0]);
    assert_eq!(judge(bulk(&[])), [""; 0]);
    assert_eq!(judge(Reply::json(200, json!({ "done": true }))), [""; 0]);
    for still in [bulk(&[&locked, &other]), bulk(&[&other]), bulk(&[&fine, &fine])] {
        assert_eq!(judge(still.clone()), ["violation recovers"], "{still:?}");
    }
    let unlisted = json!({ "id": "a", "error": "kaboom", "message": "x" });
    assert_eq!(judge(bulk(&[&unlisted])), ["violation recovers"]);
}

#[test]
fn another_documented_failure_is_judged_by_its_own_promises() {
    let world = World::new(
        "
success: { status: 2xx }
envelope: { code: /error, message: /message }
failures:
  - { id: absent, status: 404, code: absent, summary: x, headers: { X-Own: {} } }
  - { id: internal, status: 500, code: internal, summary: x, leaks: forbidden, headers: { X-Request-Id: {} } }",
        "triggers: absent",
    );
    let internal = |message: &str| Reply::json(500, json!({ "error": "internal", "message": message }));
    assert_eq!(
        world.judge(internal("dial tcp 10.1.2.3:5432: connect: connection refused")),
        ["violation status", "violation code", "violation headers", "violation leaks"]
    );
    let kept = internal("something went wrong").with("x-request-id", "r-1");
    assert_eq!(world.judge(kept), ["violation status", "violation code"]);
}

#[test]
fn in_an_inferred_scenario_only_a_recognised_failure_is_bound_by_its_rules() {
    let world = World::new(
        "
success: { status: 2xx }
envelope: { code: /error, message: /message }
failures:
  - { id: absent, status: 404, code: absent, summary: x }
  - { id: internal, status: 500, code: internal, summary: x, leaks: forbidden }",
        "triggers: absent, source: inferred",
    );
    let error = |status, code: &str, message: Value| {
        Reply::json(status, json!({ "error": code, "message": message }))
    };
    for (reply, expected) in [
        (error(404, "absent", json!("x")), &[][..]),
        (error(404, "absent", json!(7)), &["violation message"]),
        (error(500, "internal", json!("x")), &["warning status", "warning code"]),
        (error(500, "internal", json!("panic: x")), &["warning status", "warning code", "violation leaks"]),
        (error(400, "odd", json!(7)), &["warning status", "warning code", "warning message"]),
        (Reply::json(200, json!({})), &["warning not-rejected"]),
        (error(500, "odd", json!("x")), &["violation server-error", "warning status", "warning code"]),
        (Reply::text(502, "bad gateway"), &["warning unrecognized-response", "violation server-error"]),
        (Reply::text(501, "what?"), &["warning unrecognized-response"]),
    ] {
        assert_eq!(world.judge(reply.clone()), expected, "{reply:?}");
    }
}

#[test]
fn closed_codes_hold_for_items_and_for_successes_that_carry_an_error() {
    let contract = "
codes: closed
success: { status: 2xx }
envelope: { code: /error, message: /message }
failures: [ { id: locked, status: [207, 423], code: locked, summary: x } ]";
    let world = World::new(contract, "triggers: locked");
    let locked = Reply::json(423, json!({ "error": "locked", "message": "x" }));
    let judge = |control: Value| {
        let control = Reply::json(200, control);
        world.judge_case(&[(Phase::Control, control), (Phase::Request, locked.clone())], None)
    };
    assert_eq!(judge(json!({ "error": "kaboom", "message": "x" })), ["violation code"]);
    assert_eq!(judge(json!({ "error": "", "message": "x" })), [""; 0]);
    let item = |code: &str| json!({ "results": [{ "id": "a", "error": code, "message": "x" }] });
    let bulk = |code: &str| {
        let replies = [
            (Phase::Request, Reply::json(207, item("locked"))),
            (Phase::Repeat, Reply::json(207, item(code))),
        ];
        world.judge_case(&replies, Some(pick("a")))
    };
    assert_eq!(bulk("kaboom"), ["violation code"]);
    assert_eq!(bulk("locked"), [""; 0]);
}

#[test]
fn a_response_under_test_with_the_status_of_a_success_is_identified_by_its_body() {
    let world = world("success: { status: 2xx }\nenvelope: { code: /error, message: /message }");
    for (body, expected) in [
        (json!({ "error": "absent", "message": "x" }), "triggered"),
        (json!({ "error": "conflict", "message": "x" }), "other conflict"),
        (json!({ "error": "odd", "message": "x" }), "undocumented \"odd\""),
        (json!({ "id": 1 }), "success"),
    ] {
        assert_eq!(world.identify(&Reply::json(200, body.clone())), expected, "{body}");
    }
}

#[test]
fn on_an_inferred_route_only_a_recognised_failure_is_bound_until_a_request_succeeded() {
    let contract = "
success: { status: 2xx }
operations:
  get_note: { request: GET /notes/absent, source: inferred }
  get_other: { request: GET /notes/other }
envelope: { code: /error, message: /message }
failures: [ { id: absent, status: 404, code: absent, summary: x } ]";
    let inferred = |control: &str| {
        World::new(contract, &format!("triggers: absent, request: get_note, control: {control}"))
    };
    let published =
        World::new(contract, "triggers: absent, request: get_other, control: { query: { a: '1' } }");
    let page = || Reply::text(404, "no such page");
    let right = |message: Value| Reply::json(404, json!({ "error": "absent", "message": message }));
    let fine = || (Phase::Control, Reply::json(200, json!({})));
    let same = inferred("{ query: { a: '1' } }");
    let other = inferred("{ request: get_other }");
    for (world, reply, expected) in [
        (&same, page(), &["violation well-formed"][..]),
        (&other, page(), &["warning well-formed"]),
        (&published, page(), &["violation well-formed"]),
        (&other, right(json!("x")), &[]),
        (&other, right(json!(7)), &["violation message"]),
        (&other, Reply::json(200, json!({})), &["violation not-rejected"]),
    ] {
        let found = world.judge_case(&[fine(), (Phase::Request, reply.clone())], None);
        assert_eq!(found, expected, "{reply:?}");
    }
}
