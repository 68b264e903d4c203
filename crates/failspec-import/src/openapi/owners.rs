//! Owners of new things that a document does not require: of a creation that requires nothing, an API often wants whose it is.

use failspec_pack::openapi::Operation;
use serde_json::Value;

use super::{body::Members, generate::Generator, invalid_value::core, value_generator::is_integer_text};

impl Generator<'_> {
    /// Adds to the body of a creation that would be empty the first member that names a thing which the run can make, by a number in a
    /// text: `user` is one of `/users`. Until the id of what is created takes its place, it names nothing.
    pub(super) fn with_owner(&self, operation: &Operation, schema: &Value, body: &mut Value) {
        let is_empty = body.as_object().is_some_and(serde_json::Map::is_empty);
        let creator = self.creators.of_collection(operation).filter(|_| operation.method == "POST");
        let Some(creator) = creator.filter(|_| is_empty && self.allow_writes) else { return };
        let bundle = &self.declared.api.bundle;
        for (name, property) in Members::of(bundle, schema, 0).properties {
            let inner = core(bundle, &property);
            if !inner.as_object().is_some_and(is_integer_text) || self.paths.given(&name).is_some() {
                continue;
            }
            let Some(nothing) = self.no_such(inner, &name) else { continue };
            let item = self.creators.named_by_value(&name, &nothing);
            let owner = item.and_then(|item| self.creators.of_item(item));
            if owner.is_none_or(|owner| owner.make.path == creator.make.path) {
                continue;
            }
            let mut whole = body.clone();
            whole.as_object_mut().map(|members| members.insert(name, nothing));
            if self.sampler.is_allowed(schema, &whole) {
                *body = whole;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::{Value, json};

    use crate::openapi::crud::CreateOperations;

    #[test]
    fn a_member_names_a_thing_by_its_name_and_a_number_in_a_text_also_by_that_of_the_collection() {
        let done = json!({ "responses": { "200": { "description": "done" } } });
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
            "paths": { "/users": { "post": done }, "/users/{id}": { "delete": done } }
        });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let creators = CreateOperations::new(&api);
        for (member, value, expected) in [
            ("user_id", json!("any"), true),
            ("user", json!("987654321"), true),
            ("user", json!("ann"), false),
            ("user", json!(""), false),
            // It may be a count.
            ("users", json!(7), false),
            ("role", json!("1"), false),
            ("user", Value::Null, false),
        ] {
            let named = creators.named_by_value(member, &value);
            assert_eq!(named, expected.then_some("/users/{}"), "{member} {value}");
        }
    }
}
