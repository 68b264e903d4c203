//! Changes of several things of a collection at once, `PATCH /pools {"actions": […]}`: they are asked with lists in which nothing is
//! named. What the run made cannot be told from what was there, so that no item of a list is a valid one.

use failspec_pack::openapi::Operation;
use serde_json::{Value, json};

use crate::names::slug;

use super::{
    body::Members,
    crud::bare,
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::core,
    request_spec::{Body, RequestSpec},
    valid_request::{ValidRequest, json_body, list_of},
    value_generator::kind,
};

impl Generator<'_> {
    /// Returns the requests to an operation that changes several things at once which no server can carry out: each list has one item,
    /// which the document forbids and which names nothing. Without credentials, the list is empty.
    pub(super) fn bulk_changes(&self, operation: &Operation, right: &ValidRequest) -> Vec<Fault> {
        let mut faults = Vec::new();
        let Some((schema, name)) = self.list_of_changes(operation) else { return faults };
        let with = |items: Value| {
            let body = Value::Object([(name.clone(), items)].into_iter().collect());
            (RequestSpec { body: Some(Body::Json(body.clone())), ..right.ask.clone() }, body)
        };
        let rule = format!("{}/requestBody", operation.pointer);
        for (what, item) in [
            ("empty_item", json!({})),
            ("null_item", Value::Null),
            ("wrong_item", "failspec-is-no-object".into()),
        ] {
            let (faulty, body) = with(json!([item]));
            if !self.sampler.is_allowed(schema, &body) {
                let own = format!("{}_{what}", slug(&name));
                faults.push(Fault::new(FaultKind::Invalid, own, rule.clone(), faulty).of_kind(what, &name));
            }
        }
        let (ask, body) = with(json!([]));
        if self.sampler.is_allowed(schema, &body) {
            self.strangers(operation, &ValidRequest { ask, body: Some(body), ..right.clone() }, &mut faults);
        }
        faults
    }

    /// Returns the schema of the body of a change of several things of a collection, and the name of its only required member, or its only
    /// one, if that is a list of objects.
    fn list_of_changes<'o>(&self, operation: &'o Operation) -> Option<(&'o Value, String)> {
        // What a PUT puts takes the place of all.
        if operation.method != "PATCH" || operation.path.contains('{') || !self.allow_writes {
            return None;
        }
        let item = format!("{}/{{}}", bare(&operation.path));
        let has_items = self.declared.api.operations.iter().any(|other| bare(&other.path) == item);
        let schema = json_body(operation)?.schema.as_ref().filter(|_| has_items)?;
        let bundle = &self.declared.api.bundle;
        let members = Members::of(bundle, schema, 0);
        let (name, property) = match (members.required.as_slice(), members.properties.as_slice()) {
            ([only], all) => all.iter().find(|(name, _)| name == only)?,
            ([], [only]) => only,
            _ => return None,
        };
        let items = core(bundle, list_of(core(bundle, property))?);
        let is_object = |schema: &Value| {
            core(bundle, schema).as_object().and_then(kind) == Some("object")
                || core(bundle, schema).get("properties").is_some()
        };
        let alternatives = ["oneOf", "anyOf"].iter().filter_map(|key| items.get(*key)?.as_array()).flatten();
        let mut alternatives = alternatives.peekable();
        let is_list_of_objects =
            is_object(items) || alternatives.peek().is_some() && alternatives.all(is_object);
        is_list_of_objects.then(|| (schema, name.clone()))
    }
}
