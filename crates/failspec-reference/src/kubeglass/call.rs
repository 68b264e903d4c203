//! Authentication, permissions and successful responses.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Code, Failure, Kubeglass, query::Query, quirks};
use crate::{
    Request, Response,
    store::{Grant, Identity, Key},
};

/// A request that was routed and authenticated.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub request: &'a Request,
    pub query: Query,
    pub caller: Caller,
}

/// The caller of a request, and its context.
#[derive(Debug)]
pub(super) struct Caller {
    pub identity: Arc<Identity>,
    /// The key of the session: contexts are switched per session, and each token has one session.
    pub session: Key,
    /// The context in which the session works.
    pub context: String,
}

impl Kubeglass {
    /// Authenticates the caller. "Authentication missing or invalid" is one code for both.
    pub(super) fn authenticate(&self, request: &Request) -> Result<Caller, Failure> {
        let token = match request.bearer() {
            Some(token) => token,
            None if self.quirks.is_on(quirks::NO_TOKEN) => "",
            None => {
                return Err(Failure::new(Code::Unauthorized, "a bearer token is required"));
            }
        };
        let identity = match self.store.identities.authenticate(token, self.store.clock.now()) {
            Ok(identity) => identity,
            Err(_) if self.quirks.is_on(quirks::ANY_TOKEN) || token.is_empty() => {
                Arc::new(Identity::new("anyone", vec![Grant::all()]))
            }
            // The response does not reveal whether the token is unknown, expired or revoked.
            Err(_) => return Err(Failure::new(Code::Unauthorized, "the token is not valid")),
        };
        let server_wide = self.quirks.is_on(quirks::SERVER_WIDE_CONTEXT);
        let session = Key::new("sessions", "", if server_wide { "" } else { token });
        let context = self
            .store
            .resources
            .get(&session)
            .and_then(|found| found.body.as_str().map(str::to_owned))
            .unwrap_or_else(|| super::contexts::DEFAULT.to_owned());
        Ok(Caller { identity, session, context })
    }

    /// Checks a permission of the caller in the context of its session.
    pub(super) fn permit(&self, call: &Call<'_>, permission: &str) -> Result<(), Failure> {
        self.permit_within(call, permission, &call.caller.context)
    }

    /// Checks a permission of the caller in a context. Reads use the service account of the dashboard (site), so
    /// everybody may read. `insufficient_permissions` means that it has no permissions in
    /// that cluster at all, `forbidden` that it has others.
    pub(super) fn permit_within(
        &self,
        call: &Call<'_>,
        permission: &str,
        context: &str,
    ) -> Result<(), Failure> {
        let identity = &call.caller.identity;
        if permission.ends_with(":read") || identity.may(permission, context) {
            return Ok(());
        }
        if !identity.has_any_grant_within(context) {
            if self.quirks.is_on(quirks::NO_CLUSTER_RBAC) {
                return Ok(());
            }
            return Err(Failure::new(
                Code::InsufficientPermissions,
                format!("{} has no permissions in context {context:?}", identity.subject),
            ));
        }
        if self.quirks.is_on(quirks::NO_RBAC) {
            return Ok(());
        }
        Err(Failure::new(Code::Forbidden, format!("{} lacks {permission}", identity.subject)))
    }
}

impl Call<'_> {
    /// The store scope of a namespace in the session's context.
    pub(super) fn scope(&self, namespace: &str) -> String {
        scope(&self.caller.context, namespace)
    }

    /// Creates a key in a namespace of the session's context.
    pub(super) fn key(&self, collection: &'static str, namespace: &str, name: &str) -> Key {
        Key::new(collection, &self.scope(namespace), name)
    }
}

/// The store scope of a namespace. Neither part can contain a slash.
pub(super) fn scope(context: &str, namespace: &str) -> String {
    format!("{context}/{namespace}")
}

/// Creates a successful response (site): `{"data": …}`.
pub(super) fn data(value: &Value) -> Response {
    Response::json(200, &json!({ "data": value }))
}

/// Creates the same response for a POST that created something.
pub(super) fn created(value: &Value) -> Response {
    Response::json(201, &json!({ "data": value }))
}
