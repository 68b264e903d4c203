//! Optional members of a valid body, each left out once: what the document does not require, a server need not get.

use serde_json::Value;

use crate::names::slug;
use failspec_pack::openapi::Operation;

use super::{
    body::{Members, with},
    effects::only_reads,
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    reach::Reach,
    request_spec::Body,
    valid_request::{ValidRequest, json_body},
    value_generator::{UNIQUE, UNIQUE_WITHIN},
};

/// Maximum number of members of an operation that are left out.
const MAX_MEMBERS: usize = 8;

impl Generator<'_> {
    /// Adds the valid request without each optional member that its body has, because of an example or of what belongs together.
    pub(super) fn left_out_members(
        &self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        let (Some(body), Some(Body::Json(_))) = (&right.body, &right.ask.body) else { return };
        if right.reach == Reach::Foreign
            || !only_reads(operation) && !self.removes_what_it_accepts(operation, right)
        {
            return;
        }
        let required = Members::of(&self.declared.api.bundle, schema, 0).required;
        let members = body.as_object().into_iter().flatten();
        let optional = members.filter(|(name, value)| {
            // What a creation that says 200 makes is known to be new by its own texts alone, and any thing by its name.
            let is_name = operation.method == "POST" && !declares(operation, 201) && has_unique(value);
            !required.contains(name)
                && !is_name
                && self.paths.given(name).is_none()
                && !self.identifies_new(operation, &right.ask, name)
        });
        let without = optional.filter_map(|(name, _)| {
            let without = with(body, std::slice::from_ref(name), None)?;
            self.sampler.is_allowed(schema, &without).then_some((name, without))
        });
        for (name, without) in without.take(MAX_MEMBERS) {
            let mut faulty = right.ask.clone();
            faulty.body = Some(Body::Json(self.linked(&without, body, &right.around.made)));
            let what = format!("without_optional_{}", slug(name));
            let rule = format!("{}/requestBody", operation.pointer);
            let fault = Fault::new(FaultKind::Unusual, what, rule, faulty);
            faults.push(fault.of_kind("without_optional_member", name));
        }
    }
}

/// Returns true if a value has a name of the run in it.
fn has_unique(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(UNIQUE) || text.contains(UNIQUE_WITHIN))
}
