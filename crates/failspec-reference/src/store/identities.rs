//! Identities and their permissions.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;

use super::lock;

/// The identity that a token represents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user or service.
    pub subject: String,
    /// The organisation of the subject; empty where an API has none.
    pub tenant: String,
    /// The grants. Nothing is granted by default.
    pub grants: Vec<Grant>,
    /// The time from which the token is no longer valid.
    pub expires: Option<Timestamp>,
    /// True if the token was revoked.
    pub revoked: bool,
}

/// A permission in every scope or within one (a cluster, a project, a context …).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    permission: String,
    scope: Option<String>,
}

impl Grant {
    /// Creates a grant of every permission in every scope.
    #[must_use]
    pub fn all() -> Self {
        Self::everywhere(Self::ANY)
    }

    /// Creates a grant of one permission in every scope.
    #[must_use]
    pub fn everywhere(permission: &str) -> Self {
        Self { permission: permission.to_owned(), scope: None }
    }

    /// Creates a grant of one permission within one scope.
    #[must_use]
    pub fn within(scope: &str, permission: &str) -> Self {
        Self { permission: permission.to_owned(), scope: Some(scope.to_owned()) }
    }

    const ANY: &'static str = "*";

    fn reaches(&self, scope: &str) -> bool {
        self.scope.as_deref().is_none_or(|granted| granted == scope)
    }
}

impl Identity {
    /// Creates an identity with grants, without tenant and expiry.
    #[must_use]
    pub fn new(subject: &str, grants: Vec<Grant>) -> Self {
        Self { subject: subject.to_owned(), tenant: String::new(), grants, expires: None, revoked: false }
    }

    /// Returns true if it has a permission within a scope.
    #[must_use]
    pub fn may(&self, permission: &str, scope: &str) -> bool {
        self.grants.iter().any(|grant| {
            grant.reaches(scope) && (grant.permission == Grant::ANY || grant.permission == permission)
        })
    }

    /// Returns true if it has any permission within a scope.
    #[must_use]
    pub fn has_any_grant_within(&self, scope: &str) -> bool {
        self.grants.iter().any(|grant| grant.reaches(scope))
    }
}

/// The reason why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token was never issued.
    #[error("the token is unknown")]
    Unknown,
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token was revoked.
    #[error("the token was revoked")]
    Revoked,
}

/// The tokens and their identities.
#[derive(Debug, Default)]
pub struct Identities {
    by_token: Mutex<HashMap<String, Arc<Identity>>>,
}

impl Identities {
    /// Issues a token; a token that was issued before represents the new identity from now on.
    pub fn issue(&self, token: &str, identity: Identity) {
        lock(&self.by_token).insert(token.to_owned(), Arc::new(identity));
    }

    /// Removes a token as if it had never been issued; `false` if there is no such token.
    pub fn withdraw(&self, token: &str) -> bool {
        lock(&self.by_token).remove(token).is_some()
    }

    /// Returns the identity that a token represents.
    ///
    /// # Errors
    /// If the token is unknown, expired at `now`, or revoked.
    pub fn authenticate(&self, token: &str, now: Timestamp) -> Result<Arc<Identity>, TokenError> {
        let identity = lock(&self.by_token).get(token).cloned().ok_or(TokenError::Unknown)?;
        if identity.revoked {
            return Err(TokenError::Revoked);
        }
        if identity.expires.is_some_and(|expires| expires <= now) {
            return Err(TokenError::Expired);
        }
        Ok(identity)
    }
}
