//! Two requests that must get the same response.

use failspec_judge::check::Phase;
use serde_json::{Value, json};

use crate::harness::{Reply, World};

const CONTRACT: &str = "
success: { status: 2xx }
envelope: { code: /error, message: /message, request_id: { pointer: /id, header: X-Id } }
failures:
  - { id: absent, status: 404, summary: x, varies: [/at] }
  - { id: hidden, status: 403, summary: x }";

/// The scenario; the request under test is for `/notes/absent`, the other one for `/notes/hidden`.
fn world(source: &str) -> World {
    let same = format!("indistinguishable_from: {{ source: {source}, path: {{}}, query: {{ a: '1' }} }}");
    World::new(CONTRACT, &format!("triggers: absent, {same}"))
}

fn judge(own: Reply, other: Reply) -> Vec<String> {
    world("documented").judge_case(&[(Phase::Request, own), (Phase::Comparison, other)], None)
}

/// Creates a response; every one has a request id of its own.
fn reply(status: u16, id: &str, more: Value) -> Reply {
    let mut body = json!({ "message": "no such note", "id": id, "more": ["x", { "text": "y" }] });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Reply::json(status, body).with("x-id", id)
}

#[test]
fn bodies_are_compared_without_what_varies_and_the_parts_of_the_urls() {
    for (own, other, is_same) in [
        (json!({}), json!({}), true),
        (json!({ "message": "no note absent" }), json!({ "message": "no note hidden" }), true),
        (json!({ "more": ["/notes/absent"] }), json!({ "more": ["/notes/hidden"] }), true),
        (json!({ "more": [{ "of": "absent" }] }), json!({ "more": [{ "of": "hidden" }] }), true),
        (json!({ "at": 1 }), json!({ "at": 2 }), true),
        (json!({ "message": "no such note" }), json!({ "message": "not yours" }), false),
        (json!({ "more": ["a"] }), json!({ "more": ["b"] }), false),
        (json!({ "more": [{ "of": "a" }] }), json!({ "more": [{ "of": "b" }] }), false),
        (json!({ "owner": "me" }), json!({}), false),
        (json!({ "count": 1 }), json!({ "count": 2 }), false),
        (json!({ "at": 1 }), json!({}), false),
        // A code contains no quotations.
        (json!({ "error": "absent" }), json!({ "error": "hidden" }), false),
    ] {
        let found = judge(reply(404, "r-1", own.clone()), reply(404, "r-2", other.clone()));
        let expected = if is_same { vec![] } else { vec!["violation indistinguishable"] };
        assert_eq!(found, expected, "{own} {other}");
    }
}

#[test]
fn statuses_are_compared_and_a_success_reveals_what_is_hidden() {
    let own = || reply(404, "r-1", json!({}));
    let with_status = |status| reply(status, "r-2", json!({}));
    assert_eq!(judge(own(), with_status(404)), [""; 0]);
    assert_eq!(judge(own(), with_status(410)), ["violation indistinguishable"]);
    assert_eq!(judge(own(), Reply::json(200, json!({}))), ["violation indistinguishable"]);
    let replies = [(Phase::Request, own()), (Phase::Comparison, with_status(200))];
    let found = world("documented").findings(&replies, None);
    let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, ["expected absent for the comparison request too, got a success (HTTP 200)"]);
    // Where the rule is only inferred, a difference is a warning; but a success is none that was promised.
    let inferred = world("inferred");
    let replies = [(Phase::Request, own()), (Phase::Comparison, with_status(410))];
    assert_eq!(inferred.judge_case(&replies, None), ["warning indistinguishable"]);
    let replies = [(Phase::Request, own()), (Phase::Comparison, Reply::json(200, json!({})))];
    assert_eq!(inferred.judge_case(&replies, None), ["violation indistinguishable"]);
    // Nothing was compared, or nothing says that the two are the same.
    assert_eq!(world("documented").judge_case(&[(Phase::Request, own())], None), [""; 0]);
    let plain = World::new(CONTRACT, "triggers: absent");
    assert_eq!(plain.judge_case(&replies, None), [""; 0]);
    // The last comparison counts.
    let replies = [
        (Phase::Request, own()),
        (Phase::Comparison, with_status(410)),
        (Phase::Comparison, with_status(404)),
    ];
    assert_eq!(world("documented").judge_case(&replies, None), [""; 0]);
}

#[test]
fn a_text_is_compared_without_the_request_id_of_its_header() {
    let contract = "
envelope: { request_id: { header: X-Id } }
failures: [ { id: absent, status: 404, summary: x } ]";
    let world = World::new(
        contract,
        "triggers: absent, indistinguishable_from: { source: documented, path: {}, query: { a: '1' } }",
    );
    let page = |id: &str, text: &str| Reply::text(404, text).with("x-id", id);
    for (own, other, expected) in [
        (page("abc", "error abc"), page("xyz", "error xyz"), &[][..]),
        (page("abc", "error abc"), page("xyz", "error abc"), &["violation indistinguishable"]),
        // Two letters are part of many texts by chance.
        (page("er", "er"), page("no", "no"), &["violation indistinguishable"]),
        (page("abc", "no note absent"), page("xyz", "no note hidden"), &[]),
    ] {
        let replies = [(Phase::Request, own.clone()), (Phase::Comparison, other)];
        assert_eq!(world.judge_case(&replies, None), expected, "{own:?}");
    }
}
