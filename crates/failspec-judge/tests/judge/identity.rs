//! Identification before the verdict: what a response is.

use failspec_judge::check::Phase;
use serde_json::{Value, json};

use crate::harness::{Reply, World, pick};

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
    // Without a list, the response as a whole decides.
    assert_eq!(judge(Reply::json(200, locked.clone())), ["violation recovers"]);
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

/// Asserts the identification of responses, under a contract, in a scenario of its first failure.
fn assert_identified(contract: &str, triggers: &str, rows: &[(Reply, &str)]) {
    let world = World::new(contract, &format!("triggers: {triggers}"));
    for (reply, expected) in rows {
        assert_eq!(world.identify(reply), *expected, "{contract}\n{reply:?}");
    }
}

#[test]
fn of_several_failures_that_fit_the_one_with_more_requirements_is_meant() {
    let kind = |status, kind: &str| Reply::json(status, json!({ "kind": kind }));
    let error = |status, code: Value| Reply::json(status, json!({ "error": code }));
    // Both fit equally: the one under test is meant.
    let any = "
envelope: { code: /error }
failures:
  - { id: one, status: 404, code: any, summary: x }
  - { id: other, status: 404, code: any, summary: x }";
    assert_identified(any, "one", &[(error(404, json!("x")), "triggered")]);
    assert_identified(any, "other", &[(error(404, json!("x")), "triggered")]);
    // A text that only the other one has is stronger than a status that both have, and a code is stronger than that.
    let text = "
envelope: { code: /error }
failures:
  - { id: plain, status: 422, summary: x }
  - { id: quota, status: 422, summary: x, match: { /kind: { const: quota } } }
  - { id: code, status: 422, code: c, summary: x }";
    let both = Reply::json(422, json!({ "kind": "quota", "error": "c" }));
    assert_identified(
        text,
        "plain",
        &[(kind(422, "quota"), "other quota"), (kind(422, "x"), "triggered"), (both.clone(), "other code")],
    );
    assert_identified(
        text,
        "quota",
        &[
            (kind(422, "quota"), "triggered"),
            // The other one is identified only by its status, which says nothing against the one under test.
            (kind(422, "x"), "unidentified"),
            (both.clone(), "other code"),
        ],
    );
    assert_identified(text, "code", &[(both, "triggered"), (kind(422, "quota"), "other quota")]);
}

#[test]
fn a_response_without_its_code_is_another_failure_only_by_another_status() {
    let contract = "
envelope: { code: /error }
failures:
  - { id: conflict, status: [409, 429], code: conflict, summary: x }
  - { id: absent, status: 404, summary: x }
  - { id: limited, status: 429, summary: x, match: { /kind: { const: limited } } }
  - { id: gone, status: 410, summary: x, match: { /kind: { const: gone } } }";
    let error = |status, code: Value| Reply::json(status, json!({ "error": code }));
    assert_identified(
        contract,
        "conflict",
        &[
            (error(409, json!("conflict")), "triggered"),
            (error(418, json!("conflict")), "triggered"),
            (error(409, json!("odd")), "undocumented \"odd\""),
            (error(409, json!(7)), "undocumented 7"),
            (error(409, Value::Null), "unidentified"),
            (Reply::json(409, json!({})), "unidentified"),
            // A failure of a status alone is that failure, whatever code is there.
            (error(404, json!("odd")), "other absent"),
            (Reply::text(404, ""), "other absent"),
            // The text is wrong, but nothing else has the status.
            (Reply::json(410, json!({})), "other gone"),
            // This is a status of both, and proves neither.
            (Reply::json(429, json!({})), "unidentified"),
            (Reply::json(429, json!({ "kind": "limited" })), "other limited"),
            (Reply::json(418, json!({})), "unidentified"),
        ],
    );
}

#[test]
fn a_response_that_correctly_has_no_body_is_identified_by_its_status() {
    let contract = "
success: { status: 2xx }
envelope: { code: /error, body: optional }
failures:
  - { id: absent, status: [404, 204], code: absent, summary: x }
  - { id: gone, status: 410, code: gone, summary: x }";
    let error = |code: &str| Reply::json(404, json!({ "error": code }));
    assert_identified(
        contract,
        "absent",
        &[
            (Reply::text(404, ""), "triggered"),
            (Reply::text(404, "not found"), "triggered"),
            (Reply::text(409, ""), "unidentified"),
            (error("absent"), "triggered"),
            (error("odd"), "undocumented \"odd\""),
            // The status of a success identifies no failure.
            (Reply::text(204, ""), "success"),
        ],
    );
    let bodies = contract.replace(", body: optional", "");
    assert_identified(&bodies, "absent", &[(Reply::text(404, ""), "unidentified")]);
    let head = World::new(&bodies, "triggers: absent, request: HEAD /notes/absent");
    assert_eq!(head.identify(&Reply::text(404, "")), "triggered");
    assert_eq!(head.identify(&Reply::text(410, "")), "unidentified");
}

