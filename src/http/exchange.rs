//! One request and what came of it.

use std::time::Duration;

use super::{Answer, Request};

/// One request and the answer as observed.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// What came back, or why there is nothing that could be judged.
    pub result: Result<Answer, NoAnswer>,
    /// From the first attempt to send until the end of the answer (or the giving up).
    pub elapsed: Duration,
}

/// Why an exchange has no answer that could be judged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NoAnswer {
    /// No connection was made.
    #[error("no connection to {address}: {reason}")]
    Connect {
        /// Host and port that were tried.
        address: String,
        /// What the operating system or the TLS library said.
        reason: String,
    },
}
