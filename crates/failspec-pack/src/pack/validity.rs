//! The period in which a failure is documented.

use std::fmt;

use jiff::civil::Date;

use failspec_base::syntax::{Decoder, Field, Fields, ValueType};

/// The period in which a failure is documented. Both ends may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub since: Option<Date>,
    /// The first day on which it is no longer documented.
    pub until: Option<Date>,
}

pub(super) const SINCE: Field = Field::optional(
    "since",
    ValueType::Date,
    "the first day on which it is documented; before that day it is not expected",
);
pub(super) const UNTIL: Field =
    Field::optional("until", ValueType::Date, "the first day on which it is no longer documented");

impl Period {
    /// Returns true if `day` is in the period.
    pub fn holds(self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day < until)
    }

    /// Returns true if some day is in both periods.
    pub fn overlaps(self, other: Self) -> bool {
        let before =
            |one: Self, other: Self| one.until.zip(other.since).is_some_and(|(end, begin)| end <= begin);
        !before(self, other) && !before(other, self)
    }

    pub(super) fn read(fields: &Fields<'_>, reader: &Decoder) -> Self {
        let date = |key: &str| fields.get(key).and_then(|node| reader.date(node));
        let period = Self { since: date("since"), until: date("until") };
        if let (Some(since), Some(until), Some(node)) = (period.since, period.until, fields.get("until"))
            && until <= since
        {
            reader.error_hint(
                node.span,
                format!("`until` ({until}) is not after `since` ({since}): the period is empty"),
                "`until` is the first day on which it is no longer documented",
            );
        }
        period
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.since, self.until) {
            (None, None) => f.write_str("always"),
            (Some(since), None) => write!(f, "since {since}"),
            (None, Some(until)) => write!(f, "until {until}"),
            (Some(since), Some(until)) => write!(f, "since {since}, until {until}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Period;

    fn period(since: &str, until: &str) -> Period {
        Period { since: since.parse().ok(), until: until.parse().ok() }
    }

    #[test]
    fn since_is_in_and_until_is_out() {
        let spring = period("2026-03-01", "2026-06-01");
        let day = |text: &str| spring.holds(text.parse().unwrap());
        assert!(!day("2026-02-28") && day("2026-03-01") && day("2026-05-31") && !day("2026-06-01"));
        assert!(Period::default().holds("2026-06-01".parse().unwrap()));
    }

    #[test]
    fn periods_that_touch_do_not_overlap() {
        assert!(!period("", "2026-03-01").overlaps(period("2026-03-01", "")));
        assert!(period("", "2026-03-02").overlaps(period("2026-03-01", "")));
        assert!(period("", "").overlaps(period("2026-03-01", "2026-04-01")));
    }
}
