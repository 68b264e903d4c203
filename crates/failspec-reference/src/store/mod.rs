//! The small domain model that the reference implementations share.
//!
//! Everything is in memory, is safe to use from many threads, and recovers from a poisoned lock: independent of what
//! one request does, the next one gets a response.

mod async_job;
mod clock;
mod feature_flags;
mod identities;
mod one_time_codes;
mod quota;
mod rate_limit;
mod replay_guard;
mod request_id;
mod resources;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use async_job::{Work, Works};
pub use clock::Clock;
pub use feature_flags::{Switch, Switches};
pub use identities::{Grant, Identities, Identity, TokenError};
pub use one_time_codes::OneTimeCodes;
pub use quota::{LedgerError, Quota};
pub use rate_limit::{Allowance, RateLimit, RateLimiter};
pub use replay_guard::ReplayGuard;
pub use request_id::{base62, hex_digits, uuid};
pub use resources::{Expected, Key, Missing, Resource, Resources, Taken, UpdateError};

/// The state of an API.
#[derive(Debug, Default)]
pub struct Store {
    /// The clock.
    pub clock: Clock,
    /// The existing resources.
    pub resources: Resources,
    /// The identities of callers.
    pub identities: Identities,
    /// The rate limiter; no limit if `None`.
    pub limiter: Option<RateLimiter>,
    /// The used values among those that can be used only once, such as one-time passwords.
    pub spent: ReplayGuard,
}

/// Locks a mutex, even if another thread panicked while it held the lock: every change in this module leaves its data
/// consistent.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
