//! Each style is recognised by what its specification shows, and by nothing that is only close to it.

use serde_json::{Value, json};

use super::{Evidence, styles};

fn name(media_types: &[&str], examples: &[Value]) -> Option<&'static str> {
    let evidence = Evidence {
        media_types: media_types.to_vec(),
        examples: examples.iter().collect(),
        schemas: Vec::new(),
    };
    evidence.style().map(|style| style.name)
}

#[test]
fn style_is_recognised_by_examples() {
    for (body, expected) in [
        (
            json!({"type": "https://example.com/probs/out-of-credit", "title": "You do not have enough credit.", "detail": "Your balance is 30."}),
            Some("problem-json"),
        ),
        (
            json!({"errors": [{"status": "422", "title": "Invalid Attribute", "source": {"pointer": "/data/attributes/firstName"}}]}),
            Some("json-api"),
        ),
        (
            json!({"error": {"code": 404, "message": "no", "status": "NOT_FOUND", "details": []}}),
            Some("google"),
        ),
        (json!({"error": "invalid_grant", "error_description": "no"}), Some("oauth2")),
        (
            json!({"detail": [{"type": "int_parsing", "loc": ["query", "limit"], "msg": "no", "input": "many"}]}),
            Some("fastapi"),
        ),
        (
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "no", "reason": "NotFound", "code": 404}),
            Some("kubernetes"),
        ),
        (json!({"errors": [{"message": "no", "locations": [{"line": 1, "column": 2}]}]}), Some("graphql")),
        // Close to a style, and not it.
        (json!({"error": "not_found", "message": "no"}), None),
        (json!({"error": {"code": 404, "message": "no"}}), None),
        (json!({"errors": [{"message": "no"}]}), None),
        (json!({"errors": ["no"]}), None),
        (json!({"detail": "Not Found"}), None),
        (json!({"type": "error", "error": {"type": "x"}}), None),
        (json!({"kind": "Thing", "apiVersion": "v1"}), None),
        (json!(null), None),
    ] {
        assert_eq!(name(&["application/json"], std::slice::from_ref(&body)), expected, "{body}");
    }
}

#[test]
fn style_is_recognised_by_media_types_first() {
    let problem = json!({"error": "x", "error_description": "y"});
    for (media_types, examples, expected) in [
        (&["application/problem+json"][..], &[][..], Some("problem-json")),
        (&["Application/Problem+JSON", "application/json"], &[], Some("problem-json")),
        (&["application/vnd.api+json"], &[], Some("json-api")),
        (&["application/graphql-response+json"], &[], Some("graphql")),
        (&["text/plain"], &[], Some("plain")),
        (&["application/problem+json"], std::slice::from_ref(&problem), Some("problem-json")),
        // Two styles in one document: neither is that of the document.
        (&["application/problem+json", "application/vnd.api+json"], &[], None),
        (&["text/plain", "application/json"], std::slice::from_ref(&problem), Some("oauth2")),
        (&["application/json"], &[], None),
    ] {
        assert_eq!(name(media_types, examples), expected, "{media_types:?}");
    }
}

#[test]
fn style_is_recognised_by_schemas() {
    let of =
        |schema: Value| Evidence { schemas: vec![schema], ..Evidence::default() }.style().map(|it| it.name);
    let item = json!({"type": "object", "properties": {"loc": {}, "msg": {}, "type": {}}});
    assert_eq!(of(json!({"properties": {"detail": {"type": "array", "items": item}}})), Some("fastapi"));
    assert_eq!(
        of(json!({"allOf": [{"properties": {"type": {}, "title": {}}}, {"properties": {"status": {}}}]})),
        Some("problem-json")
    );
    let item =
        json!({"$defs": {"item": item}, "properties": {"detail": {"items": {"$ref": "#/$defs/item"}}}});
    assert_eq!(of(item), Some("fastapi"));
    // A definition that refers to itself.
    assert_eq!(of(json!({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"})), None);
    assert_eq!(of(json!({"properties": {"detail": {"type": "string"}}})), None);
    assert_eq!(of(json!(true)), None);
}

#[test]
fn every_template_is_filled_in_completely() {
    for style in styles() {
        let today = jiff::civil::date(2026, 11, 29);
        for text in [style.contract("on", today), style.scenarios("on")] {
            assert!(text.contains("contract: \"on\""), "{text}");
            assert!(!text.contains("NAME") && !text.contains("TODAY"), "{text}");
        }
    }
}
