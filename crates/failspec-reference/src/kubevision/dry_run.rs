//! Dry runs: the response of the API server, without any effect.

use serde_json::{Value, json};

use super::{
    Call, Failure, Kubevision, Outcome, Resource, Success, access::scope, query, quirks, validation,
};
use crate::store::{Expected, Key, UpdateError};

impl Kubevision {
    /// Performs a dry run. An object that exists counts as updated, any other one as created.
    pub(super) fn dry_run(&self, call: &Call<'_>, cluster: &str, resource: Resource) -> Outcome {
        query::check_label("cluster", cluster)?;
        let namespace = self.optional_namespace(&call.query)?;
        let sent = self.manifest(call, resource, namespace)?;
        self.admit(call, cluster, Some(&sent.namespace), (resource, "dry-run"))?;
        self.need_namespace(cluster, &sent.namespace)?;
        let key = Key::new(resource.plural(), &scope(cluster, &sent.namespace), &sent.name);
        let existing = self.store.resources.get(&key);
        match (&existing, self.expected(sent.version)) {
            (Some(existing), Expected::Version(version)) if version != existing.version => {
                return Err(Failure::from(UpdateError::Stale { actual: existing.version }));
            }
            _ => {}
        }
        let mut object = Value::Object(sent.object);
        if !sent.made_up && !self.quirks.is_on(quirks::BLIND_DRY_RUN) {
            validation::check(resource, &object, existing.as_ref().map(|existing| &existing.body))?;
        }
        // An object that does not exist has no version.
        if let Some(existing) = &existing {
            object["metadata"]["resourceVersion"] = json!(existing.version.to_string());
        }
        Ok(Success::of(object))
    }
}
