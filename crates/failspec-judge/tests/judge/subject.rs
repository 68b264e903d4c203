//! How binding a rule is for a response: the sources of rule, failure and scenario, and what is known of the route.

use failspec_judge::check::Phase;
use serde_json::json;

use crate::harness::{Reply, World};

const FAILURES: &str = "
success: { status: 2xx }
envelope: { code: /error }
failures:
  - { id: plain, status: 404, summary: x, headers: { X-Own: {} } }
  - { id: absent, status: 410, code: absent, summary: x, headers: { X-Own: {} } }
  - { id: text, status: 422, summary: x, match: { /detail: { pattern: one } }, headers: { X-Own: {} } }
  - { id: other_text, status: 422, summary: x, match: { /detail: { pattern: two } }, headers: { X-Own: {} } }";

#[test]
fn in_an_inferred_scenario_a_status_recognises_no_failure() {
    let judge = |triggers: &str, request: &str, reply: &Reply| {
        let scenario = format!("triggers: {triggers}, source: inferred, request: {request} /notes/absent");
        World::new(FAILURES, &scenario).judge(reply.clone())
    };
    let error = |status, code: &str| Reply::json(status, json!({ "error": code }));
    let detail = |text: &str| Reply::json(422, json!({ "detail": text }));
    for (triggers, reply, expected) in [
        // The header that both failures document is missing: how bad that is depends on what is recognised.
        ("plain", Reply::json(404, json!({})), &["warning headers"][..]),
        ("absent", error(410, "absent"), &["violation headers"]),
        ("plain", error(410, "absent"), &["warning status", "violation headers"]),
        ("absent", Reply::json(404, json!({})), &["warning status", "warning code", "warning headers"]),
        ("text", detail("one"), &["violation headers"]),
        ("text", detail("two"), &["warning match", "violation headers"]),
        ("text", detail("three"), &["warning wording", "warning headers"]),
    ] {
        assert_eq!(judge(triggers, "GET", &reply), expected, "{triggers} {reply:?}");
    }
    // Without a body, only the status is there.
    assert_eq!(judge("absent", "HEAD", &Reply::text(410, "")), ["warning headers"]);
    assert_eq!(judge("plain", "HEAD", &Reply::text(422, "")), ["warning status", "warning headers"]);
    // What is documented as the meaning of the fault is binding without being recognised.
    let documented = World::new(FAILURES, "triggers: plain");
    assert_eq!(documented.judge(Reply::json(404, json!({}))), ["violation headers"]);
    assert_eq!(documented.judge(Reply::json(404, json!({})).with("x-own", "1")), [""; 0]);
}

#[test]
fn an_inferred_route_is_verified_by_a_request_that_succeeded_on_it() {
    let contract = "
success: { status: 2xx }
operations:
  get_note: { request: GET /notes/absent, source: inferred }
  put_note: { request: PUT /notes/absent, source: inferred }
  get_other: { request: GET /notes/other, source: inferred }
  published: { request: GET /notes/published }
failures: [ { id: absent, status: 404, summary: x, headers: { X-Own: {} } } ]";
    let none = "no_control: nothing is there";
    let control = |request: &str| format!("control: {{ request: {request}, query: {{ a: '1' }} }}");
    for (request, rest, control_was_sent, expected) in [
        ("published", control("get_other"), true, "violation headers"),
        ("get_note", control("get_other"), true, "warning headers"),
        ("get_note", control("get_note"), true, "violation headers"),
        // A fault in the method is a matter of the same route.
        ("get_note", control("put_note"), true, "violation headers"),
        ("get_note", control("get_note"), false, "warning headers"),
        ("get_note", none.to_owned(), false, "warning headers"),
        ("get_note", format!("{none}, setup: [ {{ request: get_note }} ]"), false, "violation headers"),
        ("get_note", format!("{none}, setup: [ {{ request: get_other }} ]"), false, "warning headers"),
        ("get_note", format!("{none}, setup: [ {{ wait: 1ms }} ]"), false, "warning headers"),
    ] {
        let world = World::new(contract, &format!("triggers: absent, request: {request}, {rest}"));
        let mut replies = vec![(Phase::Request, Reply::text(404, ""))];
        if control_was_sent {
            replies.insert(0, (Phase::Control, Reply::text(200, "")));
        }
        assert_eq!(world.judge_case(&replies, None), [expected], "{request} {rest}");
        assert_eq!(world.is_unverified(&replies), expected.starts_with("warning"), "{request} {rest}");
    }
}

#[test]
fn a_response_from_an_inferred_route_shows_nothing_unless_it_is_recognised() {
    let contract = "
success: { status: 2xx }
envelope: { code: /error }
operations: { get_note: { request: GET /notes/absent, source: inferred } }
failures: [ { id: absent, status: 404, code: absent, summary: x } ]";
    let world = World::new(contract, "triggers: absent, request: get_note, no_control: nothing is there");
    for (reply, expected) in [
        (Reply::text(404, ""), true),
        (Reply::json(404, json!({ "error": "odd" })), true),
        (Reply::json(404, json!({ "error": "absent" })), false),
        // A success proves that the route is there.
        (Reply::json(200, json!({})), false),
    ] {
        assert_eq!(world.is_unverified(&[(Phase::Request, reply.clone())]), expected, "{reply:?}");
    }
}
