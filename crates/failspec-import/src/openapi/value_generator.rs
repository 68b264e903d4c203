//! Generation of values that a schema allows.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use failspec_pack::{
    openapi::{Declared, Direction, told_of, typical_text},
    pack::text_matching,
};

use super::{
    alternatives::{fuller, merged},
    body::Members,
    invalid_value::core,
    late_dates::{is_end, late, prolong},
};

/// Maximum nesting depth of generated values.
const MAX_DEPTH: usize = 8;

/// Maximum nesting depth of objects that are generated with all their members.
const MAX_FULL_DEPTH: usize = 4;

/// Maximum number of optional members that are added to make an object valid.
const MAX_COMPLETED: usize = 30;

/// Maximum length of a text that a constraint can require, in characters.
const MAX_LEN: u64 = 5_000;

/// Generates values that schemas allow. The same seed gives the same values.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueGenerator<'a> {
    pub declared: &'a Declared,
    pub seed: u64,
}

/// Returns a number that depends only on a seed and a name (FNV-1a).
pub(super) fn seeded_hash(seed: u64, name: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    name.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, mix)
}

impl ValueGenerator<'_> {
    /// Generates a value that `schema` allows in a request. Returns `None` if that is not possible.
    pub fn value(&self, schema: &Value, name: &str) -> Option<Value> {
        let made = self.make(schema, name, 0)?;
        self.is_allowed(schema, &made).then_some(made)
    }

    /// Returns true if a schema says of no value what kind it must be: `true`, or one without a type, values and alternatives.
    pub fn says_nothing_of_kind(&self, schema: &Value) -> bool {
        const KEYS: [&str; 6] = ["const", "enum", "oneOf", "anyOf", "allOf", "properties"];
        match core(&self.declared.api.bundle, schema) {
            Value::Object(entries) => {
                kind(entries).is_none() && KEYS.iter().all(|key| !entries.contains_key(*key))
            }
            other => *other == Value::Bool(true),
        }
    }

    /// Generates a list that `schema` allows, with an item in each list that it has.
    pub fn with_items(&self, schema: &Value, name: &str) -> Option<Value> {
        let core = core(&self.declared.api.bundle, schema);
        let items = core.get("items")?;
        let is_list = self.declared.api.bundle.resolve(items).as_object().and_then(kind) == Some("array");
        let inner = if is_list { self.with_items(items, name) } else { self.value(items, name) };
        Some(Value::Array(vec![inner?])).filter(|made| self.is_allowed(schema, made))
    }

    /// Generates an object that `schema` allows with all its members, and those of the objects in it.
    pub fn in_full(&self, schema: &Value, name: &str) -> Option<Value> {
        Some(self.full(schema, name, 0)?).filter(|made| self.is_allowed(schema, made))
    }

    fn full(&self, schema: &Value, name: &str, depth: usize) -> Option<Value> {
        let own = core(&self.declared.api.bundle, schema);
        let entries = own.as_object().filter(|_| depth < MAX_FULL_DEPTH);
        let entries = entries.filter(|it| kind(it) == Some("object") && has_properties(it));
        if entries.is_none() {
            return self.make(schema, name, depth);
        }
        let mut made = Map::new();
        for (key, property) in Members::of(&self.declared.api.bundle, own, 0).properties {
            if self.declared.api.bundle.resolve(&property).get("readOnly") != Some(&Value::Bool(true)) {
                made.insert(key.clone(), self.full(&property, &format!("{name}.{key}"), depth + 1)?);
            }
        }
        Some(made.into())
    }

    /// Returns true if the schema allows a value. A schema that cannot be compiled allows every value.
    pub fn is_allowed(&self, schema: &Value, value: &Value) -> bool {
        let Some(schema) = self.declared.schema(schema, Direction::Request) else { return true };
        let mut filled = None;
        if has_unique(value) {
            let mut whole = value.clone();
            fill_unique(&mut whole);
            filled = Some(whole);
        }
        schema.fits_with_formats(filled.as_ref().unwrap_or(value))
    }

    /// Selects an index below `count`, depending on the seed and on `name`.
    fn pick(&self, name: &str, count: usize) -> usize {
        usize::try_from(seeded_hash(self.seed, name) >> 7).unwrap_or_default() % count.max(1)
    }

    fn make(&self, schema: &Value, name: &str, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let schema = self.declared.api.bundle.resolve(schema);
        let Some(entries) = schema.as_object() else {
            return schema.as_bool().unwrap_or(true).then(|| MADE_UP.into());
        };
        if let Some(value) = entries.get("const") {
            return Some(value.clone());
        }
        if self.wants_own_name(schema, entries, name) {
            return Some(UNIQUE.into());
        }
        if let Some(own) = self.own_translations(schema, entries, name) {
            return Some(own);
        }
        let given = entries.get("examples").and_then(Value::as_array).into_iter().flatten();
        let given = given.chain(entries.get("example")).chain(entries.get("default"));
        if let Some(value) =
            given.into_iter().find(|value| !value.is_null() && self.is_allowed(schema, value))
        {
            let value = self.with_own_names(schema, value);
            // A parameter that is a date only selects.
            let is_in_body = name == "body" || name.contains('.');
            return Some(if is_in_body { self.with_late_dates(schema, name, value) } else { value });
        }
        if let Some(values) = entries.get("enum").and_then(Value::as_array) {
            let values: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
            return values.get(self.pick(name, values.len())).map(|value| (*value).clone());
        }
        for key in ["oneOf", "anyOf"] {
            let alternatives = entries.get(key).and_then(Value::as_array).into_iter().flatten();
            let alternatives =
                alternatives.filter(|it| it.get("type").and_then(Value::as_str) != Some("null"));
            let bundle = &self.declared.api.bundle;
            // An empty list, or an object with only what is required, may match several alternatives: the second choice has
            // an item, or all members.
            let choices = alternatives.clone().map(|it| (it, merged(entries, it, bundle)));
            let fuller = alternatives.map(|it| (it, fuller(merged(entries, it, bundle))));
            let made = choices
                .chain(fuller)
                .filter_map(|(it, whole)| {
                    let made = self.make(&whole, name, depth + 1)?;
                    Some(self.discriminated(entries, it, made))
                })
                .find(|made| self.is_allowed(schema, made));
            if entries.contains_key(key) {
                return made;
            }
        }
        if let Some(parts) = entries.get("allOf").and_then(Value::as_array) {
            let mut whole = entries.clone();
            whole.remove("allOf");
            let mut whole = Value::Object(whole);
            for part in parts {
                let mut entries = whole.as_object().cloned().unwrap_or_default();
                // The alternatives of a part before it go on to hold.
                let before = ["oneOf", "anyOf"].map(|key| Some((key.to_owned(), entries.remove(key)?)));
                whole = merged(&entries, part, &self.declared.api.bundle);
                for (key, alternatives) in before.into_iter().flatten() {
                    if let Some(own) = whole.as_object_mut() {
                        own.entry(key).or_insert(alternatives);
                    }
                }
            }
            return self.make(&whole, name, depth + 1);
        }
        match kind(entries) {
            Some("object") => self.object(schema, entries, name, depth),
            Some("array") => self.array(entries, name, depth),
            Some("string") => self.string(schema, entries, name),
            Some("integer" | "number") => number(entries, self.pick(name, 5)),
            Some("boolean") => Some(Value::Bool(self.pick(name, 2) == 0)),
            Some("null") => Some(Value::Null),
            _ => Some(MADE_UP.into()),
        }
    }

    /// Sets the property that a `discriminator` names to the name of the alternative, if there is a `discriminator`.
    pub(super) fn discriminated(
        &self,
        entries: &Map<String, Value>,
        alternative: &Value,
        made: Value,
    ) -> Value {
        let last = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
        let discriminator = entries.get("discriminator");
        let property = discriminator.and_then(|it| it.get("propertyName")).and_then(Value::as_str);
        let reference = alternative.get("$ref").and_then(Value::as_str).map(last);
        let (Some(property), Some(name)) = (property, reference) else { return made };
        let mapping = discriminator.and_then(|it| it.get("mapping")).and_then(Value::as_object);
        let mut mapping = mapping.into_iter().flatten();
        let mapped =
            mapping.find(|(_, to)| to.as_str().map(last).as_ref() == Some(&name)).map(|(key, _)| key);
        let mut changed = made.clone();
        let Some(members) = changed.as_object_mut() else { return made };
        members.insert(property.to_owned(), mapped.cloned().unwrap_or(name).into());
        if self.is_allowed(alternative, &changed) { changed } else { made }
    }

    /// Replaces the dates in an example on which something ends, if they are over.
    pub fn with_late_dates(&self, schema: &Value, name: &str, example: Value) -> Value {
        let mut late = example.clone();
        prolong(name.rsplit('.').next().unwrap_or_default(), &mut late);
        if late != example && self.is_allowed(schema, &late) { late } else { example }
    }

    /// Adds optional members to an object that lacks some only because of others that are there (`dependentRequired`,
    /// `if` and `then`), the fewest that make it valid.
    fn completed(&self, schema: &Value, mut made: Map<String, Value>, name: &str, depth: usize) -> Value {
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        if depth > 2 || self.is_allowed(schema, &made.clone().into()) {
            return made.into();
        }
        let lacking = members.iter().filter(|(key, _)| !made.contains_key(key)).take(MAX_COMPLETED);
        let make = |(key, schema): &(String, Value)| {
            Some((key.clone(), self.make(schema, &format!("{name}.{key}"), depth + 1)?))
        };
        let lacking: Vec<(String, Value)> = lacking.filter_map(make).collect();
        for (key, value) in &lacking {
            let with_one: Map<String, Value> =
                made.clone().into_iter().chain([(key.clone(), value.clone())]).collect();
            if self.is_allowed(schema, &with_one.clone().into()) {
                return with_one.into();
            }
        }
        made.extend(lacking);
        made.into()
    }

    fn object(
        &self,
        schema: &Value,
        entries: &Map<String, Value>,
        name: &str,
        depth: usize,
    ) -> Option<Value> {
        let properties = entries.get("properties").and_then(Value::as_object);
        let required: BTreeSet<&str> = texts(entries.get("required")).collect();
        let mut made = Map::new();
        for (key, schema) in properties.into_iter().flatten() {
            let read_only =
                self.declared.api.bundle.resolve(schema).get("readOnly") == Some(&Value::Bool(true));
            if required.contains(key.as_str()) && !read_only {
                let value = mapped_name(entries, key, self.declared.api.bundle.resolve(schema));
                let value = value.or_else(|| self.make(schema, &format!("{name}.{key}"), depth + 1))?;
                made.insert(key.clone(), value);
            }
        }
        // What a member that is there requires, and what that requires.
        let dependent = entries.get("dependentRequired").and_then(Value::as_object);
        while let Some(key) = dependent
            .into_iter()
            .flatten()
            .filter(|(key, _)| made.contains_key(*key))
            .flat_map(|(_, needed)| texts(Some(needed)))
            .find(|key| !made.contains_key(*key))
        {
            let any = Value::Bool(true);
            let schema = properties.and_then(|known| known.get(key)).unwrap_or(&any);
            made.insert(key.to_owned(), self.make(schema, &format!("{name}.{key}"), depth + 1)?);
        }
        let unnamed = required.iter().filter(|key| properties.is_none_or(|known| !known.contains_key(**key)));
        made.extend(unnamed.map(|key| ((*key).to_owned(), "failspec".into())));
        let fewest = entries.get("minProperties").and_then(Value::as_u64).unwrap_or_default();
        for (key, schema) in properties.into_iter().flatten() {
            if (made.len() as u64) < fewest && !made.contains_key(key) {
                made.insert(key.clone(), self.make(schema, &format!("{name}.{key}"), depth + 1)?);
            }
        }
        Some(self.completed(schema, made, name, depth))
    }

    fn array(&self, entries: &Map<String, Value>, name: &str, depth: usize) -> Option<Value> {
        let fewest = entries.get("minItems").and_then(Value::as_u64).unwrap_or_default().min(20);
        let any = Value::Bool(true);
        let schema = entries.get("items").unwrap_or(&any);
        let items = (0..fewest).map(|number| self.make(schema, &format!("{name}.{number}"), depth + 1));
        items.collect::<Option<Vec<Value>>>().map(Value::Array)
    }

    fn string(&self, schema: &Value, entries: &Map<String, Value>, name: &str) -> Option<Value> {
        let bound = |key: &str| entries.get(key).and_then(Value::as_u64);
        let (fewest, most) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(u64::MAX));
        let format = entries.get("format").and_then(Value::as_str);
        if let Some(told) = told_of(schema).map(Value::from).find(|told| self.is_allowed(schema, told)) {
            return Some(told);
        }
        // Two things rarely have one address, and few servers take a text that is none.
        let last = name.rsplit('.').next().unwrap_or_default();
        let own = || self.own_address(schema, entries, last);
        if let Some(address) = name.starts_with("body.").then(own).flatten() {
            return Some(address);
        }
        let formed =
            format.and_then(|format| late(format).filter(|_| is_end(name)).or_else(|| of_format(format)));
        if let Some(text) = formed.filter(|text| self.is_allowed(schema, &(*text).into())) {
            return Some(text.into());
        }
        if let Some(pattern) = entries.get("pattern").and_then(Value::as_str) {
            let made = text_matching(pattern, None);
            // Patterns with look-around, as for passwords, cannot be parsed here: likely texts are tried.
            let likely = LIKELY.iter().map(|text| (*text).to_owned());
            return made
                .into_iter()
                .chain(likely)
                .map(Value::from)
                .find(|made| self.is_allowed(schema, made));
        }
        let typical = typical_text(name.rsplit('.').next().unwrap_or_default());
        if let Some(text) = typical.filter(|text| self.is_allowed(schema, &(*text).into())) {
            return Some(text.into());
        }
        let mut text = MADE_UP.to_owned();
        while (text.len() as u64) < fewest.min(MAX_LEN) {
            text.push('x');
        }
        text.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Some(text.into())
    }
}

