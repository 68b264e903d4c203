//! Request ids: there, in the documented form, and new for every request.

use failspec_judge::check::Phase;
use serde_json::{Value, json};

use crate::harness::{Reply, World};

fn world(rule: &str) -> World {
    World::new(
        &format!(
            "envelope: {{ request_id: {rule} }}\nfailures: [ {{ id: absent, status: 404, summary: x }} ]"
        ),
        "triggers: absent",
    )
}

#[test]
fn a_request_id_is_text_of_the_documented_form_where_it_is_documented() {
    let both = "{ pointer: /id, header: X-Id, pattern: '^r-[0-9]+$' }";
    let id = |id: Value| Reply::json(404, json!({ "id": id }));
    for (rule, reply, expected) in [
        ("/id", id(json!("r-1")), &[][..]),
        ("/id", id(json!(7)), &["text at /id, got 7"]),
        ("/id", id(json!("")), &["text at /id, got \"\""]),
        ("/id", id(json!(" ")), &["text at /id, got \" \""]),
        ("/id", Reply::json(404, json!({})), &["text at /id, got nothing"]),
        ("{ header: X-Id }", Reply::text(404, "").with("x-id", "r-1"), &[]),
        ("{ header: X-Id }", Reply::text(404, ""), &["the header X-Id, got none"]),
        ("{ header: X-Id }", Reply::text(404, "").with("x-id", ""), &["the header X-Id, got none"]),
        (both, id(json!("r-1")).with("x-id", "r-1"), &[]),
        (both, id(json!("r-1")).with("x-id", "r-2"), &["the same in body and header, got r-1 and r-2"]),
        (both, id(json!("r-1")), &["the header X-Id, got none"]),
        (both, Reply::json(404, json!({})).with("x-id", "r-1"), &["text at /id, got nothing"]),
        (
            both,
            id(json!("x")).with("x-id", "x"),
            &["the form ^r-[0-9]+$, got x", "the form ^r-[0-9]+$, got x"],
        ),
    ] {
        let expected: Vec<String> =
            expected.iter().map(|text| format!("request id: expected {text}")).collect();
        assert_eq!(world(rule).messages(reply.clone()), expected, "{rule} {reply:?}");
    }
    let plain = World::new("failures: [ { id: absent, status: 404, summary: x } ]", "triggers: absent");
    assert_eq!(plain.judge(Reply::json(404, json!({ "id": 7 }))), [""; 0]);
}

#[test]
fn no_two_requests_of_a_case_have_the_same_id() {
    let reply = |status, id: &str| Reply::json(status, json!({ "id": id }));
    let judge = |others: &[(Phase, Reply)]| {
        let mut replies = others.to_vec();
        replies.push((Phase::Request, reply(404, "r-1")));
        let found = world("/id").findings(&replies, None);
        found.into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(judge(&[]), [""; 0]);
    assert_eq!(judge(&[(Phase::Control, reply(200, "r-2"))]), [""; 0]);
    assert_eq!(judge(&[(Phase::Control, Reply::text(200, ""))]), [""; 0]);
    assert_eq!(
        judge(&[(Phase::Setup, reply(201, "r-2")), (Phase::Control, reply(200, "r-1"))]),
        ["request id: expected one that no other request has, got r-1, which the control has too"]
    );
    assert_eq!(
        judge(&[(Phase::Setup, reply(201, "r-1")), (Phase::Control, reply(200, "r-1"))]),
        ["request id: expected one that no other request has, got r-1, which the setup has too"]
    );
}
