//! KubeGlass, a Kubernetes dashboard.
//!
//! Written from <https://kubeglass.pages.dev/docs/reference/error-codes/>, which documents the error envelope ("All
//! error responses use this envelope") and 36 codes: see [`Code`]. If that page does not say in which request a
//! failure occurs, the endpoints here are this project's own choice.
//!
//! Every request is checked in this order:
//!
//! 1. the route: an unknown path is `not_found`, a known one with another method `method_not_allowed`
//! 2. the rate of mutations, where a limit is set
//! 3. authentication: `unauthorized`
//! 4. the size of the body: `body_too_large`
//! 5. path parameters, then query parameters, then the body: `invalid_*`, `missing_*`, `bad_request`
//! 6. permission, for all but reads: `forbidden`; `insufficient_permissions` where the caller has no permissions in the cluster at all.
//!    As in Kubernetes it comes before existence, so that an error reveals nothing about what exists
//! 7. the conditions, which simulate failures of dependencies: `api_unreachable`, `timeout`, `internal_error` …
//! 8. existence: `not_found`, `already_exists`, `conflict` …
//! 9. the effect

mod body;
mod call;
mod cluster;
mod conditions;
mod configmaps;
mod contexts;
mod cross_cluster;
mod deployments;
mod drains;
mod dynamic;
mod events;
mod failure;
mod helm;
mod listing;
mod metrics;
mod names;
mod namespaces;
mod preferences;
mod query;
mod quirks;
mod releases;
mod route;
mod search;
mod seed;
mod target_file;

use super::{
    Api, CodeKind, DocumentedError, Envelope, Request, Response, path,
    store::{self, Clock, RateLimit, RateLimiter, Store, Switches},
};
use call::Call;
use query::Query;
use route::{Operation, Route};

pub use failure::{Code, Failure};
pub use seed::{ADMIN_TOKEN, EDITOR_TOKEN, EXPIRED_TOKEN, REVOKED_TOKEN};

/// The maximum size of a body, in bytes: "Body exceeds size limit", which is 1 MiB by default (site).
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The maximum number of contexts in one request: "Contexts exceed maximum (50)".
pub const MAX_CONTEXTS: usize = 50;

/// The documented limit for mutations: 100 requests per second and address, with bursts of 200.
pub const MUTATION_LIMIT: RateLimit = RateLimit::TokenBucket { per_second: 100, burst: 200 };

/// The result of an operation.
type Outcome = Result<Response, Failure>;

/// The reference implementation of KubeGlass.
#[derive(Debug)]
pub struct Kubeglass {
    store: Store,
    conditions: Switches,
    quirks: Switches,
    /// The key that signs continue tokens, so that only those issued by this instance are accepted.
    continue_key: String,
}

impl Default for Kubeglass {
    fn default() -> Self {
        Self::new()
    }
}

