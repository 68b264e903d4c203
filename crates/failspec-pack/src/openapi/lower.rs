//! Converts OpenAPI schemas to JSON Schema 2020-12.
//!
//! OpenAPI 3.0 has a dialect of its own: `nullable`, boolean `exclusiveMinimum`, and keys next to a `$ref` that are
//! ignored. Documents of both versions contain keywords that no validator accepts. Such a keyword is left out, with a
//! warning: enforcing something that the document cannot have meant would cause false findings.

use serde_json::{Map, Value, json};

use crate::pack::{Schema, SchemaRegistry};

use super::{
    at::At,
    bundle::{Bundle, Names},
    document::Document,
    told_values::add_told,
    version::Version,
    warning::Warnings,
};

/// The maximum nesting depth of a schema; a deeper part accepts any value.
const MAX_DEPTH: usize = 60;

/// The type names of JSON Schema.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// The kind of value that a keyword has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A schema.
    Schema,
    /// A list of schemas that is not empty.
    Schemas,
    /// Schemas by name.
    Map,
    /// True or false.
    Flag,
    /// A whole number that is not negative.
    Count,
    /// A number.
    Number,
    /// A number greater than zero.
    Step,
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// Lists of texts by name.
    TextLists,
    /// Names of types.
    Types,
    /// A list of values.
    Values,
    /// A regular expression.
    Pattern,
    /// Any value.
    Any,
}

/// The keywords that are kept. All others constrain nothing that can be validated and are left out.
const KEYWORDS: &[(&str, Kind)] = &[
    ("type", Kind::Types),
    ("enum", Kind::Values),
    ("const", Kind::Any),
    ("format", Kind::Text),
    ("pattern", Kind::Pattern),
    ("minLength", Kind::Count),
    ("maxLength", Kind::Count),
    ("minimum", Kind::Number),
    ("maximum", Kind::Number),
    ("exclusiveMinimum", Kind::Number),
    ("exclusiveMaximum", Kind::Number),
    ("multipleOf", Kind::Step),
    ("minItems", Kind::Count),
    ("maxItems", Kind::Count),
    ("uniqueItems", Kind::Flag),
    ("minProperties", Kind::Count),
    ("maxProperties", Kind::Count),
    ("required", Kind::Texts),
    ("properties", Kind::Map),
    ("patternProperties", Kind::Map),
    ("additionalProperties", Kind::Schema),
    ("propertyNames", Kind::Schema),
    ("items", Kind::Schema),
    ("prefixItems", Kind::Schemas),
    ("contains", Kind::Schema),
    ("minContains", Kind::Count),
    ("maxContains", Kind::Count),
    ("allOf", Kind::Schemas),
    ("anyOf", Kind::Schemas),
    ("oneOf", Kind::Schemas),
    ("not", Kind::Schema),
    ("if", Kind::Schema),
    ("then", Kind::Schema),
    ("else", Kind::Schema),
    ("dependentSchemas", Kind::Map),
    ("dependentRequired", Kind::TextLists),
    ("unevaluatedProperties", Kind::Schema),
    ("unevaluatedItems", Kind::Schema),
    // These validate nothing, but code that generates or checks values needs them.
    ("discriminator", Kind::Any),
    ("readOnly", Kind::Flag),
    ("writeOnly", Kind::Flag),
    ("default", Kind::Any),
    ("example", Kind::Any),
    ("examples", Kind::Any),
];

/// Keywords that are only for readers of a schema.
const READERS: [&str; 3] = ["default", "example", "examples"];

/// The conversion of one schema.
pub(super) struct Lowering<'l, 'a> {
    pub document: &'a Document,
    pub names: &'l mut Names<'a>,
    pub warnings: &'l mut Warnings,
}

