//! Keywords of JSON Schemas: a keyword with a typing error demands nothing, and nobody notices.

use failspec_base::{
    encoding::escape_pointer_step,
    syntax::{Decoder, Diagnostic, Node, Span, closest},
};
use serde_json::Value;

/// The place of a schema below a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Below {
    /// No schema: the value is not looked into.
    Nothing,
    /// One schema, or a list of schemas.
    Schema,
    /// Schemas by name.
    ByName,
}

use Below::{ByName, Nothing, Schema};

/// The keywords of all versions of JSON Schema.
const KEYWORDS: &[(&str, Below)] = &[
    ("$schema", Nothing),
    ("$id", Nothing),
    ("id", Nothing),
    ("$ref", Nothing),
    ("$anchor", Nothing),
    ("$dynamicRef", Nothing),
    ("$dynamicAnchor", Nothing),
    ("$recursiveRef", Nothing),
    ("$recursiveAnchor", Nothing),
    ("$vocabulary", Nothing),
    ("$comment", Nothing),
    ("$defs", ByName),
    ("definitions", ByName),
    ("type", Nothing),
    ("enum", Nothing),
    ("const", Nothing),
    ("multipleOf", Nothing),
    ("maximum", Nothing),
    ("exclusiveMaximum", Nothing),
    ("minimum", Nothing),
    ("exclusiveMinimum", Nothing),
    ("maxLength", Nothing),
    ("minLength", Nothing),
    ("pattern", Nothing),
    ("format", Nothing),
    ("maxItems", Nothing),
    ("minItems", Nothing),
    ("uniqueItems", Nothing),
    ("maxContains", Nothing),
    ("minContains", Nothing),
    ("maxProperties", Nothing),
    ("minProperties", Nothing),
    ("required", Nothing),
    ("dependentRequired", Nothing),
    ("allOf", Schema),
    ("anyOf", Schema),
    ("oneOf", Schema),
    ("not", Schema),
    ("if", Schema),
    ("then", Schema),
    ("else", Schema),
    ("dependentSchemas", ByName),
    ("dependencies", ByName),
    ("prefixItems", Schema),
    ("items", Schema),
    ("additionalItems", Schema),
    ("contains", Schema),
    ("properties", ByName),
    ("patternProperties", ByName),
    ("additionalProperties", Schema),
    ("propertyNames", Schema),
    ("unevaluatedItems", Schema),
    ("unevaluatedProperties", Schema),
    ("title", Nothing),
    ("description", Nothing),
    ("default", Nothing),
    ("deprecated", Nothing),
    ("readOnly", Nothing),
    ("writeOnly", Nothing),
    ("examples", Nothing),
    ("contentEncoding", Nothing),
    ("contentMediaType", Nothing),
    ("contentSchema", Nothing),
    // Annotations of OpenAPI documents, from which schemas are copied.
    ("example", Nothing),
    ("externalDocs", Nothing),
    ("xml", Nothing),
    ("discriminator", Nothing),
];

/// Maximum depth to which a schema is looked into; no schema is nested this deeply on purpose.
const MAX_DEPTH: usize = 40;

/// A key of a schema that is not a keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UnknownKeyword {
    /// JSON Pointer to the schema.
    pub at: String,
    /// The key.
    pub key: String,
    /// The keyword that was probably meant.
    pub meant: Option<&'static str>,
}

/// Returns the keys of a schema, and of the schemas in it, that are not keywords. Names that begin with `x-` belong to
/// whoever wrote them.
pub(super) fn unknown_keywords(schema: &Value) -> Vec<UnknownKeyword> {
    let mut found = Vec::new();
    walk(schema, String::new(), 0, &mut found);
    found
}

