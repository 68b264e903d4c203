//! Versions of contracts, which are dates.

use std::fmt;

use jiff::civil::Date;

/// A version of a contract: a year, a month or a day, such as `2026`, `2026-03` or `2026-03-31`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    text: String,
    first: Date,
    last: Date,
}

impl Version {
    /// Parses a version, if `text` is one.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if !digits || !matches!(lengths.as_slice(), [4] | [4, 2] | [4, 2, 2]) {
            return None;
        }
        let number = |at: usize| parts.get(at).map_or(Some(1), |part| part.parse::<i8>().ok());
        let first = Date::new(parts.first()?.parse().ok()?, number(1)?, number(2)?).ok()?;
        let last = match parts.len() {
            1 => first.last_of_year(),
            2 => first.last_of_month(),
            _ => first,
        };
        Some(Self { text: text.to_owned(), first, last })
    }

    /// Returns true if the day is in this year, month or day.
    pub fn holds(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }

    /// Returns its last day; a run of this version expects the failures of that day.
    pub fn last_day(&self) -> Date {
        self.last
    }

    /// Returns the version as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Splits a name such as `kubeadapt@2026-03` into the name and the version after the `@`.
pub fn split_version(name: &str) -> (&str, Option<&str>) {
    name.split_once('@').map_or((name, None), |(name, version)| (name, Some(version)))
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn a_version_is_a_year_a_month_or_a_day() {
        let last = |text: &str| Version::parse(text).map(|version| version.last_day().to_string());
        assert_eq!(last("2026").as_deref(), Some("2026-12-31"));
        assert_eq!(last("2028-02").as_deref(), Some("2028-02-29"));
        assert_eq!(last("2026-03-05").as_deref(), Some("2026-03-05"));
        for wrong in
            ["", "26", "2026-3", "2026-13", "2026-02-30", "2026-03-05-01", "v2", "+026", "2026-", "2026-0a"]
        {
            assert_eq!(last(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_lies_in_its_month_alone() {
        let march = Version::parse("2026-03").unwrap();
        let day = |text: &str| text.parse().unwrap();
        assert!(march.holds(day("2026-03-01")) && march.holds(day("2026-03-31")));
        assert!(!march.holds(day("2026-02-28")) && !march.holds(day("2026-04-01")));
    }
}
