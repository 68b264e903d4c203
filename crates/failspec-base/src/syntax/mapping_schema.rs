//! What keys a mapping may have: one description for the reader, for the JSON Schema that editors use, and for
//! the suggestion after a typing error.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A mapping with known keys.
#[derive(Debug)]
pub struct MappingSchema {
    /// Its name in the JSON Schema.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Its keys, in the order in which people should write them.
    pub fields: &'static [Field],
    /// Keys that it shares with other shapes.
    pub also: &'static [Field],
}

impl MappingSchema {
    /// All its keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(self.also)
    }
}

/// One key of a [`MappingSchema`].
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What may stand there.
    pub kind: ValueType,
    /// Whether it must be there.
    pub required: bool,
    /// What it is, in one line; editors show it.
    pub about: &'static str,
}

impl Field {
    /// A key that must be there.
    pub const fn required(name: &'static str, kind: ValueType, about: &'static str) -> Self {
        Self { name, kind, required: true, about }
    }

    /// A key that may be there.
    pub const fn optional(name: &'static str, kind: ValueType, about: &'static str) -> Self {
        Self { name, kind, required: false, about }
    }
}

/// What may stand as a value.
#[derive(Debug)]
pub enum ValueType {
    /// Any value.
    Any,
    /// Text.
    Text,
    /// Text or a number: it is sent as text either way.
    Scalar,
    /// `true` or `false`.
    Bool,
    /// A whole number from 0.
    Count,
    /// A JSON Pointer (RFC 6901).
    Pointer,
    /// A name: `[a-z0-9][a-z0-9_-]*`.
    Name,
    /// A day: `2026-11-20`.
    Date,
    /// A time span: `500ms`, `30s`, `2m`.
    Duration,
    /// A JSON Schema, or the name of a file that holds one.
    Schema,
    /// One of these words.
    Words(&'static [&'static str]),
    /// `null`, which takes something away.
    Null,
    /// A sequence.
    List(&'static ValueType),
    /// A mapping whose keys the author chooses.
    Map(&'static ValueType),
    /// A mapping with known keys.
    MappingSchema(&'static MappingSchema),
    /// Any one of these.
    Either(&'static [ValueType]),
}

/// The pattern of names in our formats.
pub const NAME_PATTERN: &str = "^[a-z0-9][a-z0-9_-]*$";

/// The pattern of time spans in our formats.
pub const DURATION_PATTERN: &str = "^[0-9]+(ms|s|m)$";

/// The JSON Schema (2020-12) of a file whose top level is `shape`.
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

/// `None` stands for a definition that is being made: shapes may contain themselves.
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

/// A name without the spaces that a URI reference must not have.
fn identifier(name: &str) -> String {
    name.replace(' ', "_")
}
