//! The JSON Schema of a header: a header is text, and its schema may describe a number, a boolean or a list.

use std::sync::Arc;

use serde_json::{Map, Number, Value, json};

use super::schema::{Schema, SchemaError, SchemaRegistry, SchemaViolation};

/// The schema of a header's value. The value is tried as each type that the schema allows.
#[derive(Debug, Clone)]
pub struct HeaderSchema {
    /// Schemas that must all match, each with any reading of the value.
    parts: Vec<Arc<Schema>>,
    /// A schema that no reading of the value may match.
    forbidden: Option<Arc<Schema>>,
}

/// Keywords of JSON Schema that apply to one type only, and hold for all values of other types.
const KEYWORDS: &[(&str, &[&str])] = &[
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    ("string", &["pattern", "minLength", "maxLength", "format"]),
    ("array", &["items", "minItems", "maxItems", "uniqueItems", "contains", "prefixItems"]),
    ("object", &["properties", "required", "additionalProperties", "minProperties", "maxProperties"]),
];

/// The maximum depth to which a schema is inspected.
const MAX_DEPTH: usize = 40;

impl HeaderSchema {
    /// Compiles a schema for values of a header.
    ///
    /// # Errors
    /// Fails if the value is not a schema, or if a reference cannot be resolved.
    pub fn compile(mut schema: Value, library: &SchemaRegistry) -> Result<Self, SchemaError> {
        let compile = |schema| Schema::compile(schema, library).map(Arc::new);
        // Text always satisfies `not: { minimum: 10 }`, so no reading may match.
        let forbidden = match schema.as_object_mut().and_then(|members| members.remove("not")) {
            Some(mut forbidden) => {
                name_types(&mut forbidden, 0);
                Some(compile(forbidden)?)
            }
            None => None,
        };
        let parts = split(schema).into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { parts, forbidden })
    }

    /// Returns the violations of the schema by a header with this value, at most 20.
    pub fn misfits(&self, text: &str) -> Vec<SchemaViolation> {
        let readings = readings(text);
        if let Some(forbidden) = &self.forbidden
            && readings.iter().any(|value| forbidden.fits(value))
        {
            let message = format!("{} must not match {}", json!(text), forbidden.value);
            return vec![SchemaViolation::whole(message)];
        }
        let fits = |part: &Schema, ok: &dyn Fn(&Value) -> bool| {
            readings.iter().any(|value| part.fits(value) && ok(value))
        };
        let broken = self.parts.iter().find(|part| !fits(part, &|_| true));
        // Formats come last: they are annotations.
        let broken = broken
            .or_else(|| self.parts.iter().find(|part| !fits(part, &|value| part.misfits(value).is_empty())));
        // The reading that the schema describes has the most helpful message.
        broken.map_or_else(Vec::new, |part| {
            let wants_number = mentions_number(&part.value, 0);
            let described = readings.iter().find(|value| wants_number && value.is_number());
            part.misfits(described.unwrap_or(&Value::from(text)))
        })
    }

    /// Returns true if a header may have this value; `format` is not looked at.
    pub fn fits(&self, text: &str) -> bool {
        self.misfits(text).iter().all(|misfit| misfit.is_annotation)
    }
}

/// Returns the values that a text can stand for: the text itself, a number, a boolean, nothing, and a list of texts or
/// of numbers.
fn readings(text: &str) -> Vec<Value> {
    let text = text.trim();
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    let numbers: Option<Vec<Number>> = items.iter().map(|item| number(item)).collect();
    let mut readings = vec![Value::from(text)];
    readings.extend(number(text).map(Value::Number));
    readings.extend(text.parse::<bool>().ok().map(Value::Bool));
    if text.is_empty() {
        readings.push(Value::Null);
    }
    readings.push(Value::from(items));
    readings.extend(numbers.map(|numbers| numbers.into_iter().map(Value::Number).collect()));
    readings
}

/// Parses a number as headers have it: with leading zeros.
fn number(text: &str) -> Option<Number> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let short = digits.trim_start_matches('0');
    let short = if short.starts_with(|first: char| first.is_ascii_digit()) { short } else { digits };
    format!("{sign}{short}").parse().ok()
}

/// Splits a schema without a type that constrains several types into one schema for each, and names the types: the
/// author of `{ minimum: 1 }` means a number, but text matches it too.
fn split(mut schema: Value) -> Vec<Value> {
    let groups = schema.as_object().map_or(0, |members| types_of(members).len());
    if groups <= 1 || schema.get("type").is_some() {
        name_types(&mut schema, 0);
        return vec![schema];
    }
    let Value::Object(members) = schema else { return Vec::new() };
    let mut parts: Vec<Value> = Vec::new();
    for (name, keywords) in KEYWORDS {
        let own = members.iter().filter(|(key, _)| keywords.contains(&key.as_str()));
        let mut part: Map<String, Value> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        if !part.is_empty() {
            part.insert("type".to_owned(), Value::from(*name));
            parts.push(Value::Object(part));
        }
    }
    let is_other = |key: &str| !KEYWORDS.iter().any(|(_, keywords)| keywords.contains(&key));
    let mut rest = Value::Object(members.into_iter().filter(|(key, _)| is_other(key)).collect());
    name_types(&mut rest, 0);
    // References in the parts lead into the definitions.
    for part in &mut parts {
        for definitions in ["$defs", "definitions", "components"] {
            if let Some(found) = rest.get(definitions) {
                part[definitions] = found.clone();
            }
        }
    }
    parts.push(rest);
    parts
}

