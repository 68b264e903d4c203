//! The small domain that the reference implementations share.
//!
//! Everything lives in memory, is safe to use from many threads, and recovers from a poisoned lock: whatever
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

/// What an API holds.
#[derive(Debug, Default)]
pub struct Store {
    /// What time it is.
    pub clock: Clock,
    /// What exists.
    pub resources: Resources,
    /// Who may ask.
    pub identities: Identities,
    /// How often one may ask; no limit if `None`.
    pub limiter: Option<RateLimiter>,
    /// Values that are good for one use, such as one-time passwords.
    pub spent: ReplayGuard,
}

/// Locks, even if another thread panicked while it held the lock: every change in this room leaves its data whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
