//! Kubeadapt, a read-only API for the costs of Kubernetes clusters.
//!
//! Written from <https://kubeadapt.io/docs/v1/api-reference/errors>, which documents the envelope (`{"detail": …}`,
//! without codes) and ten failures, see [`Failure`]. Paths and parameters are those of the publisher's own client of
//! that time (<https://github.com/kubeadapt/kubeadapt-cli>, 4132603), except for the dates of the costs of teams, which
//! are this project's own choice.
//!
//! Every request is checked in this order:
//!
//! 1. the route: an unknown path is 404, another method than GET and HEAD 405
//! 2. the key: 401
//! 3. its rate limit: 429
//! 4. its scope: 403
//! 5. the id in the path: 400
//! 6. the query: types and ranges (422 with a list), then values outside an enumeration, and ids (400), then
//!    contradictions (422 with a text)
//! 7. the health of the API: 500 while it cannot look anything up
//! 8. existence within the key's organisation: 404
//! 9. the key's allowed clusters: 403

mod clusters;
mod conditions;
mod costs;
mod failure;
mod ids;
mod inventory;
mod keys;
mod limits;
mod parameters;
mod quirks;
mod route;
mod seed;
mod target_file;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    Api, DocumentedError, Envelope, Request, Response, path,
    query::Query,
    store::{Clock, Identity, RateLimit, RateLimiter, Store, Switches},
};
use route::Operation;

pub use failure::{Failure, Problem};
pub use seed::{
    ABSENT_CLUSTER_ID, CLUSTER_ID, FOREIGN_CLUSTER_ID, FOREIGN_WORKLOAD_UID, FULL_KEY, LIMITED_KEY,
    NO_RECOMMENDATIONS_KEY, OTHER_CLUSTER_ID, OTHER_WORKLOAD_UID, RESTRICTED_KEY, REVOKED_KEY, WORKLOAD_UID,
};

/// The limit of the only key that has one. The documentation says "100 requests per minute by default"; a test suite
/// that waits for the end of the window needs a short one.
pub const LIMIT: RateLimit = RateLimit::FixedWindow { limit: 5, window: Duration::from_secs(2) };

/// The result of an operation.
type Outcome = Result<Value, Failure>;

/// A request that was routed and authenticated.
#[derive(Debug)]
struct Call<'a> {
    operation: Operation<'a>,
    query: Query,
    identity: Arc<Identity>,
}

/// The reference implementation of Kubeadapt.
#[derive(Debug)]
pub struct Kubeadapt {
    store: Store,
    conditions: Switches,
    quirks: Switches,
}

impl Default for Kubeadapt {
    fn default() -> Self {
        Self::new()
    }
}

