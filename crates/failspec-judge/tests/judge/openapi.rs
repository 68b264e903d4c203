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
