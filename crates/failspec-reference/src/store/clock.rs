//! The clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

/// A clock that tests can move. Clones share one time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// The fixed time of the clock; `None` for the real time.
    stands_at: Option<Timestamp>,
    /// The number of milliseconds by which it was moved.
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// Creates a clock with the real time.
    #[must_use]
    pub fn real() -> Self {
        Self::default()
    }

    /// Creates a clock that only moves by [`advance`](Self::advance).
    #[must_use]
    pub fn standing(at: Timestamp) -> Self {
        Self { stands_at: Some(at), offset: Arc::default() }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let base = self.stands_at.unwrap_or_else(Timestamp::now);
        let offset = SignedDuration::from_millis(self.offset.load(Ordering::Relaxed));
        base.checked_add(offset).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward; fractions of a millisecond are dropped.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset.fetch_add(millis, Ordering::Relaxed);
    }
}
