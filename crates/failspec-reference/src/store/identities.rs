//! Who may ask, and for what.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;

use super::lock;

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user or service.
    pub subject: String,
    /// The organisation that it belongs to; empty where an API has none.
    pub tenant: String,
    /// What it may do. Nothing is granted by default.
    pub grants: Vec<Grant>,
    /// From when on the token is no longer valid.
    pub expires: Option<Timestamp>,
    /// Whether the token was withdrawn.
    pub revoked: bool,
}

/// A permission, everywhere or within one scope (a cluster, a project, a context …).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    permission: String,
    scope: Option<String>,
}

impl Grant {
    /// Every permission, everywhere.
    #[must_use]
    pub fn all() -> Self {
        Self::everywhere(Self::ANY)
    }

    /// One permission in every scope.
    #[must_use]
    pub fn everywhere(permission: &str) -> Self {
        Self { permission: permission.to_owned(), scope: None }
    }

    /// One permission within one scope.
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
    /// A subject with grants, without tenant and expiry.
    #[must_use]
    pub fn new(subject: &str, grants: Vec<Grant>) -> Self {
        Self { subject: subject.to_owned(), tenant: String::new(), grants, expires: None, revoked: false }
    }

    /// Whether it has a permission within a scope.
    #[must_use]
    pub fn may(&self, permission: &str, scope: &str) -> bool {
        self.grants.iter().any(|grant| {
            grant.reaches(scope) && (grant.permission == Grant::ANY || grant.permission == permission)
        })
    }

    /// Whether it has any permission within a scope.
    #[must_use]
    pub fn has_any_grant_within(&self, scope: &str) -> bool {
        self.grants.iter().any(|grant| grant.reaches(scope))
    }
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nobody was given this token.
    #[error("the token is unknown")]
    Unknown,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It was withdrawn.
    #[error("the token was revoked")]
    Revoked,
}

/// Tokens and who they speak for.
#[derive(Debug, Default)]
pub struct Identities {
    by_token: Mutex<HashMap<String, Arc<Identity>>>,
}

impl Identities {
    /// Gives out a token; a token that was given out before speaks for the new identity from now on.
    pub fn issue(&self, token: &str, identity: Identity) {
        lock(&self.by_token).insert(token.to_owned(), Arc::new(identity));
    }

    /// Takes a token back as if it had never been given out; `false` if there is no such token.
    pub fn withdraw(&self, token: &str) -> bool {
        lock(&self.by_token).remove(token).is_some()
    }

    /// Who a token speaks for.
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
