//! A response as a snapshot: what a client could come to depend on, with masks for the rest.

use failspec_base::secret::{Mask, Secret};
use failspec_judge::snapshot::{NormalizedResponse, diff, picture};
use serde_json::json;

use crate::harness::{Reply, World};

const CONTRACT: &str = "
envelope: { media_type: application/json, code: /error, message: /message, request_id: { pointer: /meta/id, header: X-Id } }
failures:
  - id: a
    status: 404
    code: a
    summary: x
    headers: { X-Own: {}, X-Reset: {}, Content-Type: {}, X-Id: {} }
    varies: [/meta/at, { header: X-Reset }]";

fn pictured(contract: &str, reply: &Reply, own_values: &[&str], secrets: &[&str]) -> String {
    let world = World::new(contract, "triggers: a");
    let mask = Mask::new();
    for secret in secrets {
        mask.add(&Secret::new(*secret, "role user"));
    }
    let own_values: Vec<String> = own_values.iter().map(|value| (*value).to_owned()).collect();
    let (response, failure) = (&reply.response(), &world.contract().failures[0]);
    picture(NormalizedResponse { response, item: None, failure, own_values: &own_values, mask: &mask })
}

fn full() -> Reply {
    let body = json!({ "error": "a", "message": "no note n-1", "meta": { "id": "r-1", "at": 7 }, "of": "failspec-12345" });
    Reply::text(404, &body.to_string())
        .with("content-type", "Application/JSON; charset=utf-8")
        .with("x-id", "r-1")
        .with("x-own", "of failspec-12345")
        .with("x-reset", "30")
        .with("x-more", "1")
}

const FULL: &str = r#"HTTP 404
content-type: application/json
x-id: [request-id]
x-own: of [unique]
x-reset: [x-reset]

{
  "error": "a",
  "message": "[message]",
  "meta": {
    "id": "[request-id]",
    "at": "[at]"
  },
  "of": "[unique]"
}"#;

#[test]
fn what_varies_is_masked_and_the_mask_names_it() {
    assert_eq!(pictured(CONTRACT, &full(), &["failspec-12345"], &[]), FULL);
    // Also if there are secrets, which are masked too.
    assert_eq!(pictured(CONTRACT, &full(), &["failspec-12345"], &["hunter2hunter2"]), FULL);
    let with_secret =
        Reply::json(404, json!({ "error": "a", "key": "hunter2hunter2" })).with("x-own", "hunter2hunter2");
    let text = pictured(CONTRACT, &with_secret, &[], &["hunter2hunter2"]);
    assert!(!text.contains("hunter2") && text.matches("role user").count() == 2, "{text}");
    // A short value occurs by chance.
    let short = pictured(CONTRACT, &full(), &["failspe"], &[]);
    assert!(short.contains("x-own: of failspec-12345") && !short.contains("[unique]"), "{short}");
    let eight = pictured(CONTRACT, &full(), &["failspec"], &[]);
    assert!(eight.contains("x-own: of [unique]-12345"), "{eight}");
    let whole = pictured(CONTRACT, &Reply::json(404, json!(["failspec", "failspe"])), &["failspec"], &[]);
    assert!(whole.ends_with("[\n  \"[unique]\",\n  \"failspe\"\n]"), "{whole}");
}

#[test]
fn a_value_of_another_type_is_worth_showing() {
    let body = json!({ "message": ["x"], "meta": { "id": null, "at": { "b": 1 } } });
    for secrets in [&[][..], &["hunter2hunter2"]] {
        let text = pictured(CONTRACT, &Reply::json(404, body.clone()), &[], secrets);
        let expected = serde_json::to_string_pretty(&body).expect("JSON");
        assert_eq!(text.split_once("\n\n").expect("a body").1, expected);
        let own =
            json!({ "message": 1, "list": ["failspec-12345", { "of": "failspec-12345" }], "none": null });
        let text = pictured(CONTRACT, &Reply::json(404, own), &["failspec-12345"], secrets);
        let expected =
            json!({ "message": "[message]", "list": ["[unique]", { "of": "[unique]" }], "none": null });
        assert_eq!(
            text.split_once("\n\n").expect("a body").1,
            serde_json::to_string_pretty(&expected).expect("JSON")
        );
    }
}

#[test]
fn documented_headers_are_listed_even_if_they_are_missing() {
    let missing = "HTTP 404\ncontent-type: (none)\nx-id: (none)\nx-own: (none)\nx-reset: (none)";
    assert_eq!(pictured(CONTRACT, &Reply::text(404, ""), &[], &[]), missing);
    let plain = "failures: [ { id: a, status: 404, summary: x } ]";
    let reply = Reply::json(404, json!({})).with("x-own", "1");
    assert_eq!(pictured(plain, &reply, &[], &[]), "HTTP 404\n\n{}");
}

#[test]
fn a_body_that_is_no_json_is_text_on_which_nothing_can_hide() {
    let plain = "failures: [ { id: a, status: 404, summary: x } ]";
    for (body, expected) in [
        ("no note failspec-12345", "no note [unique]"),
        ("one\ntwo", "one\ntwo"),
        ("\u{1b}[31mred", "\\u{1b}[31mred"),
        ("the key is hunter2hunter2", "the key is [secret: role user]"),
        ("end \n\n", "end"),
    ] {
        let text = pictured(plain, &Reply::text(404, body), &["failspec-12345"], &["hunter2hunter2"]);
        assert_eq!(text, format!("HTTP 404\n\n{expected}"), "{body:?}");
    }
    let large = |length: usize| pictured(plain, &Reply::text(404, &"x".repeat(length)), &[], &[]);
    assert_eq!(large(65_536), format!("HTTP 404\n\n{}", "x".repeat(65_536)));
    assert_eq!(large(65_537), "HTTP 404\n\n[a body of more than 65536 bytes]");
}

#[test]
fn a_difference_is_shown_line_by_line_with_what_is_around_it() {
    assert_eq!(diff("a\nb\nc\n", "a\nx\nc\n"), " a\n-b\n+x\n c\n");
    assert_eq!(diff("", "a"), "+a\n");
    assert_eq!(diff("a", ""), "-a\n");
    assert_eq!(diff("a\nb", "a\nb"), "");
    assert_eq!(diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\nx\n"), " 2\n 3\n 4\n-5\n+x\n");
}