fn walk(schema: &Value, at: String, depth: usize, found: &mut Vec<UnknownKeyword>) {
    let Value::Object(members) = schema else { return };
    if depth > MAX_DEPTH {
        return;
    }
    for (key, value) in members {
        let below = |step: &str| format!("{at}/{}", escape_pointer_step(step));
        let keyword = KEYWORDS.iter().find(|(name, _)| name == key);
        match (keyword.map(|(_, below)| *below), value) {
            (None, _) if key.starts_with("x-") => {}
            (None, _) => {
                let meant = closest(key, KEYWORDS.iter().map(|(name, _)| *name)).filter(|_| key.len() > 2);
                found.push(UnknownKeyword { at: at.clone(), key: key.clone(), meant });
            }
            (Some(Schema), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, format!("{}/{index}", below(key)), depth + 1, found);
                }
            }
            (Some(Schema), schema) => walk(schema, below(key), depth + 1, found),
            (Some(ByName), Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    let at = format!("{}/{}", below(key), escape_pointer_step(name));
                    walk(schema, at, depth + 1, found);
                }
            }
            (Some(_), _) => {}
        }
    }
}

/// Reports the keys of a schema that are not keywords: an error if it seems to be a typing error, else a warning. `file`
/// is the file that the schema is in, if `node` is only its name.
pub(super) fn check_keywords(schema: &Value, node: &Node, file: Option<&str>, reader: &Decoder) {
    for UnknownKeyword { at, key, meant } in unknown_keywords(schema) {
        let place = match file {
            Some(file) if at.is_empty() => format!(" ({file})"),
            Some(file) => format!(" ({file}, {at})"),
            None => String::new(),
        };
        let title =
            format!("`{}` is not a keyword of JSON Schema, so it demands nothing{place}", key.escape_debug());
        let span = if file.is_some() { node.span } else { key_span(node, &at, &key) };
        match meant {
            Some(meant) => reader.error_hint(span, title, format!("did you mean `{meant}`?")),
            None if key == "nullable" => {
                let hint = "write `type: [string, \"null\"]`: `nullable` is a keyword of OpenAPI 3.0";
                reader.report(Diagnostic::warning(reader.place(span), title).hint(hint));
            }
            None => {
                let hint = "correct it, or let its name begin with `x-`";
                reader.report(Diagnostic::warning(reader.place(span), title).hint(hint));
            }
        }
    }
}

/// Returns the position of a key in the mapping at a pointer below `node`.
fn key_span(node: &Node, at: &str, key: &str) -> Span {
    let mapping = node.find(at).unwrap_or(node);
    let entry = mapping.as_map().and_then(|entries| entries.iter().find(|entry| entry.key == key));
    entry.map_or(mapping.span, |entry| entry.key_span)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn typing_errors_are_found_wherever_a_schema_is() {
        for (schema, at, key, meant) in [
            (json!({"requried": ["a"]}), "", "requried", Some("required")),
            (json!({"properties": {"a": {"cosnt": 1}}}), "/properties/a", "cosnt", Some("const")),
            (json!({"properties": {"a/b": {"patern": "x"}}}), "/properties/a~1b", "patern", Some("pattern")),
            (json!({"allOf": [{}, {"minLenght": 1}]}), "/allOf/1", "minLenght", Some("minLength")),
            (json!({"items": {"propertis": {}}}), "/items", "propertis", Some("properties")),
            (json!({"$defs": {"a": {"not": {"typ": "string"}}}}), "/$defs/a/not", "typ", Some("type")),
            (json!({"additionalProperties": {"nullable": true}}), "/additionalProperties", "nullable", None),
        ] {
            let found = unknown_keywords(&schema);
            let expected = UnknownKeyword { at: at.to_owned(), key: key.to_owned(), meant };
            assert_eq!(found, [expected], "{schema}");
        }
    }

    #[test]
    fn names_and_values_are_not_keywords() {
        for schema in [
            json!(true),
            json!({"properties": {"requried": {}, "typ": true}, "patternProperties": {"^cosnt": {}}}),
            json!({"const": {"requried": []}, "enum": [{"typ": 1}], "default": {"a": 1}, "examples": [{"b": 1}]}),
            json!({"x-internal": {"requried": 1}, "$comment": "a", "example": {"c": 1}}),
            json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}, "items": [{"type": "string"}]}),
        ] {
            assert_eq!(unknown_keywords(&schema), [], "{schema}");
        }
    }
}
