//! Rules for the body: a check never passes because its precondition is missing.

use failspec_base::message::BodyError;
use failspec_judge::check::{Phase, Severity};
use serde_json::json;

use crate::harness::{Reply, World};

/// A contract of statuses alone.
const STATUS: &str = "failures: [ { id: absent, status: 404, summary: x } ]";

const CODES: &str = "
success: { status: 2xx }
envelope: { media_type: application/json, code: /error, message: /message }
failures:
  - { id: absent, status: 404, code: absent, summary: x, retry: never }
  - { id: busy, status: 503, code: busy, summary: x }";

#[test]
fn rules_for_the_body_are_broken_by_a_body_that_is_not_json() {
    let page = || Reply::text(404, "<p>not found").with("content-type", "text/html");
    for (contract, scenario, expected) in [
        (STATUS, "triggers: absent, expect: { body: { /field: { const: text } } }", "violation expectation"),
        (STATUS, "triggers: absent, source: inferred, expect: { body: { /a: {} } }", "warning expectation"),
        (
            "failures: [ { id: absent, status: 404, summary: x, match: { /kind: { const: absent } } } ]",
            "triggers: absent",
            "violation match",
        ),
        (
            "envelope: { status: /status }\nfailures: [ { id: absent, status: 404, summary: x } ]",
            "triggers: absent",
            "violation well-formed",
        ),
        (
            "envelope: { request_id: /id }\nfailures: [ { id: absent, status: 404, summary: x } ]",
            "triggers: absent",
            "violation well-formed",
        ),
        (
            "failures: [ { id: absent, status: 404, summary: x, inferred: { schema: { required: [a] } } } ]",
            "triggers: absent",
            "warning well-formed",
        ),
        (
            "failures: [ { id: absent, status: 404, summary: x, retry_after: [ { pointer: /wait } ] } ]",
            "triggers: absent",
            "violation retry-after",
        ),
    ] {
        let found = World::new(contract, scenario).judge(page());
        assert_eq!(found, [expected], "{contract}");
        // A contract that says nothing of the body allows any.
        assert_eq!(World::new(STATUS, "triggers: absent").judge(page()), [""; 0]);
    }
}

#[test]
fn no_body_is_due_to_head_and_where_the_contract_calls_it_optional() {
    let world = World::new(
        "envelope: { code: /error, body: optional }\nfailures: [ { id: absent, status: 404, code: absent, summary: x } ]",
        "triggers: absent, expect: { body: { /field: {} } }",
    );
    assert_eq!(world.judge(Reply::text(404, "")), [""; 0]);
    assert_eq!(world.judge(Reply::text(404, "not found")), [""; 0]);
    assert_eq!(world.judge(Reply::json(404, json!({"error": "absent"}))), ["violation expectation"]);
    let head =
        World::new(CODES, "triggers: absent, request: HEAD /notes/absent, expect: { body: { /a: {} } }");
    assert_eq!(head.judge(Reply::text(404, "")), ["violation media-type"; 0]);
    let not_modified = World::new(
        "envelope: { code: /error }\nfailures: [ { id: same, status: 304, code: same, summary: x } ]",
        "triggers: same",
    );
    assert_eq!(not_modified.judge(Reply::text(304, "")), [""; 0]);
}

