//! The rate limit of a key, and the headers that report it.

use std::time::Duration;

use jiff::Timestamp;

use super::{Failure, Kubeadapt, quirks};
use crate::{
    Response,
    store::{Allowance, Identity, Key},
};

/// The store key under which the quirk that rejects a key forever records it.
fn refused(identity: &Identity) -> Key {
    Key::new("refused", "", &identity.subject)
}

/// The rate limit of a key after a request.
#[derive(Debug)]
pub(super) struct Standing {
    allowance: Allowance,
    /// The end of the window, as a Unix timestamp in seconds.
    reset: i64,
}

impl Kubeadapt {
    /// Counts a request of the limited key; `None` for all others.
    pub(super) fn count(&self, identity: &Identity) -> Option<Standing> {
        if identity.subject != super::seed::LIMITED {
            return None;
        }
        let now = self.store.clock.now();
        let mut allowance = self.store.limiter.as_ref()?.take(&identity.subject, now);
        if self.quirks.is_on(quirks::NO_LIMIT) {
            allowance.allowed = true;
        }
        if self.quirks.is_on(quirks::REFUSED_FOR_GOOD) {
            if !allowance.allowed {
                self.store.resources.put(refused(identity), serde_json::Value::Null);
            }
            if self.store.resources.contains(&refused(identity)) {
                allowance = Allowance { allowed: false, remaining: 0, ..allowance };
            }
        }
        Some(Standing { allowance, reset: end(now, allowance.wait) })
    }

    /// Adds the headers: the three of the limit to every response, `Retry-After` to a rejection.
    pub(super) fn tell(&self, standing: &Standing, mut response: Response) -> Response {
        let Standing { allowance, reset } = standing;
        let on = |quirk| self.quirks.is_on(quirk);
        let remaining = allowance.remaining + u32::from(!allowance.allowed && on(quirks::REMAINING_LEFT));
        let reset = if on(quirks::RESET_PAST) { reset - 3600 } else { *reset };
        let reset = if on(quirks::RETRY_DISAGREES) { reset + 60 } else { reset };
        let numbers = [allowance.limit.to_string(), remaining.to_string(), reset.to_string()];
        let words = ["five", "some", "soon"].map(str::to_owned);
        let values = if on(quirks::LIMIT_IN_WORDS) { words } else { numbers };
        if !on(quirks::NO_LIMIT_HEADERS) {
            for (name, value) in HEADERS.iter().zip(&values) {
                response.set_header(name, value);
            }
        }
        if !allowance.allowed && !on(quirks::NO_RETRY_AFTER) {
            let seconds = allowance.retry_after().to_string();
            let value = if on(quirks::RETRY_IN_WORDS) { "a moment" } else { &seconds };
            response.set_header("Retry-After", value);
        }
        response
    }
}

/// The headers of the limit: "Your limit", "Requests left", "When the window resets (Unix timestamp)".
const HEADERS: [&str; 3] = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

impl Standing {
    /// Fails if the request exceeds the limit.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.allowance.allowed { Ok(()) } else { Err(Failure::RateLimited) }
    }
}

/// The first whole second at which a wait is over, as a Unix timestamp.
fn end(now: Timestamp, wait: Duration) -> i64 {
    let end = now.checked_add(wait).unwrap_or(Timestamp::MAX);
    end.as_second() + i64::from(end.subsec_nanosecond() > 0)
}
