//! Values that a JSON Schema allows, as examples.

use std::cell::Cell;

use serde_json::{Map, Number, Value, json};

use failspec_pack::pack::{Pack, SchemaRegistry, text_matching};

/// Maximum nesting depth of a value.
const MAX_DEPTH: usize = 12;

/// Maximum number of items that a list is filled with.
const MAX_ITEMS: u64 = 100;

/// Maximum length of a text that a schema demands, in characters.
const MAX_TEXT: usize = 5_000;

/// Maximum number of values within one: a schema may refer to itself many times.
const MAX_VALUES: usize = 5_000;

/// The text of a schema that says nothing about it.
pub const FREE_TEXT: &str = "mock";

/// The UUID that is made up.
pub const UUID: &str = "6d1f2c1e-7c1f-4e0a-9d3a-0b5a1f2c3d4e";

/// Makes values that schemas allow: the smallest ones, with examples and defaults where the schema has them.
pub struct Sampler {
    library: SchemaRegistry,
}

/// One value while it is made.
struct Making<'s> {
    library: &'s SchemaRegistry,
    /// The number of values that may still be made within it.
    left: Cell<usize>,
}

impl Sampler {
    /// Creates a sampler for the schemas of a pack.
    pub fn new(pack: &Pack) -> Self {
        Self { library: pack.library() }
    }

    /// Makes a value. It may not be valid: what it makes is a good guess, to be checked.
    pub fn value(&self, schema: &Value) -> Value {
        Making { library: &self.library, left: Cell::new(MAX_VALUES) }.make(schema, schema, 0)
    }
}

impl Making<'_> {
    fn make(&self, schema: &Value, root: &Value, depth: usize) -> Value {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        let Some(own) = schema.as_object().filter(|_| depth < MAX_DEPTH && left > 0) else {
            return Value::Null;
        };
        let mut own = own.clone();
        if let Some(reference) = own.remove("$ref") {
            let Some((target, root)) = self.resolve(reference.as_str().unwrap_or_default(), root) else {
                return Value::Null;
            };
            let own = merged(target.as_object().cloned().unwrap_or_default(), &own);
            return self.make(&Value::Object(own), &root, depth + 1);
        }
        own = self.joined(own, root, depth);
        if let Some(value) = given(&own) {
            return value;
        }
        match kind(&own) {
            "object" => self.object(&own, root, depth),
            "array" => self.list(&own, root, depth),
            "string" => text(&own).into(),
            "integer" | "number" => number(&own),
            "boolean" => true.into(),
            _ => Value::Null,
        }
    }

    /// Merges into a schema all parts of its `allOf`, and the first alternative of `anyOf` and `oneOf`, which may have such parts
    /// themselves.
    fn joined(&self, mut own: Map<String, Value>, root: &Value, depth: usize) -> Map<String, Value> {
        if depth >= MAX_DEPTH {
            return own;
        }
        let mut parts = match own.remove("allOf") {
            Some(Value::Array(parts)) => parts,
            _ => Vec::new(),
        };
        for key in ["anyOf", "oneOf"] {
            let alternatives = own.remove(key);
            let alternatives = alternatives.as_ref().and_then(Value::as_array);
            let is_null = |part: &Value| part.get("type").is_some_and(|kind| kind == "null");
            let first = alternatives.and_then(|all| all.iter().find(|part| !is_null(part)).or(all.first()));
            parts.extend(first.cloned());
        }
        for part in parts {
            let target = part.get("$ref").and_then(Value::as_str).map(|it| self.resolve(it, root));
            let (part, root) = match target {
                Some(Some((target, root))) => (target, root),
                Some(None) => continue,
                None => (part, root.clone()),
            };
            // A reference to a reference is a part of its own.
            let part = if part.get("$ref").is_some() { json!({ "allOf": [part] }) } else { part };
            if let Value::Object(part) = part {
                own = merged(own, &self.joined(part, &root, depth + 1));
            }
        }
        own
    }

    fn object(&self, own: &Map<String, Value>, root: &Value, depth: usize) -> Value {
        let none = Map::new();
        let properties = own.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required = own.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut names: Vec<&str> = required.filter_map(Value::as_str).collect();
        let enough = own.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        for name in properties.keys() {
            // A rule about an optional member shows that it is worth having.
            let is_ruled =
                properties[name].get("const").is_some() || properties[name].get("contains").is_some();
            if !names.contains(&name.as_str()) && (is_ruled || (names.len() as u64) < enough) {
                names.push(name);
            }
        }
        let free = Value::from(Map::from_iter([("type".to_owned(), Value::from("string"))]));
        let member = |name: &str| {
            let schema = properties.get(name).filter(|schema| !schema.is_boolean()).unwrap_or(&free);
            (name.to_owned(), self.make(schema, root, depth + 1))
        };
        Value::Object(names.into_iter().map(member).collect())
    }

    fn list(&self, own: &Map<String, Value>, root: &Value, depth: usize) -> Value {
        let least = own.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(MAX_ITEMS);
        let mut items: Vec<Value> =
            own.get("contains").map(|schema| self.make(schema, root, depth + 1)).into_iter().collect();
        let prefix = own.get("prefixItems").and_then(Value::as_array).into_iter().flatten();
        items.extend(prefix.map(|schema| self.make(schema, root, depth + 1)));
        let free = Value::from(Map::from_iter([("type".to_owned(), Value::from("string"))]));
        while (items.len() as u64) < least {
            items.push(self.make(own.get("items").unwrap_or(&free), root, depth + 1));
        }
        items.into()
    }

    /// Returns the schema that a reference names, and the document that it is in.
    fn resolve(&self, reference: &str, root: &Value) -> Option<(Value, Value)> {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let root = match file {
            "" => root.clone(),
            file => serde_json::from_str(self.library.text(file)?).ok()?,
        };
        let target = root.pointer(pointer)?.clone();
        Some((target, root))
    }
}

