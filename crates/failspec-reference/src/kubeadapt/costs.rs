//! Costs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Call, Kubeadapt, Outcome, inventory::whole, parameters::DEFAULT_DAYS, seed};
use crate::store::Resource;

impl Kubeadapt {
    pub(super) fn get_overview(&self, call: &Call<'_>) -> Outcome {
        self.look_up()?;
        Ok(json!({
            "total_cost": money(self.daily_cents(call, None) * DEFAULT_DAYS),
            "cluster_count": self.readable(call).len(),
            "currency": seed::CURRENCY,
        }))
    }

    pub(super) fn get_dashboard(&self, call: &Call<'_>) -> Outcome {
        self.look_up()?;
        let cents = self.daily_cents(call, None) * DEFAULT_DAYS;
        Ok(json!({
            "total_cost": money(cents),
            "savings": money(cents / 5),
            "currency": seed::CURRENCY,
        }))
    }

    /// Lists the costs of teams. Each namespace belongs to a team.
    pub(super) fn list_team_costs(&self, call: &Call<'_>) -> Outcome {
        let days = self.days(call)?;
        self.look_up()?;
        let mut teams: BTreeMap<String, i64> = BTreeMap::new();
        for namespace in self.within(call, "namespaces", None) {
            let team = namespace.body["team"].as_str().unwrap_or("unassigned");
            *teams.entry(team.to_owned()).or_default() += cents(&namespace) * days;
        }
        let items: Vec<Value> =
            teams.into_iter().map(|(team, cents)| json!({ "team": team, "cost": money(cents) })).collect();
        Ok(whole(items))
    }

    /// The costs per day, in cents, of a cluster or of all clusters that the key may read.
    pub(super) fn daily_cents(&self, call: &Call<'_>, cluster: Option<&Resource>) -> i64 {
        self.within(call, "namespaces", cluster).iter().map(cents).sum()
    }
}

fn cents(namespace: &Resource) -> i64 {
    namespace.body["daily_cents"].as_i64().unwrap_or(0)
}

/// Converts cents to the main unit of the currency.
pub(super) fn money(cents: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "costs here are far below 2^53 cents")]
    let cents = cents as f64;
    cents / 100.0
}
