//! Rules for headers: all lines count, and a value is tried as each type that its schema allows.

use serde_json::json;

use crate::harness::{Reply, World};

fn world(failure: &str) -> World {
    World::new(&format!("failures: [ {{ id: a, status: 404, summary: x, {failure} }} ]"), "triggers: a")
}

#[test]
fn a_value_is_tried_as_each_type_that_its_schema_allows() {
    for (schema, right, wrong) in [
        ("{ minimum: 1 }", "1", "0"),
        ("{ enum: [1, 2] }", "2", "3"),
        ("{ type: [integer, 'null'], minimum: 1 }", "1", "0"),
        ("{ anyOf: [ { type: integer, minimum: 1 }, { const: never } ] }", "never", "0"),
        ("{ type: boolean }", "true", "yes"),
        ("{ pattern: '^[a-z]+$' }", "abc", "1"),
        ("{ type: array, items: { enum: [a, b] } }", "a, b", "a, c"),
    ] {
        let world = world(&format!("headers: {{ X-Limit: {schema} }}"));
        assert_eq!(world.judge(Reply::text(404, "").with("x-limit", right)), [""; 0], "{schema} {right}");
        let found = world.judge(Reply::text(404, "").with("x-limit", wrong));
        assert_eq!(found, ["violation headers"], "{schema} {wrong}");
        assert_eq!(world.judge(Reply::text(404, "")), ["violation headers"], "{schema}");
    }
    let world = world("headers: { X-At: { format: date-time } }");
    assert_eq!(world.judge(Reply::text(404, "").with("x-at", "yesterday")), ["warning headers"]);
}

#[test]
fn lines_of_a_list_count_as_one_list() {
    let bearer = world("headers: { X-Challenge: { pattern: 'Bearer' } }");
    let lines = |lines: &[&str]| {
        lines.iter().fold(Reply::text(404, ""), |reply, line| reply.with("x-challenge", line))
    };
    for right in [&["Negotiate", "Bearer"][..], &["Negotiate, Bearer"], &["Bearer", "Negotiate"]] {
        assert_eq!(bearer.judge(lines(right)), [""; 0], "{right:?}");
    }
    assert_eq!(bearer.judge(lines(&["Negotiate", "Basic"])), ["violation headers"]);
    let number = world("headers: { X-Challenge: { type: integer } }");
    assert_eq!(number.judge(lines(&["5", "5"])), [""; 0]);
    assert_eq!(number.judge(lines(&["5", "7"])), ["violation headers"]);
    let cookie = world("headers: { Set-Cookie: { pattern: '^sid=' } }");
    let cookies = |one, two| Reply::text(404, "").with("set-cookie", one).with("set-cookie", two);
    assert_eq!(cookie.judge(cookies("lang=en", "sid=1")), [""; 0]);
    assert_eq!(cookie.judge(cookies("lang=en", "x; sid=1")), ["violation headers"]);
    let odd = world("headers: { X-Name: { minLength: 1 } }");
    assert_eq!(odd.judge(Reply::text(404, "").with("x-name", "caf\u{e9}")), [""; 0]);
}

#[test]
fn a_header_with_one_value_must_not_occur_twice() {
    let world = world("headers: { Retry-After: { type: integer } }");
    let twice = |one, two| Reply::text(404, "").with("retry-after", one).with("retry-after", two);
    assert_eq!(world.judge(twice("5", "7")), ["warning duplicate-header"]);
    assert_eq!(world.judge(twice("5", "5")), ["warning duplicate-header"]);
    assert_eq!(
        world.judge(twice("x", "5")),
        ["violation headers", "warning retry-after-syntax", "warning duplicate-header"]
    );
    assert_eq!(world.judge(Reply::text(404, "").with("retry-after", "5")), [""; 0]);
    let lists = Reply::text(404, "").with("retry-after", "5").with("vary", "a").with("vary", "b");
    assert_eq!(world.judge(lists), [""; 0]);
}