#[test]
fn a_step_is_identified_by_all_failures_and_an_item_by_more_than_its_status() {
    let contract = "
success: { status: 2xx }
envelope: { code: /error }
failures:
  - { id: absent, status: [404, 207], summary: x }
  - { id: locked, status: 207, summary: x, match: { /state: { const: locked } } }
  - { id: conflict, status: 409, code: conflict, summary: x }";
    let world = World::new(contract, "triggers: conflict");
    for (reply, expected) in [
        (Reply::text(404, ""), "other absent"),
        (Reply::json(409, json!({ "error": "conflict" })), "other conflict"),
        (Reply::json(400, json!({ "error": "odd" })), "undocumented \"odd\""),
        (Reply::json(400, json!({ "error": null })), "unidentified"),
        (Reply::json(400, json!({})), "unidentified"),
        (Reply::json(200, json!({})), "success"),
    ] {
        assert_eq!(world.identify_control(&reply, None), expected, "{reply:?}");
    }
    // 207 belongs to the whole response, and says nothing of an item.
    for (item, expected) in [
        (json!({ "id": "a" }), "success"),
        (json!({ "id": "a", "state": "locked" }), "other locked"),
        (json!({ "id": "a", "error": "conflict" }), "other conflict"),
    ] {
        let reply = Reply::json(207, json!({ "results": [item] }));
        assert_eq!(world.identify_control(&reply, Some(&pick("a"))), expected, "{reply:?}");
    }
}

#[test]
fn a_response_carries_an_error_only_with_the_status_of_a_success() {
    let world =
        world("success: { status: 2xx, match: { /ok: { const: true } } }\nenvelope: { code: /error }");
    for (reply, expected) in [
        (Reply::json(200, json!({ "ok": true })), false),
        (Reply::json(200, json!({ "ok": false })), true),
        (Reply::json(200, json!({ "error": "conflict" })), true),
        (Reply::text(200, ""), true),
        (Reply::json(409, json!({ "error": "conflict" })), false),
        (Reply::json(409, json!({ "ok": true })), false),
    ] {
        assert_eq!(world.carries_error(&reply), expected, "{reply:?}");
    }
}

