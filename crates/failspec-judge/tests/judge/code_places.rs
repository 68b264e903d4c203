//! Codes elsewhere than at one pointer: in a header, a parameter of a header, a text, at one of several places, with a
//! namespace, or absent. Each with a wrong server and a harmless change.

use serde_json::{Value, json};

use crate::harness::{Reply, World};

const FAILURES: &str = "
failures:
  - { id: absent, status: 404, code: Absent, summary: x }
  - { id: hidden, status: 404, code: Hidden, summary: x }";

fn world(envelope: &str) -> World {
    World::new(&format!("envelope: {envelope}{FAILURES}"), "triggers: absent")
}

fn empty(header: (&'static str, &'static str)) -> Reply {
    Reply::text(404, "").with(header.0, header.1)
}

/// Asserts what the checks say of each response.
fn assert_judged(world: &World, table: impl IntoIterator<Item = (Reply, &'static [&'static str])>) {
    for (index, (reply, findings)) in table.into_iter().enumerate() {
        assert_eq!(world.judge(reply), findings, "{index}");
    }
}

#[test]
fn code_in_a_header_identifies_a_response_without_a_body() {
    let world = world("{ body: optional, code: { header: X-Error } }");
    assert_judged(
        &world,
        [
            (empty(("x-error", "Absent")), &[][..]),
            (empty(("x-error", " Absent ")), &[]),
            (empty(("x-error", "Absent")).with("x-more", "1"), &[]),
            (Reply::json(404, json!({ "any": "thing" })).with("x-error", "Absent"), &[]),
            (empty(("x-error", "Hidden")), &["violation code"]),
            (empty(("x-error", "absent")), &["violation code"]),
            (empty(("x-error", "")), &["violation code"]),
            (Reply::text(404, ""), &["violation code"]),
            (Reply::text(404, "Absent"), &["violation code"]),
            (Reply::json(404, json!({ "code": "Absent" })), &["violation code"]),
        ],
    );
    assert_eq!(world.identify(&empty(("x-error", "Hidden"))), "other hidden");
    assert_eq!(world.identify(&empty(("x-error", "New"))), "undocumented \"New\"");
    // A documented code on a success status is an error.
    assert_eq!(world.identify(&Reply::text(200, "").with("x-error", "Hidden")), "other hidden");
}

#[test]
fn code_in_a_header_needs_no_body_of_a_format() {
    // Without `body: optional`, too: only what is in the body asks for one.
    let world = world("{ code: { header: X-Error } }");
    let page = |code: &str| Reply::text(404, "it is not there").with("x-error", code);
    assert_judged(
        &world,
        [
            (empty(("x-error", "Absent")), &[][..]),
            (page("Absent"), &[]),
            (page("Hidden"), &["violation code"]),
        ],
    );
    let with_message = self::world("{ code: { header: X-Error }, message: /message }");
    assert!(with_message.judge(page("Absent")).contains(&"violation well-formed".to_owned()));
}

#[test]
fn code_in_a_header_is_a_number_if_the_contract_has_one() {
    let world = World::new(
        "envelope: { body: empty, code: { header: X-Error } }\nfailures: [ { id: a, status: 404, code: 17, summary: x } ]",
        "triggers: a",
    );
    assert_judged(
        &world,
        [
            (empty(("x-error", "17")), &[][..]),
            (empty(("x-error", "18")), &["violation code"]),
            (empty(("x-error", "017")), &["violation code"]),
        ],
    );
}

#[test]
fn code_in_a_parameter_of_a_header_may_have_quotes_or_not() {
    let world = world("{ body: optional, code: { header: WWW-Authenticate, parameter: error } }");
    let challenge = |text: &'static str| empty(("www-authenticate", text));
    assert_judged(
        &world,
        [
            (challenge("Bearer realm=\"a\", error=\"Absent\""), &[][..]),
            (challenge("Bearer error=Absent, realm=\"a\""), &[]),
            (challenge("Basic realm=\"b\", Bearer Error = \"Absent\""), &[]),
            (challenge("Bearer error=\"Hidden\""), &["violation code"]),
            (challenge("Bearer error_description=\"Absent\""), &["violation code"]),
            (challenge("Bearer realm=\"error=Absent\""), &["violation code"]),
        ],
    );
}

#[test]
fn code_in_a_text_need_not_be_json() {
    let world = world("{ code: { text: '^([A-Z][a-z]+)(:|$)' } }");
    assert_judged(
        &world,
        [
            (Reply::text(404, "Absent: there is no such thing"), &[][..]),
            (Reply::text(404, "Absent"), &[]),
            (Reply::text(404, "Absent: es fehlt"), &[]),
            (Reply::text(404, "Hidden: there is no such thing"), &["violation code"]),
            (Reply::text(404, "there is no such thing"), &["violation code"]),
            (Reply::text(404, ""), &["violation code"]),
        ],
    );
}

