//! Rate limits.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use jiff::Timestamp;

use super::lock;

/// The documented kinds of rate limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RateLimit {
    /// A steady rate that allows a burst.
    TokenBucket {
        /// Requests per second.
        per_second: u32,
        /// The number of requests that may pass at once after a pause.
        burst: u32,
    },
    /// A number of requests per window. A window begins with its first request.
    FixedWindow {
        /// Requests per window.
        limit: u32,
        /// The length of a window.
        window: Duration,
    },
}

/// The decision of a limiter about one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// True if the request may pass.
    pub allowed: bool,
    /// The maximum number of requests that may pass: of the burst, or of a window.
    pub limit: u32,
    /// The number of requests that may still pass now.
    pub remaining: u32,
    /// The time until a request will pass, if this one is rejected; otherwise the time until the window ends (zero
    /// for a token bucket).
    pub wait: Duration,
}

impl Allowance {
    /// The wait as the value of a `Retry-After` header: whole seconds, rounded up, at least one.
    #[must_use]
    pub fn retry_after(&self) -> u64 {
        let seconds = self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0);
        seconds.max(1)
    }
}

/// A counter of requests by key: an address, an API key …
#[derive(Debug)]
pub struct RateLimiter {
    limit: RateLimit,
    counts: Mutex<HashMap<String, Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    /// The number of requests left. A bucket is filled by fractions.
    left: f64,
    /// The time of the last filling of a bucket, or the beginning of a window.
    since: Timestamp,
}

impl RateLimiter {
    /// Creates a limiter that has counted no request.
    #[must_use]
    pub fn new(limit: RateLimit) -> Self {
        Self { limit, counts: Mutex::default() }
    }

    /// Counts one request, if it may pass.
    pub fn take(&self, key: &str, now: Timestamp) -> Allowance {
        let most = match self.limit {
            RateLimit::TokenBucket { burst, .. } => burst,
            RateLimit::FixedWindow { limit, .. } => limit,
        };
        let mut counts = lock(&self.counts);
        let count =
            counts.entry(key.to_owned()).or_insert_with(|| Count { left: f64::from(most), since: now });
        let passed = Duration::try_from(now.duration_since(count.since)).unwrap_or_default();
        match self.limit {
            RateLimit::TokenBucket { per_second, burst } => {
                count.left =
                    (count.left + passed.as_secs_f64() * f64::from(per_second)).min(f64::from(burst));
                count.since = now;
            }
            RateLimit::FixedWindow { limit, window } if passed >= window => {
                *count = Count { left: f64::from(limit), since: now };
            }
            RateLimit::FixedWindow { .. } => {}
        }
        let allowed = count.left >= 1.0;
        if allowed {
            count.left -= 1.0;
        }
        let wait = match self.limit {
            RateLimit::TokenBucket { .. } if allowed => Duration::ZERO,
            RateLimit::TokenBucket { per_second, .. } => {
                Duration::try_from_secs_f64((1.0 - count.left) / f64::from(per_second))
                    .unwrap_or(Duration::MAX)
            }
            RateLimit::FixedWindow { window, .. } if count.since == now => window,
            RateLimit::FixedWindow { window, .. } => window.saturating_sub(passed),
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a u32")]
        let remaining = count.left as u32;
        Allowance { allowed, limit: most, remaining, wait }
    }
}

#[cfg(test)]
mod tests {
    use super::{RateLimit, RateLimiter};
    use crate::store::Clock;
    use jiff::Timestamp;
    use std::time::Duration;

    #[test]
    fn a_window_counts_down_and_begins_anew() {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let window = Duration::from_secs(60);
        let limiter = RateLimiter::new(RateLimit::FixedWindow { limit: 2, window });
        let first = limiter.take("key", clock.now());
        assert_eq!((first.allowed, first.remaining, first.wait), (true, 1, window));
        clock.advance(Duration::from_millis(10_500));
        assert_eq!(limiter.take("key", clock.now()).remaining, 0);
        let refused = limiter.take("key", clock.now());
        assert_eq!((refused.allowed, refused.remaining, refused.retry_after()), (false, 0, 50));
        assert!(limiter.take("other", clock.now()).allowed);
        clock.advance(Duration::from_millis(49_500));
        assert_eq!(limiter.take("key", clock.now()).remaining, 1);
    }

    #[test]
    fn a_bucket_fills_up_to_its_burst() {
        let clock = Clock::standing(Timestamp::UNIX_EPOCH);
        let limiter = RateLimiter::new(RateLimit::TokenBucket { per_second: 2, burst: 3 });
        for left in [2, 1, 0] {
            assert_eq!(limiter.take("key", clock.now()).remaining, left);
        }
        let refused = limiter.take("key", clock.now());
        assert_eq!((refused.allowed, refused.wait), (false, Duration::from_millis(500)));
        clock.advance(Duration::from_millis(500));
        assert!(limiter.take("key", clock.now()).allowed);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(limiter.take("key", clock.now()).remaining, 2);
    }
}
