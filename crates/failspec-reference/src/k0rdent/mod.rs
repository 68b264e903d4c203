//! k0rdent AI, a GPU infrastructure platform.
//!
//! Written from <https://docs.kui.k0labs.com/docs/errors>, which documents an envelope that is a discriminated union
//! on `success`, 10 codes (see [`Code`]), and three situations without a code: 422 semantic error, 429 rate limited,
//! and 207 for bulk operations. The servers, their paths, parameters and bodies are those of the publisher's OpenAPI
//! document (0.2.0-draft); its responses have another form, and the page decides. All other endpoints are this
//! project's own choice.
//!
//! Every request is checked in this order:
//!
//! 1. the route: an unknown path, region or project is `NOT_FOUND`, a known one with another method 405
//! 2. authentication: `UNAUTHORIZED`
//! 3. the rate limit: 429
//! 4. path, query and body: `VALIDATION_ERROR`, which lists every invalid field
//! 5. permission: `FORBIDDEN`. It comes before existence, so that an error reveals nothing about what exists
//! 6. the semantics of the request as a whole: 422
//! 7. the health of the service: `INTERNAL_ERROR`
//! 8. existence within the caller's organisation: `NOT_FOUND`
//! 9. `QUOTA_EXCEEDED`, `CONFLICT`, `INVALID_STATE_TRANSITION`, `POOL_CAPACITY_EXCEEDED`
//! 10. the server's BMC: `BMC_CONNECTION_FAILED` if it does not respond
//! 11. the effect

mod allocations;
mod body;
mod bulk;
mod call;
mod conditions;
mod failure;
mod ids;
mod lifecycle;
mod pools;
mod problems;
mod quirks;
mod reply;
mod route;
mod seed;
mod servers;
mod target_file;

use std::time::Duration;

use super::{
    Api, CodeKind, DocumentedError, Envelope, Request, Response, path,
    query::Query,
    store::{Clock, Quota, RateLimit, RateLimiter, Store, Switches, Works},
};
use body::Body;
use call::Call;
use problems::Problems;
use reply::Success;
use route::{Operation, Route};

pub use failure::{Code, Failure};
pub use seed::{
    FOREIGN_SERVER_ID, LIMITED_TOKEN, OPERATOR_TOKEN, POOL_ID, QUOTA_TOKEN, SERVER_ID, VIEWER_TOKEN,
};

/// The maximum size of a body, in bytes; the limit of 1 MiB is this project's own choice.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The rate limit of the only role that has one. The page documents that there is a limit, but not its value.
const LIMIT: RateLimit = RateLimit::FixedWindow { limit: 5, window: Duration::from_secs(2) };

/// The only region; request ids contain it.
const REGION: &str = "sfo1";

/// The result of an operation.
type Outcome = Result<Success, Failure>;

/// The reference implementation of k0rdent AI.
#[derive(Debug)]
pub struct K0rdent {
    store: Store,
    conditions: Switches,
    quirks: Switches,
    /// The asynchronous jobs on servers.
    works: Works,
    /// The capacity of pools and the quota of organisations.
    ledger: Quota,
}

impl Default for K0rdent {
    fn default() -> Self {
        Self::new()
    }
}

impl K0rdent {
    /// Creates an instance with its initial data and the real time.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Clock::real())
    }

    /// Creates an instance with a clock that can be moved, so that jobs finish and a rate limit ends.
    #[must_use]
    pub fn with(clock: Clock) -> Self {
        let k0rdent = Self {
            store: Store { clock, limiter: Some(RateLimiter::new(LIMIT)), ..Store::default() },
            conditions: Switches::new(conditions::ALL),
            quirks: Switches::new(quirks::ALL),
            works: Works::default(),
            ledger: Quota::default(),
        };
        k0rdent.fill();
        k0rdent
    }

    fn judge(&self, request: &Request) -> Outcome {
        let segments = path::segments(&request.path);
        let names: Vec<&str> = segments.names.iter().map(AsRef::as_ref).collect();
        let operation = match route::find(&request.method, &names) {
            Route::To(operation) => operation,
            Route::WrongMethod(allow) => return Err(Failure::method_not_allowed(allow)),
            Route::Nowhere => return Err(Failure::new(Code::NotFound, "No such endpoint")),
        };
        let caller = self.authenticate(request)?;
        self.limit(&caller)?;
        let query = Query::read(request.query.as_deref());
        // An id that cannot be decoded keeps its percent sign, so it is neither an id nor a name.
        self.perform(operation, &Call { request, query, caller })
    }

    fn perform(&self, operation: Operation<'_>, call: &Call<'_>) -> Outcome {
        use Operation as Op;
        match operation {
            Op::ListServers => self.list_servers(call),
            Op::CreateServer => self.create_server(call),
            Op::GetServer { id } => self.get_server(call, id),
            Op::UpdateServer { id } => self.update_server(call, id),
            Op::DeleteServer { id } => self.delete_server(call, id),
            Op::StartWork { id, action } => self.start_work(call, id, action),
            Op::BatchCreate => self.batch_create(call),
            Op::BatchInspect => self.batch_inspect(call),
            Op::GetWorkflow { id } => self.get_workflow(call, id),
            Op::ListPools => self.list_pools(call),
            Op::CreatePool => self.create_pool(call),
            Op::GetPool { id } => self.get_pool(call, id),
            Op::DeletePool { id } => self.delete_pool(call, id),
            Op::ListAllocations => self.list_allocations(call),
            Op::CreateAllocation => self.create_allocation(call),
            Op::GetAllocation { id } => self.get_allocation(call, id),
            Op::DeleteAllocation { id } => self.delete_allocation(call, id),
        }
    }
}

impl Api for K0rdent {
    fn name(&self) -> &'static str {
        "k0rdent"
    }

    fn response(&self, request: &Request) -> Response {
        self.reply(self.judge(request))
    }

    fn envelope(&self) -> &'static Envelope {
        const ENVELOPE: Envelope = Envelope {
            code: Some(("/error/code", CodeKind::Text)),
            message: "/error/message",
            request_id: Some("/meta/requestId"),
            request_id_header: Some("X-Request-Id"),
            loose_codes: false,
            repeats: false,
            statuses: &[400, 401, 403, 404, 409, 422, 429, 500],
            is_error: |response| response.document().is_some_and(|body| body["success"] == false),
            protected: "/v1/regions/sfo1/projects/main/infrastructure/servers",
            success: r#"{"success":true,"data":{},"meta":{"requestId":"req_sfo1-1770564159296-7d4b9e1f3a5b","timestamp":"2026-02-08T15:22:39.296Z"}}"#,
        };
        &ENVELOPE
    }

    fn refusals(&self) -> Vec<DocumentedError> {
        let refusal = |code: &Code| DocumentedError::coded(code.as_str(), code.status());
        // The page names no code for these two.
        let others =
            [DocumentedError::alone("SEMANTIC_ERROR", 422), DocumentedError::alone("RATE_LIMITED", 429)];
        Code::ALL.iter().map(refusal).chain(others).collect()
    }

    fn conditions(&self) -> &Switches {
        &self.conditions
    }

    fn quirks(&self) -> &Switches {
        &self.quirks
    }

    fn harmless_quirks(&self) -> &'static [&'static str] {
        quirks::HARMLESS
    }

    fn target_file(&self, base_url: &str) -> String {
        target_file::text(base_url)
    }
}
