//! Deployments and their replicas.

use serde_json::json;

use super::{
    Call, Failure, Kubevision, Outcome, Resource, Success, access::scope, query, quirks, resources,
    validation::MAX_REPLICAS,
};
use crate::store::{Expected, Key};

impl Kubevision {
    pub(super) fn scale(
        &self,
        call: &Call<'_>,
        cluster: &str,
        namespace: &str,
        kind: &str,
        name: &str,
    ) -> Outcome {
        query::check_label("namespace", namespace)?;
        if Resource::from_plural(kind) != Some(Resource::Deployment) {
            return Err(Failure::invalid("kind", "must be deployments"));
        }
        query::check_name("name", name)?;
        let body = self.json(call.request)?;
        let sent = match body.required("replicas") {
            Err(_) if self.quirks.is_on(quirks::MISSING_PARAMETER) => &json!(1),
            sent => sent?,
        };
        let replicas = match sent.as_u64() {
            Some(replicas @ 0..=MAX_REPLICAS) => replicas,
            _ if self.quirks.is_on(quirks::MALFORMED_PARAMETER) => 0,
            _ => return Err(Failure::invalid("replicas", "must be a whole number from 0")),
        };
        self.admit(call, cluster, Some(namespace), (Resource::Deployment, "scale"))?;
        let key = Key::new(Resource::Deployment.plural(), &scope(cluster, namespace), name);
        let scaled = self.store.resources.update(&key, Expected::Any, |deployment| {
            deployment["spec"]["replicas"] = json!(replicas);
        })?;
        Ok(Success::of(resources::show(&scaled)))
    }
}
