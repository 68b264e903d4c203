//! The configurations of clusters. KubeVision stores them itself, so they exist even if a cluster does not respond.

use serde_json::{Value, json};
use url::Url;

use super::{Call, Code, Failure, Kubevision, Outcome, Success, access::cluster_key, query, quirks, seed};
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

    pub(super) fn create_cluster(&self, call: &Call<'_>) -> Outcome {
        let body = self.json(call.request)?;
        let [name, server] = body.texts(["name", "server"])?;
        query::check_label("name", name)?;
        let unasked = server.is_empty() && self.quirks.is_on(quirks::MISSING_PARAMETER);
        if !is_https(server) && !unasked {
            return Err(Failure::invalid("server", "must be an absolute https URL"));
        }
        self.administrate(call)?;
        let stored = json!({ "server": server });
        if self.quirks.is_on(quirks::DUPLICATE) {
            return Ok(Success::of(show(&self.store.resources.put(cluster_key(name), stored))));
        }
        match self.store.resources.create(cluster_key(name), stored) {
            Ok(created) => Ok(Success::of(show(&created))),
            Err(_) => Err(Failure::new(Code::AlreadyExists, "there is a cluster of this name already")),
        }
    }

    pub(super) fn get_cluster(&self, call: &Call<'_>, cluster: &str) -> Outcome {
        query::check_label("cluster", cluster)?;
        self.enter_cluster(call, cluster)?;
        let found = self.store.resources.get(&cluster_key(cluster));
        match found {
            Some(found) => Ok(Success::of(show(&found))),
            None if self.quirks.is_on(quirks::ABSENT_CLUSTER) => {
                Ok(Success::of(json!({ "id": cluster, "name": cluster, "server": "" })))
            }
            None => Err(absent()),
        }
    }

    /// Deletes a cluster. The clusters of the initial data cannot be deleted.
    pub(super) fn delete_cluster(&self, call: &Call<'_>, cluster: &str) -> Outcome {
        query::check_label("cluster", cluster)?;
        self.enter_cluster(call, cluster)?;
        self.administrate(call)?;
        if seed::is_seeded(cluster) {
            return Err(Failure::new(Code::ActionForbidden, "this cluster may not be removed"));
        }
        let gone = self.store.resources.delete(&cluster_key(cluster)).map_err(|_| absent())?;
        Ok(Success::of(show(&gone)))
    }
}

fn is_https(server: &str) -> bool {
    Url::parse(server).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

fn show(cluster: &Resource) -> Value {
    let name = &cluster.key.name;
    json!({ "id": name, "name": name, "server": cluster.body["server"] })
}

fn absent() -> Failure {
    Failure::new(Code::ClusterNotFound, "there is no configuration of this cluster")
}