#[test]
fn a_match_that_is_broken_outright_is_a_violation_and_only_another_text_is_wording() {
    let one =
        "failures: [ { id: invalid, status: 422, summary: x, match: { /kind: { const: validation } } } ]";
    let words = "
failures:
  - { id: no_key, status: 422, summary: x, match: { /detail: { pattern: 'required' } } }
  - { id: bad_key, status: 422, summary: x, match: { /detail: { pattern: 'revoked' } } }";
    let identifiers = "
failures:
  - { id: invalid, status: 422, summary: x, match: { /kind: { const: validation } } }
  - { id: quota, status: 422, summary: x, match: { /kind: { const: quota } } }";
    let reply = |body| Reply::json(422, body);
    for (contract, triggers, reply, expected) in [
        (one, "invalid", reply(json!({"kind": "validation", "more": 1})), &[][..]),
        (one, "invalid", reply(json!({"kind": "other"})), &["violation match"]),
        (one, "invalid", reply(json!({})), &["violation match"]),
        (one, "invalid", reply(json!({"kind": 7})), &["violation match"]),
        (one, "invalid", Reply::text(422, "<p>"), &["violation match"]),
        (words, "no_key", reply(json!({"detail": "The key is required"})), &[]),
        (words, "no_key", reply(json!({"detail": "Give a key"})), &["warning wording"]),
        (words, "no_key", reply(json!({"detail": "That key was revoked"})), &["violation match"]),
        (words, "no_key", reply(json!({"detail": 7})), &["violation match"]),
        (words, "no_key", reply(json!({})), &["violation match"]),
        (words, "no_key", Reply::text(422, "Give a key"), &["violation match"]),
        (identifiers, "invalid", reply(json!({"kind": "something"})), &["violation match"]),
        (identifiers, "invalid", reply(json!({"kind": "quota"})), &["violation match"]),
    ] {
        let found = World::new(contract, &format!("triggers: {triggers}")).judge(reply.clone());
        assert_eq!(found, expected, "{reply:?}");
    }
}

#[test]
fn a_broken_transfer_is_a_violation_whatever_the_contract_says_of_the_body() {
    let world = World::new(STATUS, "triggers: absent");
    let cut = BodyError::EndedEarly("5 of 999 bytes".to_owned());
    let bad = BodyError::BadEncoding("gzip".to_owned());
    for defect in [cut, bad, BodyError::UnsupportedEncoding("br".to_owned())] {
        let found = world.judge(Reply::text(404, "hello").broken(defect.clone()));
        assert_eq!(found, ["violation well-formed"], "{defect:?}");
    }
    assert_eq!(world.judge(Reply::text(404, "hello")), [""; 0]);
}

#[test]
fn one_response_that_fits_nothing_is_one_finding() {
    let world = World::new(CODES, "triggers: absent");
    let page = || Reply::text(404, "404 page not found").with("content-type", "text/plain");
    let found = world.findings(&[(Phase::Request, page())], None);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (finding.check, finding.actual.as_str()),
        ("unrecognized-response", "HTTP 404 with text/plain")
    );
    let details: Vec<&str> = finding.details.iter().map(|detail| detail.check.as_str()).collect();
    // `404 page not found` begins with a JSON number.
    assert_eq!(details, ["code", "media-type", "well-formed", "message"]);
    assert!(finding.has("media-type", Severity::Violation) && !finding.has("status", Severity::Violation));
    for (reply, expected) in [
        (Reply::text(500, ""), &["violation unrecognized-response"][..]),
        (Reply::json(404, json!({"detail": "Not Found"})), &["violation unrecognized-response"]),
        (Reply::json(404, json!([])), &["violation unrecognized-response"]),
        // Only one rule is broken, or the error can be recognised: each rule speaks for itself.
        (Reply::json(404, json!({"message": "gone"})), &["violation code"]),
        (Reply::json(404, json!({"error": "gone", "message": "x"})), &["violation code"]),
        (Reply::json(404, json!({"error": "absent"})), &["violation message"]),
        (Reply::json(410, json!({"error": "absent", "message": "x"})), &["violation status"]),
        (Reply::json(404, json!({"error": "absent", "message": "x"})), &[]),
    ] {
        assert_eq!(world.judge(reply.clone()), expected, "{reply:?}");
    }
    let inferred = World::new(CODES, "triggers: absent, source: inferred");
    assert_eq!(inferred.judge(page()), ["warning unrecognized-response"]);
    // A leak is a fault of its own.
    let leak = Reply::text(500, "panic: boom").with("content-type", "text/plain");
    assert_eq!(world.judge(leak), ["violation unrecognized-response", "warning leaks"]);
}

