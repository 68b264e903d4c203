//! Contracts with an OpenAPI document: what it declares, and what it does not say.

use failspec_judge::check::Phase;
use serde_json::{Value, json};

use crate::harness::{Reply, World};

const DOCUMENT: &str = r##"
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /notes/absent:
    get:
      responses:
        "200": { description: ok }
        "400": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/E" } } } }
        "404": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/E" } } } }
        default: { description: no, content: { text/plain: {} } }
components:
  schemas:
    E:
      type: object
      required: [error]
      properties: { error: { type: string }, at: { type: string, format: date-time } }
"##;

const CONTRACT: &str = "
openapi: api.yaml
envelope: { media_type: application/json, code: /error }
failures:
  - { id: bad, status: 400, code: any, summary: x }
  - { id: absent, status: 404, code: any, summary: x }";

fn error(status: u16) -> Reply {
    Reply::json(status, json!({ "error": "no" }))
}

#[test]
fn another_declared_refusal_is_a_warning_if_only_the_document_speaks() {
    let of_document = "triggers: bad, documentation: 'api.yaml#/paths/~1notes~1absent/get'";
    let of_page = "triggers: bad, documentation: 'https://api.test/errors#bad'";
    for (scenario, reply, expected) in [
        (of_document, error(400), &[][..]),
        (of_document, error(404), &["warning status"]),
        (of_page, error(404), &["violation status"]),
        (of_document, error(409), &["violation status", "violation undeclared-media-type"]),
        (of_document, Reply::json(200, json!({})), &["violation not-rejected"]),
        (
            of_document,
            Reply::json(500, json!({ "error": "no" })),
            &["violation status", "violation undeclared-media-type"],
        ),
    ] {
        let world = World::with_document(CONTRACT, scenario, DOCUMENT);
        assert_eq!(world.judge(reply.clone()), expected, "{scenario} {reply:?}");
    }
}

#[test]
fn method_that_the_server_does_not_know_at_all_is_a_warning_if_only_the_document_speaks() {
    let contract =
        CONTRACT.replace("- { id: bad", "- { id: wrong_method, status: 405, summary: x }\n  - { id: bad");
    let of_document = "triggers: wrong_method, documentation: 'api.yaml#/paths/~1notes~1absent/get'";
    let of_page = "triggers: wrong_method, documentation: 'https://api.test/errors#method'";
    let empty = |status| Reply::text(status, "").with("content-type", "application/json");
    for (scenario, status, expected) in [
        (of_document, 501, "warning status"),
        (of_page, 501, "violation unrecognized-response"),
        (of_document, 500, "violation unrecognized-response"),
        (of_document, 502, "violation unrecognized-response"),
    ] {
        let found = World::with_document(&contract, scenario, DOCUMENT).judge(empty(status));
        assert!(found.contains(&expected.to_owned()), "{scenario} {status}: {found:?}");
    }
}

#[test]
fn the_envelope_does_not_bind_what_a_default_of_another_media_type_covers() {
    let world = World::with_document(CONTRACT, "triggers: bad", DOCUMENT);
    let text = |status| Reply::text(status, "too large").with("content-type", "text/plain");
    assert_eq!(world.judge(text(413)), ["violation status"]);
    // A listed failure is bound, whatever the default says, and so is a response of yet another media type.
    assert_eq!(world.judge(text(400)), ["violation unrecognized-response"]);
    let page = Reply::text(413, "<p>").with("content-type", "text/html");
    assert_eq!(world.judge(page), ["violation unrecognized-response"]);
}

#[test]
fn a_format_is_an_annotation_in_declared_schemas() {
    let world = World::with_document(CONTRACT, "triggers: bad", DOCUMENT);
    let at = |at| Reply::json(400, json!({ "error": "no", "at": at }));
    assert_eq!(world.judge(at(json!("2026-11-20T10:00:00Z"))), [""; 0]);
    assert_eq!(world.judge(at(json!("2026-11-20 10:00"))), ["warning declared-schema"]);
    assert_eq!(world.judge(at(json!(7))), ["violation declared-schema"]);
}

/// A document with the responses of the operation `GET /notes/absent`.
fn document(responses: &str) -> String {
    let operation = format!("get: {{ responses: {{ {responses} }} }}");
    format!(
        "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths: {{ /notes/absent: {{ {operation} }} }}\n"
    )
}

