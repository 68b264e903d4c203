//! Rules for the body: a check never passes because its precondition is missing.

use failspec_base::message::{BodyError, Header};
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

#[test]
fn a_message_is_text_or_what_a_documented_schema_allows_in_its_place() {
    let contract = |more: &str| {
        format!(
            "envelope: {{ message: /message, {more} }}\nfailures: [ {{ id: absent, status: 404, summary: x }} ]"
        )
    };
    let lists =
        "schema: { properties: { message: { type: [array, string, 'null'], items: { type: string } } } }";
    let inferred = format!("inferred: {{ {lists} }}");
    for (more, message, actual) in [
        ("", json!("not here"), None),
        ("", json!(" "), Some("\" \"")),
        ("", json!(7), Some("7")),
        ("", json!(null), Some("null")),
        ("", json!(["not here"]), Some("[\"not here\"]")),
        (lists, json!(["not here"]), None),
        (lists, json!([]), Some("[]")),
        (lists, json!(null), Some("null")),
        (&inferred, json!(["not here"]), Some("[\"not here\"]")),
    ] {
        let found = World::new(&contract(more), "triggers: absent")
            .messages(Reply::json(404, json!({ "message": message })));
        let expected: Vec<String> =
            actual.iter().map(|actual| format!("message: expected text at /message, got {actual}")).collect();
        assert_eq!(found, expected, "{more} {message}");
    }
    let world = World::new(&contract(lists), "triggers: absent");
    assert_eq!(
        world.judge(Reply::json(404, json!({ "message": [7] }))),
        ["violation envelope", "violation message"]
    );
    assert_eq!(
        World::new(&contract(""), "triggers: absent").messages(Reply::json(404, json!({}))),
        ["message: expected text at /message, got nothing"]
    );
}

#[test]
fn a_request_that_succeeds_is_not_rejected() {
    for (failure, expected, severity) in [
        ("status: 404", "expected 404 absent, but the request succeeded (HTTP 200)", Severity::Violation),
        (
            "status: [404, 410]",
            "expected 404 or 410 absent, but the request succeeded (HTTP 200)",
            Severity::Violation,
        ),
        (
            "status: 404, refusal: optional",
            "expected 404 absent, but the request succeeded (HTTP 200)",
            Severity::Warning,
        ),
    ] {
        let contract =
            format!("envelope: {{ code: /error }}\nfailures: [ {{ id: absent, summary: x, {failure} }} ]");
        let world = World::new(&contract, "triggers: absent");
        let found = world.findings(&[(Phase::Request, Reply::json(200, json!({})))], None);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((finding.message.as_str(), finding.severity), (expected, severity), "{failure}");
    }
}

#[test]
fn failures_that_share_status_and_code_are_told_apart_by_their_match() {
    let world = World::new(
        "
envelope: { code: /error }
failures:
  - { id: one, status: 409, code: c, summary: x, match: { /kind: { const: one } } }
  - { id: two, status: 409, code: c, summary: x, match: { /kind: { const: two } } }
  - { id: three, status: 400, code: c, summary: x, match: { /kind: { const: three } } }
  - { id: four, status: 409, code: d, summary: x }",
        "triggers: one",
    );
    let reply = |status, code: &str, kind: &str| Reply::json(status, json!({ "error": code, "kind": kind }));
    for (reply, expected) in [
        (reply(409, "c", "one"), &[][..]),
        (reply(409, "c", "two"), &["violation match"]),
        (reply(409, "c", "odd"), &["violation match"]),
        (Reply::json(409, json!({ "error": "c" })), &["violation match"]),
        // A wrong status or code says enough.
        (reply(400, "c", "three"), &["violation status"]),
        (reply(409, "d", "two"), &["violation code"]),
        (reply(409, "odd", "one"), &["violation code"]),
        (Reply::json(409, json!({ "kind": "two" })), &["violation code"]),
    ] {
        assert_eq!(world.judge(reply.clone()), expected, "{reply:?}");
    }
    assert_eq!(
        world.messages(reply(409, "c", "two")),
        ["the response is another documented failure of the same status: expected one, got two"]
    );
    assert_eq!(
        world.messages(reply(409, "c", "odd")),
        ["expected /kind to match {\"const\":\"one\"}, got \"odd\""]
    );
    assert_eq!(
        world.messages(Reply::json(409, json!({ "error": "c" }))),
        ["expected /kind to match {\"const\":\"one\"}, got nothing"]
    );
    let plain = World::new(
        "failures: [ { id: one, status: 409, summary: x, match: { /kind: { const: one } } } ]",
        "triggers: one",
    );
    assert_eq!(
        plain.messages(Reply::text(409, "?")),
        ["expected /kind to match {\"const\":\"one\"}, got a body that is not JSON"]
    );
}

