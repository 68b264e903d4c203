//! Bodies in JSON that no value of a schema can express: numbers and texts that parsers read in different ways, an empty object,
//! a list for an object, bytes that are no text.

use serde_json::{Value, json};

use failspec_base::template::Template;
use failspec_pack::{
    openapi::{Bundle, Operation},
    pack::fault_kind::{FOLLOWED_BY_MORE, NOT_A_NUMBER},
};

use super::{
    body::{Members, with},
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    invalid_value::core,
    reach::Reach,
    request_spec::{Body, RequestSpec},
    unusual_values::{BEYOND_FLOAT, BEYOND_FLOAT_TEXT},
    valid_request::{ValidRequest, json_body},
    value_generator::{UNIQUE, UNIQUE_WITHIN, kind},
};

/// The text that stands for the odd value until the body is written: a character for private use.
const PLACE: &str = "\u{e0f0}";

/// The kind of a body without any member.
const EMPTY_OBJECT: &str = "empty_object";

/// Half of a character that needs two units of UTF-16: valid JSON, and no text.
const HALF: &str = "\"${unique}\\ud800\"";

/// The kind of such a text.
pub(super) const HALF_A_CHARACTER: &str = "half_a_character";

impl Generator<'_> {
    /// Adds bodies of an operation that takes a JSON object and that no value of its schema can express.
    pub(super) fn odd_bodies(&self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        let (Some(value), Some(Body::Json(written))) = (&right.body, &right.ask.body) else { return };
        let is_object = core(&self.declared.api.bundle, schema).as_object().and_then(kind) == Some("object");
        if !is_object || !value.is_object() {
            return;
        }
        let mut add = |class: FaultKind, what: &str, part: &str, body: Body, is_tolerated: bool| {
            let rule = format!("{}/requestBody", operation.pointer);
            let name = if part.is_empty() {
                format!("body_{what}")
            } else {
                format!("{}_{what}", crate::names::slug(part))
            };
            let fault = Fault::new(class, name, rule, sent_as_json(right.ask.clone(), body));
            let fault = fault.of_kind(what, part);
            faults.push(Fault { inferred: is_tolerated, tolerated: is_tolerated, ..fault });
        };
        self.whole_bodies(operation, schema, right, &mut add);
        if !self.removes_what_it_accepts(operation, right) {
            return;
        }
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        let of_kind = |kinds: &[&str]| {
            members.iter().find(|(_, property)| {
                let property = core(&self.declared.api.bundle, property).as_object();
                let is_free = |key: &str| property.is_none_or(|entries| !entries.contains_key(key));
                property.and_then(kind).is_some_and(|kind| kinds.contains(&kind))
                    && ["enum", "const", "maximum", "exclusiveMaximum"].into_iter().all(is_free)
            })
        };
        let is_any = |property: &Value| {
            let entries = core(&self.declared.api.bundle, property).as_object();
            entries.is_none_or(|entries| {
                kind(entries).is_none()
                    && !["enum", "const", "oneOf", "anyOf", "allOf"]
                        .iter()
                        .any(|key| entries.contains_key(*key))
            })
        };
        let any = members.iter().find(|(_, property)| is_any(property));
        let number = of_kind(&["number"]).or(any).or_else(|| of_kind(&["integer"]));
        // Some parsers read one value, and not what comes after it.
        add(FaultKind::Malformed, FOLLOWED_BY_MORE, "", Body::Text(format!("{written}}}")), true);
        if let Some((name, _)) = number {
            let raw = |text| raw_body(written, &[name], text);
            let beyond = raw(BEYOND_FLOAT_TEXT).map(|body| (FaultKind::Unusual, BEYOND_FLOAT, body));
            // JSON has no such number, and the parsers of some languages read it all the same.
            let not_a_number = raw("NaN").map(|body| (FaultKind::Malformed, NOT_A_NUMBER, body));
            for (class, what, body) in [beyond, not_a_number].into_iter().flatten() {
                add(class, what, name, body, true);
            }
        }
        if let Some(name) = self.free_member(&members, value, right)
            && let Some(body) = raw_body(written, &[name], HALF)
        {
            add(FaultKind::Unusual, HALF_A_CHARACTER, name, body, true);
        }
        // Texts of a map, and those of which only some are right, are often kept by other code. What keeps such a map and then breaks
        // may break on each list with it: it must be in a thing that the run can remove by its id.
        let bundle = &self.declared.api.bundle;
        let changes_own = matches!(operation.method.as_str(), "PUT" | "PATCH") && right.reach == Reach::Own;
        let map = members.iter().filter(|_| changes_own).find_map(|(name, property)| {
            let key = key_of_texts(bundle, core(bundle, property), value.get(name))?;
            Some((name, key))
        });
        if let Some((name, key)) = map
            && let Some(body) = raw_body(written, &[name, &key], HALF)
        {
            add(FaultKind::Unusual, HALF_A_CHARACTER, name, body, true);
        }
        let listed = members.iter().find(|(_, property)| lists_texts(core(bundle, property)));
        // It is no name, and must not look like one of the run: what it brings may have been there.
        if let Some((name, _)) = listed
            && let Some(body) = raw_body(written, &[name], "\"\\ud800\"")
        {
            add(FaultKind::Invalid, HALF_A_CHARACTER, name, body, false);
        }
    }

    fn whole_bodies(
        &self,
        operation: &Operation,
        schema: &Value,
        right: &ValidRequest,
        add: &mut impl FnMut(FaultKind, &str, &str, Body, bool),
    ) {
        let Some(value) = &right.body else { return };
        add(
            FaultKind::Malformed,
            "invalid_utf8",
            "",
            Body::Bytes(b"{\"failspec\": \"\xff\xfe\"}".to_vec()),
            true,
        );
        if operation.body_required {
            add(FaultKind::Malformed, "empty", "", Body::Text(String::new()), true);
        }
        let allows = |value: &Value| self.sampler.is_allowed(schema, value);
        let list = json!([]);
        if !allows(&list) {
            add(FaultKind::Invalid, "list_for_object", "", Body::Json(list), false);
        }
        let empty = json!({});
        let has_several = value.as_object().is_some_and(|members| members.len() > 1);
        match allows(&empty) {
            // What a creation makes of nothing has no name of the run: only what the server calls it tells it.
            true if *value != empty && self.makes_of_nothing(operation, right) => {
                add(FaultKind::Unusual, EMPTY_OBJECT, "", Body::Json(empty), true);
            }
            // What lacks one member alone is sent anyway; without any, a server comes to code that wants none of them.
            false if has_several && self.removes_what_it_accepts(operation, right) => {
                add(FaultKind::Invalid, EMPTY_OBJECT, "", Body::Json(empty), false);
            }
            _ => {}
        }
    }

    /// Returns true if what an operation does with an empty object is a change, or makes a new thing that can be removed.
    fn makes_of_nothing(&self, operation: &Operation, right: &ValidRequest) -> bool {
        let is_new = || {
            let creator = self.creators.of_collection(operation);
            creator.is_some_and(|creator| creator.makes_anew(&self.declared.api))
        };
        match operation.method.as_str() {
            "PUT" | "PATCH" => true,
            "POST" => {
                right.reach == Reach::Own && right.named.is_none() || right.reach == Reach::Fresh && is_new()
            }
            _ => false,
        }
    }

    /// Returns true if a body of this operation that is accepted makes nothing that stays.
    pub(super) fn removes_what_it_accepts(&self, operation: &Operation, right: &ValidRequest) -> bool {
        match right.reach {
            Reach::Nothing | Reach::Own | Reach::OfNothing => true,
            Reach::Fresh => {
                let is_told = self.creators.of_collection(operation).is_some_and(|creator| {
                    declares(operation, 201) || creator.name_at(&self.declared.api).is_some()
                });
                is_told || self.removal_by_texts(operation).is_some()
            }
            Reach::Foreign => false,
        }
    }

    /// Returns a member that takes any text, preferably one by which the API does not know the thing: under another name, what
    /// the scenario created could not be removed.
    fn free_member<'m>(
        &self,
        members: &'m [(String, Value)],
        value: &Value,
        right: &ValidRequest,
    ) -> Option<&'m str> {
        let is_free = |(name, property): &&(String, Value)| {
            let entries = core(&self.declared.api.bundle, property).as_object();
            let has = |key: &str| entries.is_some_and(|entries| entries.contains_key(key));
            entries.and_then(kind) == Some("string")
                && !["enum", "const", "format", "pattern", "maxLength"].into_iter().any(has)
                && !self.creators.refers(name, core(&self.declared.api.bundle, property))
        };
        let is_name = |name: &str| {
            let text = value.get(name).and_then(Value::as_str);
            text.is_some_and(|text| text.contains(UNIQUE) || text.contains(UNIQUE_WITHIN))
        };
        let free = || members.iter().filter(is_free).map(|(name, _)| name.as_str());
        let name = || free().next().filter(|_| right.reach != Reach::Own);
        free().find(|name| !is_name(name)).or_else(name)
    }
}

