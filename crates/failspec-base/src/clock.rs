//! Moments that are computed from durations of files and of the network.

use std::time::{Duration, Instant};

/// The longest wait that a file may have: a hundred years. A clock can hold it everywhere.
pub const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Returns the moment that is `wait` after `moment`. A wait that no clock holds, such as `within: 18446744073709551615s` or
/// an `expires_in` of 1e19 seconds, ends in a hundred years.
pub fn after(moment: Instant, wait: Duration) -> Instant {
    moment.checked_add(wait.min(FOREVER)).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_no_wait_is_beyond_the_clock() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::from_secs(3)), now + Duration::from_secs(3));
        for wait in [FOREVER, Duration::from_secs(u64::MAX), Duration::MAX] {
            assert_eq!(after(now, wait), now + FOREVER);
        }
    }
}
