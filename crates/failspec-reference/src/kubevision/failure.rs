//! The documented codes: 18 in March 2026, 12 from August 2026 on.

use std::borrow::Cow;

use serde_json::Value;

use crate::store::UpdateError;

/// Version of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pages {
    /// The pages of 2026-03-12, with 18 codes.
    March2026,
    /// The pages of 2026-08-13, with 12 codes.
    #[default]
    August2026,
}

/// Defines the table of codes once: the enum, its list, and the number of each code in both versions.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident => $number:literal, $later:literal;)+) => {
        /// A documented code. "Every non-zero code signals a specific failure that the client should handle."
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])+ $name,)+
        }

        impl Code {
            /// Every code of the older page, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The number of the code in the `code` field.
            #[must_use]
            pub fn number(self, pages: Pages) -> u16 {
                match (self, pages) {
                    $((Self::$name, Pages::March2026) => $number, (Self::$name, Pages::August2026) => $later,)+
                }
            }

            /// The code as a string, for the names of mutants.
            pub(super) fn name(self, pages: Pages) -> &'static str {
                match (self, pages) {
                    $((Self::$name, Pages::March2026) => stringify!($number),
                      (Self::$name, Pages::August2026) => stringify!($later),)+
                }
            }

            /// Every code of a version once, in the order of its page.
            pub fn all(pages: Pages) -> Vec<Self> {
                let mut all = Self::ALL.to_vec();
                all.dedup_by_key(|code| code.number(pages));
                all
            }
        }
    };
}

codes! {
    // 4000x: parameter errors
    /// Required parameter is missing.
    MissingParameter => 40001, 40001;
    /// Parameter format is invalid (wrong type, malformed value).
    InvalidParameter => 40002, 40002;
    // 4010x: authentication errors
    /// Not logged in: no token provided.
    NotLoggedIn => 40100, 40100;
    /// Access token has expired: use the refresh endpoint.
    TokenExpired => 40101, 40101;
    /// 2FA verification required: provide TOTP code.
    TwoFactorRequired => 40102, 40102;
    /// 2FA verification failed: incorrect or expired TOTP code.
    TwoFactorFailed => 40103, 40103;
    // 4030x: permission errors
    /// User does not have permission for this action.
    ActionForbidden => 40300, 40300;
    /// User does not have access to the requested cluster.
    ClusterForbidden => 40301, 40300;
    /// User does not have access to the requested namespace.
    NamespaceForbidden => 40302, 40300;
    // 4040x: not found errors
    /// Kubernetes resource not found in the cluster.
    ResourceNotFound => 40400, 40400;
    /// KubeVision user not found.
    UserNotFound => 40401, 40400;
    /// Cluster configuration not found.
    ClusterNotFound => 40402, 40400;
    // 4090x: conflict errors
    /// Resource already exists (create collision).
    AlreadyExists => 40900, 40900;
    /// Resource version conflict: re-fetch and retry the update.
    VersionConflict => 40901, 40900;
    // 4220x: validation errors
    /// YAML is syntactically invalid or cannot be parsed.
    InvalidYaml => 42200, 42200;
    /// Dry-run rejected by the Kubernetes API Server.
    RejectedByKubernetes => 42201, 42200;
    // 5000x and 5020x: server errors
    /// Internal server error: check backend logs with the requestId.
    Internal => 50000, 50000;
    /// Kubernetes API Server is unreachable for the requested cluster.
    ClusterUnreachable => 50200, 50200;
}

/// The reason why a request is rejected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct Failure {
    /// The documented code.
    pub code: Code,
    /// The message, which names the actual problem.
    pub message: Cow<'static, str>,
    /// The data that the client needs to continue; null for all failures but one.
    pub data: Value,
}

impl Failure {
    /// Creates a documented failure.
    #[must_use]
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: Value::Null }
    }

    /// Creates an error for a parameter that is missing.
    #[must_use]
    pub(super) fn missing(name: &str) -> Self {
        Self::new(Code::MissingParameter, format!("{name} is required"))
    }

    /// Creates an error for a parameter that is present, but invalid.
    #[must_use]
    pub(super) fn invalid(name: &str, rule: &str) -> Self {
        Self::new(Code::InvalidParameter, format!("{name} {rule}"))
    }

    /// Creates an internal error: "The message field for server errors is intentionally generic."
    #[must_use]
    pub(super) fn internal() -> Self {
        Self::new(Code::Internal, "Internal server error")
    }

    /// Adds the data that the client needs to continue.
    #[must_use]
    pub(super) fn with_data(self, data: Value) -> Self {
        Self { data, ..self }
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Missing => Self::new(Code::ResourceNotFound, "the resource does not exist"),
            UpdateError::Stale { actual } => Self::new(
                Code::VersionConflict,
                format!("the resource was changed in the meantime and is at version {actual}"),
            ),
        }
    }
}
