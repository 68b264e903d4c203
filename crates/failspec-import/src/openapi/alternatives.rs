//! The alternatives (`oneOf`, `anyOf`) of a body and of its members, each sent once as valid: servers often know the first one alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::names::slug;
use failspec_pack::{openapi::Operation, pack::fault_kind::ALTERNATIVE};

use super::{
    body::{BadBody, Members, bad_bodies, with},
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    invalid_value::core,
    reach::Reach,
    request_spec::{Body, RequestSpec},
    valid_request::{ValidRequest, json_body, keep_name},
    value_generator::kind,
};

/// Maximum number of alternatives of an operation that are sent.
const MAX_ALTERNATIVES: usize = 4;

/// Maximum number of faults in the members that only one alternative has.
const MAX_FAULTS: usize = 12;

/// A valid body of another alternative than the one that the valid request has.
struct Alternative {
    /// The name of its schema, or its number.
    name: String,
    /// The member of which it is one; `None`: of the whole body.
    member: Option<String>,
    /// The schema of the body, with only this alternative if it is one of the whole body.
    schema: Value,
    body: Value,
}

impl Generator<'_> {
    /// Adds the valid request with each other alternative of its body.
    pub(super) fn other_alternatives(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        for Alternative { name, body, .. } in self.alternatives_of(operation, right) {
            let Some((faulty, _)) = self.with_alternative(operation, right, &body) else { continue };
            let what = format!("alternative_{}", slug(&name));
            let rule = format!("{}/requestBody", operation.pointer);
            let fault = Fault::new(FaultKind::Unusual, what, rule, faulty).of_kind(ALTERNATIVE, &name);
            faults.push(fault);
        }
    }

    /// Returns the bodies with a fault in a member that only another alternative than the one of the valid request has, each with
    /// the valid body of that alternative.
    pub(super) fn bad_alternatives(
        &self,
        operation: &Operation,
        right: &ValidRequest,
    ) -> Vec<(Value, BadBody)> {
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let (Some(schema), Some(own)) = (schema, &right.body) else { return Vec::new() };
        let bundle = &self.declared.api.bundle;
        let of_own = self.sampler.alternatives(schema, "body").into_iter();
        let of_own = of_own.filter(|(_, whole, _)| self.sampler.is_allowed(whole, own));
        let mut known: BTreeSet<String> = of_own
            .flat_map(|(_, whole, _)| Members::of(bundle, &whole, 0).properties)
            .map(|(name, _)| name)
            .collect();
        let mut found = Vec::new();
        for Alternative { member, schema: of_one, body, .. } in self.alternatives_of(operation, right) {
            let Some((_, body)) = self.with_alternative(operation, right, &body) else { continue };
            // Of the whole body, the members that only this alternative has; of a member, what is within it.
            let (new, is_within): (Vec<String>, bool) = match member {
                Some(member) => (vec![member], true),
                None => {
                    let members =
                        Members::of(bundle, &of_one, 0).properties.into_iter().map(|(name, _)| name);
                    (members.filter(|name| known.insert(name.clone())).collect(), false)
                }
            };
            let is_new = |place: &str| {
                new.iter().filter_map(|name| place.strip_prefix(name.as_str())).any(|rest| match is_within {
                    true => rest.starts_with('_'),
                    false => rest.is_empty() || rest.starts_with('_'),
                })
            };
            let bad = bad_bodies(&self.sampler, &of_one, &body).into_iter();
            // Without the member, it may be another alternative.
            let bad = bad.filter(|bad| {
                is_new(&bad.place) && bad.allowed == self.sampler.is_allowed(schema, &bad.body)
            });
            found.extend(bad.map(|bad| (body.clone(), bad)));
        }
        found.truncate(MAX_FAULTS);
        found
    }

    /// Returns valid bodies of the alternatives that the valid request has not: those of the whole body, then those of its members.
    fn alternatives_of(&self, operation: &Operation, right: &ValidRequest) -> Vec<Alternative> {
        let schema = json_body(operation).and_then(|content| content.schema.as_ref());
        let (Some(schema), Some(own), Some(Body::Json(_))) = (schema, &right.body, &right.ask.body) else {
            return Vec::new();
        };
        let is_sent = right.reach != Reach::Foreign
            && (only_reads(operation) || self.removes_what_it_accepts(operation, right));
        if !is_sent {
            return Vec::new();
        }
        let mut found: Vec<Alternative> = Vec::new();
        for (name, whole, value) in self.sampler.alternatives(schema, "body") {
            if !self.sampler.is_allowed(&whole, own) {
                let mut body = value;
                self.make_own(operation, schema, &mut body);
                found.push(Alternative { name, member: None, schema: whole, body });
            }
        }
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        for (member, property) in members {
            let inner = core(&self.declared.api.bundle, &property);
            let is_reference = self.creators.refers(&member, inner) || self.lists.has(&member);
            if is_reference
                || self.paths.given(&member).is_some()
                || self.identifies_new(operation, &right.ask, &member)
            {
                continue;
            }
            for (name, whole, value) in self.sampler.alternatives(inner, &format!("body.{member}")) {
                if own.get(&member).is_some_and(|own| self.sampler.is_allowed(&whole, own)) {
                    continue;
                }
                let body = with(own, std::slice::from_ref(&member), Some(&value));
                let body = body.filter(|body| self.sampler.is_allowed(schema, body));
                let name = format!("{member}_{name}");
                found.extend(body.map(|body| Alternative {
                    name,
                    member: Some(member.clone()),
                    schema: schema.clone(),
                    body,
                }));
            }
        }
        found.truncate(MAX_ALTERNATIVES);
        found
    }

    /// Returns the valid request with another body, and the body before the ids of created things are inserted; `None` if it would
    /// name what the run did not create, or make what the run could not find again.
    fn with_alternative(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        body: &Value,
    ) -> Option<(RequestSpec, Value)> {
        if !only_reads(operation) && self.refers_to_others(operation, Some(body), &right.around) {
            return None;
        }
        let mut body = body.clone();
        let mut ask = right.ask.clone();
        ask.body = Some(Body::Json(self.linked(&body, &body, &right.around.made)));
        if right.reach == Reach::Own {
            keep_name(operation, &right.around, &mut ask, Some(&mut body));
            ask.body = Some(Body::Json(self.linked(&body, &body, &right.around.made)));
        }
        let creator = self.creators.of_collection(operation).filter(|_| right.reach == Reach::Fresh);
        let is_found = creator.is_none_or(|creator| {
            creator.is_by_address()
                || declares(operation, 201) && creator.name_at(&self.declared.api).is_some()
                || creator.own_name(&ask).is_some()
        });
        is_found.then_some((ask, body))
    }
}