#[test]
fn content_types_differ_neither_by_case_nor_by_parameters() {
    let world = World::new(
        "envelope: { media_type: application/json }\nfailures: [ { id: a, status: 404, summary: x } ]",
        "triggers: a",
    );
    for right in
        ["application/json", "Application/JSON", "application/json;charset=UTF-8", "application/json ; v=2"]
    {
        assert_eq!(world.judge(Reply::text(404, "{}").with("content-type", right)), [""; 0], "{right}");
    }
    for wrong in ["application/problem+json", "text/json", "application/jsonp"] {
        let found = world.judge(Reply::text(404, "{}").with("content-type", wrong));
        assert_eq!(found, ["violation media-type"], "{wrong}");
    }
}

#[test]
fn waits_are_read_in_all_their_forms() {
    let date = "Fri, 20 Nov 2026 10:00:00 GMT";
    let header = |value: &str| Reply::text(404, "").with("date", date).with("retry-after", value);
    let body = |value| Reply::json(404, json!({ "wait": value })).with("date", date);
    let at_header = "retry_after: [ { header: Retry-After } ]";
    let at_body = |form: &str| format!("retry_after: [ {{ pointer: /wait{form} }} ]");
    for (failure, reply, expected) in [
        (at_header.to_owned(), header("30"), &[][..]),
        (at_header.to_owned(), header("1.0"), &["warning retry-after-syntax"]),
        (at_header.to_owned(), header("Fri, 20 Nov 2026 10:00:30 GMT"), &[]),
        (at_header.to_owned(), header("Friday, 20-Nov-26 10:00:30 GMT"), &[]),
        (at_header.to_owned(), header("Fri Nov 20 10:00:30 2026"), &[]),
        (at_header.to_owned(), header("2026-11-20T10:00:30Z"), &["warning retry-after-syntax"]),
        (at_header.to_owned(), header("Fri, 20 Nov 2026 09:00:00 GMT"), &["violation retry-after"]),
        (at_header.to_owned(), header("soon"), &["violation retry-after", "warning retry-after-syntax"]),
        (at_header.to_owned(), header("-5"), &["violation retry-after", "warning retry-after-syntax"]),
        (at_header.to_owned(), header("1795169999"), &["violation retry-after"]),
        (at_header.to_owned(), Reply::text(404, ""), &["violation retry-after"]),
        (at_body(""), body(json!(0.33)), &[]),
        (at_body(""), body(json!("1.5s")), &[]),
        (at_body(""), body(json!("PT1.5S")), &[]),
        (at_body(""), body(json!("2026-11-20T10:00:30Z")), &[]),
        (at_body(""), body(json!("30")), &["violation retry-after"]),
        (at_body(""), body(json!(null)), &["violation retry-after"]),
        (at_body(""), body(json!(-1)), &["violation retry-after"]),
        (at_body(", as: milliseconds"), body(json!(1500)), &[]),
        (at_body(", as: date"), body(json!(1500)), &["violation retry-after"]),
        (at_body(", as: seconds"), body(json!("1.5s")), &["violation retry-after"]),
        (at_body(", as: duration"), body(json!("1.5s")), &[]),
        (at_body(", as: unix"), body(json!(1_795_168_830.5)), &[]),
        (at_body(", as: unix"), body(json!(1_795_168_700)), &["violation retry-after"]),
        (at_body(", as: unix_milliseconds"), body(json!(1_795_168_830_000_i64)), &[]),
    ] {
        assert_eq!(world(&failure).judge(reply.clone()), expected, "{failure} {reply:?}");
    }
}

