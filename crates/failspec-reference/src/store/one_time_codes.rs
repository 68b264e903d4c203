//! Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 seconds, one step of tolerance to either side.

use jiff::Timestamp;
use totp_rs::{Builder, Secret, Totp};

use super::ReplayGuard;

/// The length of a step, in seconds.
const STEP: u64 = 30;

/// The number of steps that a code may be early or late: clocks differ, and people type slowly (RFC 6238, 5.2).
const TOLERANCE: u64 = 1;

/// A verifier of codes, which remembers the used ones.
#[derive(Debug, Default)]
pub struct OneTimeCodes {
    spent: ReplayGuard,
}

impl OneTimeCodes {
    /// Returns true if a code is correct at `now` for a secret in Base32, even if it was used before.
    #[must_use]
    pub fn is_right(secret: &str, code: &str, now: Timestamp) -> bool {
        right_steps(secret, code, now).next().is_some()
    }

    /// Accepts a code that is correct at `now`, once for each owner; a rejected code consumes nothing.
    pub fn accept(&self, owner: &str, secret: &str, code: &str, now: Timestamp) -> bool {
        // The step is consumed, not the code, so that the same digits are valid again should they ever recur.
        right_steps(secret, code, now).any(|step| self.spent.spend(&format!("{owner} {step}")))
    }
}

/// The steps around `now` that have this code; none for an invalid secret.
fn right_steps<'a>(secret: &str, code: &'a str, now: Timestamp) -> impl Iterator<Item = u64> + 'a {
    let totp = generator(secret);
    let step = u64::try_from(now.as_second()).unwrap_or(0) / STEP;
    let window = step.saturating_sub(TOLERANCE)..=step + TOLERANCE;
    totp.into_iter().flat_map(move |totp| {
        window.clone().filter(move |step| totp.generate(step * STEP).to_string() == code)
    })
}

fn generator(secret: &str) -> Option<Totp> {
    Builder::new().with_secret(Secret::try_from_base32(secret).ok()?).build().ok()
}

#[cfg(test)]
mod tests {
    use super::OneTimeCodes;
    use jiff::Timestamp;

    /// The secret of the test vectors of RFC 6238, appendix B, in Base32.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn the_vectors_of_the_rfc_are_right() {
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert!(OneTimeCodes::is_right(SECRET, code, at(second)), "{code}");
            assert!(!OneTimeCodes::is_right(SECRET, code, at(second + 90)), "{code}");
        }
        assert!(!OneTimeCodes::is_right("not base 32!", "287082", at(59)));
        assert!(!OneTimeCodes::is_right(SECRET, "28708", at(59)));
    }

    #[test]
    fn a_code_is_good_for_30_seconds_either_way_and_once() {
        let codes = OneTimeCodes::default();
        assert!(!codes.accept("one", SECRET, "287082", at(90 + 30)));
        assert!(codes.accept("one", SECRET, "287082", at(89)));
        assert!(!codes.accept("one", SECRET, "287082", at(59)));
        assert!(codes.accept("other", SECRET, "287082", at(1)));
    }
}