impl Kubeadapt {
    /// Creates an instance with its initial data and the real time.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Clock::real())
    }

    /// Creates an instance with a clock that can be moved.
    #[must_use]
    pub fn with(clock: Clock) -> Self {
        let store = Store { clock, limiter: Some(RateLimiter::new(LIMIT)), ..Store::default() };
        seed::fill(&store);
        Self { store, conditions: Switches::new(conditions::ALL), quirks: Switches::new(quirks::ALL) }
    }

    fn judge(&self, request: &Request) -> Result<Response, Failure> {
        let segments = path::segments(&request.path);
        let names: Vec<&str> = segments.names.iter().map(AsRef::as_ref).collect();
        let operation = route::find(&names).ok_or(Failure::NoEndpoint)?;
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Err(Failure::WrongMethod);
        }
        let identity = self.authenticate(request)?;
        let standing = self.count(&identity);
        let call = Call { operation, query: Query::read(request.query.as_deref()), identity };
        let outcome = match &standing {
            Some(standing) => standing.check().and_then(|()| self.perform(&call)),
            None => self.perform(&call),
        };
        let response = self.show(&outcome);
        Ok(match standing {
            Some(standing) => self.tell(&standing, response),
            None => response,
        })
    }

    fn perform(&self, call: &Call<'_>) -> Outcome {
        use Operation as Op;
        self.permit(&call.identity, call.operation)?;
        match call.operation {
            Op::ListClusters => self.list_clusters(call),
            Op::GetCluster { id } => self.get_cluster(call, id),
            Op::GetClusterDashboard { id } => self.get_cluster_dashboard(call, id),
            Op::GetCostDistribution { id } => self.get_cost_distribution(call, id),
            Op::ListWorkloads => self.list_workloads(call),
            Op::GetWorkloadMetrics { uid } => self.get_workload_metrics(call, uid),
            Op::ListNodes => self.list_nodes(call),
            Op::ListNamespaces => self.list_namespaces(call),
            Op::ListRecommendations => self.list_recommendations(call),
            Op::GetOverview => self.get_overview(call),
            Op::GetDashboard => self.get_dashboard(call),
            Op::ListTeamCosts => self.list_team_costs(call),
        }
    }

    fn show(&self, outcome: &Outcome) -> Response {
        match outcome {
            Ok(body) => Response::json(200, body),
            Err(failure) => {
                let mut response = failure.response();
                self.disguise(failure, &mut response);
                response
            }
        }
    }

    /// Applies the quirks that change the response of a correctly detected failure.
    fn disguise(&self, failure: &Failure, response: &mut Response) {
        match failure {
            Failure::Internal if self.quirks.is_on(quirks::LEAKING) => response.set_document(&json!({
                "detail": "Traceback (most recent call last):\n  File \"/srv/kubeadapt/api/clusters.py\", line 87, in \
                           list_clusters\npsycopg2.errors.UndefinedTable: relation \"clusters\" does not exist",
            })),
            Failure::InvalidParameters(_) if self.quirks.is_on(quirks::RANGE_IS_BAD_REQUEST) => {
                response.status = 400;
            }
            Failure::InvalidParameters(problems) if self.quirks.is_on(quirks::FOREIGN_PROBLEMS) => {
                let shown = problems.iter().map(|it| json!({ "field": it.parameter, "error": it.message }));
                response.set_document(&json!({ "detail": shown.collect::<Vec<_>>() }));
            }
            Failure::InvalidParameters(problems) if self.quirks.is_on(quirks::PROBLEMS_AS_TEXTS) => {
                let shown: Vec<&str> = problems.iter().map(|problem| problem.message).collect();
                response.set_document(&json!({ "detail": shown }));
            }
            _ => {}
        }
    }
}

impl Api for Kubeadapt {
    fn name(&self) -> &'static str {
        "kubeadapt"
    }

    fn response(&self, request: &Request) -> Response {
        self.judge(request).unwrap_or_else(|failure| failure.response())
    }

    fn envelope(&self) -> &'static Envelope {
        const ENVELOPE: Envelope = Envelope {
            code: None,
            message: "/detail",
            request_id: None,
            request_id_header: None,
            loose_codes: false,
            repeats: false,
            statuses: &[400, 401, 403, 404, 422, 429, 500],
            is_error: |response| response.status >= 400,
            protected: "/v1/clusters",
            success: r#"{"items":[],"total":0,"page":1,"limit":20}"#,
        };
        &ENVELOPE
    }

    fn refusals(&self) -> Vec<DocumentedError> {
        vec![
            DocumentedError::worded("invalid_timeframe", 400, "Invalid timeframe"),
            DocumentedError::worded("malformed_id", 400, "Invalid cluster ID"),
            DocumentedError::worded("missing_key", 401, "API key required"),
            DocumentedError::worded("invalid_key", 401, "Invalid API key"),
            DocumentedError::worded("missing_scope", 403, "Missing required permission"),
            DocumentedError::worded("cluster_not_allowed", 403, "Access to this cluster"),
            DocumentedError::alone("not_found", 404),
            DocumentedError::alone("invalid_parameters", 422),
            DocumentedError::alone("rate_limited", 429),
            DocumentedError::alone("internal_error", 500),
        ]
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
