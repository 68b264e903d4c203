//! Schemas of mappings: one description of the possible keys, for the decoder, for the JSON Schema that editors use,
//! and for the suggestion after a typing error.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The schema of a mapping with known keys.
#[derive(Debug)]
pub struct MappingSchema {
    /// Its name in the JSON Schema.
    pub name: &'static str,
    /// Its description, in one line.
    pub about: &'static str,
    /// Its keys, in the order in which people should write them.
    pub fields: &'static [Field],
    /// Keys that it shares with other mapping schemas.
    pub also: &'static [Field],
}

impl MappingSchema {
    /// Returns all its keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(self.also)
    }
}

/// One key of a [`MappingSchema`].
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// The type of the value.
    pub kind: ValueType,
    /// True if the key is required.
    pub required: bool,
    /// Its description, in one line; editors show it.
    pub about: &'static str,
}

impl Field {
    /// Creates a required key.
    pub const fn required(name: &'static str, kind: ValueType, about: &'static str) -> Self {
        Self { name, kind, required: true, about }
    }

    /// Creates an optional key.
    pub const fn optional(name: &'static str, kind: ValueType, about: &'static str) -> Self {
        Self { name, kind, required: false, about }
    }
}

/// The type of a value.
#[derive(Debug)]
pub enum ValueType {
    /// Any value.
    Any,
    /// Text.
    Text,
    /// Text or a number, which is sent as text in both cases.
    Scalar,
    /// `true` or `false`.
    Bool,
    /// A whole number (0 or more).
    Count,
    /// A JSON Pointer (RFC 6901).
    Pointer,
    /// A name: `[a-z0-9][a-z0-9_-]*`.
    Name,
    /// A date: `2026-11-20`.
    Date,
    /// A duration: `500ms`, `30s`, `2m`.
    Duration,
    /// A JSON Schema, or the name of a file that contains one.
    Schema,
    /// One of these words.
    Words(&'static [&'static str]),
    /// `null`, which removes something.
    Null,
    /// A sequence.
    List(&'static ValueType),
    /// A mapping with freely chosen keys.
    Map(&'static ValueType),
    /// A mapping with known keys.
    MappingSchema(&'static MappingSchema),
    /// Any of these types.
    Either(&'static [ValueType]),
}

/// The pattern of names in the file formats of failspec.
pub const NAME_PATTERN: &str = "^[a-z0-9][a-z0-9_-]*$";

/// The pattern of durations in the file formats of failspec.
pub const DURATION_PATTERN: &str = "^[0-9]+(ms|s|m)$";

/// Returns the JSON Schema (2020-12) of a file with the mapping schema `shape` at its top level.
pub fn json_schema(shape: &'static MappingSchema, title: &str) -> Value {
    let mut definitions = BTreeMap::new();
    let mut top = of_shape(shape, &mut definitions);
    let definitions: Map<String, Value> = definitions
        .into_iter()
        .map(|(name, definition)| (identifier(name), definition.unwrap_or(Value::Bool(true))))
        .collect();
    if let Some(top) = top.as_object_mut() {
        top.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        top.insert("title".into(), json!(title));
        top.insert("$defs".into(), Value::Object(definitions));
    }
    top
}

/// Definitions by name. `None` marks a definition that is being built: mapping schemas may contain themselves.
type Definitions = BTreeMap<&'static str, Option<Value>>;

fn of_shape(shape: &'static MappingSchema, definitions: &mut Definitions) -> Value {
    let mut properties = Map::new();
    for field in shape.keys() {
        let mut value = of_kind(&field.kind, definitions);
        if let Some(value) = value.as_object_mut() {
            value.insert("description".into(), json!(field.about));
        }
        properties.insert(field.name.into(), value);
    }
    let required: Vec<_> = shape.keys().filter(|field| field.required).map(|field| field.name).collect();
    let mut value = json!({
        "type": "object",
        "description": shape.about,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        value["required"] = json!(required);
    }
    value
}

fn of_kind(kind: &'static ValueType, definitions: &mut Definitions) -> Value {
    match kind {
        ValueType::Any => json!({}),
        ValueType::Text => json!({ "type": "string" }),
        ValueType::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        ValueType::Bool => json!({ "type": "boolean" }),
        ValueType::Count => json!({ "type": "integer", "minimum": 0 }),
        ValueType::Pointer => json!({ "type": "string", "pattern": "^(/.*)?$" }),
        ValueType::Name => json!({ "type": "string", "pattern": NAME_PATTERN }),
        ValueType::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        ValueType::Duration => {
            json!({ "type": "string", "pattern": format!("{DURATION_PATTERN}|\\$\\{{") })
        }
        ValueType::Schema => json!({ "type": ["object", "boolean", "string"] }),
        ValueType::Words(words) => json!({ "enum": words }),
        ValueType::Null => json!({ "type": "null" }),
        ValueType::List(item) => json!({ "type": "array", "items": of_kind(item, definitions) }),
        ValueType::Map(value) => {
            json!({ "type": "object", "additionalProperties": of_kind(value, definitions) })
        }
        ValueType::Either(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| of_kind(kind, definitions)).collect();
            json!({ "anyOf": kinds })
        }
        ValueType::MappingSchema(shape) => {
            if !definitions.contains_key(shape.name) {
                definitions.insert(shape.name, None);
                let definition = of_shape(shape, definitions);
                definitions.insert(shape.name, Some(definition));
            }
            json!({ "$ref": format!("#/$defs/{}", identifier(shape.name)) })
        }
    }
}

/// Replaces the spaces of a name, which a URI reference must not contain.
fn identifier(name: &str) -> String {
    name.replace(' ', "_")
}