/// Texts that match many patterns: passwords, words, numbers, codes.
const LIKELY: [&str; 8] =
    ["Failspec-2024", "Failspec2024!", "failspec", "FAILSPEC", "Failspec", "20240131", "a1", "A"];

/// A text of which nothing is known but that it is one.
pub(super) const MADE_UP: &str = "failspec";

/// The placeholder for a unique name of the run.
pub(super) const UNIQUE: &str = "${unique}";

/// The placeholder within a longer text of the user of the import: a character for private use, so that no text of a document
/// is taken for it.
pub(super) const UNIQUE_WITHIN: char = '\u{e000}';

/// The placeholder within a text for as many letters as no column of a database has: a character for private use.
pub(super) const LONG_WITHIN: char = '\u{e002}';

/// The number of those letters.
const LONG_LEN: usize = 10_000;

/// The placeholder for those letters in a scenario.
pub(super) const LONG: &str = "${fill(10000)}";

/// An example of a unique name.
pub(super) const LIKE_UNIQUE: &str = "failspec-k3x9qa-12-1";

/// Returns true if a schema names members of its objects.
pub(super) fn has_properties(entries: &Map<String, Value>) -> bool {
    entries.get("properties").and_then(Value::as_object).is_some_and(|named| !named.is_empty())
}