/// Returns a key of a member that is a map of texts: one that the valid value has, or any. `None` if it is no such map.
fn key_of_texts(bundle: &Bundle, schema: &Value, valid: Option<&Value>) -> Option<String> {
    let is_map = schema.as_object().and_then(kind) == Some("object") && schema.get("properties").is_none();
    let values = schema.get("additionalProperties").map(|values| core(bundle, values)).filter(|_| is_map)?;
    let values = values.as_object().filter(|values| kind(values) == Some("string"))?;
    let is_free =
        ["enum", "const", "format", "pattern", "maxLength"].iter().all(|key| !values.contains_key(*key));
    let known = valid.and_then(Value::as_object).and_then(|valid| valid.keys().next().cloned());
    is_free.then(|| known.unwrap_or_else(|| "failspec".to_owned()))
}

/// Returns true if a schema lists the texts that are right.
fn lists_texts(schema: &Value) -> bool {
    schema.get("enum").and_then(Value::as_array).is_some_and(|all| {
        all.iter().any(Value::is_string) && all.iter().all(|one| one.is_string() || one.is_null())
    })
}

/// Returns a body with a text of JSON, which need not be valid, as the value of a member, or in a member that is a map.
fn raw_body(written: &Value, path: &[&str], raw: &str) -> Option<Body> {
    // As the body has them: what looks like a placeholder is none.
    let path: Vec<String> = path.iter().map(|name| Template::escape(name)).collect();
    let in_map = |body: &Value| match path.as_slice() {
        // A member that the valid body lacks gets a map.
        [member, _] if body.get(member).is_none() => with(body, &path[..1], Some(&json!({}))),
        _ => Some(body.clone()),
    };
    let whole = with(&in_map(written)?, &path, Some(&PLACE.into()))?;
    Some(Body::Text(whole.to_string().replace(&format!("\"{PLACE}\""), raw)))
}

