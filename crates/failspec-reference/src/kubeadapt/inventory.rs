//! The resources of clusters: workloads, nodes, namespaces, recommendations.

use serde_json::{Value, json};

use super::{Call, Failure, Kubeadapt, Outcome, costs::money, ids, parameters::Page};
use crate::store::{Key, Resource};

impl Kubeadapt {
    pub(super) fn list_workloads(&self, call: &Call<'_>) -> Outcome {
        self.list(call, "workloads")
    }

    pub(super) fn list_nodes(&self, call: &Call<'_>) -> Outcome {
        self.list(call, "nodes")
    }

    pub(super) fn list_namespaces(&self, call: &Call<'_>) -> Outcome {
        let wanted = self.wanted_cluster(call)?;
        self.look_up()?;
        let cluster = wanted.map(|id| self.cluster(call, &id)).transpose()?;
        Ok(whole(self.within(call, "namespaces", cluster.as_ref()).iter().map(show).collect()))
    }

    pub(super) fn list_recommendations(&self, call: &Call<'_>) -> Outcome {
        self.list(call, "recommendations")
    }

    /// Returns the metrics of a workload. A workload of another organisation gets the same response as one that does
    /// not exist.
    pub(super) fn get_workload_metrics(&self, call: &Call<'_>, uid: &str) -> Outcome {
        let uid = ids::workload(uid)?;
        let timeframe = self.timeframe(call)?;
        self.look_up()?;
        let key = Key::new("workloads", &call.identity.tenant, &uid);
        let workload = self.store.resources.get(&key).ok_or(Failure::WorkloadNotFound)?;
        if !self.allows(&call.identity, cluster_of(&workload)) {
            return Err(Failure::ClusterNotAllowed);
        }
        let cents = workload.body["daily_cents"].as_i64().unwrap_or(0) * timeframe.days();
        Ok(json!({
            "uid": uid,
            "timeframe": timeframe.as_str(),
            "cpu_cores": 0.25,
            "memory_gib": 0.5,
            "cost": money(cents),
        }))
    }

    fn list(&self, call: &Call<'_>, collection: &'static str) -> Outcome {
        let page = self.page(call)?;
        let wanted = self.wanted_cluster(call)?;
        self.look_up()?;
        let cluster = wanted.map(|id| self.cluster(call, &id)).transpose()?;
        Ok(page.response(self.within(call, collection, cluster.as_ref()).iter().map(show).collect()))
    }

    /// Returns the resources of a cluster, or of all clusters that the key may read.
    pub(super) fn within(
        &self,
        call: &Call<'_>,
        collection: &'static str,
        cluster: Option<&Resource>,
    ) -> Vec<Resource> {
        // A cluster knows its organisation. This is the organisation of the key, unless a mutant reveals other
        // clusters.
        let tenant = cluster.map_or(&call.identity.tenant, |cluster| &cluster.key.scope);
        let (mut found, _) = self.store.resources.list(collection, tenant, None, usize::MAX);
        found.retain(|one| match cluster {
            Some(cluster) => cluster_of(one) == cluster.key.name,
            None => self.allows(&call.identity, cluster_of(one)),
        });
        found
    }
}

/// Builds a list that has no pages: `{"items", "total"}`.
pub(super) fn whole(items: Vec<Value>) -> Value {
    json!({ "total": items.len(), "items": items })
}

impl Page {
    /// Builds one page of a list: `{"items", "total", "limit", "offset"}`.
    pub(super) fn response(self, mut items: Vec<Value>) -> Value {
        let Self { offset, limit } = self;
        let total = items.len();
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        items.drain(..skipped.min(total));
        items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        json!({ "items": items, "total": total, "limit": limit, "offset": offset })
    }
}

/// The cluster of a resource.
fn cluster_of(one: &Resource) -> &str {
    one.body["cluster_id"].as_str().unwrap_or_default()
}

/// Returns a resource as responses show it, with cents converted to the main unit of the currency.
fn show(one: &Resource) -> Value {
    let mut shown = one.body.clone();
    if let Some(members) = shown.as_object_mut()
        && let Some(cents) = members.shift_remove("daily_cents")
    {
        members.insert("daily_cost".to_owned(), json!(money(cents.as_i64().unwrap_or(0))));
    }
    shown
}
