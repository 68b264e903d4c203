//! The initial data of the API.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Kubevision,
    access::{Role, cluster_key, scope},
    next,
};
use crate::store::{Identity, Key};

/// The token of an administrator, who may do everything.
pub const ADMIN_TOKEN: &str = "kv_at_admin_reference";
/// The token of a developer, who may work in cluster `main`, namespace `team-a`.
pub const DEVELOPER_TOKEN: &str = "kv_at_developer_reference";
/// The token of a viewer, who may read there.
pub const VIEWER_TOKEN: &str = "kv_at_viewer_reference";
/// An expired token of user `expired`.
pub const EXPIRED_TOKEN: &str = "kv_at_expired_reference";
/// A refresh token of that user.
pub const EXPIRED_REFRESH_TOKEN: &str = "kv_rt_expired_reference";
/// The password of all users with 2FA.
pub const TOTP_PASSWORD: &str = "reference-totp-password";
/// The users with 2FA and their secrets in Base32.
pub const TOTP_SECRETS: [(&str, &str); 3] = [
    ("totp-a", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
    ("totp-b", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"),
    ("totp-c", "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"),
];

/// The users without 2FA, with their fixed access tokens.
const USERS: [(&str, Role, &str); 4] = [
    ("admin", Role::Admin, ADMIN_TOKEN),
    ("developer", Role::Developer, DEVELOPER_TOKEN),
    ("viewer", Role::Viewer, VIEWER_TOKEN),
    ("expired", Role::Viewer, EXPIRED_TOKEN),
];

/// The password of a user without 2FA.
#[must_use]
pub fn password_of(user: &str) -> String {
    format!("reference-{user}-password")
}

/// The cluster that every role may enter.
pub(super) const CLUSTER: &str = "main";
/// A cluster that only administrators may enter.
pub(super) const RESTRICTED_CLUSTER: &str = "restricted";
/// A cluster with an API server at an address that is never assigned (RFC 5737).
pub(super) const UNREACHABLE_CLUSTER: &str = "dead";
/// The namespace that every role may enter.
pub(super) const NAMESPACE: &str = "team-a";

/// The clusters, their servers and their namespaces.
const CLUSTERS: [(&str, &str, &[&str]); 3] = [
    (CLUSTER, "https://main.reference.invalid:6443", &[NAMESPACE, "team-b", "kube-system"]),
    (RESTRICTED_CLUSTER, "https://restricted.reference.invalid:6443", &[NAMESPACE, "kube-system"]),
    (UNREACHABLE_CLUSTER, "https://192.0.2.1:6443", &[]),
];

/// The address of the cluster that every role may enter.
pub(super) const SERVER: &str = CLUSTERS[0].1;

/// Returns true if a Kubernetes API server responds at an address.
pub(super) fn responds(server: &str) -> bool {
    CLUSTERS.iter().any(|(name, known, _)| *known == server && *name != UNREACHABLE_CLUSTER)
}

/// Returns true if a cluster is part of the initial data.
pub(super) fn is_seeded(cluster: &str) -> bool {
    CLUSTERS.iter().any(|(known, ..)| *known == cluster)
}

impl Kubevision {
    /// Adds users, clusters and resources to the empty stores.
    pub(super) fn fill(&self) {
        let tokens = &self.store.identities;
        for (name, role, token) in USERS {
            self.put_user(name, &password_of(name), role, None);
            let expires = (token == EXPIRED_TOKEN).then_some(Timestamp::UNIX_EPOCH);
            tokens.issue(token, Identity { expires, ..Identity::new(name, Vec::new()) });
        }
        self.refreshing.issue(EXPIRED_REFRESH_TOKEN, Identity::new("expired", Vec::new()));
        for (name, secret) in TOTP_SECRETS {
            self.put_user(name, TOTP_PASSWORD, Role::Viewer, Some(secret));
        }
        let put = |key, body| drop(self.store.resources.put(key, body));
        for (cluster, server, namespaces) in CLUSTERS {
            put(cluster_key(cluster), json!({ "id": next(&self.last_cluster), "server": server }));
            for namespace in namespaces {
                put(Key::new("namespaces", cluster, namespace), json!({}));
            }
        }
        let team = scope(CLUSTER, NAMESPACE);
        put(
            Key::new("configmaps", &team, "settings"),
            object("v1", "ConfigMap", "settings", "data", &json!({ "theme": "dark" })),
        );
        put(
            Key::new("secrets", &team, "registry"),
            object("v1", "Secret", "registry", "data", &json!({ ".dockerconfigjson": "[redacted]" })),
        );
        put(
            Key::new("deployments", &team, "web"),
            object(
                "apps/v1",
                "Deployment",
                "web",
                "spec",
                &json!({
                    "replicas": 2,
                    "selector": { "matchLabels": { "app": "web" } },
                    "template": {
                        "metadata": { "labels": { "app": "web" } },
                        "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
                    },
                }),
            ),
        );
    }
}

fn object(api: &str, kind: &str, name: &str, content: &str, body: &Value) -> Value {
    json!({
        "apiVersion": api,
        "kind": kind,
        "metadata": { "name": name, "namespace": NAMESPACE },
        content: body,
    })
}
