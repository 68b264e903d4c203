//! Names of new things that stand in the address: a server puts them into file names, queries and logs.

use failspec_pack::{
    openapi::Operation,
    pack::{StatusPattern, writing::ExpectSource},
};
use serde_json::Value;

use crate::names::slug;

use super::{
    crud::bare,
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    path_values::{names, parameter},
    reach::Reach,
    request_spec::RequestSpec,
    scenario::step,
    valid_request::ValidRequest,
};

/// A name that is unique to the run, with a NUL, as it stands in an address.
const WITH_NUL: &str = "${unique}-nul%00";

impl Generator<'_> {
    /// Adds the request that creates a thing on its own address under a name with a NUL. The teardown removes it.
    pub(super) fn odd_new_names(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        let creator = self.creators.of_item(&bare(&operation.path));
        let is_creation =
            |make: &Operation| (&make.method, &make.path) == (&operation.method, &operation.path);
        let creator = creator.filter(|creator| creator.is_by_address() && is_creation(creator.make));
        let Some(creator) = creator.filter(|_| self.allow_writes && right.reach != Reach::Foreign) else {
            return;
        };
        let Some(name) = names(&operation.path).last().copied() else { return };
        let Some(own) = parameter(operation, name) else { return };
        let any = Value::Bool(true);
        let schema = own.schema.as_ref().unwrap_or(&any);
        if !self.sampler.is_allowed(schema, &"failspec-nul\0".into()) {
            return;
        }
        let mut made = right.around.made.clone();
        made.remove(&bare(&operation.path));
        let filled = self.paths.fill(operation, &made, &[(name, WITH_NUL.to_owned())]);
        let removal = self.paths.fill(creator.remove, &made, &[(creator.parameter, WITH_NUL.to_owned())]);
        if filled.foreign || removal.foreign {
            return;
        }
        let faulty = RequestSpec { path: filled.path, ..right.ask.clone() };
        let what = format!("{}_nul_in_new_name", slug(name));
        let fault = Fault::new(FaultKind::Unusual, what, own.pointer.clone(), faulty);
        let mut fault = Fault { tolerated: true, names_own: true, ..fault.of_kind("nul_in_new_name", name) };
        // What a POST creates is removed like all that requests create.
        if operation.method != "POST"
            && let Ok((remove, _)) = self.asked(creator.remove, removal.path)
        {
            // Mostly there is nothing to remove, so any answer will do.
            let any = [2, 3, 4].map(StatusPattern::Class).to_vec();
            let expect = ExpectSource { status: any.into(), ..ExpectSource::default() };
            let mut remove = step(&remove, None);
            remove.expect = Some(expect);
            fault.teardown.push(remove);
        }
        faults.push(fault);
    }
}
