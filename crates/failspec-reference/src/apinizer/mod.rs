//! Apinizer, an API-management platform: its Management API.
//!
//! Written from <https://docs.apinizer.com/api-reference/getting-started/error-handling>, which documents an envelope
//! and 15 codes, see [`Code`], and from the pages of the single operations as they were in December 2025. The descriptions of several codes of one status overlap; the documentation of [`Code`]
//! says which one this implementation uses. If the page does not say in which request a failure occurs, the
//! endpoints here are this project's own choice.
//!
//! Every request is checked in this order:
//!
//! 1. the route: an unknown path is `not_found`, a known one with another method 405
//! 2. authentication, except for the token request and the test endpoint: 401
//! 3. the rate limit: 429
//! 4. the body: 400
//! 5. the project: `not_found`, then `access_denied` without any permission in it, then `forbidden` without the
//!    required one. Permissions come before the contents of the project, so that an error reveals nothing about them
//! 6. the health of the service: 500
//! 7. existence: `resource_not_found`
//! 8. restrictions of the resource: `access_denied`
//! 9. uniqueness: 409
//! 10. the effect

mod body;
mod call;
mod conditions;
mod failure;
mod groups;
mod projects;
mod proxies;
mod quirks;
mod reply;
mod route;
mod seed;
mod target_file;
mod tokens;

use std::time::Duration;

use super::{
    Api, CodeKind, DocumentedError, Envelope, Request, Response, path,
    store::{Clock, RateLimit, RateLimiter, Store, Switches},
};
use body::Body;
use call::Call;
use reply::Success;
use route::{Operation, Route};

pub use failure::{Code, Failure};
pub use seed::{
    CLIENT_ID, CLIENT_SECRET, EXPIRED_TOKEN, LIMITED_TOKEN, MANAGER_TOKEN, REVOKED_TOKEN, SHOP_ONLY_TOKEN,
    VIEWER_TOKEN,
};

/// The maximum size of a body, in bytes; the limit of 1 MiB is this project's own choice.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// The rate limit of the only role that has one. The page documents that there is a limit, but not its value.
const LIMIT: RateLimit = RateLimit::FixedWindow { limit: 5, window: Duration::from_secs(2) };

/// The result of an operation.
type Outcome = Result<Success, Failure>;

/// The reference implementation of the Apinizer Management API.
#[derive(Debug)]
pub struct Apinizer {
    store: Store,
    conditions: Switches,
    quirks: Switches,
}

impl Default for Apinizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Apinizer {
    /// Creates an instance with its initial data and the real time.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Clock::real())
    }

    /// Creates an instance with a clock that can be moved, so that tokens expire and a rate limit ends.
    #[must_use]
    pub fn with(clock: Clock) -> Self {
        let apinizer = Self {
            store: Store { clock, limiter: Some(RateLimiter::new(LIMIT)), ..Store::default() },
            conditions: Switches::new(conditions::ALL),
            quirks: Switches::new(quirks::ALL),
        };
        apinizer.fill();
        apinizer
    }

    fn judge(&self, request: &Request) -> Outcome {
        let segments = path::segments(&request.path);
        let names: Vec<&str> = segments.names.iter().map(AsRef::as_ref).collect();
        // A name that cannot be decoded keeps its percent sign, and no resource has such a name.
        let operation = match route::find(&request.method, &names) {
            Route::To(Operation::CreateToken) => return self.create_token(request),
            Route::To(Operation::Test) => return Ok(Success::nothing()),
            Route::To(operation) => operation,
            Route::WrongMethod(allow) => return Err(Failure::method_not_allowed(allow)),
            Route::Nowhere => return Err(Failure::new(Code::NotFound, "There is no such endpoint")),
        };
        let caller = self.authenticate(request)?;
        self.limit(&caller)?;
        self.perform(operation, &Call { request, caller })
    }

    fn perform(&self, operation: Operation<'_>, call: &Call<'_>) -> Outcome {
        use Operation as Op;
        match operation {
            Op::CreateToken => self.create_token(call.request),
            Op::Test => Ok(Success::nothing()),
            Op::ListProjects => self.list_projects(call),
            Op::ListProxies { project } => self.list_proxies(call, project),
            Op::CreateProxy { project } => self.create_proxy(call, project),
            Op::GetProxy { project, name } => self.get_proxy(call, project, name),
            Op::DeleteProxy { project, name } => self.delete_proxy(call, project, name),
            Op::ListGroups { project } => self.list_groups(call, project),
            Op::CreateGroup { project } => self.create_group(call, project),
            Op::DeleteGroup { project, group } => self.delete_group(call, project, group),
            Op::AddToGroup { project, group, name } => self.add_to_group(call, project, group, name),
            Op::RemoveFromGroup { project, group, name } => {
                self.remove_from_group(call, project, group, name)
            }
        }
    }
}

impl Api for Apinizer {
    fn name(&self) -> &'static str {
        "apinizer"
    }

    fn response(&self, request: &Request) -> Response {
        self.reply(self.judge(request))
    }

    fn envelope(&self) -> &'static Envelope {
        const ENVELOPE: Envelope = Envelope {
            code: Some(("/error", CodeKind::Text)),
            message: "/error_description",
            request_id: None,
            request_id_header: None,
            loose_codes: true,
            repeats: false,
            statuses: &[400, 401, 403, 404, 409, 429, 500],
            is_error: |response| response.status >= 400,
            protected: "/apiops/projects/",
            success: r#"{"success":true,"resultList":[],"resultCount":0}"#,
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

    fn harmless_quirks(&self) -> &'static [&'static str] {
        quirks::HARMLESS
    }

    fn target_file(&self, base_url: &str) -> String {
        target_file::text(base_url)
    }
}
