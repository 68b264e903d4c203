//! Spans of days.

use jiff::SignedDuration;

/// Reads a span of days such as `90d`.
pub fn parse_days(text: &str) -> Option<SignedDuration> {
    let days: i64 = text.strip_suffix('d')?.parse().ok()?;
    (1..=36_500).contains(&days).then(|| SignedDuration::from_hours(days * 24))
}
