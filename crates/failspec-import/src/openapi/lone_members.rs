//! The only member that a body has and requires, left out beside another one: a body without anything may be refused for being empty.

use serde_json::{Map, Value};

use crate::names::slug;
use failspec_base::template::Template;
use failspec_pack::{openapi::Operation, pack::fault_kind::MISSING};

use super::{
    body::Members,
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    invalid_value::core,
    multipart::{Field, is_file},
    path_values::text,
    request_spec::Body,
    valid_request::{ValidRequest, body_of, is_chosen_by_server},
};

/// The end of the names of such faults.
const BESIDE_ANOTHER: &str = "missing_beside_another";

impl Generator<'_> {
    /// Adds the request without the only member of its body, if that is required, and with an optional one that the valid request has
    /// not.
    pub(super) fn lone_member(&self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        let Some(schema) = body_of(operation).and_then(|content| content.schema.as_ref()) else { return };
        let members = Members::of(&self.declared.api.bundle, schema, 0);
        let only = match &right.ask.body {
            Some(Body::Json(_)) => right.body.as_ref().and_then(only_name),
            Some(Body::Form(fields) | Body::Parts(fields)) => match fields.as_slice() {
                [only] => Some(only.name.as_str()),
                _ => None,
            },
            _ => None,
        };
        // Nothing of the run would be in what it creates.
        let creates = operation.method == "POST" && self.creators.of_collection(operation).is_some();
        let is_nameless = creates && !declares(operation, 201);
        let only = only.filter(|only| members.required.iter().any(|name| name == only) && !is_nameless);
        let Some(only) = only.map(str::to_owned) else { return };
        let Some((name, value)) = self.other_member(&members) else { return };
        let body: Value = Map::from_iter([(name.clone(), value.clone())]).into();
        if self.sampler.is_allowed(schema, &body) {
            return;
        }
        let field =
            || vec![Field { name: name.clone(), value: Template::escape(&text(&value)), file: false }];
        let mut faulty = right.ask.clone();
        faulty.body = Some(match &right.ask.body {
            Some(Body::Form(_)) => Body::Form(field()),
            Some(Body::Parts(_)) => Body::Parts(field()),
            _ => Body::Json(body),
        });
        let what = format!("{}_{BESIDE_ANOTHER}", slug(&only));
        let rule = format!("{}/requestBody", operation.pointer);
        faults.push(Fault::new(FaultKind::Invalid, what, rule, faulty).of_kind(MISSING, &only));
    }

    /// Returns an optional member with a plain value that names nothing.
    fn other_member(&self, members: &Members) -> Option<(String, Value)> {
        let bundle = &self.declared.api.bundle;
        members.properties.iter().find_map(|(name, property)| {
            let inner = core(bundle, property);
            let is_meant = !members.required.contains(name)
                && !is_file(inner)
                && !is_chosen_by_server(name)
                && !self.creators.refers(name, inner)
                && self.paths.given(name).is_none();
            let value = self.sampler.value(property, name).filter(|_| is_meant)?;
            let is_plain = match &value {
                Value::String(text) => !text.contains('$'),
                value => value.is_number() || value.is_boolean(),
            };
            is_plain.then(|| (name.clone(), value))
        })
    }
}

/// Returns the name of the member of an object that has one.
fn only_name(body: &Value) -> Option<&str> {
    let members = body.as_object().filter(|members| members.len() == 1)?;
    members.keys().next().map(String::as_str)
}