#[test]
fn code_is_at_the_first_place_that_a_response_has() {
    let world = world("{ code: [ /error/code, /code, { header: X-Error } ] }");
    let body = |body: Value| Reply::json(404, body);
    assert_judged(
        &world,
        [
            (body(json!({ "error": { "code": "Absent" } })), &[][..]),
            (body(json!({ "code": "Absent" })), &[]),
            (body(json!({ "error": { "code": null }, "code": "Absent" })), &[]),
            (body(json!({})).with("x-error", "Absent"), &[]),
            (body(json!({ "code": "Absent" })).with("x-error", "Other"), &[]),
            (body(json!({ "code": "Hidden" })), &["violation code"]),
            (body(json!({ "error": { "code": "Hidden" }, "code": "Absent" })), &["violation code"]),
            (body(json!({ "errors": "Absent" })), &["violation code"]),
        ],
    );
}

#[test]
fn code_with_a_namespace_is_what_a_pattern_finds() {
    let world = world("{ code: { pointer: /__type, extract: '[^#]+$' } }");
    let body = |code: Value| Reply::json(404, json!({ "__type": code }));
    assert_judged(
        &world,
        [
            (body(json!("com.example.things#Absent")), &[][..]),
            (body(json!("Absent")), &[]),
            (body(json!("com.example.other#Absent")), &[]),
            (body(json!("com.example.things#Hidden")), &["violation code"]),
            (body(json!("Absent#")), &["violation code"]),
            (body(json!(7)), &["violation code"]),
        ],
    );
}

#[test]
fn absent_code_is_the_one_that_the_contract_says() {
    let world = World::new(
        "
envelope: { media_type: application/problem+json, code: { pointer: /type, absent: 'about:blank' } }
failures:
  - { id: plain, status: 404, code: 'about:blank', summary: x }
  - { id: credit, status: 403, code: 'https://example.com/credit', summary: x }",
        "triggers: plain",
    );
    let problem = |status, body: Value| {
        Reply::text(status, &body.to_string()).with("content-type", "application/problem+json")
    };
    assert_judged(
        &world,
        [
            (problem(404, json!({ "title": "Not Found" })), &[][..]),
            (problem(404, json!({ "type": "about:blank", "title": "Not Found" })), &[]),
            (problem(404, json!({ "type": "https://example.com/credit" })), &["violation code"]),
        ],
    );
    assert_eq!(
        world.identify(&problem(403, json!({ "type": "https://example.com/credit" }))),
        "other credit"
    );
}

#[test]
fn star_of_message_and_status_is_any_item_of_a_list() {
    let world = world("{ code: /errors/*/code, message: /errors/*/detail, status: /errors/*/status }");
    let errors = |errors: Value| Reply::json(404, json!({ "errors": errors }));
    let right = json!({ "code": "Absent", "detail": "no such thing", "status": "404" });
    assert_judged(
        &world,
        [
            (errors(json!([right])), &[][..]),
            (errors(json!([right, { "code": "More" }])), &[]),
            (errors(json!([{ "code": "Absent", "status": 404 }])), &["violation message"]),
            (errors(json!([{ "code": "Absent", "detail": "", "status": 404 }])), &["violation message"]),
            (errors(json!([{ "code": "Absent", "detail": "x" }])), &["violation body-status"]),
            (errors(json!([{ "code": "Absent", "detail": "x", "status": 400 }])), &["violation body-status"]),
        ],
    );
    // 400 stands for several errors with statuses of their own.
    let world = World::new(
        "envelope: { status: /errors/*/status }\nfailures: [ { id: a, status: 400, summary: x } ]",
        "triggers: a",
    );
    let errors = |statuses: Value| {
        let statuses = statuses.as_array().unwrap().iter().map(|status| json!({ "status": status }));
        Reply::json(400, json!({ "errors": statuses.collect::<Vec<_>>() }))
    };
    assert_judged(
        &world,
        [
            (errors(json!([422, "409"])), &[][..]),
            (errors(json!([422])), &["violation body-status"]),
            (errors(json!([422, 500])), &["violation body-status"]),
        ],
    );
}

#[test]
fn success_without_a_code_is_no_error_that_has_none() {
    let world = World::new(
        "success: { status: 2xx }\nenvelope: { code: { pointer: /type, absent: 'about:blank' } }\n\
         failures: [ { id: blank, status: 400, code: 'about:blank', summary: x } ]",
        "triggers: blank",
    );
    for success in [Reply::json(200, json!({ "items": [] })), Reply::text(204, "")] {
        assert_eq!(world.identify_control(&success, None), "success");
    }
    assert_eq!(world.judge(Reply::json(400, json!({ "title": "Bad Request" }))), [""; 0]);
    assert_eq!(world.identify_control(&Reply::json(400, json!({})), None), "other blank");
    assert_eq!(
        world.identify_control(&Reply::json(200, json!({ "type": "about:blank" })), None),
        "other blank"
    );
}
