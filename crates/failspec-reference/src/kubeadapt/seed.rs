//! The initial data of the API: two organisations, and keys of one of them.

use serde_json::{Value, json};

use super::keys::ENTER;
use crate::store::{Grant, Identity, Key, Store};

/// A key that may read everything of its organisation.
pub const FULL_KEY: &str = "ka_reference_full_7f3a91";
/// A key without the scope `recommendations:read`.
pub const NO_RECOMMENDATIONS_KEY: &str = "ka_reference_norec_51c2d8";
/// A key that may read one cluster only.
pub const RESTRICTED_KEY: &str = "ka_reference_restricted_0be47d";
/// A key that may read clusters and has a rate limit.
pub const LIMITED_KEY: &str = "ka_reference_limited_93e6aa";
/// A key that was revoked.
pub const REVOKED_KEY: &str = "ka_reference_revoked_2d84f0";

/// The cluster that every key may read.
pub const CLUSTER_ID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
/// Another cluster of the organisation.
pub const OTHER_CLUSTER_ID: &str = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
/// A cluster of another organisation.
pub const FOREIGN_CLUSTER_ID: &str = "16fd2706-8baf-433b-82eb-8c7fada847da";
/// The id of a cluster that does not exist.
pub const ABSENT_CLUSTER_ID: &str = "00000000-0000-4000-8000-000000000000";
/// A workload in the cluster that every key may read.
pub const WORKLOAD_UID: &str = "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b";
/// A workload in the other cluster of the organisation.
pub const OTHER_WORKLOAD_UID: &str = "0e37df36-f698-4be1-9d1e-7b2f4f0d9a55";
/// A workload of another organisation.
pub const FOREIGN_WORKLOAD_UID: &str = "d9428888-122b-4c1b-b85a-61cd3cbb3210";

/// The currency of all costs.
pub(super) const CURRENCY: &str = "USD";
/// The subject of the only key that has a rate limit.
pub(super) const LIMITED: &str = "limited";

/// The organisation of all keys.
const OWN: &str = "acme";
const FOREIGN: &str = "globex";

/// Every documented scope.
const SCOPES: [&str; 7] = [
    "clusters:read",
    "workloads:read",
    "nodes:read",
    "namespaces:read",
    "recommendations:read",
    "overview:read",
    "costs:teams:read",
];

/// Adds keys and clusters to an empty store.
pub(super) fn fill(store: &Store) {
    let scopes = |without: &str| -> Vec<Grant> {
        SCOPES.iter().filter(|scope| **scope != without).map(|scope| Grant::everywhere(scope)).collect()
    };
    let everywhere = || Grant::everywhere(ENTER);
    let key = |token, subject, mut grants: Vec<Grant>, clusters| {
        grants.push(clusters);
        let identity = Identity { tenant: OWN.to_owned(), ..Identity::new(subject, grants) };
        let revoked = token == REVOKED_KEY;
        store.identities.issue(token, Identity { revoked, ..identity });
    };
    key(FULL_KEY, "full", scopes(""), everywhere());
    key(NO_RECOMMENDATIONS_KEY, "no_recommendations", scopes("recommendations:read"), everywhere());
    key(RESTRICTED_KEY, "restricted", scopes(""), Grant::within(CLUSTER_ID, ENTER));
    key(LIMITED_KEY, LIMITED, vec![Grant::everywhere("clusters:read")], everywhere());
    key(REVOKED_KEY, "revoked", scopes(""), everywhere());
    cluster(store, OWN, CLUSTER_ID, "production", WORKLOAD_UID);
    cluster(store, OWN, OTHER_CLUSTER_ID, "staging", OTHER_WORKLOAD_UID);
    cluster(store, FOREIGN, FOREIGN_CLUSTER_ID, "production", FOREIGN_WORKLOAD_UID);
}

/// Adds a cluster with its usual resources.
fn cluster(store: &Store, tenant: &str, id: &str, name: &str, workload: &str) {
    let put = |collection, name: &str, body: Value| {
        drop(store.resources.put(Key::new(collection, tenant, name), body));
    };
    put(
        "clusters",
        id,
        json!({ "name": name, "provider": "aws", "region": "eu-central-1", "node_count": 2 }),
    );
    for node in ["node-1", "node-2"] {
        put(
            "nodes",
            &format!("{id}/{node}"),
            json!({ "name": node, "cluster_id": id, "instance_type": "m7i.large", "daily_cents": 312 }),
        );
    }
    for (namespace, team, cents) in [("checkout", "payments", 341), ("search", "discovery", 207)] {
        put(
            "namespaces",
            &format!("{id}/{namespace}"),
            json!({ "name": namespace, "cluster_id": id, "team": team, "daily_cents": cents }),
        );
    }
    put(
        "workloads",
        workload,
        json!({
            "uid": workload,
            "name": "web",
            "kind": "Deployment",
            "namespace": "checkout",
            "cluster_id": id,
            "daily_cents": 180,
        }),
    );
    put(
        "recommendations",
        workload,
        json!({ "workload_uid": workload, "cluster_id": id, "action": "lower_cpu_request", "daily_cents": 36 }),
    );
}
