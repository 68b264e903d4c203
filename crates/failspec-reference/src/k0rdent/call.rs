//! Who asks for what, and whether they may.

use std::sync::Arc;

use super::{Code, Failure, K0rdent, Problems, quirks, seed};
use crate::{
    Request,
    query::Query,
    store::{Identity, Key},
};

/// The permission that GET needs.
pub(super) const READ: &str = "read";
/// The permission that everything else needs.
pub(super) const WRITE: &str = "write";

/// A request that was routed and authenticated.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub query: Query,
    pub caller: Arc<Identity>,
}

impl Call<'_> {
    /// The organisation that the caller works in.
    pub(super) fn organisation(&self) -> &str {
        &self.caller.tenant
    }

    /// A key in it.
    pub(super) fn key(&self, collection: &'static str, name: &str) -> Key {
        Key::new(collection, self.organisation(), name)
    }
}

impl K0rdent {
    /// "No/invalid auth" is one code for both.
    pub(super) fn authenticate(&self, request: &Request) -> Result<Arc<Identity>, Failure> {
        let refused = || Failure::new(Code::Unauthorized, "Invalid or missing authentication");
        let now = self.store.clock.now();
        let operator =
            || self.store.identities.authenticate(seed::OPERATOR_TOKEN, now).map_err(|_| refused());
        let Some(token) = request.bearer() else {
            let silent = request.headers("authorization").next().is_none();
            return if silent && self.quirks.is_on(quirks::NO_TOKEN) { operator() } else { Err(refused()) };
        };
        match self.store.identities.authenticate(token, now) {
            Ok(identity) => Ok(identity),
            Err(_) if self.quirks.is_on(quirks::ANY_TOKEN) => operator(),
            Err(_) => Err(refused()),
        }
    }

    /// Only one of the roles is limited, so that nobody else has to wait for it.
    pub(super) fn limit(&self, caller: &Identity) -> Result<(), Failure> {
        let Some(limiter) = self.store.limiter.as_ref().filter(|_| caller.subject == seed::LIMITED) else {
            return Ok(());
        };
        // For a limiter whose time stands still no window is ever over.
        let still = self.quirks.is_on(quirks::STILL_LIMITED);
        let now = if still { jiff::Timestamp::UNIX_EPOCH } else { self.store.clock.now() };
        let allowance = limiter.take(&caller.subject, now);
        if allowance.allowed || self.quirks.is_on(quirks::NO_LIMIT) {
            return Ok(());
        }
        Err(Failure::rate_limited(allowance.retry_after()))
    }

    /// What every operation judges before it looks anything up: the request itself, then the caller's permission.
    pub(super) fn admit(&self, call: &Call<'_>, problems: Problems) -> Result<(), Failure> {
        self.validate(problems)?;
        let reading = matches!(call.request.method.as_str(), "GET" | "HEAD");
        let permission = if reading { READ } else { WRITE };
        if call.caller.may(permission, call.organisation()) || self.quirks.is_on(quirks::NO_PERMISSION) {
            return Ok(());
        }
        Err(Failure::new(Code::Forbidden, "Insufficient permissions"))
    }
}
