//! What time it is.

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
    /// Where the clock stands still; `None` for the real time.
    stands_at: Option<Timestamp>,
    /// Milliseconds that it was moved by.
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// The real time.
    #[must_use]
    pub fn real() -> Self {
        Self::default()
    }

    /// A clock that only moves by [`advance`](Self::advance).
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

    /// Moves the clock forward; parts of a millisecond are dropped.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset.fetch_add(millis, Ordering::Relaxed);
    }
}
