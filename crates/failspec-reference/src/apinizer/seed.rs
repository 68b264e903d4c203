//! The initial data of the API.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Apinizer,
    call::{API_MANAGEMENT, MANAGE, RESTRICTED},
    proxies::{PATHS, PROXIES, RESTRICTIONS},
};
use crate::store::{Grant, Identity, Key};

/// The token of the manager, who may read, create and delete in both projects.
pub const MANAGER_TOKEN: &str = "apz_reference_manager_83d1";
/// The token of a viewer, who may read in both projects.
pub const VIEWER_TOKEN: &str = "apz_reference_viewer_2f96";
/// A token that may do everything in `shop` except see its restricted proxies, and has no permissions in `billing`.
pub const SHOP_ONLY_TOKEN: &str = "apz_reference_shoponly_c045";
/// A token of the manager that has expired.
pub const EXPIRED_TOKEN: &str = "apz_reference_expired_61ba";
/// A token of the manager that was revoked.
pub const REVOKED_TOKEN: &str = "apz_reference_revoked_9e7c";
/// A token that may read in both projects and has a rate limit.
pub const LIMITED_TOKEN: &str = "apz_reference_limited_d428";

/// The id of the client that may request tokens.
pub const CLIENT_ID: &str = "apz-reference-client";
/// The secret of that client.
pub const CLIENT_SECRET: &str = "apz_reference_client_secret_7712";

/// The subject that has a rate limit.
pub(super) const LIMITED: &str = "limited";

const SHOP: &str = "shop";
const BILLING: &str = "billing";

/// Creates the identity of the manager, with an optional expiry of its token.
pub(super) fn manager(expires: Option<Timestamp>) -> Identity {
    let grants = grants(&[SHOP, BILLING], &[API_MANAGEMENT, MANAGE, RESTRICTED]);
    Identity { expires, ..Identity::new("manager", grants) }
}

fn grants(projects: &[&str], permissions: &[&str]) -> Vec<Grant> {
    projects
        .iter()
        .flat_map(|project| permissions.iter().map(|permission| Grant::within(project, permission)))
        .collect()
}

impl Apinizer {
    /// Adds identities and resources to an empty store.
    pub(super) fn fill(&self) {
        let identities = &self.store.identities;
        let viewing = grants(&[SHOP, BILLING], &[API_MANAGEMENT, RESTRICTED]);
        identities.issue(MANAGER_TOKEN, manager(None));
        identities.issue(VIEWER_TOKEN, Identity::new("viewer", viewing.clone()));
        identities
            .issue(SHOP_ONLY_TOKEN, Identity::new("shop_only", grants(&[SHOP], &[API_MANAGEMENT, MANAGE])));
        identities.issue(EXPIRED_TOKEN, manager(Some(Timestamp::UNIX_EPOCH)));
        identities.issue(REVOKED_TOKEN, Identity { revoked: true, ..manager(None) });
        identities.issue(LIMITED_TOKEN, Identity::new(LIMITED, viewing));

        for project in [SHOP, BILLING] {
            self.store.resources.put(Key::new("projects", "", project), json!({}));
        }
        for name in ["catalog", "payroll"] {
            let path = format!("/{name}");
            let proxy = json!({
                "apiProxyName": name,
                "apiProxyCreationType": "REVERSE_PROXY",
                "clientRoute": { "relativePathList": [path] },
                "routingInfo": { "routingAddressList": [{ "address": "https://backend.example.com" }] },
                "created": "2026-01-01T00:00:00.000Z",
            });
            self.store.resources.put(Key::new(PROXIES, SHOP, name), proxy);
            self.store.resources.put(Key::new(PATHS, SHOP, &path), json!(name));
        }
        self.store.resources.put(Key::new(RESTRICTIONS, SHOP, "payroll"), json!({}));
    }
}
