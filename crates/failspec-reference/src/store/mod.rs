//! The small domain that the reference implementations share.
//!
//! Everything lives in memory, is safe to use from many threads, and recovers from a poisoned lock: whatever
//! one request does, the next one gets a response.

mod clock;
mod identities;
mod ledger;
mod one_time_codes;
mod rate_limit;
mod request_id;
mod resources;
mod single_use;
mod switches;
mod work;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use clock::Clock;
pub use identities::{Grant, Identities, Identity, TokenError};
pub use ledger::{LedgerError, Quota};
pub use one_time_codes::OneTimeCodes;
pub use rate_limit::{Allowance, RateLimit, RateLimiter};
pub use request_id::{base62, hex_digits, uuid};
pub use resources::{Expected, Key, Missing, Resource, Resources, Taken, UpdateError};
pub use single_use::ReplayGuard;
pub use switches::{Switch, Switches};
pub use work::{Work, Works};

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
