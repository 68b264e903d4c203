//! Bodies with a reference to a thing that does not exist.

use serde_json::{Value, json};

use crate::names::slug;
use failspec_pack::{openapi::Operation, pack::fault_kind::UNKNOWN_REFERENCE};

use super::{
    body::{Members, at, with},
    fault_kind::FaultKind,
    faults::Fault,
    fixtures::is_own_id,
    generate::Generator,
    invalid_value::core,
    nonexistent_id::{NO_SUCH_NUMBER, NO_SUCH_UUID, OTHER_NO_SUCH_UUID, Purpose, nothing},
    valid_request::{ValidRequest, list_of},
    value_generator::{UNIQUE, UNIQUE_WITHIN, kind},
};

/// Maximum depth in a body at which references are searched.
pub(super) const MAX_DEPTH: usize = 2;

impl Generator<'_> {
    /// Adds bodies in which a member refers to a thing that does not exist. All other references to what the run did not
    /// create are replaced as well: nothing of others is touched.
    pub(super) fn unknown_references(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let Some((schema, body)) = self.json_body_of(operation, right) else { return };
        let mut references = Vec::new();
        self.references(schema, &mut Vec::new(), &mut references);
        references.retain(|(path, ..)| !at(body, path).is_some_and(is_own_id));
        // A list of ids that the body requires has such a value until the id of what is created takes its place.
        for (path, value, _) in &mut references {
            if at(body, path) == Some(&*value) {
                *value = another(value);
            }
        }
        let is_own = |path: &[String]| {
            let item = path.last().and_then(|name| self.creators.named_by(name));
            item.is_some_and(|item| right.around.made.contains_key(item))
        };
        let mut safe = body.clone();
        // What names nothing that the document has may be any word, which belongs to the valid request.
        let is_replaced = |(path, _, is_known): &&(Vec<String>, Value, bool)| {
            *is_known && at(body, path).is_some() && !is_own(path)
        };
        for (path, value, _) in references.iter().filter(is_replaced) {
            safe = with(&safe, path, Some(value)).unwrap_or(safe);
        }
        for (path, value, _) in &references {
            let Some(bad) = with(&safe, path, Some(value)) else { continue };
            if !self.sampler.is_allowed(schema, &bad) {
                continue;
            }
            let what = format!("{}_unknown", slug(&path.join("_")));
            let fault = self.unusual_body(operation, right, body, &bad, what);
            let fault = fault.of_kind(UNKNOWN_REFERENCE, &path.join("_"));
            faults.push(Fault { class: FaultKind::UnknownReference, ..fault });
        }
    }

    /// Collects the members of an object that refer to other things, each with a value that refers to none, and if the document has
    /// a collection of them.
    pub(super) fn references(
        &self,
        schema: &Value,
        path: &mut Vec<String>,
        found: &mut Vec<(Vec<String>, Value, bool)>,
    ) {
        let bundle = &self.declared.api.bundle;
        for (name, property) in Members::of(bundle, schema, 0).properties {
            let inner = core(bundle, &property);
            path.push(name.clone());
            let is_object = inner.as_object().and_then(kind) == Some("object");
            if let Some(items) = list_of(inner).map(|items| core(bundle, items)) {
                let is_known = self.creators.refers_to_several(&name, items);
                if (is_known || names_several(&name, items))
                    && let Some(value) = self.no_such(items, &name)
                {
                    found.push((path.clone(), json!([value]), is_known));
                }
            } else if self.creators.refers(&name, inner) || names_a_thing(&name, inner) {
                let is_known = self.creators.refers(&name, inner);
                found.extend(self.no_such(inner, &name).map(|value| (path.clone(), value, is_known)));
            } else if is_object && path.len() < MAX_DEPTH {
                self.references(&property, path, found);
            }
            path.pop();
        }
    }

    /// Returns a value of a member that refers to a thing which does not exist.
    pub(super) fn no_such(&self, schema: &Value, name: &str) -> Option<Value> {
        let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
        match schema.as_object().and_then(kind) {
            Some("integer" | "number") => Some(NO_SUCH_NUMBER.into()),
            _ if is("format", "uuid") => Some(NO_SUCH_UUID.into()),
            _ => {
                let id = nothing(&self.sampler, schema, name, Purpose::default())?.text;
                Some(id.replace(UNIQUE, &UNIQUE_WITHIN.to_string()).into())
            }
        }
    }
}

/// Returns true if the name of a member says that it is the id of another thing, whatever collection that is in.
fn names_a_thing(name: &str, schema: &Value) -> bool {
    const ENDS: [&str; 5] = ["_id", "Id", "ID", "_uuid", "Uuid"];
    let is_free = ["enum", "const"].iter().all(|key| schema.get(*key).is_none());
    let kind = schema.as_object().and_then(kind);
    is_free
        && matches!(kind, Some("integer" | "string"))
        && ENDS.iter().any(|end| name.strip_suffix(end).is_some_and(|stem| !stem.is_empty()))
}

/// Returns true if the name of a list says that its items are ids of other things.
fn names_several(name: &str, items: &Value) -> bool {
    const ENDS: [&str; 5] = ["_ids", "Ids", "IDs", "_uuids", "Uuids"];
    ENDS.iter().any(|end| name.ends_with(end))
        && name.get(..name.len() - 1).is_some_and(|one| names_a_thing(one, items))
}

/// Returns another value that refers to nothing.
pub(super) fn another(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(another).collect(),
        Value::Number(number) => number.as_i64().map_or_else(|| value.clone(), |number| (number - 1).into()),
        Value::String(text) if text == NO_SUCH_UUID => OTHER_NO_SUCH_UUID.into(),
        Value::String(text) => match text.parse::<i64>() {
            Ok(number) => (number - 1).to_string().into(),
            Err(_) => format!("{text}x").into(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_that_a_member_is_the_id_of_a_thing() {
        let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
        for (name, schema, expected) in [
            ("owner_id", &number, true),
            ("chatflowId", &text, true),
            ("parentUuid", &text, true),
            // The id of the thing itself, words that end so, and what is no id at all.
            ("id", &number, false),
            ("Id", &number, false),
            ("paid", &text, false),
            ("owner_id", &json!({ "type": "object" }), false),
            ("owner_id", &json!({ "type": "string", "enum": ["a"] }), false),
        ] {
            assert_eq!(names_a_thing(name, schema), expected, "{name} {schema}");
        }
        assert!(names_several("owner_ids", &number) && !names_several("kids", &number));
    }
}
