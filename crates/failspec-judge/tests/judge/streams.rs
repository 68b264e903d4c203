//! Streams of events and of lines are not read unless a scenario says so, and never judged as something else.

use failspec_judge::check::{describe_stream, unread_stream};

use crate::harness::{Reply, World};

#[test]
fn a_stream_is_told_in_words_if_the_contract_says_what_is_in_a_body() {
    let codes = "envelope: { code: /error }\nfailures: [ { id: a, status: 404, code: a, summary: x } ]";
    let status = "failures: [ { id: a, status: 404, summary: x } ]";
    let json = "envelope: { media_type: application/json, code: /error }\nfailures: [ { id: a, status: 404, code: a, summary: x } ]";
    let success =
        "success: { status: 2xx, match: { /ok: {} } }\nfailures: [ { id: a, status: 404, summary: x } ]";
    for (contract, media_type, is_unread) in [
        (codes, "text/event-stream", true),
        (codes, "Text/Event-Stream; charset=utf-8", true),
        (codes, "application/x-ndjson", true),
        (codes, "application/json-seq", true),
        (success, "application/jsonl", true),
        (codes, "application/json", false),
        (codes, "text/plain", false),
        // Only the status is documented, or another media type is: the stream is judged by that.
        (status, "text/event-stream", false),
        (json, "text/event-stream", false),
    ] {
        let world = World::new(contract, "triggers: a");
        let response = Reply::text(404, "data: {}\n\n").with("content-type", media_type).response();
        let reason = unread_stream(&response, world.contract(), &world.contract().failures[0]);
        assert_eq!(reason.is_some(), is_unread, "{contract} {media_type}: {reason:?}");
    }
    let world = World::new(json, "triggers: a");
    let stream = Reply::text(404, "data: {}\n\n").with("content-type", "text/event-stream");
    assert_eq!(world.judge(stream), ["violation unrecognized-response"]);
}

#[test]
fn each_rule_for_a_body_makes_a_stream_unreadable() {
    let contract = |envelope: &str, failure: &str| {
        format!("envelope: {{ {envelope} }}\nfailures: [ {{ id: a, status: 404, summary: x, {failure} }} ]")
    };
    for (contract, is_unread) in [
        (contract("", ""), false),
        (contract("status: /status", ""), false),
        (contract("code: /error", "code: a"), true),
        (contract("message: /message", ""), true),
        (contract("schema: { type: object }", ""), true),
        (contract("", "schema: { type: object }"), true),
        (contract("", "match: { /kind: {} }"), true),
        (contract("media_type: text/event-stream, message: /message", ""), true),
        (contract("media_type: application/json, message: /message", ""), false),
        (format!("success: {{ status: 2xx }}\n{}", contract("", "")), false),
    ] {
        let world = World::new(&contract, "triggers: a");
        let failure = &world.contract().failures[0];
        let stream = Reply::text(404, "data: {}\n\n").with("content-type", "text/event-stream").response();
        assert_eq!(unread_stream(&stream, world.contract(), failure).is_some(), is_unread, "{contract}");
        let plain = Reply::text(404, "data").response();
        assert_eq!(unread_stream(&plain, world.contract(), failure), None, "{contract}");
    }
    let reply = |media_type: &str| Reply::text(200, "").with("content-type", media_type).response();
    assert_eq!(
        describe_stream(&reply("text/event-stream; x=1")).as_deref(),
        Some("a stream (text/event-stream), which failspec reads only where `at` has a `stream`")
    );
    assert_eq!(describe_stream(&reply("text/plain")), None);
}
