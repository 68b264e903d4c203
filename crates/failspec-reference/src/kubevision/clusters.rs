//! The configurations of clusters. KubeVision stores them itself, so they exist even if a cluster does not respond.

use serde_json::{Value, json};
use url::Url;

use super::{
    Call, Code, Failure, Kubevision, Outcome, Success, access::cluster_key, next, query, quirks, seed, yaml,
};
use crate::store::Resource;

impl Kubevision {
    /// Lists the clusters that the caller may see.
    pub(super) fn list_clusters(&self, call: &Call<'_>) -> Success {
        let all = self.store.resources.list_below("clusters", "");
        let seen: Vec<Value> =
            all.iter().filter(|cluster| call.caller.sees(&cluster.key.name)).map(show).collect();
        let total = seen.len();
        Success::list(seen, total)
    }

    /// Registers a cluster. "KubeVision validates connectivity before saving."
    pub(super) fn create_cluster(&self, call: &Call<'_>) -> Outcome {
        let body = self.json(call.request)?;
        let [name, auth_type, kubeconfig] = body.texts(["name", "authType", "kubeconfig"])?;
        query::check_label("name", name)?;
        let is_lenient = self.quirks.is_on(quirks::MISSING_PARAMETER);
        if auth_type != "kubeconfig" && !(auth_type.is_empty() && is_lenient) {
            return Err(Failure::invalid("authType", "must be kubeconfig"));
        }
        let server = if kubeconfig.is_empty() && is_lenient {
            seed::SERVER.to_owned()
        } else {
            self.server_of(kubeconfig)?
        };
        self.administrate(call)?;
        let replaces = self.quirks.is_on(quirks::DUPLICATE);
        if !replaces && self.store.resources.contains(&cluster_key(name)) {
            return Err(exists());
        }
        if !seed::responds(&server) && !self.quirks.is_on(quirks::MALFORMED_PARAMETER) {
            return Err(Failure::new(
                Code::ClusterUnreachable,
                "the API server of this cluster does not respond",
            ));
        }
        let stored = json!({ "id": next(&self.last_cluster), "server": server });
        if replaces {
            return Ok(Success::of(show(&self.store.resources.put(cluster_key(name), stored))));
        }
        // Another request may have registered the name in the meantime.
        match self.store.resources.create(cluster_key(name), stored) {
            Ok(created) => Ok(Success::of(show(&created))),
            Err(_) => Err(exists()),
        }
    }

    /// Returns the address of the current context of a kubeconfig.
    fn server_of(&self, kubeconfig: &str) -> Result<String, Failure> {
        let unreadable =
            |error| Failure::new(Code::InvalidYaml, format!("the kubeconfig cannot be parsed: {error}"));
        let document = yaml::read(kubeconfig).map_err(unreadable)?.pop().unwrap_or_default();
        let named = |list: &str, name: &Value| {
            document[list].as_array()?.iter().find(|item| item["name"] == *name && !name.is_null()).cloned()
        };
        let server = named("contexts", &document["current-context"])
            .and_then(|context| named("clusters", &context["context"]["cluster"]))
            .and_then(|cluster| cluster["cluster"]["server"].as_str().map(str::to_owned))
            .ok_or_else(|| Failure::invalid("kubeconfig", "has no server in its current context"))?;
        if !is_https(&server) && !self.quirks.is_on(quirks::MALFORMED_PARAMETER) {
            return Err(Failure::invalid("kubeconfig", "must have an absolute https URL as server"));
        }
        Ok(server)
    }

    /// Returns the name of the cluster with an id. No cluster has the name for an unknown one.
    pub(super) fn cluster_name(&self, id: &str) -> Result<String, Failure> {
        let id = query::id("cluster id", id)?;
        let all = self.store.resources.list_below("clusters", "");
        let found = all.into_iter().find(|cluster| cluster.body["id"] == id);
        Ok(found.map_or_else(|| format!("#{id}"), |cluster| cluster.key.name))
    }

    pub(super) fn get_cluster(&self, call: &Call<'_>, cluster: &str) -> Outcome {
        self.enter_cluster(call, cluster)?;
        let found = self.store.resources.get(&cluster_key(cluster));
        match found {
            Some(found) => Ok(Success::of(show(&found))),
            None if self.quirks.is_on(quirks::ABSENT_CLUSTER) => Ok(Success::of(
                json!({ "id": 0, "name": cluster, "apiServer": "", "authType": "kubeconfig" }),
            )),
            None => Err(absent()),
        }
    }

    /// Deletes a cluster. The clusters of the initial data cannot be deleted.
    pub(super) fn delete_cluster(&self, call: &Call<'_>, cluster: &str) -> Outcome {
        self.enter_cluster(call, cluster)?;
        self.administrate(call)?;
        if seed::is_seeded(cluster) {
            return Err(Failure::new(Code::ActionForbidden, "this cluster may not be removed"));
        }
        self.store.resources.delete(&cluster_key(cluster)).map_err(|_| absent())?;
        Ok(Success::of(Value::Null))
    }
}

fn is_https(server: &str) -> bool {
    Url::parse(server).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

fn show(cluster: &Resource) -> Value {
    let name = &cluster.key.name;
    let Value::Object(body) = &cluster.body else { return Value::Null };
    json!({ "id": body.get("id"), "name": name, "apiServer": body.get("server"), "authType": "kubeconfig" })
}

fn exists() -> Failure {
    Failure::new(Code::AlreadyExists, "there is a cluster of this name already")
}

fn absent() -> Failure {
    Failure::new(Code::ClusterNotFound, "there is no configuration of this cluster")
}
