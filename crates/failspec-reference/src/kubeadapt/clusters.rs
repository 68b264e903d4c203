//! Clusters: those of the key's organisation that the key may read.

use serde_json::{Value, json};

use super::{
    Call, Failure, Kubeadapt, Outcome, costs::money, inventory::whole, parameters::DEFAULT_DAYS, quirks, seed,
};
use crate::store::{Key, Resource};

impl Kubeadapt {
    pub(super) fn list_clusters(&self, call: &Call<'_>) -> Outcome {
        self.look_up()?;
        Ok(whole(self.readable(call).iter().map(show).collect()))
    }

    pub(super) fn get_cluster(&self, call: &Call<'_>, id: &str) -> Outcome {
        let id = self.cluster_id(id)?;
        self.look_up()?;
        Ok(show(&self.cluster(call, &id)?))
    }

    pub(super) fn get_cluster_dashboard(&self, call: &Call<'_>, id: &str) -> Outcome {
        let id = self.cluster_id(id)?;
        self.look_up()?;
        let cluster = self.cluster(call, &id)?;
        let cents = self.daily_cents(call, Some(&cluster)) * DEFAULT_DAYS;
        Ok(json!({
            "cluster_id": cluster.key.name,
            "total_cost": money(cents),
            "savings": money(cents / 5),
            "currency": seed::CURRENCY,
        }))
    }

    pub(super) fn get_cost_distribution(&self, call: &Call<'_>, id: &str) -> Outcome {
        let id = self.cluster_id(id)?;
        let timeframe = self.timeframe(call)?;
        self.look_up()?;
        let cluster = self.cluster(call, &id)?;
        let items: Vec<Value> = self
            .within(call, "namespaces", Some(&cluster))
            .iter()
            .map(|namespace| {
                let cents = namespace.body["daily_cents"].as_i64().unwrap_or(0) * timeframe.days();
                json!({ "name": namespace.body["name"], "cost": money(cents) })
            })
            .collect();
        Ok(json!({ "cluster_id": cluster.key.name, "timeframe": timeframe.as_str(), "items": items }))
    }

    /// Returns a cluster that the key may read. A cluster of another organisation gets the same response as one that
    /// does not exist.
    pub(super) fn cluster(&self, call: &Call<'_>, id: &str) -> Result<Resource, Failure> {
        let tenant = &call.identity.tenant;
        let Some(cluster) = self.store.resources.get(&Key::new("clusters", tenant, id)) else {
            return self.cluster_elsewhere(id);
        };
        if !self.allows(&call.identity, id) {
            return Err(Failure::ClusterNotAllowed);
        }
        Ok(cluster)
    }

    /// The result for a cluster that the organisation does not have: not found, unless a quirk reveals more.
    fn cluster_elsewhere(&self, id: &str) -> Result<Resource, Failure> {
        let revealed =
            || self.store.resources.list_below("clusters", "").into_iter().find(|any| any.key.name == id);
        if self.quirks.is_on(quirks::FOREIGN_REVEALED)
            && let Some(foreign) = revealed()
        {
            return Ok(foreign);
        }
        if self.quirks.is_on(quirks::FOREIGN_TOLD_APART) && revealed().is_some() {
            return Err(Failure::ForeignCluster);
        }
        if self.quirks.is_on(quirks::ABSENT_ANSWERED) {
            return Ok(Resource { key: Key::new("clusters", "", id), version: 0, body: json!({}) });
        }
        Err(Failure::ClusterNotFound)
    }

    /// All clusters that the key may read.
    pub(super) fn readable(&self, call: &Call<'_>) -> Vec<Resource> {
        let tenant = &call.identity.tenant;
        let (mut clusters, _) = self.store.resources.list("clusters", tenant, None, usize::MAX);
        clusters.retain(|cluster| self.allows(&call.identity, &cluster.key.name));
        clusters
    }
}

fn show(cluster: &Resource) -> Value {
    let Resource { key, body, .. } = cluster;
    json!({
        "id": key.name,
        "name": body["name"],
        "provider": body["provider"],
        "region": body["region"],
        "status": "connected",
        "node_count": body["node_count"],
    })
}
