//! Dry runs: the response of the API server, without any effect.

use serde_json::{Value, json};

use super::{
    Call, Code, Failure, Kubevision, Outcome, Resource, Success, access::scope, quirks, resources, validation,
};
use crate::store::{Expected, Key, UpdateError};

impl Kubevision {
    /// Performs a dry run of a creation.
    pub(super) fn dry_run(&self, call: &Call<'_>, cluster: &str, resource: Resource) -> Outcome {
        let namespace = self.namespace(&call.query)?;
        let sent = self.manifest(call, resource, Some(namespace))?;
        self.admit(call, cluster, Some(&sent.namespace), (resource, "dry-run"))?;
        self.need_namespace(cluster, &sent.namespace)?;
        let key = Key::new(resource.plural(), &scope(cluster, &sent.namespace), &sent.name);
        let object = Value::Object(sent.object);
        if !sent.made_up && !self.quirks.is_on(quirks::BLIND_DRY_RUN) {
            if self.store.resources.contains(&key) {
                let message = "the API server rejects the creation: the resource exists already";
                return Err(Failure::new(Code::RejectedByKubernetes, message));
            }
            validation::check(resource, &object, None)?;
        }
        Ok(preview(Value::Null, object))
    }

    /// Performs a dry run of an update.
    pub(super) fn dry_run_update(
        &self,
        call: &Call<'_>,
        cluster: &str,
        resource: Resource,
        name: &str,
    ) -> Outcome {
        let key = self.locate(call, cluster, resource, name)?;
        let namespace = self.namespace(&call.query)?;
        let sent = self.manifest_for(call, resource, namespace, name)?;
        self.admit(call, cluster, Some(namespace), (resource, "dry-run"))?;
        let existing = self.store.resources.get(&key).ok_or_else(resources::absent)?;
        if let Expected::Version(version) = self.expected(sent.version)
            && version != existing.version
        {
            return Err(Failure::from(UpdateError::Stale { actual: existing.version }));
        }
        let mut object = Value::Object(sent.object);
        if !sent.made_up && !self.quirks.is_on(quirks::BLIND_DRY_RUN) {
            validation::check(resource, &object, Some(&existing.body))?;
        }
        object["metadata"]["resourceVersion"] = json!(existing.version.to_string());
        Ok(preview(resources::show(&existing), object))
    }
}

/// Returns what a change would do.
fn preview(current: Value, proposed: Value) -> Success {
    let proposed = resources::view(proposed);
    Success::of(json!({ "current": current, "proposed": proposed, "valid": true, "errors": [] }))
}
