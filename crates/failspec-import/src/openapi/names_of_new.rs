//! Names of new things that a document does not require: without one, nothing shows that a thing is the run's own where the response to
//! its creation does not say so.

use failspec_pack::openapi::Operation;
use serde_json::Value;

use super::{
    body::{Members, with},
    fixtures::identifies,
    generate::Generator,
    invalid_value::core,
    value_generator::{UNIQUE, UNIQUE_WITHIN},
};

/// Members that are the name of a thing, those that say most first.
const NAMES: [&str; 3] = ["name", "username", "title"];

impl Generator<'_> {
    /// Adds a name of the run to the body of a creation that has none, if the schema has an optional member for it: where the response
    /// tells no id, the thing is found, known and removed by that name.
    pub(super) fn with_name_of_new(&self, operation: &Operation, schema: &Value, body: &mut Value) {
        let creator = self.creators.of_collection(operation).filter(|_| operation.method == "POST");
        let Some(creator) = creator.filter(|creator| self.allow_writes && !creator.is_by_address()) else {
            return;
        };
        let is_told = creator.name_at(&self.declared.api).is_some();
        if is_told || !body.is_object() || has_name(body) {
            return;
        }
        let bundle = &self.declared.api.bundle;
        let members = Members::of(bundle, schema, 0).properties;
        let is_free = |name: &str, property: &Value| {
            body.get(name).is_none()
                && self.paths.given(name).is_none()
                && identifies(core(bundle, property)) == Some(UNIQUE)
        };
        let find =
            |own: &&str| members.iter().find(|(name, property)| name == own && is_free(name, property));
        let Some((name, _)) = NAMES.iter().find_map(find) else { return };
        let whole = with(body, std::slice::from_ref(name), Some(&UNIQUE.into()));
        *body = whole.filter(|whole| self.sampler.is_allowed(schema, whole)).unwrap_or_else(|| body.clone());
    }
}

/// Returns true if a body has a text with a name of the run.
fn has_name(body: &Value) -> bool {
    match body {
        Value::String(text) => text.contains(UNIQUE) || text.contains(UNIQUE_WITHIN),
        Value::Array(items) => items.iter().any(has_name),
        Value::Object(members) => members.values().any(has_name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_of_the_run_is_found_wherever_it_is() {
        for (body, expected) in [
            (json!({ "label": UNIQUE }), true),
            (json!({ "of": [{ "mail": format!("{UNIQUE_WITHIN}@example.com") }] }), true),
            (json!({ "name": "Ann", "size": 1 }), false),
            (json!({}), false),
        ] {
            assert_eq!(has_name(&body), expected, "{body}");
        }
    }
}
