//! Values that the document lists, each sent once as valid: servers forget some of them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::names::slug;
use failspec_pack::openapi::{Operation, ParameterLocation};

use super::{
    body::{Members, with},
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::core,
    path_values::text,
    request_spec::{Body, RequestSpec, put},
    unusual::has_effect,
    valid_request::{ValidRequest, json_body, list_of},
};

/// Maximum number of values of a member or a parameter that are sent.
const MAX_VALUES: usize = 8;

impl Generator<'_> {
    /// Adds the valid request with each other value that the document lists for a member of its body, or for a parameter of its
    /// query if it only reads.
    pub(super) fn documented_values(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let stays = !self.removes_what_it_accepts(operation, right);
        let mut add = |part: &str, value: &Value, rule: String, faulty| {
            let what = format!("{}_documented_{}", slug(part), slug(&text(value)));
            let fault = Fault::new(FaultKind::Unusual, what, rule, faulty).of_kind("documented_value", part);
            // Each is asked, unless what it creates would stay.
            faults.push(Fault { tolerated: stays, ..fault });
        };
        for parameter in operation.parameters.iter().filter(|_| only_reads(operation)) {
            let schema = parameter.schema.as_ref().map(|schema| core(&self.declared.api.bundle, schema));
            let schema = schema.map(|schema| list_of(schema).unwrap_or(schema));
            let is_sent = parameter.place == ParameterLocation::Query
                && !parameter.json
                && !self.is_credential(operation, parameter)
                && !has_effect(operation, parameter)
                && self.paths.given(&parameter.name).is_none();
            let Some(schema) = schema.filter(|_| is_sent) else { continue };
            // One is sent anyway.
            let known = self.valid(parameter).unwrap_or_default();
            for value in self.listed(schema).into_iter().filter(|value| text(value) != known) {
                let mut faulty = right.ask.clone();
                put(&mut faulty, parameter, Some(&text(&value)));
                add(&parameter.name, &value, parameter.pointer.clone(), faulty);
            }
        }
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        let (Some(body), Some(Body::Json(_))) = (&right.body, &right.ask.body) else { return };
        let whole = core(&self.declared.api.bundle, schema);
        // Another value of these wants other members.
        let decides: BTreeSet<&str> =
            whole.pointer("/discriminator/propertyName").and_then(Value::as_str).into_iter().collect();
        let is_alternative = ["oneOf", "anyOf", "if"].iter().any(|key| whole.get(key).is_some());
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        for (name, property) in
            members.iter().filter(|(name, _)| !decides.contains(name.as_str()) && !is_alternative)
        {
            for value in self.listed(property).into_iter().filter(|value| body.get(name) != Some(value)) {
                let changed = with(body, std::slice::from_ref(name), Some(&value));
                let changed = changed.filter(|body| self.sampler.is_allowed(schema, body));
                if let Some(changed) = changed.filter(|_| self.paths.given(name).is_none()) {
                    let linked = self.linked(&changed, body, &right.around.made);
                    let faulty = RequestSpec { body: Some(Body::Json(linked)), ..right.ask.clone() };
                    add(name, &value, format!("{}/requestBody", operation.pointer), faulty);
                }
            }
        }
    }

    /// Returns the values that a schema lists, without `null`.
    fn listed(&self, schema: &Value) -> Vec<Value> {
        let values = core(&self.declared.api.bundle, schema).get("enum").and_then(Value::as_array);
        let values = values.into_iter().flatten().filter(|value| value.is_string() || value.is_number());
        values.take(MAX_VALUES).cloned().collect()
    }
}
