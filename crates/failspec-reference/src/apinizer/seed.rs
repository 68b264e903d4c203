//! What is there when the API starts.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Apinizer,
    call::{API_MANAGEMENT, MANAGE, RESTRICTED},
    proxies::{PATHS, PROXIES, RESTRICTIONS},
};
use crate::store::{Grant, Identity, Key};

/// May read, create and delete in both projects.
pub const MANAGER_TOKEN: &str = "apz_reference_manager_83d1";
/// May read in both projects.
pub const VIEWER_TOKEN: &str = "apz_reference_viewer_2f96";
/// May do everything in `shop`, but see no restricted proxy there; has no rights in `billing`.
pub const SHOP_ONLY_TOKEN: &str = "apz_reference_shoponly_c045";
/// Was the manager's until it expired.
pub const EXPIRED_TOKEN: &str = "apz_reference_expired_61ba";
/// Was the manager's until it was withdrawn.
pub const REVOKED_TOKEN: &str = "apz_reference_revoked_9e7c";
/// May read in both projects, a few times in a row.
pub const LIMITED_TOKEN: &str = "apz_reference_limited_d428";

/// Who may be given tokens.
pub const CLIENT_ID: &str = "apz-reference-client";
/// What that client proves itself with.
pub const CLIENT_SECRET: &str = "apz_reference_client_secret_7712";

/// Who is limited.
pub(super) const LIMITED: &str = "limited";

const SHOP: &str = "shop";
const BILLING: &str = "billing";

/// The manager, with a token that is good until some time.
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
    /// Puts identities and resources into an empty store.
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
                "apiProxyCreationType": "NO_SPEC",
                "relativePath": path,
                "backendUrl": "https://backend.example.com",
                "created": "2026-01-01T00:00:00.000Z",
            });
            self.store.resources.put(Key::new(PROXIES, SHOP, name), proxy);
            self.store.resources.put(Key::new(PATHS, SHOP, &path), json!(name));
        }
        self.store.resources.put(Key::new(RESTRICTIONS, SHOP, "payroll"), json!({}));
    }
}
