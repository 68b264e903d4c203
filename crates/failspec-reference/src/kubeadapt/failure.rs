//! The documented failures: a status and a text, no codes.

use serde_json::{Value, json};

use crate::Response;

/// The problem with one parameter, as a 422 lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The parameter.
    pub parameter: &'static str,
    /// The kind of problem, for programs.
    pub kind: &'static str,
    /// The message for people.
    pub message: &'static str,
    /// The value that was sent.
    pub input: String,
}

/// The reason why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// 400: "Invalid query parameter, such as an unrecognized timeframe value".
    InvalidTimeframe(String),
    /// 400: "Invalid cluster ID format".
    MalformedClusterId,
    /// 400: a malformed workload uid, after the same pattern.
    MalformedWorkloadUid,
    /// 401: "Missing or invalid API key"; here it is missing.
    MissingKey,
    /// 401: "A valid-looking key that has been revoked or is otherwise invalid".
    InvalidKey,
    /// 403: "API key lacks the required permission scope".
    MissingScope(&'static str),
    /// 403: "the requested cluster is not in the key's allowed clusters".
    ClusterNotAllowed,
    /// 404: "the resource ID doesn't exist or belongs to a different organization".
    ClusterNotFound,
    /// 404: the same for a workload.
    WorkloadNotFound,
    /// 422: "the detail field may be an array of objects describing each invalid field".
    InvalidParameters(Vec<Problem>),
    /// 422: parameters that are valid one by one but contradict each other; `detail` is a string.
    Contradiction(&'static str),
    /// 429: "Rate limit exceeded for your API key". The rate limiter adds the headers.
    RateLimited,
    /// 500: "Unexpected server error".
    Internal,
    /// 404: the response of a mutant that reveals too much.
    ForeignCluster,
    /// 404: a path that the API does not have (undocumented).
    NoEndpoint,
    /// 405: a method that the path does not support (undocumented).
    WrongMethod,
}

impl Failure {
    /// The HTTP status. "Check the HTTP status code first."
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidTimeframe(_) | Self::MalformedClusterId | Self::MalformedWorkloadUid => 400,
            Self::MissingKey | Self::InvalidKey => 401,
            Self::MissingScope(_) | Self::ClusterNotAllowed => 403,
            Self::ClusterNotFound | Self::ForeignCluster | Self::WorkloadNotFound | Self::NoEndpoint => 404,
            Self::WrongMethod => 405,
            Self::InvalidParameters(_) | Self::Contradiction(_) => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
        }
    }

    /// The `detail` field, "a description of what went wrong".
    #[must_use]
    pub fn detail(&self) -> Value {
        match self {
            Self::InvalidTimeframe(sent) => json!(format!("Invalid timeframe: {sent}")),
            Self::MalformedClusterId => json!("Invalid cluster ID format"),
            Self::MalformedWorkloadUid => json!("Invalid workload UID format"),
            Self::MissingKey => json!("API key required. Use 'Authorization: Bearer <api_key>'"),
            Self::InvalidKey => json!("Invalid API key"),
            Self::MissingScope(scope) => json!(format!("Missing required permission: {scope}")),
            Self::ClusterNotAllowed => json!("Access to this cluster is not allowed"),
            Self::ClusterNotFound => json!("Cluster not found"),
            Self::ForeignCluster => json!("Cluster not found in your organization"),
            Self::WorkloadNotFound => json!("Workload not found"),
            Self::InvalidParameters(problems) => problems.iter().map(Problem::show).collect(),
            Self::Contradiction(text) => json!(text),
            Self::RateLimited => json!("Rate limit exceeded"),
            Self::Internal => json!("Internal server error"),
            Self::NoEndpoint => json!("Not Found"),
            Self::WrongMethod => json!("Method Not Allowed"),
        }
    }

    /// Builds the response with the envelope `{"detail": …}`.
    pub(super) fn response(&self) -> Response {
        let response = Response::json(self.status(), &json!({ "detail": self.detail() }));
        match self {
            // RFC 9110, 15.5.2: a 401 must contain a challenge.
            Self::MissingKey | Self::InvalidKey => response.with_header("WWW-Authenticate", "Bearer"),
            // RFC 9110, 15.5.6: a 405 must list the supported methods.
            Self::WrongMethod => response.with_header("Allow", "GET, HEAD"),
            _ => response,
        }
    }
}

impl Problem {
    fn show(&self) -> Value {
        let Self { parameter, kind, message, input } = self;
        json!({ "type": kind, "loc": ["query", parameter], "msg": message, "input": input })
    }
}
