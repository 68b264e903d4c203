//! Creations of several things at once: their valid body is a list of one new thing of the run.

use serde_json::Value;

use failspec_pack::openapi::Operation;

use super::{
    body::Members,
    effects::only_reads,
    generate::Generator,
    invalid_value::core,
    valid_request::list_of,
    value_generator::{UNIQUE, UNIQUE_WITHIN},
};

impl Generator<'_> {
    /// Returns a list of one new thing, if that is what an operation creates. `None` if it has no name of the run, or refers to what
    /// the run did not create: the list says nothing of what is there then.
    pub(super) fn list_of_one(&self, operation: &Operation, schema: &Value) -> Option<Value> {
        let creates = operation.method == "POST" && self.allow_writes && !only_reads(operation);
        let creator = self.creators.of_collection(operation).filter(|_| creates)?;
        if creator.is_by_address() {
            return None;
        }
        let bundle = &self.declared.api.bundle;
        let items = list_of(core(bundle, schema))?;
        let list = self.sampler.with_items(schema, "body")?;
        let thing = list.get(0).filter(|thing| thing.is_object())?;
        let members = Members::of(bundle, items, 0).properties;
        let refers = |(name, property): &(String, Value)| {
            thing.get(name).is_some() && self.creators.refers(name, core(bundle, property))
        };
        let text = thing.to_string();
        let is_own = text.contains(UNIQUE) || text.contains(UNIQUE_WITHIN);
        (is_own && !members.iter().any(refers)).then_some(list)
    }
}