fn has_unique(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNIQUE || text.contains([UNIQUE_WITHIN, LONG_WITHIN]),
        Value::Array(items) => items.iter().any(has_unique),
        Value::Object(entries) => entries.values().any(has_unique),
        _ => false,
    }
}

/// Replaces placeholders by examples of what they stand for.
pub(super) fn fill_unique(value: &mut Value) {
    match value {
        Value::String(text) if text == UNIQUE => LIKE_UNIQUE.clone_into(text),
        Value::String(text) => {
            *text = text.replace(UNIQUE_WITHIN, LIKE_UNIQUE).replace(LONG_WITHIN, &"x".repeat(LONG_LEN));
        }
        Value::Array(items) => items.iter_mut().for_each(fill_unique),
        Value::Object(entries) => entries.values_mut().for_each(fill_unique),
        _ => {}
    }
}

/// Returns the texts in a list such as `required`.
pub(super) fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Returns the type that a schema names or that its keywords imply.
pub(super) fn kind(entries: &Map<String, Value>) -> Option<&str> {
    match entries.get("type") {
        Some(Value::String(kind)) => return Some(kind),
        Some(Value::Array(kinds)) => {
            return kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null");
        }
        _ => {}
    }
    let has = |keys: &[&str]| keys.iter().any(|key| entries.contains_key(*key));
    match () {
        () if has(&["properties", "required", "additionalProperties"]) => Some("object"),
        () if has(&["items", "minItems", "maxItems"]) => Some("array"),
        () if has(&["pattern", "minLength", "maxLength", "format"]) => Some("string"),
        () if has(&["minimum", "maximum", "multipleOf"]) => Some("number"),
        () => None,
    }
}