#[test]
fn places_with_waits_are_compared_as_moments() {
    let world = world(
        "retry_after: [ { header: Retry-After }, { pointer: /reset, as: unix }, { header: RateLimit } ]",
    );
    let reply = |header: &str, reset: i64, limit: &str| {
        Reply::json(404, json!({ "reset": reset }))
            .with("date", "Fri, 20 Nov 2026 10:00:00 GMT")
            .with("retry-after", header)
            .with("ratelimit", limit)
    };
    for (header, reset, limit) in [
        ("30", 1_795_168_830, "\"default\";r=0;t=30"),
        ("Fri, 20 Nov 2026 10:00:31 GMT", 1_795_168_830, "limit=10, remaining=0, reset=29"),
    ] {
        assert_eq!(world.judge(reply(header, reset, limit)), [""; 0], "{header}");
    }
    for (header, reset, limit) in [
        ("60", 1_795_168_830, "\"default\";r=0;t=30"),
        ("Fri, 20 Nov 2026 10:01:00 GMT", 1_795_168_830, "\"default\";r=0;t=30"),
        ("30", 1_795_168_830, "\"default\";r=0;t=90"),
    ] {
        assert_eq!(world.judge(reply(header, reset, limit)), ["violation retry-after"], "{header} {limit}");
    }
}

#[test]
fn a_405_lists_the_methods_of_the_resource() {
    let world = World::new(
        "failures: [ { id: a, status: 405, summary: x }, { id: b, status: 404, summary: x } ]",
        "triggers: a",
    );
    let allow = |value: &str| Reply::text(405, "").with("allow", value);
    for (reply, actual) in [
        (allow("POST, DELETE"), None),
        (allow("POST").with("allow", "DELETE"), None),
        (allow(""), None),
        // Methods are compared exactly.
        (allow("get, GETS"), None),
        (Reply::text(405, ""), Some("none")),
        (allow("POST, GET"), Some("POST, GET, which includes the rejected GET")),
        (allow("POST").with("allow", "GET"), Some("POST, GET, which includes the rejected GET")),
    ] {
        let found = world.messages(reply.clone());
        let expected: Vec<String> = actual
            .iter()
            .map(|actual| {
                format!("expected Allow with the supported methods (RFC 9110, section 15.5.6), got {actual}")
            })
            .collect();
        assert_eq!(found, expected, "{reply:?}");
    }
    assert_eq!(world.judge(Reply::text(405, "")), ["warning allow"]);
    assert_eq!(world.judge(Reply::text(404, "")), ["violation status"]);
}

#[test]
fn a_401_has_a_challenge() {
    let world = World::new("failures: [ { id: a, status: [401, 403], summary: x } ]", "triggers: a");
    assert_eq!(world.judge(Reply::text(401, "")), ["warning www-authenticate"]);
    assert_eq!(world.judge(Reply::text(401, "").with("www-authenticate", "Bearer")), [""; 0]);
    assert_eq!(world.judge(Reply::text(403, "")), [""; 0]);
}

#[test]
fn retry_after_has_its_syntax_where_no_rule_documents_it() {
    let world = World::new("failures: [ { id: a, status: 404, summary: x } ]", "triggers: a");
    for (text, is_right) in [
        ("0", true),
        (" 30 ", true),
        ("Fri, 20 Nov 2026 10:00:30 GMT", true),
        ("Friday, 20-Nov-26 10:00:30 GMT", true),
        ("Fri Nov 20 10:00:30 2026", true),
        ("", false),
        ("+30", false),
        ("30s", false),
        ("2026-11-20T10:00:30Z", false),
    ] {
        let found = world.judge(Reply::text(404, "").with("retry-after", text));
        let expected = if is_right { vec![] } else { vec!["warning retry-after-syntax"] };
        assert_eq!(found, expected, "{text}");
    }
    assert_eq!(world.judge(Reply::text(404, "")), [""; 0]);
}

#[test]
fn a_range_that_cannot_be_served_says_how_long_the_content_is() {
    let world = World::new("failures: [ { id: a, status: [416, 404], summary: x } ]", "triggers: a");
    for (status, text, is_right) in [
        (416, "bytes */0", true),
        (416, "items */1234", true),
        (404, "bytes 0-1/2", true),
        (416, "bytes */*", false),
        (416, "*/10", false),
        (416, "bytes 5-9/10", false),
        (416, "", false),
    ] {
        let found = world.judge(Reply::text(status, "").with("content-range", text));
        let expected = if is_right { vec![] } else { vec!["warning content-range"] };
        assert_eq!(found, expected, "{status} {text}");
    }
    assert_eq!(world.judge(Reply::text(416, "")), [""; 0], "it may be absent");
}
