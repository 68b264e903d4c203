//! Parsing of durations in days.

use jiff::SignedDuration;

/// Parses a duration in days such as `90d`. Returns `None` if it is not of this form or not from 1 to 36,500 days.
pub fn parse_days(text: &str) -> Option<SignedDuration> {
    let days: i64 = text.strip_suffix('d')?.parse().ok()?;
    (1..=36_500).contains(&days).then(|| SignedDuration::from_hours(days * 24))
}