impl Kubeglass {
    /// Creates an instance with its initial data, the real time, and no limit on mutations, because a test suite must
    /// be fast.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Clock::real(), None)
    }

    /// Creates an instance with a clock and a limit on mutations, e.g. [`MUTATION_LIMIT`].
    #[must_use]
    pub fn with(clock: Clock, mutations: Option<RateLimit>) -> Self {
        let store = Store { clock, limiter: mutations.map(RateLimiter::new), ..Store::default() };
        seed::fill(&store);
        Self {
            store,
            conditions: Switches::new(conditions::ALL),
            quirks: Switches::new(quirks::ALL),
            continue_key: store::uuid(),
        }
    }

    fn judge(&self, request: &Request) -> Outcome {
        let segments = path::segments(&request.path);
        let names: Vec<&str> = segments.names.iter().map(AsRef::as_ref).collect();
        let operation = match route::find(&request.method, &names) {
            Route::To(operation) => operation,
            Route::Options(allow) => return Ok(Response::empty(204).with_header("Allow", &allow)),
            Route::WrongMethod(allow) => {
                return Err(Failure::new(
                    Code::MethodNotAllowed,
                    format!("{} is not supported here", request.method),
                )
                .with_header("Allow", &allow));
            }
            Route::Nowhere => return Err(Failure::new(Code::NotFound, "no such endpoint")),
        };
        self.limit_mutations(request)?;
        let caller = self.authenticate(request)?;
        if request.body.len() > BODY_LIMIT && !self.quirks.is_on(quirks::LARGE_BODY) {
            return Err(Failure::new(Code::BodyTooLarge, format!("the body exceeds {BODY_LIMIT} bytes")));
        }
        if !segments.decodable {
            return Err(Failure::new(Code::BadRequest, "the path has an invalid percent-encoding"));
        }
        // Literal segments are never empty, so an empty segment is a missing parameter.
        if names.iter().any(|name| name.is_empty()) {
            return Err(Failure::new(Code::MissingPathParam, "a path parameter is missing"));
        }
        let query = Query::read(request.query.as_deref());
        self.perform(operation, &Call { request, query, caller })
    }

    /// Applies the limit on mutations. 429 is documented for them, with `Retry-After`, but without a code.
    fn limit_mutations(&self, request: &Request) -> Result<(), Failure> {
        let Some(limiter) = &self.store.limiter else {
            return Ok(());
        };
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            return Ok(());
        }
        let allowance = limiter.take(&request.remote.to_string(), self.store.clock.now());
        if allowance.allowed { Ok(()) } else { Err(Failure::rate_limited(allowance.retry_after())) }
    }

    fn perform(&self, operation: Operation<'_>, call: &Call<'_>) -> Outcome {
        use Operation as Op;
        match operation {
            Op::ListNamespaces => self.list_namespaces(call),
            Op::CreateNamespace => self.create_namespace(call),
            Op::GetNamespace { namespace } => self.get_namespace(call, namespace),
            Op::DeleteNamespace { namespace } => self.delete_namespace(call, namespace),
            Op::ListConfigmaps { namespace } => self.list_configmaps(call, namespace),
            Op::CreateConfigmap { namespace } => self.create_configmap(call, namespace),
            Op::GetConfigmap { namespace, name } => self.get_configmap(call, namespace, name),
            Op::UpdateConfigmap { namespace, name } => self.update_configmap(call, namespace, name),
            Op::DeleteConfigmap { namespace, name } => self.delete_configmap(call, namespace, name),
            Op::ScaleDeployment { namespace, name } => self.scale_deployment(call, namespace, name),
            Op::Search => self.search(call),
            Op::ListEvents { severity } => self.list_events(call, severity),
            Op::GetDynamic { group, version, resource } => self.get_dynamic(call, group, version, resource),
            Op::GetPreferences => Ok(self.get_preferences(call)),
            Op::UpdatePreferences => self.update_preferences(call),
            Op::AddHelmRepository => self.add_helm_repository(call),
            Op::RemoveHelmRepository { name } => self.remove_helm_repository(call, name),
            Op::ListReleases => self.list_releases(call),
            Op::InstallRelease => self.install_release(call),
            Op::DeleteRelease { namespace, name } => self.delete_release(call, namespace, name),
            Op::RollbackRelease { namespace, name } => self.rollback_release(call, namespace, name),
            Op::ListContexts => self.list_contexts(call),
            Op::GetContext { context } => self.get_context(call, context),
            Op::SwitchContext => self.switch_context(call),
            Op::CopyResource => self.copy_resource(call),
            Op::QueryContexts => self.query_contexts(call),
            Op::ListNodes => self.list_nodes(call),
            Op::DrainNode { node } => self.drain_node(call, node),
            Op::CancelDrain { node } => self.cancel_drain(call, node),
            Op::GetMetrics { resource } => self.get_metrics(call, resource),
        }
    }
}

impl Api for Kubeglass {
    fn name(&self) -> &'static str {
        "kubeglass"
    }

    fn response(&self, request: &Request) -> Response {
        // "The requestId correlates with server-side logs", so no two requests may have the same one.
        self.judge(request).unwrap_or_else(|failure| failure.response(&store::uuid()))
    }

    fn envelope(&self) -> &'static Envelope {
        const ENVELOPE: Envelope = Envelope {
            code: Some(("/error", CodeKind::Text)),
            message: "/message",
            request_id: Some("/requestId"),
            request_id_header: None,
            loose_codes: false,
            repeats: true,
            statuses: &[400, 401, 403, 404, 405, 409, 413, 500, 502, 503, 504],
            is_error: |response| response.status >= 400,
            protected: "/api/v1/namespaces",
            success: r#"{"data":{}}"#,
        };
        &ENVELOPE
    }

    fn refusals(&self) -> Vec<DocumentedError> {
        let refusal = |code: &Code| DocumentedError::coded(code.as_str(), code.status());
        Code::ALL.iter().map(refusal).collect()
    }

    fn conditions(&self) -> &Switches {
        &self.conditions
    }

    fn quirks(&self) -> &Switches {
        &self.quirks
    }

    fn target_file(&self, base_url: &str) -> String {
        target_file::text(base_url)
    }
}
