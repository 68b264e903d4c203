//! KubeVision, a dashboard for many Kubernetes clusters.
//!
//! Written from <https://kubevision-docs.pages.dev/docs/api/error-codes>, which documents 18 codes in March and 12 in
//! August 2026, see [`Code`] and [`Pages`], and an envelope: "All API responses use HTTP 200. The code field in the
//! response envelope determines the outcome." Paths, bodies and members of responses are those of the pages on the API
//! and on dry-runs, and of the publisher's server where no page shows them. The codes below are those of March.
//!
//! Every request is checked in this order:
//!
//! 1. the route: an unknown path or method is 40400, and the id of a user or cluster that is no number 40002
//! 2. authentication, except under `/auth`: 40100, 40101, 40102
//! 3. path and query: missing parameters (40001), then malformed ones (40002)
//! 4. the body: JSON (40001, 40002), or a Kubernetes object (in March also YAML: 42200; then 40001, 40002)
//! 5. the cluster's configuration: 40402
//! 6. permission to enter the cluster (40301) and the namespace (40302), and to act there (40300). As in Kubernetes
//!    it comes before existence, so that an error reveals nothing about what exists
//! 7. the health of the backend (50000) and of the cluster (50200)
//! 8. existence: 40400, 40401, 40900, 40901
//! 9. validation of the object by Kubernetes: 42201
//! 10. the effect

mod access;
mod batch;
mod body;
mod clusters;
mod conditions;
mod deployments;
mod dry_run;
mod failure;
mod manifest;
mod query;
mod quirks;
mod reply;
mod resources;
mod route;
mod seed;
mod session;
mod target_file;
mod users;
mod validation;
mod yaml;

use std::sync::atomic::{AtomicU64, Ordering};

use super::{
    Api, CodeKind, DocumentedError, Envelope, Mark, Request, Response, path,
    query::Query,
    store::{Clock, Identities, OneTimeCodes, Store, Switches},
};
use access::Caller;
use reply::Success;
use route::{Operation, Resource};

pub use failure::{Code, Failure, Pages};
pub use seed::{
    ADMIN_TOKEN, DEVELOPER_TOKEN, EXPIRED_REFRESH_TOKEN, EXPIRED_TOKEN, TOTP_PASSWORD, TOTP_SECRETS,
    VIEWER_TOKEN, password_of,
};

/// The maximum size of a body, in bytes; the limit of 1 MiB is this project's own choice.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The result of an operation.
type Outcome = Result<Success, Failure>;

/// Returns the next id. An id is never used twice.
fn next(last: &AtomicU64) -> u64 {
    last.fetch_add(1, Ordering::Relaxed) + 1
}

/// A request that was routed and authenticated.
#[derive(Debug)]
struct Call<'a> {
    request: &'a Request,
    query: Query,
    caller: Caller,
}

/// The reference implementation of KubeVision.
#[derive(Debug)]
pub struct Kubevision {
    pages: Pages,
    store: Store,
    /// The ids of the user and of the cluster that were created last.
    last_user: AtomicU64,
    last_cluster: AtomicU64,
    conditions: Switches,
    quirks: Switches,
    /// The temporary tokens of logins that wait for their second factor.
    pending: Identities,
    /// The refresh tokens.
    refreshing: Identities,
    codes: OneTimeCodes,
}

impl Default for Kubevision {
    fn default() -> Self {
        Self::new()
    }
}

