//! The documented codes and the content of error responses.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::store::UpdateError;

/// Defines the table of codes once: the enum, its list, and the text and status of each code.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident => ($text:literal, $status:literal),)+) => {
        /// A documented code. "The API uses machine-readable error codes in the error.code field."
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// Every documented code, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The text of the code in the `code` field.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The HTTP status that the page lists for the code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }
        }
    };
}

codes! {
    /// Request validation failed.
    ValidationError => ("VALIDATION_ERROR", 400),
    /// Resource not found.
    NotFound => ("NOT_FOUND", 404),
    /// Insufficient permissions.
    Forbidden => ("FORBIDDEN", 403),
    /// Invalid or missing authentication.
    Unauthorized => ("UNAUTHORIZED", 401),
    /// Resource state conflict.
    Conflict => ("CONFLICT", 409),
    /// Forbidden transition of a resource to a target state.
    InvalidStateTransition => ("INVALID_STATE_TRANSITION", 409),
    /// Not enough resources in pool.
    PoolCapacityExceeded => ("POOL_CAPACITY_EXCEEDED", 409),
    /// Organization quota exceeded.
    QuotaExceeded => ("QUOTA_EXCEEDED", 403),
    /// Failed connection to a BMC.
    BmcConnectionFailed => ("BMC_CONNECTION_FAILED", 500),
    /// Unexpected server error.
    InternalError => ("INTERNAL_ERROR", 500),
}

/// The reason why a request, or one item of a bulk request, is rejected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub struct Failure {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
    /// An object with context: "Additional context (optional)". It is boxed, because few failures have it and it
    /// would enlarge all others.
    pub(super) details: Option<Box<Value>>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Failure {
    /// Creates a documented failure. The message is for people.
    #[must_use]
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let failure = Self::undocumented(code.status(), code.as_str(), message);
        match code {
            // RFC 9110, 15.5.2: a 401 must contain a challenge.
            Code::Unauthorized => failure.with_header("WWW-Authenticate", "Bearer".to_owned()),
            _ => failure,
        }
    }

    /// Creates a failure with a documented status for which the page has no code, although it requires one in every
    /// body. The code is this project's own choice.
    fn undocumented(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), details: None, headers: Vec::new() }
    }

    /// Creates a `VALIDATION_ERROR` that lists the problem of each field.
    #[must_use]
    pub fn validation(fields: Map<String, Value>) -> Self {
        Self::new(Code::ValidationError, "Request validation failed")
            .with_details(json!({ "fields": fields }))
    }

    /// Creates a semantic error: "422 Unprocessable Entity (semantic error)".
    #[must_use]
    pub fn semantic(message: &'static str) -> Self {
        Self::undocumented(422, "SEMANTIC_ERROR", message)
    }

    /// Creates a rate limit error: "Rate limit errors return 429 Too Many Requests with a Retry-After header", in
    /// seconds.
    #[must_use]
    pub fn rate_limited(retry_after: u64) -> Self {
        Self::undocumented(429, "RATE_LIMITED", "Too many requests")
            .with_header("Retry-After", retry_after.to_string())
    }

    /// Creates an error for a known path with another method. The page does not document it; RFC 9110, 15.5.6
    /// requires `Allow`.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        Self::undocumented(405, "METHOD_NOT_ALLOWED", "Method not allowed").with_header("Allow", allow)
    }

    /// Adds context.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Builds the error object: `{"code", "message", "details"?}`.
    pub(super) fn show(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(details) = &self.details {
            error["details"] = Value::clone(details);
        }
        error
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Missing => Self::new(Code::NotFound, "Resource not found"),
            UpdateError::Stale { .. } => Self::new(Code::Conflict, "Resource was changed in the meantime"),
        }
    }
}