#[test]
fn an_undocumented_5xx_breaks_the_server_where_another_rejection_would_be_no_violation() {
    let contract = |source: &str| {
        format!(
            "
envelope: {{ code: /error }}
failures:
  - {{ id: absent, status: 404, code: absent, summary: x{source} }}
  - {{ id: internal, status: 500, code: internal, summary: x }}"
        )
    };
    let (documented, inferred) = (contract(""), contract(", source: inferred"));
    let judge = |contract: &str, scenario: &str, reply: Reply| {
        let found = World::new(contract, &format!("triggers: absent{scenario}")).judge(reply);
        found.iter().any(|finding| finding == "violation server-error")
    };
    for (status, is_broken) in [
        (400, false),
        (499, false),
        (500, true),
        (501, false),
        (502, true),
        (503, true),
        (504, true),
        (505, false),
        (506, true),
        (599, true),
    ] {
        let reply = || Reply::text(status, "boom");
        assert_eq!(judge(&documented, ", source: inferred", reply()), is_broken, "{status}");
        assert_eq!(judge(&inferred, "", reply()), is_broken, "{status}");
        // Otherwise `status` reports it.
        assert!(!judge(&documented, "", reply()), "{status}");
    }
    let error = |code: &str| Reply::json(500, json!({ "error": code }));
    assert!(judge(&inferred, "", error("odd")));
    assert!(!judge(&inferred, "", error("internal")));
}

#[test]
fn a_response_fits_nothing_only_if_nothing_documented_is_there() {
    let contract = "
envelope: { media_type: application/json, code: /error, message: /message, schema: { required: [error], properties: { error: {}, detail: {} } } }
failures: [ { id: absent, status: 404, code: absent, summary: x } ]";
    let world = World::new(contract, "triggers: absent");
    let unrecognized =
        |reply: Reply| world.judge(reply).contains(&"violation unrecognized-response".to_owned());
    for (body, expected) in [
        (json!({}), true),
        (json!({ "other": 1 }), true),
        (json!({ "message": null }), true),
        (json!({ "message": "x" }), false),
        (json!({ "message": 7 }), false),
        (json!({ "error": null }), false),
        (json!([]), true),
        (json!("x"), true),
    ] {
        assert_eq!(unrecognized(Reply::json(404, body.clone())), expected, "{body}");
    }
    let optional = contract.replace("required: [error], ", "");
    let world = World::new(&optional, "triggers: absent");
    // The shape of the error is there, or it only matches because everything does.
    for (body, expected) in [(json!({ "detail": 1 }), false), (json!({ "other": 1 }), true)] {
        let found = world.judge(Reply::json(404, body.clone()));
        assert_eq!(
            found.contains(&"violation unrecognized-response".to_owned()),
            expected,
            "{body} {found:?}"
        );
    }
}

#[test]
fn what_fits_nothing_is_described_by_status_and_media_type() {
    let world = World::new(CODES, "triggers: absent");
    let typed = |body: &str, media_type: &str| Reply::text(404, body).with("content-type", media_type);
    for (reply, actual) in [
        (typed("<p>", "Text/HTML; charset=utf-8"), "HTTP 404 with text/html"),
        (Reply::text(404, "?"), "HTTP 404 with a body without a media type"),
        (typed("", "text/html"), "HTTP 404 with an empty body"),
        (Reply::text(502, ""), "HTTP 502 with an empty body"),
    ] {
        let expected = format!("expected absent, got {actual}, which is no documented response");
        assert_eq!(world.messages(reply.clone()), [expected], "{reply:?}");
    }
}

