//! The maximum request rate of a target.

use std::time::Duration;

use failspec_base::syntax::{Decoder, Node};

/// A maximum number of requests in a time span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The time from one request to the next.
    pub interval: Duration,
}

impl Rate {
    /// Reads `50/s` or `300/m`.
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let text = reader.text(node)?;
        let rate = Self::parse(text);
        if rate.is_none() {
            reader.error_hint(node.span, format!("`{text}` is not a valid rate"), "write `50/s` or `300/m`");
        }
        rate
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_once('/')?;
        let count: u32 = count.trim().parse().ok().filter(|count| *count > 0)?;
        let span = match unit.trim() {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            _ => return None,
        };
        Some(Self { interval: span / count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_and_a_unit() {
        let interval = |text| Rate::parse(text).map(|rate| rate.interval);
        assert_eq!(interval("50/s"), Some(Duration::from_millis(20)));
        assert_eq!(interval("300/m"), Some(Duration::from_millis(200)));
        for wrong in ["", "50", "50/h", "0/s", "-1/s", "x/s", "1.5/s"] {
            assert_eq!(interval(wrong), None, "{wrong}");
        }
    }
}