/// Returns true for a text that is an integer, as JSON of Protocol Buffers has those of 64 bits.
pub(super) fn is_integer_text(entries: &Map<String, Value>) -> bool {
    const FORMATS: [&str; 4] = ["int32", "uint32", "int64", "uint64"];
    let format = entries.get("format").and_then(Value::as_str);
    kind(entries) == Some("string") && format.is_some_and(|format| FORMATS.contains(&format))
}

fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "int32" | "uint32" | "int64" | "uint64" => "1",
        "uuid" => "6d1f2c1e-7c1f-4e0a-9d3a-0b5a1f2c3d4e",
        "date-time" => "2024-01-31T12:00:00Z",
        "date" => "2024-01-31",
        "time" => "12:00:00Z",
        "duration" => "P1D",
        "email" | "idn-email" => "failspec@example.com",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "url" | "iri" | "uri-reference" => "https://example.com/failspec",
        "byte" | "base64" => "ZmFpbHNwZWM=",
        "regex" => "^a$",
        "json-pointer" => "/a",
        _ => return None,
    })
}

/// Integers up to this value are exact as floating-point numbers.
const EXACT: f64 = 9e15;

/// Generates a number within the bounds, `step` steps above the lowest one.
fn number(entries: &Map<String, Value>, step: usize) -> Option<Value> {
    let bound = |key: &str| entries.get(key).and_then(Value::as_f64);
    let whole = kind(entries) == Some("integer");
    let unit = bound("multipleOf").unwrap_or(1.0);
    let lowest = match (bound("minimum"), bound("exclusiveMinimum")) {
        (Some(least), _) => least,
        (None, Some(least)) => least + if whole { 1.0 } else { unit.min(0.5) },
        (None, None) => {
            bound("maximum").or_else(|| bound("exclusiveMaximum").map(|it| it - 1.0)).unwrap_or(1.0).min(1.0)
        }
    };
    // A bound that is only the limit of a type is ignored, because numbers of this size are not exact.
    let lowest = if lowest < -EXACT { 1.0 } else { lowest };
    let lowest = (lowest / unit).ceil() * unit;
    let highest =
        bound("maximum").unwrap_or(f64::MAX).min(bound("exclusiveMaximum").map_or(f64::MAX, |it| it - 1.0));
    let wanted = lowest + unit * f64::from(u8::try_from(step).unwrap_or(0));
    let made = if wanted <= highest { wanted } else { lowest };
    let exact = made.fract() == 0.0 && made.abs() < EXACT;
    if exact {
        return Some(Value::from(made as i64));
    }
    Number::from_f64(made).filter(|_| !whole).map(Value::Number)
}