#[test]
fn only_a_refusal_that_the_document_lists_softens_a_scenario_of_the_document() {
    let contract = "openapi: api.yaml\nfailures:\n  - { id: bad, status: 400, summary: x }\n  - { id: absent, status: 404, summary: x }";
    let responses = |status: &str| {
        format!("'200': {{ description: x }}, '400': {{ description: x }}, '{status}': {{ description: x }}")
    };
    let of_document = "documentation: 'api.yaml#/paths/~1notes~1absent/get'";
    for (documentation, declared, status, expected) in [
        (of_document, "404", 404, &["warning status"][..]),
        (of_document, "499", 499, &["warning status"]),
        (of_document, "4XX", 450, &["warning status"]),
        (of_document, "500", 500, &["violation status"]),
        (of_document, "302", 302, &["violation status"]),
        (of_document, "default", 404, &["violation status"]),
        (of_document, "409", 404, &["violation status", "warning undeclared-status"]),
        ("documentation: 'other.yaml#/paths/~1notes~1absent/get'", "404", 404, &["violation status"]),
        ("documentation: 'https://api.test/errors#bad'", "404", 404, &["violation status"]),
        ("source: documented", "404", 404, &["violation status"]),
    ] {
        let scenario = format!("triggers: bad, {documentation}");
        let world = World::with_document(contract, &scenario, &document(&responses(declared)));
        assert_eq!(world.judge(Reply::text(status, "")), expected, "{documentation} {declared} {status}");
    }
}