impl Kubevision {
    /// Creates an instance with its initial data and the real time.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Clock::real())
    }

    /// Creates an instance of a version of the documentation.
    #[must_use]
    pub fn of(pages: Pages) -> Self {
        Self::with_pages(Clock::real(), pages)
    }

    /// Creates an instance with a clock that can be moved, so that tokens expire, as do codes after a minute and a
    /// half.
    #[must_use]
    pub fn with(clock: Clock) -> Self {
        Self::with_pages(clock, Pages::default())
    }

    /// Creates an instance of a version of the documentation with a clock that can be moved.
    #[must_use]
    pub fn with_pages(clock: Clock, pages: Pages) -> Self {
        let quirks = match pages {
            Pages::March2026 => quirks::ALL,
            Pages::August2026 => quirks::WITHOUT_YAML,
        };
        let kubevision = Self {
            pages,
            last_user: AtomicU64::new(0),
            last_cluster: AtomicU64::new(0),
            store: Store { clock, ..Store::default() },
            conditions: Switches::new(conditions::ALL),
            quirks: Switches::new(quirks),
            pending: Identities::default(),
            refreshing: Identities::default(),
            codes: OneTimeCodes::default(),
        };
        kubevision.fill();
        kubevision
    }

    fn judge(&self, request: &Request) -> Outcome {
        let segments = path::segments(&request.path);
        let names: Vec<&str> = segments.names.iter().map(AsRef::as_ref).collect();
        let operation = route::find(&request.method, &names)
            .ok_or_else(|| Failure::new(Code::ResourceNotFound, "no such endpoint"))?;
        if operation.is_public() {
            return self.log_in(operation, request);
        }
        let caller = self.authenticate(request)?;
        // Literal segments are never empty, so an empty segment is a missing parameter.
        if names.iter().any(|name| name.is_empty()) {
            return Err(Failure::missing("a path parameter"));
        }
        if !segments.decodable {
            return Err(Failure::invalid("the path", "has an invalid percent-encoding"));
        }
        let query = Query::read(request.query.as_deref());
        self.perform(operation, &Call { request, query, caller })
    }

    /// Performs an operation that requires no token.
    fn log_in(&self, operation: Operation<'_>, request: &Request) -> Outcome {
        let body = self.json(request)?;
        match operation {
            Operation::VerifyTwoFactor => self.verify_two_factor(&body),
            Operation::Refresh => self.refresh(&body),
            _ => self.login(&body),
        }
    }

    fn perform(&self, operation: Operation<'_>, call: &Call<'_>) -> Outcome {
        use Operation as Op;
        let name;
        let operation = match operation.cluster() {
            Some(id) => {
                name = self.cluster_name(id)?;
                operation.in_cluster(&name)
            }
            None => operation,
        };
        match operation {
            Op::Login | Op::VerifyTwoFactor | Op::Refresh => self.log_in(operation, call.request),
            Op::GetMe => Ok(call.caller.user.show()),
            Op::CreateUser => self.create_user(call),
            Op::GetUser { id } => self.get_user(call, id),
            Op::UpdateUser { id } => self.update_user(call, id),
            Op::DeleteUser { id } => self.delete_user(call, id),
            Op::ListClusters => Ok(self.list_clusters(call)),
            Op::CreateCluster => self.create_cluster(call),
            Op::GetCluster { cluster } => self.get_cluster(call, cluster),
            Op::DeleteCluster { cluster } => self.delete_cluster(call, cluster),
            Op::ListResources { cluster, resource } => self.list_resources(call, cluster, resource),
            Op::CreateResource { cluster, resource } => self.create_resource(call, cluster, resource),
            Op::GetResource { cluster, resource, name } => self.get_resource(call, cluster, resource, name),
            Op::UpdateResource { cluster, resource, name } => {
                self.update_resource(call, cluster, resource, name)
            }
            Op::PatchResource { cluster, resource, name } => {
                self.patch_resource(call, cluster, resource, name)
            }
            Op::DeleteResource { cluster, resource, name } => {
                self.delete_resource(call, cluster, resource, name)
            }
            Op::DryRun { cluster, resource } => self.dry_run(call, cluster, resource),
            Op::DryRunUpdate { cluster, resource, name } => {
                self.dry_run_update(call, cluster, resource, name)
            }
            Op::BatchDelete { cluster } => self.batch_delete(call, cluster),
            Op::Scale { cluster, namespace, kind, name } => self.scale(call, cluster, namespace, kind, name),
        }
    }
}

impl Api for Kubevision {
    fn name(&self) -> &'static str {
        "kubevision"
    }

    fn response(&self, request: &Request) -> Response {
        let outcome = self.judge(request);
        let mut response = reply::response(&outcome, &request.method, self.pages);
        if let Err(failure) = &outcome
            && self.quirks.is_on(quirks::HTTP_STATUS)
        {
            response.status = failure.code.number(self.pages) / 100;
        }
        response
    }

    fn envelope(&self) -> &'static Envelope {
        const ENVELOPE: Envelope = Envelope {
            code: Some(("/code", CodeKind::Number)),
            message: "/message",
            request_id: Some("/meta/requestId"),
            request_id_header: None,
            loose_codes: false,
            repeats: false,
            statuses: &[200],
            is_error: |response| {
                response.document().is_some_and(|body| body.get("code").is_some_and(|code| *code != 0))
            },
            protected: "/api/v1/users/me",
            success: r#"{"code":0,"message":"success","data":{},"meta":{"source":"cache","stale":false}}"#,
        };
        &ENVELOPE
    }

    fn refusals(&self) -> Vec<DocumentedError> {
        let refusal = |code: &Code| DocumentedError {
            name: code.name(self.pages),
            status: 200,
            mark: Mark::Number(code.number(self.pages)),
        };
        Code::all(self.pages).iter().map(refusal).collect()
    }

    fn conditions(&self) -> &Switches {
        &self.conditions
    }

    fn quirks(&self) -> &Switches {
        &self.quirks
    }

    fn target_file(&self, base_url: &str) -> String {
        target_file::text(base_url, self.pages)
    }
}