/// Returns a value that the schema itself gives.
fn given(own: &Map<String, Value>) -> Option<Value> {
    let first = |key: &str| own.get(key).and_then(Value::as_array).and_then(|all| all.first()).cloned();
    let constant = own.get("const").cloned().or_else(|| first("enum"));
    constant.or_else(|| first("examples")).or_else(|| own.get("example").or(own.get("default")).cloned())
}

/// Returns the type of a value to make: the first one that the schema names, or the one that its keywords speak of.
fn kind(own: &Map<String, Value>) -> &str {
    let named = match own.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.and_then(Value::as_str),
    };
    let has = |keys: &[&str]| keys.iter().any(|key| own.contains_key(*key));
    named.unwrap_or_else(|| match () {
        () if has(&["properties", "required", "minProperties"]) => "object",
        () if has(&["items", "contains", "minItems", "prefixItems"]) => "array",
        () if has(&["minimum", "maximum", "exclusiveMinimum", "multipleOf"]) => "number",
        () => "string",
    })
}

/// Merges the keywords of two schemas: both lists of required members, the properties of both; of other keywords, those of
/// the second one count.
fn merged(mut own: Map<String, Value>, other: &Map<String, Value>) -> Map<String, Value> {
    for (key, value) in other {
        match (own.get_mut(key), value) {
            (Some(Value::Array(required)), Value::Array(more)) if key == "required" => {
                required.extend(more.iter().cloned());
            }
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (name, schema) in more {
                    let both = match (known.get(name), schema) {
                        (Some(Value::Object(one)), Value::Object(two)) => merged(one.clone(), two).into(),
                        _ => schema.clone(),
                    };
                    known.insert(name.clone(), both);
                }
            }
            _ => drop(own.insert(key.clone(), value.clone())),
        }
    }
    own
}