#[test]
fn the_shape_of_an_error_needs_all_that_the_envelope_documents() {
    let world = |envelope: &str| world(&format!("success: {{ status: 2xx }}\nenvelope: {{ {envelope} }}"));
    let schema = "schema: { required: [detail], properties: { detail: {} } }, code: /error";
    let optional = "schema: { properties: { detail: {} } }, code: /error";
    let error = |more: Value| {
        let mut body = json!({ "error": "kaboom" });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    for (envelope, body, expected) in [
        (schema, error(json!({ "detail": "x" })), "undocumented \"kaboom\""),
        (schema, error(json!({})), "success"),
        // It matches the schema only because it has none of its properties.
        (optional, error(json!({ "other": 1 })), "success"),
        (optional, error(json!({ "detail": "x" })), "undocumented \"kaboom\""),
        // A media type that successes have too tells nothing.
        ("media_type: application/json, message: /message", json!({ "message": "deleted" }), "success"),
        ("code: /error, message: /message", error(json!({ "message": " " })), "success"),
        ("code: /error, message: /message", error(json!({ "message": ["x"] })), "success"),
    ] {
        let world = if envelope.contains("code") {
            world(envelope)
        } else {
            let failures = "failures: [ { id: absent, status: 404, summary: x } ]";
            World::new(
                &format!("success: {{ status: 2xx }}\nenvelope: {{ {envelope} }}\n{failures}"),
                "triggers: absent",
            )
        };
        assert_eq!(
            world.identify_control(&Reply::json(200, body.clone()), None),
            expected,
            "{envelope} {body}"
        );
    }
}

#[test]
fn another_text_is_wording_only_where_the_same_text_distinguishes_two_failures() {
    let wrong = || Reply::json(422, json!({ "detail": "Give a key", "kind": "x" }));
    let failure = |schema: &str, other: &str| {
        format!(
            "failures:\n  - {{ id: one, status: 422, summary: x, match: {{ /detail: {schema} }} }}\n  - {{ id: other, summary: x, {other} }}"
        )
    };
    let same = "status: 422, match: { /detail: { pattern: revoked } }";
    for (schema, other, expected) in [
        ("{ pattern: required }", same, "triggered by its status"),
        ("{ const: The key is required }", same, "triggered by its status"),
        ("{ enum: [short, The key is required] }", same, "triggered by its status"),
        ("{ anyOf: [ { const: short }, { pattern: required } ] }", same, "triggered by its status"),
        ("{ oneOf: [ { const: The key is required } ] }", same, "triggered by its status"),
        ("{ allOf: [ { pattern: required } ] }", same, "triggered by its status"),
        // One word is an identifier.
        ("{ const: required }", same, "unidentified"),
        ("{ const: ' required ' }", same, "unidentified"),
        ("{ enum: [required, missing] }", same, "unidentified"),
        ("{ anyOf: [ { const: required } ] }", same, "unidentified"),
        ("{ maxLength: 3 }", same, "unidentified"),
        // Nothing else is told apart by this text: not another part, not at another status, not beside a code.
        ("{ pattern: required }", "status: 400, match: { /detail: { pattern: revoked } }", "unidentified"),
        ("{ pattern: required }", "status: 422, match: { /kind: { const: revoked } }", "unidentified"),
        (
            "{ pattern: required }",
            "status: 422, code: revoked, match: { /detail: { pattern: revoked } }",
            "unidentified",
        ),
    ] {
        let contract = format!("envelope: {{ code: /error }}\n{}", failure(schema, other));
        assert_identified(&contract, "one", &[(wrong(), expected)]);
    }
    // At the place of the message, every text is for people.
    let message = failure("{ const: required }", same);
    let message = format!("envelope: {{ message: /detail }}\n{message}");
    assert_identified(
        &message,
        "one",
        &[
            (wrong(), "triggered by its status"),
            (Reply::json(422, json!({ "detail": "required" })), "triggered"),
            (Reply::json(422, json!({ "detail": 7 })), "unidentified"),
            (Reply::json(422, json!({})), "unidentified"),
            (Reply::text(422, ""), "unidentified"),
            (Reply::json(422, json!({ "detail": "revoked" })), "other other"),
        ],
    );
    // Alone, it is told apart by nothing.
    let alone =
        "failures: [ { id: one, status: 422, summary: x, match: { /detail: { pattern: required } } } ]";
    assert_identified(alone, "one", &[(wrong(), "unidentified")]);
    let plain = "failures: [ { id: one, status: 422, summary: x } ]";
    assert_identified(plain, "one", &[(wrong(), "triggered")]);
}

#[test]
fn any_code_is_a_usable_one_that_no_other_failure_has() {
    let contract = "
envelope: { code: /error }
failures:
  - { id: absent, status: 404, code: any, summary: x }
  - { id: conflict, status: 409, code: conflict, summary: x }";
    let error = |code: Value| Reply::json(404, json!({ "error": code }));
    let rows = [
        (error(json!("x")), "triggered", "other absent"),
        (error(json!(7)), "triggered", "other absent"),
        (error(json!("")), "undocumented \"\"", "undocumented \"\""),
        (error(json!(true)), "undocumented true", "undocumented true"),
        (error(json!("conflict")), "other conflict", "other conflict"),
        (Reply::json(404, json!({})), "unidentified", "unidentified"),
    ];
    let world = World::new(contract, "triggers: absent");
    for (reply, expected, of_any) in rows {
        assert_eq!(world.identify(&reply), expected, "{reply:?}");
        assert_eq!(world.identify_control(&reply, None), of_any, "{reply:?}");
    }
    // In an item, the code is read where the item has it, whichever it is.
    let world = World::new(
        "
success: { status: 2xx }
envelope: { code: /error }
failures:
  - { id: refused, status: 207, code: any, summary: x }
  - { id: conflict, status: 409, code: conflict, summary: x }",
        "triggers: refused",
    );
    for (item, expected) in [
        (json!({ "id": "a", "error": "x" }), "triggered"),
        (json!({ "id": "a", "error": "conflict" }), "triggered"),
        (json!({ "id": "a", "error": "" }), "success"),
        (json!({ "id": "a" }), "success"),
    ] {
        let reply = Reply::json(207, json!({ "results": [item] }));
        assert_eq!(world.identify_item(&reply, Some(&pick("a"))), expected, "{reply:?}");
    }
}

#[test]
fn an_accepted_code_is_that_of_the_failure_that_has_it_as_its_own() {
    let contract = "
envelope: { code: /error }
failures:
  - { id: absent, status: 404, code: absent, codes: [absent, gone, lost], summary: x }
  - { id: gone, status: 410, code: gone, summary: x }
  - { id: hidden, status: 404, code: hidden, summary: x }";
    let error = |status, code: &str| Reply::json(status, json!({ "error": code }));
    let world = World::new(contract, "triggers: absent");
    for (reply, expected, of_any, findings) in [
        (error(404, "absent"), "triggered", "other absent", &[][..]),
        (error(404, "lost"), "triggered", "other absent", &[]),
        (error(410, "gone"), "triggered as gone", "other gone", &[]),
        // An alternative that is a failure of its own has its own status.
        (error(404, "gone"), "triggered as gone", "other gone", &["violation status"]),
        (error(410, "absent"), "triggered", "other absent", &["violation status"]),
        (error(404, "hidden"), "other hidden", "other hidden", &["violation code"]),
    ] {
        assert_eq!(world.identify(&reply), expected, "{reply:?}");
        assert_eq!(world.identify_control(&reply, None), of_any, "{reply:?}");
        assert_eq!(world.judge(reply.clone()), findings, "{reply:?}");
    }
}

#[test]
fn header_with_a_constant_tells_failures_of_one_status_apart() {
    let failure = |id: &str, value: &str| {
        format!("  - {{ id: {id}, status: 401, summary: x, headers: {{ X-Gate: {{ const: {value} }} }} }}\n")
    };
    let two = format!("failures:\n{}{}", failure("no_app", "NoApp"), failure("expired", "Expired"));
    let one =
        format!("failures:\n{}  - {{ id: other, status: 401, summary: x }}\n", failure("expired", "Expired"));
    let inferred = two
        .replace("X-Gate", "Y")
        .replace("summary: x,", "summary: x, inferred: { headers: { X-Gate: { const: NoApp } } },");
    let coded = "envelope: { code: /error }\nfailures:\n  \
                 - { id: no_app, status: 401, code: no_app, summary: x, headers: { X-Gate: { const: NoApp } } }\n  \
                 - { id: expired, status: 401, code: expired, summary: x, headers: { X-Gate: { const: Expired } } }\n";
    let text = || Reply::text(401, "no");
    let json = |code: &str| Reply::json(401, json!({ "error": code }));
    for (contract, reply, expected) in [
        (two.as_str(), text().with("x-gate", "Expired"), "triggered"),
        (&two, text().with("x-gate", "NoApp"), "other no_app"),
        (&two, Reply::text(401, "").with("x-gate", "NoApp"), "other no_app"),
        // A value that is nobody's, and none at all, are broken rules of the failure under test.
        (&two, text().with("x-gate", "Elsewhere"), "triggered"),
        (&two, text(), "triggered"),
        (&one, text().with("x-gate", "NoApp"), "triggered"),
        (&inferred, text().with("x-gate", "NoApp").with("y", "Expired"), "triggered"),
        // A code says more than a header.
        (coded, json("expired").with("x-gate", "NoApp"), "triggered"),
        (coded, json("no_app").with("x-gate", "NoApp"), "other no_app"),
    ] {
        let world = World::new(contract, "triggers: expired");
        let found = world.identify(&reply);
        assert!(found.starts_with(expected), "{contract}\n{reply:?}: {found}");
    }
    // An accepted code of another failure may come with the headers of that.
    let accepted = coded.replace("code: expired,", "code: expired, codes: [expired, no_app],");
    let world = World::new(&accepted, "triggers: expired");
    assert!(world.identify(&json("no_app").with("x-gate", "NoApp")).starts_with("triggered"));
    // It is told where there is no body that could tell it.
    let empty = World::new(&format!("envelope: {{ body: empty }}\n{two}"), "triggers: expired");
    assert_eq!(
        empty.judge(Reply::text(401, "").with("x-gate", "Expired").with("www-authenticate", "Bearer")),
        [""; 0]
    );
    let found = empty.judge(Reply::text(401, "").with("x-gate", "NoApp").with("www-authenticate", "Bearer"));
    assert!(found.contains(&"violation match".to_owned()), "{found:?}");
    let world = World::new(&two, "triggers: expired");
    for (value, expected) in [("NoApp", "other no_app"), ("Expired", "other expired")] {
        assert_eq!(world.identify_control(&text().with("x-gate", value), None), expected);
    }
}
