//! Authentication, rate limit and permissions of a request.

use std::sync::Arc;

use super::{Apinizer, Code, Failure, quirks, seed};
use crate::{
    Request,
    store::{Identity, Key, TokenError},
};

/// The permission to work in a project at all (site: API_MANAGEMENT).
pub(super) const API_MANAGEMENT: &str = "API_MANAGEMENT";
/// The permission to change the contents of a project (site: MANAGE).
pub(super) const MANAGE: &str = "MANAGE";
/// The permission to see restricted resources of a project.
pub(super) const RESTRICTED: &str = "RESTRICTED";

/// A request that was routed and authenticated.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub caller: Arc<Identity>,
}

impl Call<'_> {
    /// Returns true if the request changes nothing.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.request.method.as_str(), "GET" | "HEAD")
    }
}

impl Apinizer {
    /// Authenticates the caller of a request.
    pub(super) fn authenticate(&self, request: &Request) -> Result<Arc<Identity>, Failure> {
        if request.headers("authorization").next().is_none() {
            let missing = Failure::new(Code::UnauthorizedClient, "The Authorization header is missing");
            return self.manager_if(quirks::NO_TOKEN, missing);
        }
        let Some(token) = request.bearer().filter(|token| is_well_formed(token)) else {
            let malformed = Failure::new(Code::InvalidToken, "The access token is malformed");
            return self.manager_if(quirks::MALFORMED_TOKEN, malformed);
        };
        self.store.identities.authenticate(token, self.store.clock.now()).or_else(|error| {
            let (code, description, quirk) = match error {
                TokenError::Expired => {
                    (Code::TokenExpired, "The access token has expired", quirks::EXPIRED_TOKEN)
                }
                TokenError::Revoked => {
                    (Code::InvalidToken, "The access token was revoked", quirks::REVOKED_TOKEN)
                }
                TokenError::Unknown => {
                    (Code::InvalidToken, "The access token is invalid", quirks::UNKNOWN_TOKEN)
                }
            };
            self.manager_if(quirk, Failure::new(code, description))
        })
    }

    /// Accepts the caller as the manager if the quirk is on, otherwise returns the error.
    fn manager_if(&self, quirk: &str, refusal: Failure) -> Result<Arc<Identity>, Failure> {
        if !self.quirks.is_on(quirk) {
            return Err(refusal);
        }
        self.store.identities.authenticate(seed::MANAGER_TOKEN, self.store.clock.now()).map_err(|_| refusal)
    }

    /// Applies the rate limit. Only one of the roles has a limit, so that the other roles never have to wait.
    pub(super) fn limit(&self, caller: &Identity) -> Result<(), Failure> {
        let Some(limiter) = self.store.limiter.as_ref().filter(|_| caller.subject == seed::LIMITED) else {
            return Ok(());
        };
        // With a stopped clock, the window of the limiter never ends.
        let still = self.quirks.is_on(quirks::STILL_LIMITED);
        let now = if still { jiff::Timestamp::UNIX_EPOCH } else { self.store.clock.now() };
        let allowance = limiter.take(&caller.subject, now);
        if allowance.allowed || self.quirks.is_on(quirks::NO_LIMIT) {
            return Ok(());
        }
        Err(Failure::rate_limited(allowance.retry_after()))
    }

    /// Checks that apply to every operation in a project once the request itself is valid: the project, the caller's
    /// permissions in it, and the health of the service.
    pub(super) fn enter(&self, call: &Call<'_>, project: &str) -> Result<(), Failure> {
        let exists = self.store.resources.contains(&Key::new("projects", "", project));
        if !exists && !self.quirks.is_on(quirks::ABSENT_PROJECT) {
            return Err(Failure::new(Code::NotFound, "The project was not found"));
        }
        let caller = &call.caller;
        if exists && !caller.has_any_grant_within(project) && !self.quirks.is_on(quirks::ANY_PROJECT) {
            return Err(Failure::new(Code::AccessDenied, "Access to the project is denied"));
        }
        let permission = if call.is_reading() { API_MANAGEMENT } else { MANAGE };
        // A caller without any permissions who was accepted nevertheless is accepted for every operation.
        let missing = caller.has_any_grant_within(project) && !caller.may(permission, project);
        if missing && !self.quirks.is_on(quirks::ANY_ROLE) {
            return Err(Failure::new(Code::Forbidden, "The role for this operation is missing"));
        }
        self.sound(call)
    }
}

/// Returns true if a token matches `[A-Za-z0-9_-]{16,}`.
fn is_well_formed(token: &str) -> bool {
    token.len() >= 16 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