/// Returns the value of the property that tells by a `discriminator` which of the mapped schemas an object is, if nothing else says what
/// it may be: one of their names, since any other text is refused.
pub(super) fn mapped_name(object: &Map<String, Value>, key: &str, property: &Value) -> Option<Value> {
    const SAYS: [&str; 5] = ["enum", "const", "example", "examples", "default"];
    let discriminator = object.get("discriminator")?;
    let is_own = discriminator.get("propertyName").and_then(Value::as_str) == Some(key);
    let is_text = property.get("type").and_then(Value::as_str) == Some("string");
    let is_plain = is_own && is_text && !SAYS.iter().any(|it| property.get(it).is_some());
    let (name, _) = discriminator.get("mapping")?.as_object()?.iter().next().filter(|_| is_plain)?;
    Some(name.as_str().into())
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::{Api, Declared};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_discriminator_without_alternatives_gets_a_mapped_name() {
        let mapping = json!({ "saml": "#/components/schemas/A", "oidc": "#/components/schemas/B" });
        let own = |kind: Value, mapping: Value| {
            let schema = json!({
                "type": "object", "required": ["kind"], "properties": { "kind": kind },
                "discriminator": { "propertyName": "kind", "mapping": mapping }
            });
            let body = json!({ "content": { "application/json": { "schema": schema } } });
            let post = json!({ "requestBody": body, "responses": { "200": { "description": "ok" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": { "/a": { "post": post } },
                "components": { "schemas": { "A": {}, "B": {} } }
            });
            let declared = Declared::new(Api::parse("openapi.json", &document.to_string()).unwrap());
            let schema = declared.api.operations[0].body[0].schema.clone().unwrap();
            let sampler = ValueGenerator { declared: &declared, seed: 1 };
            sampler.value(&schema, "body").unwrap()["kind"].clone()
        };
        let text = || json!({ "type": "string" });
        assert!(["saml", "oidc"].map(Value::from).contains(&own(text(), mapping.clone())));
        assert_eq!(own(json!({ "type": "string", "enum": ["ldap"] }), mapping.clone()), "ldap");
        assert_eq!(own(json!({ "type": "string", "example": "ldap" }), mapping), "ldap");
        // Without a mapping, nothing tells what it may be.
        let unknown = own(text(), json!({}));
        assert!(!["saml", "oidc"].map(Value::from).contains(&unknown), "{unknown}");
    }

    #[test]
    fn an_object_in_full_has_all_that_is_in_it() {
        let inner = json!({ "type": "object", "properties": { "a": { "type": "integer" }, "at": { "type": "string", "readOnly": true } } });
        let schema = json!({ "type": "object", "properties": { "inner": inner } });
        let declared = declared(&schema);
        let sampler = ValueGenerator { declared: &declared, seed: 1 };
        let made = sampler.in_full(&schema, "body").unwrap();
        assert!(made["inner"]["a"].is_i64() && made["inner"].get("at").is_none(), "{made}");
    }

    fn declared(schema: &Value) -> Declared {
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        let post = json!({ "requestBody": body, "responses": { "200": { "description": "ok" } } });
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "t", "version": "1" }, "paths": { "/a": { "post": post } },
        });
        Declared::new(Api::parse("openapi.json", &document.to_string()).unwrap())
    }
}
