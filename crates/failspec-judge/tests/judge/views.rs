//! A response as a contract describes it.

use failspec_base::message::BodyError;
use failspec_judge::check::{Item, View, fits, show};
use failspec_pack::pack::{Part, Pointer};
use serde_json::{Value, json};

use crate::harness::{Reply, World, pick};

fn pointer(text: &str) -> Pointer {
    Pointer::parse(text).expect("a pointer")
}

#[test]
fn a_response_is_bare_if_it_correctly_has_no_body_to_inspect() {
    let contract = |body: &str| {
        format!(
            "envelope: {{ code: /error{body} }}\nfailures: [ {{ id: a, status: 404, code: a, summary: x }} ]"
        )
    };
    let (required, optional) = (contract(""), contract(", body: optional"));
    let of_type = |body: &str, media_type: &str| Reply::text(404, body).with("content-type", media_type);
    let cut = || Reply::text(404, "").broken(BodyError::EndedEarly("0 of 9 bytes".to_owned()));
    for (reply, method, if_required, if_optional) in [
        (Reply::text(404, ""), "GET", false, true),
        (Reply::text(404, ""), "HEAD", true, true),
        (Reply::text(404, ""), "head", false, true),
        (Reply::json(404, json!({})), "HEAD", true, true),
        (Reply::text(404, "x"), "GET", false, true),
        (Reply::text(404, "404 not found"), "GET", false, true),
        (Reply::text(404, "{}"), "GET", false, false),
        (Reply::text(404, "[]"), "GET", false, false),
        (of_type("<p>", "text/html"), "GET", false, true),
        (of_type("<p>", "application/json"), "GET", false, false),
        (of_type("", "application/json"), "GET", false, true),
        (cut(), "GET", false, false),
        (Reply::text(100, "x"), "GET", true, true),
        (Reply::text(199, "x"), "GET", true, true),
        (Reply::text(204, "x"), "GET", true, true),
        (Reply::text(205, "x"), "GET", true, true),
        (Reply::text(304, "x"), "GET", true, true),
        (Reply::json(200, json!({})), "GET", false, false),
        (Reply::json(206, json!({})), "GET", false, false),
        (Reply::json(303, json!({})), "GET", false, false),
    ] {
        let response = reply.response();
        let view = View::new(&response, None).to(method);
        for (contract, expected) in [(&required, if_required), (&optional, if_optional)] {
            let world = World::new(contract, "triggers: a");
            assert_eq!(view.is_bare(&world.contract().envelope), expected, "{contract} {method} {reply:?}");
        }
    }
}

#[test]
fn the_item_is_the_only_one_that_fits_all_schemas() {
    let body = |results: Value| json!({ "results": results });
    let one = json!({ "id": "a", "x": 1 });
    for (body, expected) in [
        (body(json!([one])), Item::One(&one)),
        (body(json!([{ "id": "b" }, one])), Item::One(&one)),
        (body(json!([one, one])), Item::Unpicked(2)),
        (body(json!([one, { "id": "b" }, one, one])), Item::Unpicked(3)),
        (body(json!([{ "id": "b" }])), Item::Unpicked(0)),
        (body(json!([{}])), Item::Unpicked(0)),
        (body(json!({ "id": "a" })), Item::Unpicked(0)),
        (json!([one]), Item::Unpicked(0)),
    ] {
        let response = Reply::json(207, body.clone()).response();
        let view = View::new(&response, Some(&pick("a")));
        assert_eq!(view.item, expected, "{body}");
        let judged = if let Item::One(item) = expected { Some(item) } else { None };
        assert_eq!(view.judged(), judged, "{body}");
        assert_eq!(View::new(&response, None).judged(), Some(&body));
    }
    let text = Reply::text(207, "x").response();
    assert_eq!(View::new(&text, Some(&pick("a"))).item, Item::Unpicked(0));
    assert_eq!(View::new(&text, None).judged(), None);
    let filter = pick("a").filter;
    assert!(fits(&one, &filter) && fits(&one, &[]) && !fits(&json!({ "id": "b" }), &filter));
    assert!(!fits(&json!({}), &filter));
}

