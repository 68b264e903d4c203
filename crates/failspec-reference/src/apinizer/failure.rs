//! The documented codes and the content of error responses.

use std::borrow::Cow;

/// Defines the table of codes once: the enum, its list, and the status and text of each code.
macro_rules! codes {
    ($($status:literal => { $($(#[$doc:meta])+ $name:ident => $text:literal,)+ })+) => {
        /// A documented code. The descriptions of several codes of one status overlap; the text after "Here" says
        /// when this implementation uses the code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($($(#[$doc])+ $name,)+)+
        }

        impl Code {
            /// Every documented code, in the order of the page.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            /// The HTTP status under which the page lists the code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $($(Self::$name => $status,)+)+ }
            }

            /// The text of the code in the `error` field.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $text,)+)+ }
            }
        }
    };
}

codes! {
    400 => {
        /// General validation error. Here: an unusable body, or an invalid token request.
        BadRequest => "bad_request",
        /// Request validation failed. Here: fields of a body, except for those of the next code.
        ValidationFailed => "validation_failed",
        /// Invalid parameter value. Here: a field whose value is not one of the listed ones.
        InvalidParameter => "invalid_parameter",
    }
    401 => {
        /// Invalid credentials. Here: those of a token request, or a missing token.
        UnauthorizedClient => "unauthorized_client",
        /// Token is invalid or expired. Here: malformed, unknown or revoked.
        InvalidToken => "invalid_token",
        /// Token has expired.
        TokenExpired => "token_expired",
    }
    403 => {
        /// Insufficient permissions. Here: the caller has permissions in the project, but not the required one.
        Forbidden => "forbidden",
        /// Access denied for this resource. Here: the caller has no permissions in the project, or the resource is
        /// restricted.
        AccessDenied => "access_denied",
    }
    404 => {
        /// Resource not found. Here: an unknown path or project.
        NotFound => "not_found",
        /// Specific resource not found. Here: a proxy or a group.
        ResourceNotFound => "resource_not_found",
    }
    409 => {
        /// Resource conflict. Here: all conflicts except those of the names of proxies.
        Conflict => "conflict",
        /// Name already exists.
        DuplicateName => "duplicate_name",
    }
    500 => {
        /// Internal server error. Here: of a GET.
        InternalError => "internal_error",
        /// Unexpected server error. Here: of every other method.
        ServerError => "server_error",
    }
    429 => {
        /// Too many requests. The page documents the code and `retry_after`, but states no HTTP status.
        RateLimitExceeded => "rate_limit_exceeded",
    }
}

/// The reason why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {description}")]
pub struct Failure {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) description: Cow<'static, str>,
    /// The invalid fields and their messages: "Validation errors may include field-specific information".
    pub(super) validation_errors: Vec<(&'static str, String)>,
    /// The wait in seconds: "`retry_after` field indicates seconds to wait before retrying."
    pub(super) retry_after: Option<u64>,
    /// The methods that a path supports, if it does not support the one that was sent.
    pub(super) allow: Option<String>,
}

impl Failure {
    /// Creates a documented failure.
    #[must_use]
    pub fn new(code: Code, description: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status: code.status(),
            code: code.as_str(),
            description: description.into(),
            validation_errors: Vec::new(),
            retry_after: None,
            allow: None,
        }
    }

    /// Creates a `validation_failed` that lists the invalid fields of a body.
    #[must_use]
    pub fn validation(errors: Vec<(&'static str, String)>) -> Self {
        Self { validation_errors: errors, ..Self::new(Code::ValidationFailed, "Request validation failed") }
    }

    /// Creates a `rate_limit_exceeded`; the wait is in seconds.
    #[must_use]
    pub fn rate_limited(retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimitExceeded, "Rate limit exceeded") }
    }

    /// Creates an error for a known path with another method. The page does not document it, so the code is this
    /// project's own choice.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        Self {
            status: 405,
            code: "method_not_allowed",
            allow: Some(allow),
            ..Self::new(Code::BadRequest, "Method not allowed")
        }
    }
}
