//! The error envelope and the 36 documented codes.

use serde_json::json;

use crate::Response;

/// Defines the table of codes once: the enum, its list, and the text and status of each code.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident => ($status:literal, $text:literal),)+) => {
        /// A documented code. "The error field is a stable, machine-readable code."
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// Every documented code, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The HTTP status that the page lists for the code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The text of the code in the `error` field.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

codes! {
    // General
    /// Resource does not exist.
    NotFound => (404, "not_found"),
    /// Caller lacks RBAC permissions.
    Forbidden => (403, "forbidden"),
    /// Authentication missing or invalid.
    Unauthorized => (401, "unauthorized"),
    /// Resource version conflict (optimistic concurrency).
    Conflict => (409, "conflict"),
    /// Resource being created already exists.
    AlreadyExists => (409, "already_exists"),
    /// Malformed request or invalid parameters.
    BadRequest => (400, "bad_request"),
    /// Unexpected server failure; the logs contain it under the request id.
    InternalError => (500, "internal_error"),
    /// Operation exceeded its deadline.
    Timeout => (504, "timeout"),
    /// HTTP method not supported.
    MethodNotAllowed => (405, "method_not_allowed"),
    // Validation
    /// Query or path parameter has an invalid value.
    InvalidParameter => (400, "invalid_parameter"),
    /// Required path parameter absent.
    MissingPathParam => (400, "missing_path_param"),
    /// Required query parameter absent.
    MissingQueryParam => (400, "missing_query_param"),
    /// Namespace fails Kubernetes name validation.
    InvalidNamespace => (400, "invalid_namespace"),
    /// Resource name fails Kubernetes name validation.
    InvalidName => (400, "invalid_name"),
    /// Path variables of the dynamic handler are invalid.
    InvalidPathParams => (400, "invalid_path_params"),
    /// User input fails validation.
    InvalidInput => (400, "invalid_input"),
    /// Request body cannot be decoded.
    InvalidBody => (400, "invalid_body"),
    /// Body is not valid JSON.
    InvalidJson => (400, "invalid_json"),
    /// Required field missing.
    MissingField => (400, "missing_field"),
    /// Field has an invalid value.
    InvalidField => (400, "invalid_field"),
    /// Body exceeds the size limit.
    BodyTooLarge => (413, "body_too_large"),
    /// Invalid deletion propagation policy.
    InvalidPropagation => (400, "invalid_propagation"),
    // Clusters
    /// Kubernetes API server unreachable.
    ApiUnreachable => (502, "api_unreachable"),
    /// Kubeconfig context does not exist.
    ContextNotFound => (404, "context_not_found"),
    /// Context switch failed.
    ContextSwitchFailed => (500, "context_switch_failed"),
    /// Context enumeration failed.
    ContextListFailed => (500, "context_list_failed"),
    /// Context cannot be resolved.
    InvalidContext => (400, "invalid_context"),
    /// User lacks RBAC permissions in the target cluster.
    InsufficientPermissions => (403, "insufficient_permissions"),
    /// Cross-cluster source fetch failed.
    SourceFetchFailed => (502, "source_fetch_failed"),
    /// Cross-cluster target fetch failed.
    TargetFetchFailed => (502, "target_fetch_failed"),
    // Helm
    /// The helm binary is not on `$PATH`.
    HelmNotFound => (500, "helm_not_found"),
    /// A Helm CLI command failed.
    HelmError => (500, "helm_error"),
    /// Invalid Helm revision number.
    InvalidRevision => (400, "invalid_revision"),
    // Operations
    /// A drain is already running on the node.
    DrainInProgress => (409, "drain_in_progress"),
    /// External dependency not reachable.
    DependencyUnavailable => (503, "dependency_unavailable"),
    /// More contexts than the maximum (50).
    TooManyContexts => (400, "too_many_contexts"),
}

/// The reason why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Failure {
    status: u16,
    code: &'static str,
    message: String,
    headers: Vec<(&'static str, String)>,
}

impl Failure {
    /// Creates a documented failure. "The message is for display and may change between releases."
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let failure =
            Self { status: code.status(), code: code.as_str(), message: message.into(), headers: Vec::new() };
        match code {
            // RFC 9110, 15.5.2: a 401 must contain a challenge.
            Code::Unauthorized => failure.with_header("WWW-Authenticate", "Bearer"),
            _ => failure,
        }
    }

    /// Creates an error for too many mutations. The site documents status and `Retry-After` (seconds), but no code,
    /// so the code is this project's own choice.
    #[must_use]
    pub fn rate_limited(retry_after: u64) -> Self {
        let message = "too many requests".to_owned();
        Self { status: 429, code: "rate_limited", message, headers: Vec::new() }
            .with_header("Retry-After", &retry_after.to_string())
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Builds the response with the envelope `{"error", "message", "requestId"}`.
    #[must_use]
    pub fn response(&self, request_id: &str) -> Response {
        let body = json!({ "error": self.code, "message": self.message, "requestId": request_id });
        self.headers.iter().fold(Response::json(self.status, &body), |response, (name, value)| {
            response.with_header(name, value)
        })
    }
}
