//! Deployments and their replicas.

use serde_json::json;

use super::{Call, Code, Failure, Kubeglass, Outcome, body::Object, call::data, names, quirks};
use crate::store::Expected;

/// The maximum number of replicas. Kubernetes counts them in signed 32-bit integers.
const MAX_COUNT: u64 = i32::MAX as u64;

impl Kubeglass {
    pub(super) fn scale_deployment(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_name(name)?;
        let replicas = self.read_replicas(&call.object()?)?;
        self.enter(call, "deployments:write")?;
        let key = call.key("deployments", namespace, name);
        let deployment = self
            .store
            .resources
            .update(&key, Expected::Any, |body| body["replicas"] = json!(replicas))
            .map_err(|_| Failure::new(Code::NotFound, format!("deployment {name:?} does not exist")))?;
        Ok(data(&json!({
            "metadata": { "name": name, "namespace": namespace, "resourceVersion": deployment.version.to_string() },
            "replicas": replicas,
        })))
    }

    fn read_replicas(&self, body: &Object) -> Result<u64, Failure> {
        let sent = body.required("replicas")?;
        match sent.as_u64() {
            Some(replicas @ 0..=MAX_COUNT) => Ok(replicas),
            _ if sent.is_i64() && self.quirks.is_on(quirks::BAD_FIELD) => Ok(0),
            _ => Err(body.invalid("replicas", &format!("must be a whole number from 0 to {MAX_COUNT}"))),
        }
    }
}