/// Returns the types that the keywords of a schema apply to.
fn types_of(members: &Map<String, Value>) -> Vec<&'static str> {
    let has_any = |keywords: &[&str]| keywords.iter().any(|keyword| members.contains_key(*keyword));
    KEYWORDS.iter().filter(|(_, keywords)| has_any(keywords)).map(|(name, _)| *name).collect()
}

/// Adds the type that is meant where the keywords of a schema apply to one type only: `{ pattern: "^E" }` means text,
/// but a number matches it too.
pub(super) fn name_types(schema: &mut Value, depth: usize) {
    let Some(members) = schema.as_object_mut().filter(|_| depth < MAX_DEPTH) else { return };
    if let [only] = types_of(members).as_slice()
        && !members.contains_key("type")
    {
        members.insert("type".to_owned(), Value::from(*only));
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let branches = members.get_mut(key).and_then(Value::as_array_mut);
        branches.into_iter().flatten().for_each(|branch| name_types(branch, depth + 1));
    }
    for key in ["$defs", "definitions"] {
        let definitions = members.get_mut(key).and_then(Value::as_object_mut);
        definitions.into_iter().flatten().for_each(|(_, schema)| name_types(schema, depth + 1));
    }
}

/// Returns true if a schema names a number as type or value.
fn mentions_number(schema: &Value, depth: usize) -> bool {
    match schema {
        Value::Number(_) => true,
        Value::String(text) => matches!(text.as_str(), "number" | "integer"),
        Value::Array(items) => depth < MAX_DEPTH && items.iter().any(|item| mentions_number(item, depth + 1)),
        Value::Object(members) => {
            let keys = ["type", "const", "enum", "anyOf", "oneOf", "allOf"];
            let mut inside = keys.iter().filter_map(|key| members.get(*key));
            depth < MAX_DEPTH && inside.any(|part| mentions_number(part, depth + 1))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(schema: &Value, text: &str) -> bool {
        HeaderSchema::compile(schema.clone(), &SchemaRegistry::default()).expect("a schema").fits(text)
    }

    #[test]
    fn a_header_is_tried_as_each_type_that_its_schema_allows() {
        for (schema, right, wrong) in [
            (json!({"type": "integer"}), &["1", "007", "1.0", "-2", " 3 "][..], &["x", "1.5", "", "1 2"][..]),
            (json!({"minimum": 1}), &["1", "2.5"], &["0", "many", ""]),
            (json!({"enum": [1, 2]}), &["1", "2", "2.0"], &["0", "one", "12"]),
            (json!({"const": 5}), &["5", "05"], &["6", "five"]),
            (json!({"const": "5"}), &["5"], &["6", "05"]),
            (json!({"enum": ["low", 3]}), &["low", "3"], &["high", "4"]),
            (json!({"type": ["integer", "null"], "minimum": 2}), &["2", ""], &["1", "x"]),
            (json!({"type": ["integer", "string"]}), &["2", "x"], &[]),
            (json!({"anyOf": [{"minimum": 1}, {"const": "none"}]}), &["1", "none"], &["0", "some"]),
            (json!({"oneOf": [{"type": "boolean"}, {"maximum": 0}]}), &["true", "-1"], &["1", "yes"]),
            (json!({"allOf": [{"minimum": 1}, {"maximum": 3}]}), &["1", "3"], &["0", "4", "x"]),
            (json!({"minimum": 10, "pattern": "^[0-9]{2}$"}), &["10", "99"], &["09", "100", "x"]),
            (json!({"not": {"minimum": 10}}), &["9", "x"], &["10"]),
            (json!({"not": {"const": 0}}), &["1", "x"], &["0"]),
            (json!({"pattern": "^[a-z]+$"}), &["abc"], &["1", ""]),
            (json!({"type": "array", "items": {"enum": ["GET", "HEAD"]}}), &["GET, HEAD", "GET"], &["PUT"]),
            (json!({"type": "array", "items": {"type": "integer"}}), &["1,2", "3"], &["1,x"]),
            (json!({"$ref": "#/$defs/n", "$defs": {"n": {"minimum": 1}}}), &["1"], &["0", "x"]),
            (json!({}), &["", "x", "1"], &[]),
            (json!(true), &["x"], &[]),
        ] {
            for text in right {
                assert!(fits(&schema, text), "{schema} should allow {text:?}");
            }
            for text in wrong {
                assert!(!fits(&schema, text), "{schema} should not allow {text:?}");
            }
        }
    }

    #[test]
    fn the_message_is_about_the_reading_that_the_schema_describes() {
        let message = |schema: Value, text| {
            let compiled = HeaderSchema::compile(schema, &SchemaRegistry::default()).expect("a schema");
            compiled.misfits(text)[0].message.clone()
        };
        assert_eq!(message(json!({"minimum": 1}), "0"), "0 is less than the minimum of 1");
        assert_eq!(message(json!({"minimum": 1}), "x"), "\"x\" is not of type \"number\"");
        assert_eq!(message(json!({"pattern": "^a"}), "7"), "\"7\" does not match \"^a\"");
    }
}