/// Returns the request with this body, and the media type that its own body has.
fn sent_as_json(ask: RequestSpec, body: Body) -> RequestSpec {
    let mut ask = RequestSpec { body: Some(body), ..ask };
    if ask.headers.iter().all(|(name, _)| name != "Content-Type") {
        ask.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    ask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_value_stands_in_a_body_as_it_is_written() {
        let written = json!({ "name": "${unique}", "size": 1 });
        for (name, raw, expected) in [
            ("size", "NaN", "{\"name\":\"${unique}\",\"size\":NaN}"),
            ("other", "1e400", "{\"name\":\"${unique}\",\"size\":1,\"other\":1e400}"),
        ] {
            assert_eq!(raw_body(&written, &[name], raw), Some(Body::Text(expected.to_owned())));
        }
        let in_map = raw_body(&json!({ "name": "a" }), &["labels", "en"], HALF);
        let expected = r#"{"name":"a","labels":{"en":"${unique}\ud800"}}"#;
        assert_eq!(in_map, Some(Body::Text(expected.to_owned())));
    }

    #[test]
    fn maps_of_texts_and_lists_of_texts_get_half_a_character() {
        let bundle = Bundle::default();
        let texts = json!({ "type": "string" });
        for (schema, valid, expected) in [
            (json!({ "type": "object", "additionalProperties": texts }), json!({}), Some("failspec")),
            (json!({ "type": "object", "additionalProperties": texts }), json!({ "en": "a" }), Some("en")),
            (json!({ "type": "object", "additionalProperties": { "type": "integer" } }), json!({}), None),
            (
                json!({ "type": "object", "additionalProperties": { "type": "string", "enum": ["a"] } }),
                json!({}),
                None,
            ),
            (
                json!({ "type": "object", "properties": { "a": {} }, "additionalProperties": texts }),
                json!({}),
                None,
            ),
            (json!({ "type": "object", "additionalProperties": true }), json!({}), None),
            (json!({ "type": "string" }), json!("a"), None),
        ] {
            assert_eq!(key_of_texts(&bundle, &schema, Some(&valid)).as_deref(), expected, "{schema}");
        }
        for (schema, expected) in [
            (json!({ "enum": ["a", "b"] }), true),
            (json!({ "enum": ["a", null] }), true),
            (json!({ "enum": [1, 2] }), false),
            (json!({ "enum": [] }), false),
            (json!({ "type": "string" }), false),
        ] {
            assert_eq!(lists_texts(&schema), expected, "{schema}");
        }
    }
}