#[test]
fn the_envelope_binds_all_but_an_unlisted_response_of_the_media_type_of_a_default() {
    let contract = "
openapi: api.yaml
envelope: { media_type: application/json, code: /error }
failures:
  - { id: bad, status: 400, code: bad, summary: x }
  - { id: limited, status: 429, code: limited, summary: x }";
    let text = "content: { text/plain: {} }";
    let both = "content: { text/plain: {}, application/json: {} }";
    let of = |key: &str, content: &str| {
        document(&format!(
            "'200': {{ description: x }}, '400': {{ description: x }}, '{key}': {{ description: x, {content} }}"
        ))
    };
    let reply = |status, body: &str| Reply::text(status, body).with("content-type", "text/plain");
    for (document, reply, expected) in [
        (of("default", text), reply(413, "too large"), &["violation status"][..]),
        // A code that is not documented is one more response that is not listed.
        (of("default", text), reply(413, r#"{"error": "odd"}"#), &["violation status"]),
        (
            of("default", text),
            reply(413, r#"{"error": "limited"}"#),
            &["violation status", "violation code", "violation media-type"],
        ),
        (of("default", text), reply(400, "bad"), &["violation unrecognized-response"]),
        // The default has the envelope too, or it is no default.
        (of("default", both), reply(413, "too large"), &["violation unrecognized-response"]),
        (of("413", text), reply(413, "too large"), &["violation unrecognized-response"]),
        (of("4XX", text), reply(413, "too large"), &["violation unrecognized-response"]),
        // Another media type than the declared one.
        (
            of("default", text),
            Reply::text(413, "<p>").with("content-type", "text/html"),
            &["violation unrecognized-response"],
        ),
        (of("default", text), Reply::text(413, "?"), &["violation unrecognized-response"]),
    ] {
        let world = World::with_document(contract, "triggers: bad", &document);
        assert_eq!(world.judge(reply.clone()), expected, "{document} {reply:?}");
    }
}

/// A contract of statuses alone, so that only the document says what is in a response.
const STATUSES: &str =
    "openapi: api.yaml\nfailures: [ { id: bad, status: [400, 404, 409, 422], summary: x } ]";

/// Two schemas of errors, and operations of one path that return them.
const SHAPES: &str = r##"
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /notes/absent:
    get:
      responses:
        "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } }
        "400": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/E" } } } }
        "404": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/E" } } } }
        "409": { description: no, content: { text/plain: { schema: { type: string } } } }
    head: { responses: { "400": { $ref: "#/components/responses/E" } } }
    put: { responses: { "400": { $ref: "#/components/responses/E" } } }
    patch:
      responses:
        "400": { $ref: "#/components/responses/E" }
        "404": { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/Note" } } } }
    post: { responses: { "400": { description: no, content: { application/json: {} } } } }
    delete: { responses: { "400": { description: no, content: { application/json: { schema: { type: object, required: [error] } } } } } }
components:
  responses:
    E: { description: no, content: { application/json: { schema: { $ref: "#/components/schemas/E" } } } }
  schemas:
    E: { type: object, required: [error], properties: { error: { type: string } } }
    Note: { type: object, required: [text], properties: { text: { type: string } } }
"##;

#[test]
fn a_body_is_compared_with_the_schema_that_is_declared_for_its_status() {
    let wrong = |status| Reply::json(status, json!({ "detail": "x" }));
    for (method, reply, expected) in [
        ("GET", Reply::json(400, json!({ "error": "x", "more": 1 })), &[][..]),
        ("GET", wrong(400), &["violation declared-schema"]),
        ("GET", Reply::json(400, json!({ "error": 7 })), &["violation declared-schema"]),
        // The media type is another one: the declared JSON schema still describes the body.
        (
            "GET",
            Reply::text(400, "{}").with("content-type", "application/problem+json"),
            &["violation undeclared-media-type", "violation declared-schema"],
        ),
        // A status that is not declared: a schema that several errors share is expected of it too.
        ("GET", wrong(422), &["warning undeclared-status", "warning declared-schema"]),
        ("GET", Reply::json(422, json!({ "error": "x" })), &["warning undeclared-status"]),
        // The schema of a single error, or one that not all errors have, is not.
        ("PUT", wrong(422), &["warning undeclared-status"]),
        ("PATCH", wrong(422), &["warning undeclared-status"]),
        // Without a body: the specification calls it a potential one.
        ("GET", Reply::text(400, ""), &["warning declared-schema"]),
        ("GET", Reply::text(409, ""), &[]),
        ("HEAD", Reply::text(400, ""), &[]),
        // No schema is declared, or for another media type.
        ("POST", Reply::text(400, ""), &[]),
        ("POST", wrong(400), &[]),
        ("GET", wrong(409), &["violation undeclared-media-type"]),
        ("DELETE", wrong(400), &["violation declared-schema"]),
    ] {
        let scenario = format!("triggers: bad, request: {method} /notes/absent");
        let world = World::with_document(STATUSES, &scenario, SHAPES);
        assert_eq!(world.judge(reply.clone()), expected, "{method} {reply:?}");
    }
}

#[test]
fn a_status_of_no_error_is_not_compared_with_the_schema_of_errors() {
    let world = World::with_document(STATUSES, "triggers: bad", SHAPES);
    let body = json!({ "detail": "x" });
    let judge = |status| {
        let control = (Phase::Control, Reply::json(status, body.clone()));
        world.declared(&[control, (Phase::Request, Reply::json(status, body.clone()))])
    };
    for status in [302, 399, 201] {
        assert_eq!(judge(status), ["warning undeclared-status"], "{status}");
    }
    for status in [401, 500] {
        assert_eq!(judge(status), ["warning undeclared-status", "warning declared-schema"], "{status}");
    }
    // 400 is the first status of an error.
    let content = "content: { application/json: { schema: { required: [error] } } }";
    let others =
        document(&format!("'404': {{ description: x, {content} }}, '409': {{ description: x, {content} }}"));
    let others = World::with_document(STATUSES, "triggers: bad", &others);
    let found = others.declared(&[(Phase::Request, Reply::json(400, body.clone()))]);
    assert_eq!(found, ["warning undeclared-status", "warning declared-schema"]);
    let empty = World::with_document(STATUSES, "triggers: bad", SHAPES);
    assert_eq!(empty.declared(&[(Phase::Request, Reply::text(200, ""))]), [""; 0]);
}

#[test]
fn a_finding_names_the_schema_as_the_document_does() {
    for (method, expected) in [
        (
            "GET",
            "GET /notes/absent got HTTP 400, which does not match the schema E: the body: \"error\" is a required property",
        ),
        (
            "DELETE",
            "DELETE /notes/absent got HTTP 400, which does not match the declared schema: the body: \"error\" is a required property",
        ),
    ] {
        let scenario = format!("triggers: bad, request: {method} /notes/absent");
        let world = World::with_document(STATUSES, &scenario, SHAPES);
        assert_eq!(world.messages(Reply::json(400, json!({ "detail": "x" }))), [expected]);
    }
    let world = World::with_document(STATUSES, "triggers: bad", SHAPES);
    assert_eq!(
        world.messages(Reply::json(400, json!({ "error": 7 }))),
        [
            "GET /notes/absent got HTTP 400, which does not match the schema E: /error: 7 is not of type \"string\""
        ]
    );
    assert_eq!(
        world.messages(Reply::text(400, "")),
        ["GET /notes/absent got HTTP 400 without the declared body"]
    );
}

#[test]
fn an_error_has_at_least_one_of_the_declared_properties() {
    let schema = "schema: { type: object, properties: { error: {}, detail: {} } }";
    let document = document(&format!(
        "'200': {{ description: x, content: {{ application/json: {{ {schema} }} }} }}, '400': {{ description: x, content: {{ application/json: {{ {schema} }} }} }}"
    ));
    let world = World::with_document(STATUSES, "triggers: bad", &document);
    let found = |body: Value| world.findings(&[(Phase::Request, Reply::json(400, body))], None);
    for (body, actual) in [
        (json!({ "error": "x" }), None),
        (json!({ "detail": null, "more": 1 }), None),
        (json!({}), Some("no properties")),
        (json!({ "title": "x", "code": 1 }), Some("only title, code")),
        (
            json!({ "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1 }),
            Some("only a, b, c, d, e, f, g, h"),
        ),
    ] {
        let found = found(body.clone());
        let short: Vec<(&str, &str)> =
            found.iter().map(|finding| (finding.check, finding.actual.as_str())).collect();
        let expected: Vec<(&str, &str)> =
            actual.into_iter().map(|actual| ("declared-vacuous", actual)).collect();
        assert_eq!(short, expected, "{body}");
    }
    // A body that does not match the schema at all is one finding.
    assert_eq!(world.judge(Reply::json(400, json!([]))), ["violation declared-schema"]);
    // Bodies of successes are not checked.
    let control = (Phase::Control, Reply::json(200, json!({})));
    assert_eq!(
        world.judge_case(&[control, (Phase::Request, Reply::json(400, json!({ "error": 1 })))], None),
        [""; 0]
    );
}

#[test]
fn declared_headers_are_there_if_required_and_match_their_schemas() {
    let headers = "headers: { \
        X-Need: { required: true, schema: { type: integer } }, \
        X-May: { schema: { type: integer, minimum: 1 } }, \
        X-List: { schema: { type: array, items: { type: integer } } }, \
        X-At: { schema: { type: string, format: date-time } }, \
        X-Any: { description: x } }";
    let document = document(&format!("'200': {{ description: x }}, '400': {{ description: x, {headers} }}"));
    let world = World::with_document(STATUSES, "triggers: bad", &document);
    let need = || Reply::text(400, "").with("x-need", "1");
    for (reply, expected) in [
        (need(), &[][..]),
        (Reply::text(400, ""), &["violation declared-headers"]),
        (Reply::text(400, "").with("x-need", "one"), &["violation declared-headers"]),
        (need().with("x-may", "1"), &[]),
        (need().with("x-may", "0"), &["violation declared-headers"]),
        // Lists are written in several styles.
        (need().with("x-list", "a b"), &[]),
        (need().with("x-any", "a b"), &[]),
        (need().with("x-at", "2026-11-20T10:00:00Z"), &[]),
        (need().with("x-at", "yesterday"), &["warning declared-headers"]),
    ] {
        assert_eq!(world.judge(reply.clone()), expected, "{reply:?}");
    }
    assert_eq!(
        world.messages(Reply::text(400, "")),
        ["GET /notes/absent got HTTP 400: expected the header X-Need, got none"]
    );
}

#[test]
fn a_default_is_binding_for_the_errors_of_an_operation_with_declared_successes() {
    let need = "headers: { X-Need: { required: true, schema: {} } }";
    let declared =
        |success: &str, key: &str| document(&format!("{success}'{key}': {{ description: x, {need} }}"));
    for (success, key, status, severity) in [
        ("'200': { description: x }, ", "default", 400, "violation"),
        ("'299': { description: x }, ", "default", 400, "violation"),
        ("'2XX': { description: x }, ", "default", 400, "violation"),
        ("'302': { description: x }, ", "default", 400, "warning"),
        ("'400': { description: x }, ", "default", 409, "warning"),
        ("", "default", 400, "warning"),
        ("'200': { description: x }, ", "default", 302, "warning"),
        ("'200': { description: x }, ", "default", 399, "warning"),
        ("'200': { description: x }, ", "302", 302, "violation"),
        ("", "400", 400, "violation"),
        ("", "4XX", 400, "violation"),
    ] {
        let world = World::with_document(STATUSES, "triggers: bad", &declared(success, key));
        let found = world.declared(&[(Phase::Request, Reply::text(status, ""))]);
        assert_eq!(found, [format!("{severity} declared-headers")], "{success} {key} {status}");
    }
}

#[test]
fn only_a_response_with_a_body_has_a_media_type() {
    let text = "content: { text/plain: {} }";
    let statuses = [200, 203, 204, 205, 206, 304, 400];
    let declared = statuses.map(|status| format!("'{status}': {{ description: x, {text} }}")).join(", ");
    let document = document(&declared);
    let world = |method: &str| {
        World::with_document(STATUSES, &format!("triggers: bad, request: {method} /notes/absent"), &document)
    };
    for status in statuses {
        let found = world("GET").declared(&[(Phase::Request, Reply::json(status, json!({})))]);
        let expected =
            if matches!(status, 204 | 205 | 304) { vec![] } else { vec!["violation undeclared-media-type"] };
        assert_eq!(found, expected, "{status}");
        assert_eq!(world("GET").declared(&[(Phase::Request, Reply::text(status, ""))]), [""; 0], "{status}");
    }
    let right = Reply::text(400, "x").with("content-type", "text/plain; charset=utf-8");
    assert_eq!(world("GET").judge(right), [""; 0]);
    let head = document.replace("get:", "head:");
    let head = World::with_document(STATUSES, "triggers: bad, request: HEAD /notes/absent", &head);
    assert_eq!(head.judge(Reply::json(400, json!({}))), [""; 0]);
    assert_eq!(
        world("GET").messages(Reply::text(400, "x")),
        ["GET /notes/absent got HTTP 400 with no Content-Type, but text/plain is declared"]
    );
}

#[test]
fn the_closest_content_describes_the_body() {
    let schema = |name: &str| format!("schema: {{ required: [{name}] }}");
    let document = document(&format!(
        "'200': {{ description: x }}, '400': {{ description: x, content: {{ application/json: {{ {} }}, application/*: {{ {} }}, application/problem+json: {{ {} }} }} }}",
        schema("plain"),
        schema("range"),
        schema("problem")
    ));
    let world = World::with_document(STATUSES, "triggers: bad", &document);
    for (media_type, member) in [
        ("application/json", "plain"),
        ("application/problem+json", "problem"),
        ("application/hal+json", "range"),
    ] {
        for other in ["plain", "range", "problem"] {
            let body = json!({ other: 1 }).to_string();
            let found = world.judge(Reply::text(400, &body).with("content-type", media_type));
            let expected = if other == member { vec![] } else { vec!["violation declared-schema"] };
            assert_eq!(found, expected, "{media_type} {other}");
        }
    }
}

#[test]
fn an_operation_is_found_below_the_base_and_a_405_on_another_method() {
    let need = "headers: { X-Need: { required: true, schema: {} } }";
    let document = document(&format!(
        "'200': {{ description: x }}, '400': {{ description: x, {need} }}, '405': {{ description: x, {need} }}"
    ));
    let judge = |method: &str, base: &str, path: &str, status| {
        let scenario = format!("triggers: bad, request: {method} /notes/absent");
        let contract = "openapi: api.yaml\nfailures: [ { id: bad, status: [400, 405], summary: x } ]";
        let world = World::with_document(contract, &scenario, &document);
        let reply = Reply::text(status, "").with("allow", "GET");
        world.judge_with(&[(Phase::Request, reply)], |observed| {
            observed.against.as_mut().expect("a document").base = base.into();
            let url = format!("http://api.test{path}");
            observed.records[0].exchange.request.url = url.parse().expect("a URL");
        })
    };
    let found = ["violation declared-headers"];
    assert_eq!(judge("GET", "", "/notes/absent", 400), found);
    assert_eq!(judge("GET", "/api", "/api/notes/absent", 400), found);
    assert_eq!(judge("GET", "/api/", "/api/notes/absent", 400), found);
    assert_eq!(judge("GET", "/api", "/other/notes/absent", 400), [""; 0]);
    // The path has no such method: only how it is rejected is declared.
    assert_eq!(judge("DELETE", "", "/notes/absent", 405), found);
    assert_eq!(judge("DELETE", "/api", "/api/notes/absent", 405), found);
    assert_eq!(judge("DELETE", "", "/notes/absent", 400), [""; 0]);
}

#[test]
fn a_page_of_a_proxy_is_not_compared_with_the_document() {
    let world = World::with_document(STATUSES, "triggers: bad", SHAPES);
    let page = |text: &str| Reply::text(400, text).with("content-type", "text/html");
    assert_eq!(world.judge(page("<hr><center>nginx/1.25</center>")), [""; 0]);
    assert_eq!(world.judge(page("<p>bad request")), ["violation undeclared-media-type"]);
}

#[test]
fn one_problem_of_several_responses_is_one_finding() {
    let world = World::with_document(STATUSES, "triggers: bad", SHAPES);
    let replies = |first: Value, second: Value| {
        [(Phase::Repeat, Reply::json(400, first)), (Phase::Request, Reply::json(400, second))]
    };
    let (missing, wrong) = (|| json!({ "x": 1 }), || json!({ "error": 1 }));
    for (replies, count) in [
        (replies(missing(), missing()), 1),
        (replies(missing(), wrong()), 2),
        (replies(json!({ "error": "x" }), wrong()), 1),
    ] {
        let found = world.findings(&replies, None);
        assert_eq!(found.len(), count, "{found:?}");
        assert!(found.iter().all(|finding| finding.check == "declared-schema" && finding.is_violation()));
    }
    assert_eq!(world.declared(&replies(missing(), missing())), ["violation declared-schema"]);
}

#[test]
fn what_the_document_says_binds_in_an_inferred_scenario_once_the_route_is_verified() {
    let contract =
        format!("operations: {{ get_note: {{ request: GET /notes/absent, source: inferred }} }}\n{STATUSES}");
    let wrong = || Reply::json(400, json!({ "error": 1 }));
    let control = || (Phase::Control, Reply::json(200, json!({ "text": "x" })));
    let none = "request: get_note, no_control: nothing is there";
    let same = "request: get_note, control: { query: { a: '1' } }";
    for (scenario, control_was_sent, expected) in [
        ("source: inferred", false, "violation declared-schema"),
        (&format!("source: inferred, {same}"), true, "violation declared-schema"),
        (&format!("source: inferred, {same}"), false, "warning declared-schema"),
        (&format!("source: inferred, {none}"), false, "warning declared-schema"),
        (none, false, "violation declared-schema"),
    ] {
        let world = World::with_document(&contract, &format!("triggers: bad, {scenario}"), SHAPES);
        let mut replies = vec![(Phase::Request, wrong())];
        if control_was_sent {
            replies.insert(0, control());
        }
        assert_eq!(world.judge_case(&replies, None), [expected], "{scenario}");
    }
    // If the case cannot be judged, nothing verified the route.
    let inferred = World::with_document(STATUSES, "triggers: bad, source: inferred", SHAPES);
    assert_eq!(inferred.declared(&[(Phase::Request, wrong())]), ["warning declared-schema"]);
}

#[test]
fn what_the_contract_and_the_document_both_say_is_said_once() {
    let schema = "schema: { type: object, properties: { error: { type: string } } }";
    let document = document(&format!(
        "'200': {{ description: x }}, '400': {{ description: x, content: {{ application/json: {{ {schema} }} }} }}"
    ));
    let contract = |envelope: &str, failure: &str| {
        format!(
            "openapi: api.yaml\nenvelope: {{ {envelope} }}\nfailures: [ {{ id: bad, status: 400, summary: x, {failure} }} ]"
        )
    };
    let silent = contract("", "");
    let own = contract("", schema);
    let shared = contract(schema, "");
    let media_type = contract("media_type: application/json", "");
    let wrong = || Reply::json(400, json!({ "error": 7 }));
    let other = || Reply::json(400, json!({ "other": 7 }));
    let text = || Reply::text(400, "{\"error\": \"x\"}").with("content-type", "text/plain");
    for (contract, reply, expected) in [
        (&silent, wrong(), "violation declared-schema"),
        (&own, wrong(), "violation schema"),
        (&shared, wrong(), "violation envelope"),
        (&silent, other(), "violation declared-vacuous"),
        (&own, other(), "violation vacuous"),
        (&shared, other(), "violation vacuous"),
        (&silent, text(), "violation undeclared-media-type"),
        (&media_type, text(), "violation media-type"),
    ] {
        let world = World::with_document(contract, "triggers: bad", &document);
        assert_eq!(world.judge(reply.clone()), [expected], "{contract} {reply:?}");
    }
}

#[test]
fn a_finding_about_another_response_is_no_part_of_one_that_fits_nothing() {
    let contract = "
openapi: api.yaml
envelope: { code: /error }
failures: [ { id: bad, status: 400, code: bad, summary: x } ]";
    let world = World::with_document(contract, "triggers: bad", &document("'200': { description: x }"));
    let page = || Reply::text(404, "?");
    let request = [(Phase::Request, page())];
    assert_eq!(world.judge_case(&request, None), ["violation unrecognized-response"]);
    // Another request to the operation has a finding of its own.
    let both = [(Phase::Repeat, Reply::text(503, "?")), (Phase::Request, page())];
    let found = world.findings(&both, None);
    let checks: Vec<&str> = found.iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["unrecognized-response", "undeclared-status"]);
    let records: Vec<Option<usize>> = found.iter().map(|finding| finding.record()).collect();
    assert_eq!(records, [None, Some(0)]);
    let found =
        world.findings(&[both[1].clone(), (Phase::Then, Reply::text(200, "")), both[0].clone()], None);
    assert_eq!(found.last().and_then(|finding| finding.record()), Some(2));
    let details: Vec<&str> = found[0].details.iter().map(|detail| detail.check.as_str()).collect();
    assert_eq!(details, ["status", "well-formed", "undeclared-status"]);
}

#[test]
fn a_document_that_is_not_the_publishers_binds_nobody() {
    let wrong = || Reply::json(400, json!({ "error": 1 }));
    for (source, expected) in [
        ("", "violation declared-schema"),
        ("openapi_source: documented\n", "violation declared-schema"),
        ("openapi_source: published\n", "violation declared-schema"),
        ("openapi_source: inferred\n", "warning declared-schema"),
    ] {
        let world = World::with_document(&format!("{source}{STATUSES}"), "triggers: bad", SHAPES);
        assert_eq!(world.judge(wrong()), [expected], "{source}");
        assert_eq!(world.judge(Reply::json(400, json!({ "error": "x" }))), [""; 0], "{source}");
    }
}

#[test]
fn a_text_is_compared_as_a_text_and_bytes_are_not_compared() {
    let document =
        |content: &str| DOCUMENT.replace("content: { text/plain: {} }", &format!("content: {{ {content} }}"));
    let scenario = "triggers: gone, documentation: 'api.yaml#/paths/~1notes~1absent/get'";
    let contract = "openapi: api.yaml\nfailures: [ { id: gone, status: 410, summary: x } ]";
    let plain = |body: &str| Reply::text(410, body).with("content-type", "text/plain");
    let json_of = |body: &str| Reply::text(410, body).with("content-type", "application/json");
    let wrong = &["violation declared-schema"][..];
    for (content, reply, expected) in [
        // It begins like a number.
        ("text/plain: { schema: { type: string } }", plain("404 page not found"), &[][..]),
        ("text/plain: { schema: { type: string } }", plain("404"), &[]),
        ("text/plain: { schema: { type: string, enum: [gone] } }", plain("gone\n"), &[]),
        ("text/plain: { schema: { type: string, enum: [gone] } }", plain("\"gone\""), &[]),
        ("text/plain: { schema: { type: string, enum: [gone] } }", plain("lost"), wrong),
        ("text/plain: { schema: { type: object } }", plain("[1]"), wrong),
        ("text/plain: { schema: { type: object } }", plain("404 page not found"), &[]),
        ("application/json: { schema: { type: string } }", json_of("404"), wrong),
        ("application/json: { schema: { type: string } }", json_of("\"x\""), &[]),
        ("'*/*': { schema: { type: string, format: binary } }", json_of("{}"), &[]),
        ("'*/*': { schema: { type: object } }", json_of("[]"), wrong),
    ] {
        let world = World::with_document(contract, scenario, &document(content));
        let found: Vec<String> =
            world.judge(reply.clone()).into_iter().filter(|found| found.contains("declared-")).collect();
        assert_eq!(found, expected, "{content} {reply:?}");
    }
}
