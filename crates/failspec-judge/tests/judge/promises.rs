//! Promises of a contract about a response: classes of statuses, several media types, optional headers, an empty body.

use serde_json::json;

use crate::harness::{Reply, World};

fn absent(rules: &str) -> World {
    World::new(&format!("failures: [ {{ id: absent, summary: x, {rules} }} ]"), "triggers: absent")
}

#[test]
fn class_of_statuses_takes_each_status_of_it() {
    let of = |status| Reply::json(status, json!({}));
    for (rules, right, wrong) in [
        ("status: 4xx", &[400, 404, 418, 499][..], &[301, 500, 599][..]),
        ("status: 4XX", &[404], &[500]),
        ("status: [404, 5xx]", &[404, 500, 503], &[400, 410]),
        ("status: 404", &[404], &[400, 410]),
        ("inferred: { status: 4xx }", &[404], &[]),
    ] {
        for status in right {
            assert_eq!(absent(rules).judge(of(*status)), [""; 0], "{rules}, {status}");
        }
        for status in wrong {
            let found = absent(rules).judge(of(*status));
            assert!(found.contains(&"violation status".to_owned()), "{rules}, {status}: {found:?}");
        }
    }
    assert_eq!(absent("inferred: { status: 4xx }").judge(of(503)).first().unwrap(), "warning status");
}

#[test]
fn another_failure_of_a_class_is_told_by_its_code() {
    let contract = "envelope: { code: /code }
failures:
  - { id: absent, status: 4xx, code: absent, summary: x }
  - { id: gone, status: 410, code: gone, summary: x }";
    let world = World::new(contract, "triggers: absent");
    assert_eq!(world.identify(&Reply::json(410, json!({ "code": "absent" }))), "triggered");
    assert_eq!(world.identify(&Reply::json(410, json!({ "code": "gone" }))), "other gone");
}

#[test]
fn any_of_several_media_types_is_right() {
    let list = "envelope: { media_type: [application/problem+json, Application/JSON] }\n";
    let contract = format!("{list}failures: [ {{ id: absent, status: 404, summary: x }} ]");
    let world = World::new(&contract, "triggers: absent");
    let of = |media_type| Reply::text(404, "{}").with("content-type", media_type);
    for right in ["application/problem+json", "application/json", "Application/Json; charset=utf-8"] {
        assert_eq!(world.judge(of(right)), [""; 0], "{right}");
    }
    for wrong in ["text/plain", "application/vnd.api+json", "application/problem+xml"] {
        assert_eq!(world.judge(of(wrong)), ["violation media-type"], "{wrong}");
    }
}

#[test]
fn optional_header_may_be_absent_and_must_match_if_it_is_there() {
    let with = |value: Option<&str>| {
        let reply = Reply::json(404, json!({}));
        value.map_or(reply.clone(), |value| reply.with("x-reason", value))
    };
    let schema = "{ X-Reason: { enum: [gone, never] } }";
    for (rules, expect, violation) in [
        (format!("status: 404, optional_headers: {schema}"), String::new(), "violation headers"),
        (
            format!("status: 404, inferred: {{ optional_headers: {schema} }}"),
            String::new(),
            "warning headers",
        ),
        (
            "status: 404".to_owned(),
            format!(", expect: {{ optional_headers: {schema} }}"),
            "violation expectation",
        ),
    ] {
        let contract = format!("failures: [ {{ id: absent, summary: x, {rules} }} ]");
        let world = World::new(&contract, &format!("triggers: absent{expect}"));
        assert_eq!(world.judge(with(None)), [""; 0], "{rules}");
        assert_eq!(world.judge(with(Some("gone"))), [""; 0], "{rules}");
        assert_eq!(world.judge(with(Some("later"))), [violation], "{rules}");
        assert_eq!(world.judge(with(Some(""))), [violation], "{rules}");
    }
    let required = absent(&format!("status: 404, headers: {schema}"));
    assert_eq!(required.judge(with(None)), ["violation headers"]);
}

#[test]
fn empty_body_is_none_at_all() {
    let contract = "success: { status: 2xx }
envelope: { media_type: application/json, code: /code, message: /message, request_id: { header: x-id } }
failures:
  - { id: absent, status: 404, summary: x, envelope: { body: empty } }
  - { id: hidden, status: 404, code: hidden, summary: x }";
    let world = World::new(contract, "triggers: absent");
    let of = |status, body: &str| Reply::text(status, body).with("x-id", "1");
    assert_eq!(world.judge(of(404, "")), [""; 0]);
    // The media type of nothing says nothing.
    assert_eq!(world.judge(of(404, "").with("content-type", "text/html")), [""; 0]);
    for body in ["not found", "\n", "{}", "<p>", "{\"code\":\"absent\"}"] {
        assert_eq!(world.judge(of(404, body)), ["violation empty-body"], "{body:?}");
    }
    // What the envelope says of headers stays.
    assert_eq!(world.judge(Reply::text(404, "")), ["violation request-id"]);
    let hidden = Reply::json(404, json!({ "code": "hidden", "message": "x" }));
    assert_eq!(world.identify(&hidden), "other hidden");
    let other = World::new(contract, "triggers: hidden");
    assert_eq!(other.identify(&of(404, "")), "other absent");
    let head = World::new(contract, "triggers: absent, request: HEAD /notes/absent");
    assert_eq!(head.judge(of(404, "")), [""; 0]);
}
