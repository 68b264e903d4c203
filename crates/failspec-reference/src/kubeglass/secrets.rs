//! Secrets, which only some roles may read.

use serde_json::json;

use super::{Call, Code, Failure, Kubeglass, Outcome, call::data, names};

impl Kubeglass {
    /// Returns a secret. Its values are never shown, even to callers who may read the secret.
    pub(super) fn get_secret(&self, call: &Call<'_>, namespace: &str, name: &str) -> Outcome {
        names::check_namespace(namespace)?;
        names::check_name(name)?;
        self.enter(call, "secrets:read")?;
        let secret = self
            .store
            .resources
            .get(&call.key("secrets", namespace, name))
            .ok_or_else(|| Failure::new(Code::NotFound, format!("secret {name:?} does not exist")))?;
        Ok(data(&json!({
            "metadata": { "name": name, "namespace": namespace, "resourceVersion": secret.version.to_string() },
            "data": secret.body,
        })))
    }
}