#[test]
fn every_rule_of_a_response_that_fits_nothing_is_a_detail_of_one_finding() {
    let contract = "
envelope: { media_type: application/json, code: /error, message: /message, request_id: { header: X-Id }, status: /status, schema: { required: [error] } }
failures: [ { id: absent, status: 404, code: absent, summary: x, schema: { required: [detail] }, headers: { X-Own: {} }, retry_after: [ { header: X-Wait } ] } ]";
    let world = World::new(contract, "triggers: absent, expect: { body: { /detail: {} } }");
    let details = |reply: Reply| {
        let found = world.findings(&[(Phase::Request, reply)], None);
        let [finding] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(finding.check, "unrecognized-response");
        finding.details.iter().map(|detail| detail.check.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        details(Reply::text(400, "{}").with("content-type", "text/plain")),
        [
            "status",
            "code",
            "media-type",
            "envelope",
            "schema",
            "message",
            "request-id",
            "body-status",
            "headers",
            "retry-after",
            "expectation"
        ]
    );
    assert_eq!(
        details(Reply::text(404, "<p>").with("content-type", "text/html")),
        ["media-type", "well-formed", "request-id", "headers", "retry-after", "expectation"]
    );
}

#[test]
fn a_body_has_at_least_one_of_the_properties_of_its_schemas() {
    let contract = |envelope: &str, failure: &str| {
        format!("envelope: {{ {envelope} }}\nfailures: [ {{ id: a, status: 404, summary: x, {failure} }} ]")
    };
    let schema = "schema: { properties: { detail: {}, hint: {} } }";
    for (contract, body, expected) in [
        (contract(schema, ""), json!({ "detail": 1 }), &[][..]),
        (contract(schema, ""), json!({ "hint": null }), &[]),
        (contract(schema, ""), json!({ "other": 1 }), &["violation vacuous"]),
        (contract(schema, ""), json!({}), &["violation vacuous"]),
        (contract("", schema), json!({ "other": 1 }), &["violation vacuous"]),
        (contract(&format!("inferred: {{ {schema} }}"), ""), json!({ "other": 1 }), &["warning vacuous"]),
        // One of two schemas says something.
        (contract(schema, "schema: { properties: { more: {} } }"), json!({ "more": 1 }), &[]),
        // A schema without properties, and one that the body does not match: `envelope` reports that.
        (contract("schema: { type: object }", ""), json!({ "other": 1 }), &[]),
        (
            contract("schema: { required: [detail], properties: { detail: {} } }", ""),
            json!({ "other": 1 }),
            &["violation envelope"],
        ),
        // One schema has properties and the other none: the body still says nothing.
        (contract("schema: { type: object }", schema), json!({ "other": 1 }), &["violation vacuous"]),
        // A code or a message says something, unless it is null.
        (contract(&format!("message: /message, {schema}"), ""), json!({ "message": "x" }), &[]),
        (contract(&format!("code: /error, {schema}"), ""), json!({ "error": "x" }), &[]),
        (contract(&format!("code: /error, {schema}"), ""), json!({ "error": null }), &["violation vacuous"]),
    ] {
        let found = World::new(&contract, "triggers: a").judge(Reply::json(404, body.clone()));
        assert_eq!(found, expected, "{contract} {body}");
    }
    let found = World::new(&contract(schema, ""), "triggers: a").messages(Reply::json(404, json!({})));
    assert_eq!(
        found,
        ["the body matches its schema, but has no declared property: expected at least one of detail, hint"]
    );
}

#[test]
fn json_is_one_document_that_every_parser_reads_in_the_same_way() {
    let world = World::new(CODES, "triggers: absent");
    let right = r#"{"error": "absent", "message": "x"}"#;
    let reply = |body: &str| Reply::text(404, body).with("content-type", "application/json");
    assert_eq!(world.judge(reply(right)), [""; 0]);
    for (body, message) in [
        (format!("\u{feff}{right}"), "the body begins with a byte order mark"),
        (format!("{right} x"), ""),
        (r#"{"error": "absent", "error": "absent", "message": "x"}"#.to_owned(), ""),
    ] {
        let found = world.messages(reply(&body));
        let [found] = found.as_slice() else { panic!("{found:?}") };
        let expected = format!("the body is not one well-formed JSON document: {message}");
        assert!(found.starts_with(&expected), "{body}: {found}");
    }
    // A body that arrives whole in front of the error of its transfer is reported as both.
    let cut = BodyError::EndedEarly("5 of 9 bytes".to_owned());
    assert_eq!(
        world.messages(reply(right).broken(cut)),
        ["the body is not one well-formed JSON document: the body ended early: 5 of 9 bytes"]
    );
}

#[test]
fn a_coding_that_the_request_asked_for_is_no_fault_of_the_server() {
    let world = World::new(STATUS, "triggers: absent");
    let judge = |defect: BodyError, name: &str| {
        let replies = [(Phase::Request, Reply::text(404, "x").broken(defect))];
        world.judge_with(&replies, |observed| {
            observed.records[0].exchange.request.headers.push(Header::open(name, "br"));
        })
    };
    let unsupported = || BodyError::UnsupportedEncoding("br".to_owned());
    assert_eq!(judge(unsupported(), "Accept-Encoding"), [""; 0]);
    assert_eq!(judge(unsupported(), "accept-encoding"), [""; 0]);
    assert_eq!(judge(unsupported(), "Accept"), ["violation well-formed"]);
    assert_eq!(judge(BodyError::BadEncoding("br".to_owned()), "Accept-Encoding"), ["violation well-formed"]);
}

#[test]
fn the_strongest_rule_that_reads_json_decides_how_bad_a_body_without_it_is() {
    let contract = |envelope: &str, failure: &str| {
        format!("envelope: {{ {envelope} }}\nfailures: [ {{ id: a, status: 404, summary: x, {failure} }} ]")
    };
    for (contract, expected) in [
        (contract("", ""), &[][..]),
        (contract("request_id: { header: X-Id }", ""), &[]),
        (contract("message: /message", ""), &["violation well-formed"]),
        (contract("schema: {}", ""), &["violation well-formed"]),
        (contract("inferred: { message: /message }", ""), &["warning well-formed"]),
        (contract("inferred: { message: /message }, status: /status", ""), &["violation well-formed"]),
        (contract("message: /message, inferred: { status: /status }", ""), &["violation well-formed"]),
        (contract("inferred: { message: /message }", "schema: {}"), &["violation well-formed"]),
    ] {
        let found = World::new(&contract, "triggers: a").judge(Reply::text(404, "?").with("x-id", "1"));
        assert_eq!(found, expected, "{contract}");
    }
}

#[test]
fn wording_names_the_text_that_came() {
    let world = World::new(
        "
envelope: { message: /detail }
failures:
  - { id: no_key, status: 422, summary: x, match: { /detail: { pattern: required } } }
  - { id: bad_key, status: 422, summary: x, match: { /detail: { pattern: revoked } } }",
        "triggers: no_key",
    );
    assert_eq!(
        world.messages(Reply::json(422, json!({ "detail": "Give a key" }))),
        ["the text at /detail is not one that the documentation shows: \"Give a key\""]
    );
}

#[test]
fn a_wrong_status_is_told_with_the_failure_that_the_response_is() {
    let world = World::new(
        "
envelope: { code: /error }
failures:
  - { id: absent, status: [404, 410], code: absent, summary: x }
  - { id: conflict, status: 409, summary: x }",
        "triggers: absent",
    );
    let error = |status| Reply::json(status, json!({ "error": "absent" }));
    for (reply, message) in [
        (error(400), "HTTP status: expected 404 or 410, got 400"),
        (Reply::text(409, ""), "HTTP status: expected 404 or 410, got 409 (conflict)"),
    ] {
        let found = world.messages(reply);
        assert_eq!(found.first().map(String::as_str), Some(message), "{found:?}");
    }
    assert_eq!(world.judge(error(404)), [""; 0]);
    assert_eq!(world.judge(error(410)), [""; 0]);
}