impl super::value_generator::ValueGenerator<'_> {
    /// Returns the alternatives of a schema, each with its name, the schema that has only this one, and a value that is valid.
    pub fn alternatives(&self, schema: &Value, name: &str) -> Vec<(String, Value, Value)> {
        let bundle = &self.declared.api.bundle;
        let whole = core(bundle, schema);
        let Some(entries) = whole.as_object() else { return Vec::new() };
        // The example of the whole is of one of them.
        let mut own = entries.clone();
        for key in ["example", "examples", "default", "const", "enum"] {
            own.remove(key);
        }
        let listed = ["oneOf", "anyOf"].iter().find_map(|key| entries.get(*key)?.as_array());
        let is_null = |it: &Value| bundle.resolve(it).get("type").and_then(Value::as_str) == Some("null");
        let listed: Vec<&Value> = listed.into_iter().flatten().filter(|it| !is_null(it)).collect();
        if listed.len() < 2 {
            return Vec::new();
        }
        let made = listed.into_iter().enumerate().filter_map(|(number, alternative)| {
            let one = merged(&own, alternative, bundle);
            // What is required alone may be of several alternatives.
            let values = [one.clone(), fuller(one.clone())];
            let values = values.iter().filter_map(|schema| self.value(schema, name));
            let mut values = values.map(|value| self.discriminated(entries, alternative, value));
            let value = values.find(|value| self.is_allowed(schema, value))?;
            let reference = alternative.get("$ref").and_then(Value::as_str);
            let named = reference.and_then(|reference| reference.rsplit('/').next());
            Some((named.map_or_else(|| (number + 1).to_string(), str::to_owned), one, value))
        });
        made.collect()
    }
}

/// Merges a schema and one of its parts.
pub(super) fn merged(
    entries: &Map<String, Value>,
    part: &Value,
    bundle: &failspec_pack::openapi::Bundle,
) -> Value {
    let mut whole = entries.clone();
    whole.retain(|key, _| key != "oneOf" && key != "anyOf");
    for (key, value) in bundle.resolve(part).as_object().into_iter().flatten() {
        match (whole.get_mut(key), value) {
            (Some(Value::Object(own)), Value::Object(more)) => own.extend(more.clone()),
            (Some(Value::Array(own)), Value::Array(more)) if matches!(key.as_str(), "required" | "allOf") => {
                own.extend(more.clone());
            }
            _ => drop(whole.insert(key.clone(), value.clone())),
        }
    }
    Value::Object(whole)
}

/// Returns a schema that asks for at least one item, or for all members.
pub(super) fn fuller(schema: Value) -> Value {
    let Value::Object(mut entries) = schema else { return schema };
    match kind(&entries) {
        Some("array") if entries.get("minItems").and_then(Value::as_u64).unwrap_or(0) == 0 => {
            entries.insert("minItems".to_owned(), 1.into());
        }
        Some("object") => {
            let properties = entries.get("properties").and_then(Value::as_object);
            let names: Vec<Value> =
                properties.into_iter().flat_map(Map::keys).map(|name| name.as_str().into()).collect();
            entries.insert("required".to_owned(), names.into());
        }
        _ => {}
    }
    entries.into()
}
