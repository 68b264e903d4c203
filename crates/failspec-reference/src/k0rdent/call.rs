//! Authentication, rate limit and permissions of a request.

use std::sync::Arc;

use super::{Code, Failure, K0rdent, Problems, quirks, seed};
use crate::{
    Request,
    query::Query,
    store::{Identity, Key},
};

/// The permission that GET requires.
pub(super) const READ: &str = "read";
/// The permission that every other method requires.
pub(super) const WRITE: &str = "write";

/// A request that was routed and authenticated.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub query: Query,
    pub caller: Arc<Identity>,
}

impl Call<'_> {
    /// The organisation in which the caller works.
    pub(super) fn organisation(&self) -> &str {
        &self.caller.tenant
    }

    /// Creates a key in the caller's organisation.
    pub(super) fn key(&self, collection: &'static str, name: &str) -> Key {
        Key::new(collection, self.organisation(), name)
    }
}

impl K0rdent {
    /// Authenticates the caller. Missing and invalid credentials have one code: "No/invalid auth".
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

    /// Checks the rules that come before any lookup: the request itself, then the caller's permission.
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