#[test]
fn comparison_of_texts_ignores_only_what_varies() {
    let world = World::new(
        "failures: [ { id: bad, status: 401, summary: x } ]",
        "triggers: bad, indistinguishable_from: { source: documented, path: {}, query: { a: '1' } }",
    );
    let page = |text: &str| Reply::text(401, text).with("www-authenticate", "Form");
    let judge = |own: &str, other: &str| {
        world.judge_case(&[(Phase::Request, page(own)), (Phase::Comparison, page(other))], None)
    };
    for (own, other) in [
        ("wrong password", "no such user"),
        ("<p>wrong password</p>", "<p>no such user</p>"),
        ("xxxxxxxxxx", &"x".repeat(5000)),
        ("{\"a\": 1}", "a"),
        ("", "a"),
    ] {
        assert_eq!(judge(own, other), ["violation indistinguishable"], "{own} {other}");
    }
    for (own, other) in [
        ("denied", "denied"),
        ("denied\n", "denied"),
        ("/notes/absent: denied", "/notes/hidden: denied"),
        ("denied 0f8fad5b-d9cb-469f-a165-70867728950e", "denied 7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        ("denied at 2026-11-20T10:00:00Z", "denied at 2026-11-20T10:00:01.5Z"),
        ("nonce=0123456789abcdef0123", "nonce=ffff456789abcdef0123"),
    ] {
        assert_eq!(judge(own, other), [""; 0], "{own} {other}");
    }
}

#[test]
fn the_repeated_failure_may_have_another_documented_status_or_code() {
    let world = World::new(
        "
success: { status: 2xx }
envelope: { code: /error }
failures:
  - { id: absent, status: [404, 410], code: absent, codes: [absent, gone], summary: x, retry: never }
  - { id: hidden, status: 404, code: hidden, summary: x }",
        "triggers: absent",
    );
    let error = |status, code: &str| Reply::json(status, json!({ "error": code }));
    for (second, expected) in [
        (error(404, "absent"), &[][..]),
        (error(404, "gone"), &[]),
        (error(410, "absent"), &[]),
        (error(404, "hidden"), &["violation repeatable"]),
        (error(400, "absent"), &["violation repeatable"]),
        (error(404, "lost"), &["violation repeatable"]),
        (Reply::json(200, json!({})), &["violation repeatable"]),
    ] {
        let replies = [(Phase::Request, error(404, "absent")), (Phase::Repeat, second.clone())];
        assert_eq!(world.judge_case(&replies, None), expected, "{second:?}");
    }
}

#[test]
fn an_absent_optional_member_is_not_vacuous_if_the_code_is_there() {
    let contract = |schema: &str| {
        format!(
            "envelope: {{ code: /error, message: /message }}\nfailures: [ {{ id: a, status: 404, code: a, summary: x, schema: {schema} }} ]"
        )
    };
    let optional = contract("{ properties: { details: { type: array } } }");
    let world = World::new(&optional, "triggers: a");
    assert_eq!(world.judge(Reply::json(404, json!({"error": "a", "message": "x"}))), [""; 0]);
    let wrong = Reply::json(404, json!({"error": "a", "message": "x", "details": 1}));
    assert_eq!(world.judge(wrong), ["violation schema"]);
    let bare = "failures: [ { id: a, status: 404, summary: x, schema: { properties: { details: {} } } } ]";
    let world = World::new(bare, "triggers: a");
    assert_eq!(world.judge(Reply::json(404, json!({"other": 1}))), ["violation vacuous"]);
}

#[test]
fn numbers_are_compared_by_value_and_formats_are_annotations() {
    let world = World::new(
        "
envelope: { code: /code, status: /status, schema: { required: [code], properties: { code: { const: 1001 }, at: { type: string, format: date-time } } } }
failures: [ { id: a, status: 404, code: 1001, summary: x } ]",
        "triggers: a",
    );
    let reply = |text: &str| Reply::text(404, text).with("content-type", "application/json");
    for (text, expected) in [
        (r#"{"code": 1001, "status": 404}"#, &[][..]),
        (r#"{"code": 1001.0, "status": 404.0}"#, &[]),
        (r#"{"code": 1001, "status": 404, "at": "2026-11-20T10:00:00Z"}"#, &[]),
        (r#"{"code": 1001, "status": 404, "at": "2026-11-20T10:00:00"}"#, &["warning envelope"]),
        (r#"{"code": 1001, "status": 404, "at": 7}"#, &["violation envelope"]),
        (r#"{"code": 1001.5, "status": 404}"#, &["violation code", "violation envelope"]),
        (r#"{"code": "1001", "status": 404}"#, &["violation code", "violation envelope"]),
        (r#"{"code": 1001, "status": 400.0}"#, &["violation body-status"]),
    ] {
        assert_eq!(world.judge(reply(text)), expected, "{text}");
    }
}

#[test]
fn the_status_that_a_body_repeats_is_that_of_the_response() {
    let world = World::new(
        "envelope: { status: /status }\nfailures: [ { id: absent, status: 404, summary: x } ]",
        "triggers: absent",
    );
    for (status, actual) in [
        (json!(404), None),
        (json!(404.0), None),
        (json!("404"), None),
        (json!(400), Some("400")),
        (json!(404.5), Some("404.5")),
        (json!("400"), Some("\"400\"")),
        (json!("404 Not Found"), Some("\"404 Not Found\"")),
        (json!(" 404"), Some("\" 404\"")),
        (json!(true), Some("true")),
        (json!(null), Some("null")),
    ] {
        let found = world.messages(Reply::json(404, json!({ "status": status })));
        let expected: Vec<String> = actual
            .iter()
            .map(|actual| format!("status in the body: expected 404 at /status, got {actual}"))
            .collect();
        assert_eq!(found, expected, "{status}");
    }
    let found = world.messages(Reply::json(404, json!({})));
    assert_eq!(found, ["status in the body: expected 404 at /status, got nothing"]);
}

#[test]
fn the_scenario_may_expect_more_than_the_contract() {
    let contract = "failures: [ { id: absent, status: [404, 410], summary: x } ]";
    let reply = |status, body: serde_json::Value| Reply::json(status, body);
    for (scenario, reply, expected) in [
        ("expect: { status: 404 }", reply(404, json!({})), &[][..]),
        ("expect: { status: 4xx }", reply(410, json!({})), &[]),
        ("expect: { status: 404 }", reply(410, json!({})), &["violation expectation"]),
        ("inferred: { status: 404 }", reply(410, json!({})), &["warning expectation"]),
        ("source: inferred, expect: { status: 404 }", reply(410, json!({})), &["warning expectation"]),
        ("expect: { headers: { X-Own: { const: a } } }", reply(404, json!({})).with("x-own", "a"), &[]),
        (
            "expect: { headers: { X-Own: { const: a } } }",
            reply(404, json!({})).with("x-own", "b"),
            &["violation expectation"],
        ),
        ("expect: { headers: { X-Own: { const: a } } }", reply(404, json!({})), &["violation expectation"]),
        ("inferred: { headers: { X-Own: { const: a } } }", reply(404, json!({})), &["warning expectation"]),
        ("expect: { body: { /a: { const: 1 } } }", reply(404, json!({ "a": 1 })), &[]),
        ("expect: { body: { /a: { const: 1 } } }", reply(404, json!({ "a": 2 })), &["violation expectation"]),
        ("expect: { body: { /a: { const: 1 } } }", reply(404, json!({})), &["violation expectation"]),
        ("inferred: { body: { /a: { const: 1 } } }", reply(404, json!({ "a": 1 })), &[]),
        ("inferred: { body: { /a: { const: 1 } } }", reply(404, json!({ "a": 2 })), &["warning expectation"]),
        (
            "expect: { body: { /a: { format: date-time } } }",
            reply(404, json!({ "a": "now" })),
            &["warning expectation"],
        ),
    ] {
        let found = World::new(contract, &format!("triggers: absent, {scenario}")).judge(reply.clone());
        assert_eq!(found, expected, "{scenario} {reply:?}");
    }
    let world = World::new(contract, "triggers: absent, expect: { body: { /a: { const: 1 } } }");
    for (reply, message) in [
        (reply(404, json!({})), "nothing at /a, but the scenario expects {\"const\":1}"),
        (
            Reply::text(404, "?"),
            "a body that is not JSON, with nothing at /a, but the scenario expects {\"const\":1}",
        ),
        (reply(404, json!({ "a": 2 })), "/a: 1 was expected"),
    ] {
        assert_eq!(world.messages(reply), [message]);
    }
}
