//! The documented codes, and what a refusal says.

use std::borrow::Cow;

/// Writes the table of codes once: the enum, its list, and what each code stands for on the wire.
macro_rules! codes {
    ($($status:literal => { $($(#[$doc:meta])+ $name:ident => $text:literal,)+ })+) => {
        /// A documented code. Several of one status are documented so loosely that either could be meant; which one
        /// this implementation gives is said beside it.
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

            /// The code as it stands in the `error` field.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $text,)+)+ }
            }
        }
    };
}

codes! {
    400 => {
        /// General validation error. Here: a body that is of no use, or a token request that is none.
        BadRequest => "bad_request",
        /// Request validation failed. Here: fields of a body.
        ValidationFailed => "validation_failed",
        /// Invalid parameter value. Here: parameters of a query.
        InvalidParameter => "invalid_parameter",
    }
    401 => {
        /// Invalid credentials. Here: those of a token request, or none at all.
        UnauthorizedClient => "unauthorized_client",
        /// Token is invalid or expired. Here: malformed, unknown or revoked.
        InvalidToken => "invalid_token",
        /// Token has expired.
        TokenExpired => "token_expired",
    }
    403 => {
        /// Insufficient permissions. Here: rights in the project, but not this one.
        Forbidden => "forbidden",
        /// Access denied for this resource. Here: no rights in the project, or a resource that is restricted.
        AccessDenied => "access_denied",
    }
    404 => {
        /// Resource not found. Here: an unknown path or project.
        NotFound => "not_found",
        /// Specific resource not found. Here: a proxy or a group.
        ResourceNotFound => "resource_not_found",
    }
    409 => {
        /// Resource conflict. Here: all but names.
        Conflict => "conflict",
        /// Name already exists.
        DuplicateName => "duplicate_name",
    }
    500 => {
        /// Internal server error. Here: of a GET.
        InternalError => "internal_error",
        /// Unexpected server error. Here: of everything else.
        ServerError => "server_error",
    }
    429 => {
        /// Too many requests. The page has the code and `retry_after`, and leaves the status to be understood.
        RateLimitExceeded => "rate_limit_exceeded",
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {description}")]
pub struct Failure {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) description: Cow<'static, str>,
    /// "Validation errors may include field-specific information": field and message.
    pub(super) validation_errors: Vec<(&'static str, String)>,
    /// "`retry_after` field indicates seconds to wait before retrying."
    pub(super) retry_after: Option<u64>,
    /// The methods that a path has, where it does not have the one that was sent.
    pub(super) allow: Option<String>,
}

impl Failure {
    /// A documented failure.
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

    /// What is wrong with the fields of a body.
    #[must_use]
    pub fn validation(errors: Vec<(&'static str, String)>) -> Self {
        Self { validation_errors: errors, ..Self::new(Code::ValidationFailed, "Request validation failed") }
    }

    /// Too many requests; the wait is in seconds.
    #[must_use]
    pub fn rate_limited(retry_after: u64) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimitExceeded, "Rate limit exceeded") }
    }

    /// A known path with another method. The page does not speak of it, so the code is ours.
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
