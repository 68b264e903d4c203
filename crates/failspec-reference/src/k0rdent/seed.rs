//! The initial data of the API.

use serde_json::json;

use super::{
    K0rdent,
    call::{READ, WRITE},
    ids::Kind,
    reply,
};
use crate::store::{Grant, Identity, Key};

/// The token of an operator, who may do everything in organisation `acme`, which has no quota.
pub const OPERATOR_TOKEN: &str = "k0r_reference_operator_4c81";
/// The token of a viewer, who may read everything in `acme`.
pub const VIEWER_TOKEN: &str = "k0r_reference_viewer_a7d3";
/// A token that may do everything in organisation `tiny`, which has used up its quota.
pub const QUOTA_TOKEN: &str = "k0r_reference_quota_e950";
/// A token that may read everything in `acme` and has a rate limit.
pub const LIMITED_TOKEN: &str = "k0r_reference_limited_1b6e";

/// A server of `acme` for reading; it is provisioned.
pub const SERVER_ID: &str = "srv_1refAcmeServer000000000001";
/// The only server of `tiny`.
pub const FOREIGN_SERVER_ID: &str = "srv_1refTinyServer000000000001";
/// A pool of `acme` for reading.
pub const POOL_ID: &str = "pool_1refAcmePool00000000000001";

/// The only project.
pub(super) const PROJECT: &str = "main";

/// The subject that has a rate limit.
pub(super) const LIMITED: &str = "limited";

const ACME: &str = "acme";
const TINY: &str = "tiny";

/// Every organisation and its id.
pub(super) const ORGANISATIONS: [(&str, &str); 2] =
    [(ACME, "org_1refAcmeOrg000000000000001"), (TINY, "org_1refTinyOrg000000000000001")];

/// The id of an organisation.
pub(super) fn organisation_id(organisation: &str) -> &'static str {
    ORGANISATIONS.iter().find(|(name, _)| *name == organisation).map_or("", |(_, id)| id)
}

impl K0rdent {
    /// Adds identities and resources to an empty store.
    pub(super) fn fill(&self) {
        let issue = |token, subject, tenant: &str, permissions: &[&str]| {
            let grants = permissions.iter().map(|permission| Grant::within(tenant, permission)).collect();
            let identity = Identity { tenant: tenant.to_owned(), ..Identity::new(subject, grants) };
            self.store.identities.issue(token, identity);
        };
        issue(OPERATOR_TOKEN, "operator", ACME, &[READ, WRITE]);
        issue(VIEWER_TOKEN, "viewer", ACME, &[READ]);
        issue(QUOTA_TOKEN, "quota_limited", TINY, &[READ, WRITE]);
        issue(LIMITED_TOKEN, LIMITED, ACME, &[READ]);

        let now = reply::timestamp(self.store.clock.now());
        for (organisation, name, id) in [(ACME, "rack-1", SERVER_ID), (TINY, "tiny-1", FOREIGN_SERVER_ID)] {
            let server = json!({ "id": id, "displayName": name, "bmcAddress": "192.0.2.1", "state": "provisioned", "createdAt": now });
            self.store.resources.put(Key::new(Kind::Server.collection(), organisation, id), server);
        }
        self.ledger.open(TINY, 1);
        // Its only server exists already. The account was just opened, so this cannot fail.
        let _ = self.ledger.take(TINY, 1);

        let pool = Key::new(Kind::Pool.collection(), ACME, "default-pool");
        self.store.resources.put(pool, json!({ "id": POOL_ID, "gpus": 64 }));
        self.ledger.open(POOL_ID, 64);
    }
}
