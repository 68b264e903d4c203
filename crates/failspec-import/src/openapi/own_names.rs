//! Texts by which an API could know a thing: those of a request are unique to the run, so that a second thing is another one, and nothing
//! of others is meant.

use serde_json::{Map, Value};

use failspec_pack::pack::text_matching;

use super::{
    body::Members,
    invalid_value::core,
    value_generator::{MADE_UP, UNIQUE, UNIQUE_WITHIN, ValueGenerator, has_properties, kind},
};

/// Names of properties that identify a resource. A second resource with the same name could be rejected.
const NAMES: [&str; 9] =
    ["name", "id", "slug", "key", "username", "user_name", "login", "title", "identifier"];

impl ValueGenerator<'_> {
    /// Returns a name in several languages, `{"en": …}`, in which each text is unique to the run: the map of texts that a name is, with
    /// the keys of its example. `None` if the member is no such name.
    pub fn own_translations(
        &self,
        schema: &Value,
        entries: &Map<String, Value>,
        name: &str,
    ) -> Option<Value> {
        let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if !NAMES.contains(&last.as_str()) || kind(entries) != Some("object") || has_properties(entries) {
            return None;
        }
        let given = entries.get("examples").and_then(Value::as_array).into_iter().flatten();
        let mut given = given.chain(entries.get("example")).chain(entries.get("default"));
        given.find_map(own_texts_of).filter(|own| self.is_allowed(schema, own))
    }

    /// Returns true if the value is a unique name of the run, `failspec-<run>-<n>`: the property identifies a
    /// resource, such a name is not too long, and no constraint forbids it. A unique name is preferred to an example,
    /// which may be the name of an existing resource.
    pub fn wants_own_name(&self, schema: &Value, entries: &Map<String, Value>, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        // An item of a list within a body is a part of something, and its name often the name of something else.
        let is_part = name.split('.').skip(2).any(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
        !is_part
            && NAMES.contains(&last.strip_prefix("new_").or(last.strip_prefix("new")).unwrap_or(&last))
            && self.may_be_own(schema, entries)
    }

    /// Returns a text that was made up as one that is unique to the run, if the schema allows it: an API may know a thing by any text.
    pub fn as_own_text(&self, schema: &Value, value: Value) -> Value {
        let schema = core(&self.declared.api.bundle, schema);
        let may_be = schema.as_object().is_some_and(|entries| self.may_be_own(schema, entries));
        if may_be && value == *MADE_UP { UNIQUE.into() } else { value }
    }

    /// Returns true if a unique name of the run is not too long for a text, and no constraint forbids it.
    fn may_be_own(&self, schema: &Value, entries: &Map<String, Value>) -> bool {
        let bound = |key: &str| entries.get(key).and_then(Value::as_u64);
        let (fewest, most) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(u64::MAX));
        kind(entries) == Some("string")
            && ["enum", "const", "format"].iter().all(|key| !entries.contains_key(*key))
            && most >= 40
            && fewest <= 16
            && self.is_allowed(schema, &UNIQUE.into())
    }

    /// Returns true if a text was made up from the pattern of a member, and says nothing: a longer one of the run will do as well.
    pub fn is_made_from_pattern(&self, schema: &Value, value: &Value) -> bool {
        const SAYS: [&str; 4] = ["example", "examples", "default", "format"];
        let schema = core(&self.declared.api.bundle, schema);
        let pattern = schema.get("pattern").and_then(Value::as_str);
        SAYS.iter().all(|key| schema.get(key).is_none())
            && pattern.and_then(|pattern| text_matching(pattern, None)).is_some_and(|made| *value == made)
    }

    /// Replaces the names in an example, which may be those of existing resources, by names that are unique to the run.
    pub fn with_own_names(&self, schema: &Value, example: &Value) -> Value {
        let mut whole = example.clone();
        let schema = core(&self.declared.api.bundle, schema);
        for (key, property) in Members::of(&self.declared.api.bundle, schema, 0).properties {
            let property = self.declared.api.bundle.resolve(&property);
            let Some(entries) = property.as_object() else { continue };
            let Some(value) = whole.get_mut(&key) else { continue };
            if value.is_string() && self.wants_own_name(property, entries, &key) {
                *value = UNIQUE.into();
            }
            let is_name = NAMES.contains(&key.to_ascii_lowercase().as_str()) && !has_properties(entries);
            if let Some(own) = own_texts_of(value).filter(|_| is_name) {
                *value = own;
            }
        }
        if self.is_allowed(schema, &whole) { whole } else { example.clone() }
    }

    /// Lets the member of a body that is the id of what is created be unique to the run: `artifactId` of
    /// `/artifacts/{artifactId}`. With that of an example, a second thing would have the same one.
    pub fn with_own_id(&self, schema: &Value, body: &mut Value, is_id: impl Fn(&str) -> bool) {
        for (key, property) in Members::of(&self.declared.api.bundle, schema, 0).properties {
            let property = core(&self.declared.api.bundle, &property);
            let is_text = body.get(&key).is_some_and(Value::is_string);
            let Some(entries) = property.as_object().filter(|_| is_text && is_id(&key)) else { continue };
            let mut own = body.clone();
            if self.may_be_own(property, entries)
                && let Some(value) = own.get_mut(&key)
            {
                *value = UNIQUE.into();
                *body = if self.is_allowed(schema, &own) { own } else { body.clone() };
            }
        }
    }

    /// Lets the e-mail addresses in the body of a creation be unique to the run: two things rarely have one address, and that of an
    /// example may be somebody's.
    pub fn with_own_address(&self, schema: &Value, body: &mut Value) {
        for (key, property) in Members::of(&self.declared.api.bundle, schema, 0).properties {
            let is_address = body.get(&key).and_then(Value::as_str).is_some_and(|text| text.contains('@'));
            let property = core(&self.declared.api.bundle, &property);
            let Some(own) =
                property.as_object().and_then(|entries| self.own_address(property, entries, &key))
            else {
                continue;
            };
            let mut changed = body.clone();
            if let Some(value) = changed.get_mut(&key).filter(|_| is_address) {
                *value = own;
            }
            if self.is_allowed(schema, &changed) {
                *body = changed;
            }
        }
    }

    /// Returns an e-mail address that is unique to the run, if the member is one and takes it.
    pub fn own_address(&self, schema: &Value, entries: &Map<String, Value>, name: &str) -> Option<Value> {
        let format = entries.get("format").and_then(Value::as_str);
        let is_address =
            name.to_ascii_lowercase().ends_with("email") && matches!(format, None | Some("email"));
        let is_free = ["pattern", "enum", "const"].iter().all(|key| !entries.contains_key(*key));
        let address = Value::from(format!("{UNIQUE_WITHIN}@example.com"));
        (is_address && is_free && self.is_allowed(schema, &address)).then_some(address)
    }
}

