//! Faults in parameters that are texts in JSON (`content` in place of `schema`).

use serde_json::Value;

use crate::names::slug;
use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};

use super::{
    body::{BadBody, bad_bodies},
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::MAX_TEXT_LEN,
    query_languages::wrong_objects,
    request_spec::put,
    valid_request::{ValidRequest, as_json_text, holds},
};

impl Generator<'_> {
    /// Adds wrong and unusual values of a parameter that is a text in JSON: the same that a body gets, and one that is cut off.
    pub(super) fn json_parameter(
        &mut self,
        operation: &Operation,
        parameter: &Parameter,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let own = slug(&parameter.name);
        if parameter.place == ParameterLocation::Path {
            let why = "a parameter of a path that is JSON is not followed";
            return self.leave_out(why, operation, &format!("values of {}", parameter.name));
        }
        let mut add = |what: &str, text: &str, class: FaultKind, bad: Option<&BadBody>| {
            if text.len() > MAX_TEXT_LEN || !holds(parameter, text) {
                return;
            }
            let mut faulty = right.ask.clone();
            put(&mut faulty, parameter, Some(text));
            let fault = Fault::new(class, format!("{own}_{what}"), parameter.pointer.clone(), faulty)
                .of_kind(bad.map_or(what, |bad| bad.what), &parameter.name);
            // Many servers take `null` for a parameter that is absent.
            let is_null = bad.is_some_and(|bad| bad.body.is_null());
            faults.push(Fault {
                inferred: is_null || bad.is_some_and(|bad| bad.doubtful),
                tolerated: is_null
                    || bad.is_none() && class.is_allowed()
                    || bad.is_some_and(|bad| bad.tolerated),
                ..fault
            });
        };
        add("malformed_json", "{\"failspec\": ", FaultKind::Invalid, None);
        let Some(schema) = &parameter.schema else { return };
        let is_allowed = |value: &&Value| self.sampler.is_allowed(schema, value);
        let given = self.paths.given(&parameter.name).and_then(|text| serde_json::from_str(text).ok());
        let example = || parameter.examples.iter().find(is_allowed).cloned();
        let Some(value) = given.or_else(example).or_else(|| self.sampler.value(schema, &parameter.name))
        else {
            return;
        };
        for (what, object) in wrong_objects() {
            if operation.is_safe() && self.sampler.is_allowed(schema, &object) {
                add(what, &as_json_text(&object), FaultKind::Unusual, None);
            }
        }
        for bad in bad_bodies(&self.sampler, schema, &value) {
            let place = if bad.place.is_empty() { String::new() } else { format!("{}_", slug(&bad.place)) };
            let class = if bad.allowed { FaultKind::Unusual } else { FaultKind::Invalid };
            add(&format!("{place}{}", bad.what), &as_json_text(&bad.body), class, Some(&bad));
        }
    }
}