#[test]
fn of_several_codes_the_one_that_belongs_to_the_failure_counts() {
    let world = World::new(
        "
envelope: { code: /errors/*/code }
failures:
  - { id: absent, status: 404, code: absent, codes: [absent, lost], summary: x }
  - { id: hidden, status: 404, code: hidden, summary: x }",
        "triggers: absent",
    );
    for (codes, code, of_absent, identity) in [
        (json!(["absent"]), "absent", "absent", "triggered"),
        (json!(["odd", "absent"]), "odd", "absent", "triggered"),
        (json!(["lost", "absent"]), "lost", "absent", "triggered"),
        (json!(["odd", "lost"]), "odd", "lost", "triggered"),
        (json!(["odd", "more"]), "odd", "odd", "undocumented \"odd\""),
        (json!(["odd", "hidden"]), "odd", "odd", "other hidden"),
    ] {
        let errors: Vec<Value> =
            codes.as_array().expect("a list").iter().map(|code| json!({ "code": code })).collect();
        let reply = Reply::json(404, json!({ "errors": errors }));
        let response = reply.response();
        let view = View::new(&response, None);
        assert_eq!(view.code(&world.contract().envelope).as_deref(), Some(&json!(code)), "{codes}");
        assert_eq!(
            view.code_of(&world.contract().failures[0]).as_deref(),
            Some(&json!(of_absent)),
            "{codes}"
        );
        assert_eq!(world.identify(&reply), identity, "{codes}");
    }
}

#[test]
fn message_request_id_and_parts_are_read_where_the_contract_says() {
    let world = World::new(
        "envelope: { message: /message, request_id: { pointer: /id, header: X-Id } }\nfailures: [ { id: a, status: 404, summary: x } ]",
        "triggers: a",
    );
    let envelope = &world.contract().envelope;
    for (reply, message, id) in [
        (Reply::json(404, json!({ "message": "m", "id": "b" })).with("x-id", "h"), Some("m"), Some("b")),
        (Reply::json(404, json!({ "id": 7 })).with("x-id", "h"), None, Some("h")),
        (Reply::json(404, json!({ "id": "" })).with("x-id", "h"), None, None),
        (Reply::json(404, json!({})).with("x-id", "h"), None, Some("h")),
        (Reply::text(404, "").with("x-id", "h"), None, None),
        (Reply::json(404, json!({})).with("x-id", ""), None, None),
        (Reply::json(404, json!({})), None, None),
    ] {
        let response = reply.response();
        let view = View::new(&response, None);
        assert_eq!(view.message(envelope), message.map(Value::from).as_ref(), "{reply:?}");
        // Without a JSON body, the header is read all the same.
        let id = if reply.response().body.is_empty() { Some("h") } else { id };
        assert_eq!(view.request_id(envelope).as_deref(), id, "{reply:?}");
    }
    let response =
        Reply::json(404, json!({ "a": { "b": 1 } })).with("x-own", "1").with("x-own", "2").response();
    let view = View::new(&response, None);
    for (part, expected) in [
        (Part::Header("X-Own".to_owned()), Some(json!("1, 2"))),
        (Part::Header("X-Other".to_owned()), None),
        (Part::Body(pointer("/a/b")), Some(json!(1))),
        (Part::Body(pointer("/a/c")), None),
    ] {
        assert_eq!(view.part(&part), expected, "{part:?}");
    }
}

#[test]
fn a_long_value_is_named_by_its_size() {
    let text = |length: usize| json!("x".repeat(length));
    for (value, expected) in [
        (json!({ "a": 1 }), "{\"a\":1}".to_owned()),
        (text(298), format!("\"{}\"", "x".repeat(298))),
        (text(299), "a value of 301 bytes".to_owned()),
        (text(301), "a value of 301 bytes".to_owned()),
        (json!([text(400)]), "a value of 404 bytes".to_owned()),
    ] {
        assert_eq!(show(&value), expected);
    }
}
