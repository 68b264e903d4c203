//! The initial data of the API.

use jiff::Timestamp;
use serde_json::json;

use super::{call::scope, contexts};
use crate::store::{Grant, Identity, Key, Store};

/// The token of an administrator, who may do everything in every context.
pub const ADMIN_TOKEN: &str = "reference-admin-token-kubeglass";
/// The token of an editor, who may work with most resources, but may not create or delete namespaces, and has no
/// permissions in context `restricted`.
pub const EDITOR_TOKEN: &str = "reference-editor-token-kubeglass";
/// A token of the editor that has expired.
pub const EXPIRED_TOKEN: &str = "reference-expired-token-kubeglass";
/// A token of the editor that was revoked.
pub const REVOKED_TOKEN: &str = "reference-revoked-token-kubeglass";

/// The permissions of the editor in contexts `primary` and `secondary`.
const EDITOR: [&str; 4] = ["configmaps:write", "deployments:write", "nodes:drain", "helm:write"];

/// Adds identities and resources to an empty store.
pub(super) fn fill(store: &Store) {
    store.identities.issue(ADMIN_TOKEN, Identity::new("admin", vec![Grant::all()]));
    let grants: Vec<Grant> = ["primary", "secondary"]
        .iter()
        .flat_map(|context| EDITOR.iter().map(|permission| Grant::within(context, permission)))
        .collect();
    let editor = Identity::new("editor", grants);
    let expired = Identity { expires: Some(Timestamp::UNIX_EPOCH), ..editor.clone() };
    let revoked = Identity { revoked: true, ..editor.clone() };
    store.identities.issue(EDITOR_TOKEN, editor);
    store.identities.issue(EXPIRED_TOKEN, expired);
    store.identities.issue(REVOKED_TOKEN, revoked);
    contexts::resolvable().for_each(|context| fill_context(store, context));
}

/// Adds the resources of a context. All clusters have the same ones.
fn fill_context(store: &Store, context: &str) {
    let put = |collection, scope: &str, name, body| {
        drop(store.resources.put(Key::new(collection, scope, name), body))
    };
    put("namespaces", context, "default", json!({}));
    put("namespaces", context, "kube-system", json!({}));
    put("nodes", context, "node-1", json!({}));
    put("nodes", context, "node-2", json!({}));
    let default = scope(context, "default");
    put("deployments", &default, "web", json!({ "replicas": 2 }));
    put("releases", &default, "web", json!({ "chart": "stable/web", "revision": 2 }));
}
