//! API keys: authentication and permissions.

use std::sync::Arc;

use super::{FULL_KEY, Failure, Kubeadapt, Operation, quirks};
use crate::{
    Request,
    store::{Identity, TokenError},
};

/// The permission to read a cluster (`allowed_cluster_ids`), which a key needs in addition to the scope.
pub(super) const ENTER: &str = "enter";

/// The prefix of every key.
const PREFIX: &str = "ka_";

impl Kubeadapt {
    /// Authenticates the owner of a key. A missing header, another scheme and an empty key count as no key.
    pub(super) fn authenticate(&self, request: &Request) -> Result<Arc<Identity>, Failure> {
        let now = self.store.clock.now();
        let identity = |key: &str| self.store.identities.authenticate(key, now);
        let Some(key) = request.bearer() else {
            let waved_through = identity(FULL_KEY).ok().filter(|_| self.quirks.is_on(quirks::MISSING_KEY));
            return waved_through.ok_or(Failure::MissingKey);
        };
        let found = if key.starts_with(PREFIX) { identity(key) } else { Err(TokenError::Unknown) };
        found.or_else(|error| {
            let revoked = error == TokenError::Revoked;
            if revoked && self.quirks.is_on(quirks::REVOKED_FORBIDDEN) {
                return Err(Failure::ClusterNotAllowed);
            }
            let accepted = if revoked { quirks::REVOKED_KEY } else { quirks::UNKNOWN_KEY };
            identity(FULL_KEY).ok().filter(|_| self.quirks.is_on(accepted)).ok_or(Failure::InvalidKey)
        })
    }

    /// Checks that the key has the scope of an operation.
    pub(super) fn permit(&self, identity: &Identity, operation: Operation<'_>) -> Result<(), Failure> {
        let scope = operation.scope();
        if identity.may(scope, "") || self.quirks.is_on(quirks::NO_SCOPES) {
            return Ok(());
        }
        Err(Failure::MissingScope(scope))
    }

    /// Returns true if a cluster is in the key's list.
    pub(super) fn allows(&self, identity: &Identity, cluster: &str) -> bool {
        identity.may(ENTER, cluster) || self.quirks.is_on(quirks::ALL_CLUSTERS)
    }
}