impl<'a> Lowering<'_, 'a> {
    /// Converts the schema at a location.
    pub fn schema(&mut self, at: &At<'a>, depth: usize) -> Value {
        match at.value {
            Value::Bool(all) => return Value::Bool(*all),
            Value::Object(_) => {}
            _ => {
                self.warn(at, "this is not a schema; any value is accepted");
                return Value::Bool(true);
            }
        }
        if depth > MAX_DEPTH {
            self.warn(at, format!("nested deeper than {MAX_DEPTH} levels; any value is accepted"));
            return Value::Bool(true);
        }
        let mut lowered = Map::new();
        if let Some(name) = self.reference(at) {
            lowered.insert("$ref".to_owned(), Bundle::reference(&name).into());
            if self.is_old() {
                return self.beside_reference(at, lowered);
            }
        }
        for (keyword, kind) in KEYWORDS {
            if let Some(value) = at.get(keyword) {
                let lowered_value = self.keyword(&value, keyword, *kind, depth);
                if lowered_value.is_none() && matches!(kind, Kind::Pattern) {
                    let name = self.lost_pattern(&value);
                    lowered.insert(Bundle::LACKS.to_owned(), Bundle::reference(&name).into());
                }
                lowered.extend(lowered_value.map(|value| ((*keyword).to_owned(), value)));
            }
        }
        let mut lowered = if self.is_old() { self.old_ways(at, lowered) } else { Value::Object(lowered) };
        add_told(&mut lowered, at.text("description"));
        lowered
    }

    /// Returns the name of the schema that a schema refers to, if it refers to one.
    fn reference(&mut self, at: &At<'a>) -> Option<String> {
        let (keyword, reference) =
            ["$ref", "$dynamicRef"].iter().find_map(|key| Some((*key, at.text(key)?)))?;
        if keyword == "$dynamicRef" && self.document.is_dynamic(reference) {
            let shown = reference.escape_debug();
            let why = format!("`$dynamicRef: {shown}` means one of several schemas");
            return Some(self.lost(at, why));
        }
        match self.document.target(at, reference) {
            Ok(target) => Some(self.names.of(target.clone(), self.document.file(&target))),
            Err(why) => Some(self.lost(at, why)),
        }
    }

    fn lost(&mut self, at: &At<'_>, why: String) -> String {
        self.warnings.lost(
            self.document.file(at),
            at.pointer.clone(),
            format!("{why}; any value is accepted"),
        );
        self.names.lost(why)
    }

    /// Names a pattern that cannot be used, so that texts are not compared with it in silence.
    fn lost_pattern(&mut self, at: &At<'_>) -> String {
        let shown: String = at.value.to_string().chars().take(80).collect();
        let why = format!("`pattern: {shown}` cannot be used");
        let message = format!("{why}; any text is accepted");
        self.warnings.lost(self.document.file(at), at.pointer.clone(), message);
        self.names.lost(why)
    }

    /// Converts what is next to a `$ref` before OpenAPI 3.1. According to the specification, it is ignored. An author
    /// who writes `nullable` there means it.
    fn beside_reference(&mut self, at: &At<'a>, lowered: Map<String, Value>) -> Value {
        let is_nullable = self.is_nullable(at);
        let ignored: Vec<&str> = KEYWORDS
            .iter()
            .map(|(keyword, _)| *keyword)
            .filter(|keyword| !READERS.contains(keyword) && at.value.get(keyword).is_some())
            // `type: object` next to a reference says nothing that the reference does not.
            .filter(|keyword| *keyword != "type" || at.text("type") != Some("object"))
            .collect();
        if !ignored.is_empty() {
            let message =
                format!("{} next to `$ref`: ignored, as the specification says", ignored.join(", "));
            self.warn(at, message);
        }
        match is_nullable {
            true => json!({ "anyOf": [Value::Object(lowered), { "type": "null" }] }),
            false => Value::Object(lowered),
        }
    }

    fn is_old(&self) -> bool {
        self.document.version().has_old_schemas()
    }

    /// Returns true if a schema of OpenAPI 3.0 also accepts `null`. Swagger 2.0 has an extension for it.
    fn is_nullable(&self, at: &At<'_>) -> bool {
        let is_set = |key: &str| at.value.get(key) == Some(&Value::Bool(true));
        is_set("nullable") || self.document.version() == Version::V20 && is_set("x-nullable")
    }

    /// Converts the value of one keyword; `None` if it cannot be used.
    fn keyword(&mut self, at: &At<'a>, keyword: &str, kind: Kind, depth: usize) -> Option<Value> {
        let value = at.value;
        let fits = match kind {
            Kind::Schema => {
                // Before 2020-12, `items` could be a list of schemas.
                if keyword == "items" && value.is_array() {
                    self.warn(
                        at,
                        "`items` with a list is not JSON Schema 2020-12 (`prefixItems`) and is ignored",
                    );
                    return None;
                }
                return Some(self.schema(at, depth + 1));
            }
            Kind::Schemas => {
                let schemas: Vec<Value> = at.items().map(|item| self.schema(&item, depth + 1)).collect();
                if !schemas.is_empty() {
                    return Some(schemas.into());
                }
                false
            }
            Kind::Map => {
                // The specification allows no reference in place of a map. But a `$ref` with a text must be one,
                // because a text is not a schema of a property named `$ref`.
                let is_reference = value.get("$ref").is_some_and(Value::is_string);
                let map = if is_reference {
                    self.document.resolved(at.clone(), self.warnings)?
                } else {
                    at.clone()
                };
                if map.value.is_object() {
                    let entries = map.entries();
                    let schemas: Map<String, Value> =
                        entries.map(|(name, at)| (name.to_owned(), self.schema(&at, depth + 1))).collect();
                    return Some(schemas.into());
                }
                false
            }
            Kind::Types => return self.types(at),
            Kind::Values => {
                let mut values: Vec<Value> = Vec::new();
                for value in value.as_array().into_iter().flatten() {
                    if !values.contains(value) {
                        values.push(value.clone());
                    }
                }
                if !values.is_empty() {
                    return Some(values.into());
                }
                false
            }
            // A duplicate name does not change the meaning of `required`.
            Kind::Texts => match value.as_array() {
                Some(items) if items.iter().all(Value::is_string) => {
                    let mut texts: Vec<Value> = items.clone();
                    texts.dedup();
                    return Some(texts.into());
                }
                _ => false,
            },
            Kind::TextLists => {
                let is_text_list =
                    |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
                value.as_object().is_some_and(|lists| lists.values().all(is_text_list))
            }
            Kind::Flag => value.is_boolean(),
            Kind::Count => {
                // Some generators write 1.0 instead of 1.
                let count = value.as_u64().or_else(|| {
                    value.as_f64().filter(|it| it.fract() == 0.0 && *it >= 0.0).map(|it| it as u64)
                });
                if let Some(count) = count {
                    return Some(count.into());
                }
                false
            }
            // OpenAPI 3.0 has a boolean `exclusiveMinimum` and `exclusiveMaximum`; `old_ways` converts them.
            Kind::Number => value.is_number() || (self.is_old() && value.is_boolean()),
            Kind::Step => value.as_f64().is_some_and(|step| step > 0.0),
            Kind::Text => value.is_string(),
            Kind::Pattern => {
                value.is_string()
                    && Schema::compile(json!({ "pattern": value }), &SchemaRegistry::default()).is_ok()
            }
            Kind::Any => true,
        };
        if fits {
            return Some(value.clone());
        }
        // Named where it is lost.
        if matches!(kind, Kind::Pattern) {
            return None;
        }
        let shown: String = value.to_string().chars().take(80).collect();
        self.warn(at, format!("`{keyword}: {shown}` is invalid and is ignored"));
        None
    }

    fn types(&mut self, at: &At<'a>) -> Option<Value> {
        // The content of a file, in Swagger 2.0: bytes of any kind.
        if self.document.version() == Version::V20 && at.value == "file" {
            return Some("string".into());
        }
        let list = [at.value.clone()];
        let named = at.value.as_array().map_or(list.as_slice(), Vec::as_slice);
        let known: Vec<Value> = named
            .iter()
            .filter(|name| name.as_str().is_some_and(|name| TYPES.contains(&name)))
            .cloned()
            .collect();
        if known.len() < named.len() {
            let shown: String = at.value.to_string().chars().take(80).collect();
            self.warn(at, format!("`type: {shown}` is not a JSON Schema type and is ignored"));
            return None;
        }
        match known.as_slice() {
            [one] => Some(one.clone()),
            [] => None,
            _ => Some(known.into()),
        }
    }

    /// Converts the keywords that only OpenAPI 3.0 has: `nullable`, and the boolean `exclusiveMinimum` and
    /// `exclusiveMaximum`.
    fn old_ways(&mut self, at: &At<'a>, mut lowered: Map<String, Value>) -> Value {
        for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if let Some(Value::Bool(yes)) = lowered.get(exclusive).cloned() {
                lowered.remove(exclusive);
                if yes && let Some(bound) = lowered.remove(inclusive) {
                    lowered.insert(exclusive.to_owned(), bound);
                }
            }
        }
        if let Some(name) = lowered.get("discriminator").and_then(Value::as_str) {
            // Swagger 2.0 has the name alone.
            let discriminator = json!({ "propertyName": name });
            lowered.insert("discriminator".to_owned(), discriminator);
        }
        if !self.is_nullable(at) {
            return Value::Object(lowered);
        }
        if let Some(values) = lowered.get_mut("enum").and_then(Value::as_array_mut)
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        if let Some(Value::String(name)) = lowered.get("type").cloned() {
            lowered.insert("type".to_owned(), json!([name, "null"]));
        }
        // The specification lets `nullable` extend only a `type`. An author who writes it next to `allOf` means the
        // same.
        let combined = ["allOf", "anyOf", "oneOf"].iter().any(|key| lowered.contains_key(*key));
        if combined {
            return json!({ "anyOf": [Value::Object(lowered), { "type": "null" }] });
        }
        Value::Object(lowered)
    }

    fn warn(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.warnings.note(self.document.file(at), at.pointer.clone(), message);
    }
}