/// Returns a map of texts with a text of the run in place of each; `None` for anything else.
fn own_texts_of(value: &Value) -> Option<Value> {
    let texts =
        value.as_object().filter(|texts| !texts.is_empty() && texts.values().all(Value::is_string))?;
    let own: Map<String, Value> = texts.keys().map(|key| (key.clone(), UNIQUE.into())).collect();
    Some(own.into())
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::{Api, Declared};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_in_several_languages_has_a_text_of_the_run_in_each() {
        let texts = json!({ "type": "object", "additionalProperties": { "type": "string" }, "example": { "en": "A", "de": "B" } });
        let own = json!({ "en": UNIQUE, "de": UNIQUE });
        for (name, schema, expected) in [
            ("name", texts.clone(), own.clone()),
            ("title", texts.clone(), own),
            // It names nothing.
            ("description", texts, json!({ "en": "A", "de": "B" })),
            ("name", json!({ "type": "object", "example": { "en": 1 } }), json!({ "en": 1 })),
            (
                "name",
                json!({ "type": "object", "properties": { "first": { "type": "string" } }, "example": { "first": "A" } }),
                json!({ "first": "A" }),
            ),
        ] {
            let whole = json!({ "type": "object", "required": [name], "properties": { name: schema } });
            let declared = declared(&whole);
            let schema = declared.api.operations[0].body[0].schema.clone().unwrap();
            let sampler = ValueGenerator { declared: &declared, seed: 1 };
            let made = sampler.value(&schema, "body").unwrap();
            assert_eq!(made[name], expected, "{name} {made}");
            let example = json!({ name: made[name] });
            assert_eq!(sampler.with_own_names(&schema, &example), example, "{name}");
        }
    }

    #[test]
    fn a_text_that_only_a_pattern_made_says_nothing() {
        let declared = declared(&json!({ "type": "object" }));
        let sampler = ValueGenerator { declared: &declared, seed: 1 };
        for (schema, value, expected) in [
            (json!({ "type": "string", "pattern": "^a$" }), "a", true),
            (json!({ "type": "string", "pattern": "^[ab]$", "example": "b" }), "b", false),
            (json!({ "type": "string", "pattern": "^a+$" }), "aaa-other", false),
            (json!({ "type": "string" }), "a", false),
        ] {
            assert_eq!(sampler.is_made_from_pattern(&schema, &value.into()), expected, "{schema}");
        }
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
