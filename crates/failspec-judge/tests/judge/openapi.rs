//! Contracts with an OpenAPI document: what it declares, and what it does not say.

use serde_json::json;

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