fn text(own: &Map<String, Value>) -> String {
    if let Some(made) = own.get("pattern").and_then(Value::as_str).and_then(|it| text_matching(it, None)) {
        return padded(made, own);
    }
    let made = match own.get("format").and_then(Value::as_str).unwrap_or_default() {
        "uuid" => UUID,
        "date-time" => "2024-01-31T12:00:00Z",
        "date" => "2024-01-31",
        "time" => "12:00:00Z",
        "duration" => "PT1S",
        "email" | "idn-email" => "mock@example.com",
        "hostname" | "idn-hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" | "url" | "iri" | "uri-reference" => "https://example.com/mock",
        _ => FREE_TEXT,
    };
    padded(made.to_owned(), own)
}

/// Makes a text as long as its schema demands.
fn padded(mut text: String, own: &Map<String, Value>) -> String {
    let length = |key: &str| own.get(key).and_then(Value::as_u64).and_then(|it| usize::try_from(it).ok());
    if let Some(least) = length("minLength") {
        let missing = least.min(MAX_TEXT).saturating_sub(text.chars().count());
        text.push_str(&"k".repeat(missing));
    }
    match length("maxLength") {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

fn number(own: &Map<String, Value>) -> Value {
    let bound = |key: &str| own.get(key).and_then(Value::as_f64);
    let unit = bound("multipleOf").unwrap_or(1.0);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| bound + unit));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| bound - unit));
    let wanted = least.unwrap_or(1.0).min(most.unwrap_or(f64::MAX));
    let made = (wanted / unit).ceil() * unit;
    // Beyond this, floating-point numbers are not exact.
    if made.fract() == 0.0 && made.abs() < 9e15 {
        return (made as i64).into();
    }
    Number::from_f64(made).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(schema: &Value) -> Value {
        Sampler { library: SchemaRegistry::default() }.value(schema)
    }

    #[test]
    fn values_are_the_smallest_that_schemas_allow() {
        for (schema, expected) in [
            (json!({"const": 7}), json!(7)),
            (json!({"enum": ["a", "b"]}), json!("a")),
            (json!({"type": ["null", "integer"], "minimum": 3}), json!(3)),
            (json!({"type": "number", "exclusiveMinimum": 1, "multipleOf": 0.5}), json!(1.5)),
            (json!({"type": "string", "minLength": 6}), json!("mockkk")),
            (json!({"pattern": "^[A-Z]{2}$"}), json!("AA")),
            (
                json!({"required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {}}}),
                json!({"a": true}),
            ),
            (json!({"allOf": [{"required": ["a"]}, {"properties": {"a": {"const": 1}}}]}), json!({"a": 1})),
            (json!({"oneOf": [{"type": "integer"}, {"type": "string"}]}), json!(1)),
            (json!({"anyOf": [{"type": "null"}, {"type": "boolean"}]}), json!(true)),
            (
                json!({
                    "$defs": {
                        "old": {"allOf": [{"$ref": "#/$defs/new"}, {"required": ["id"]}]},
                        "new": {"required": ["name"], "properties": {"name": {"const": "n"}}},
                    },
                    "allOf": [{"$ref": "#/$defs/old"}],
                }),
                json!({"id": "mock", "name": "n"}),
            ),
            (json!({"$defs": {"a": {"const": 1}}, "$ref": "#/$defs/a"}), json!(1)),
            (
                json!({"type": "array", "minItems": 2, "items": {"const": 0}, "contains": {"const": 1}}),
                json!([1, 0]),
            ),
            (json!({"$ref": "nowhere.json"}), json!(null)),
            (json!(true), json!(null)),
        ] {
            assert_eq!(made(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn schema_that_refers_to_itself_is_bounded() {
        let names: Vec<String> = (0..50).map(|it| format!("n{it}")).collect();
        let properties: Map<String, Value> =
            names.iter().map(|it| (it.clone(), json!({"$ref": "#"}))).collect();
        let schema = json!({"type": "object", "required": names, "properties": properties});
        assert!(made(&schema).to_string().len() < 200_000);
        let lists = json!({"type": "array", "minItems": 1000, "items": {"$ref": "#"}});
        assert!(made(&lists).to_string().len() < 200_000);
    }
}
