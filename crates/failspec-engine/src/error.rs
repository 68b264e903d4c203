//! Errors that prevent a run from starting.

use failspec_http::ClientError;
use failspec_pack::openapi::DocumentError;

/// The error that prevented a run from starting. No request was sent.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The HTTP client cannot be created because of invalid TLS settings.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The OpenAPI document that the contract names cannot be used.
    #[error("the contract's OpenAPI document: {0}")]
    Document(#[from] DocumentError),
}

/// The reason why a case, or the rest of it, could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unjudged {
    /// A signal stopped the run.
    #[error("interrupted")]
    Interrupted,
    /// A signal stopped the run while a request that may change something was under way, and no response came in time.
    #[error("interrupted before {request} got a response")]
    Abandoned {
        /// The method of the request.
        method: String,
        /// Method and redacted URL of the request.
        request: String,
    },
    /// A response may belong to another request.
    #[error("the server sent bytes that belong to no response, so a response may belong to another request")]
    InDoubt,
    /// The control got the failure although the condition that causes it had not begun.
    #[error("the condition {0} is in force already")]
    ConditionInForce(String),
    /// The API refused the control, whose values an import made up.
    #[error("the control was refused, and its values are made up")]
    MadeUpValues {
        /// Method and redacted URL of the control.
        request: String,
        /// The response of the API, in words.
        response: String,
        /// The names of the parameters and members.
        names: Vec<String>,
    },
    /// The API refused to create a thing, and the request would change one that was there before the run.
    #[error("the request would change a thing that was there before the run")]
    WouldChangeExisting,
    /// Something else, in words.
    #[error("{0}")]
    Because(String),
}

impl Unjudged {
    /// Returns true if the run was cancelled.
    pub(super) const fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted | Self::Abandoned { .. })
    }

    /// Puts the words into a sentence that says where it happened. The others stay what they are.
    pub(super) fn within(self, sentence: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Because(words) => Self::Because(sentence(words)),
            other => other,
        }
    }
}

impl From<String> for Unjudged {
    fn from(words: String) -> Self {
        Self::Because(words)
    }
}

impl From<&str> for Unjudged {
    fn from(words: &str) -> Self {
        Self::Because(words.to_owned())
    }
}
