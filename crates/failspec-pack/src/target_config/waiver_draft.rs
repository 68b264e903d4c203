//! A waiver that is to be written into `failspec.toml`.

use std::fmt::{self, Write as _};

use super::Waiver;

/// A waiver that is to be written into `failspec.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverDraft {
    /// A glob of case names.
    pub scenario: String,
    /// The check that fails.
    pub check: String,
    /// The reason for the waiver.
    pub reason: String,
    /// The issue that tracks the violation.
    pub issue: Option<String>,
    /// The last day on which the waiver is valid.
    pub expires: jiff::civil::Date,
    /// The cases that it applies to.
    pub cases: Vec<String>,
}

/// The state of a draft, given the existing waivers.
#[derive(Debug)]
pub enum Known<'w> {
    /// Some of its cases are not waived, and none of these has an expired waiver.
    New,
    /// All its cases are waived.
    Waived,
    /// Some of its cases have only an expired waiver: a person must decide whether to extend it.
    Expired(&'w Waiver),
}

impl WaiverDraft {
    /// Returns the state of the draft, given `waivers`, on the day `today`.
    pub fn known<'w>(&self, waivers: &'w [Waiver], today: jiff::civil::Date) -> Known<'w> {
        let fits = |waiver: &&Waiver, case: &str| waiver.matches(case, &self.check);
        let held = |case: &str| waivers.iter().any(|it| fits(&it, case) && it.holds_on(today));
        let open: Vec<&String> = self.cases.iter().filter(|case| !held(case)).collect();
        match waivers.iter().find(|waiver| open.iter().any(|case| fits(waiver, case))) {
            Some(expired) => Known::Expired(expired),
            None if open.is_empty() => Known::Waived,
            None => Known::New,
        }
    }
}

/// Formats the draft as a table of `failspec.toml`.
impl fmt::Display for WaiverDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[waivers]]")?;
        writeln!(f, "scenario = {}", quoted(&self.scenario))?;
        writeln!(f, "check = {}", quoted(&self.check))?;
        writeln!(f, "reason = {}", quoted(&self.reason))?;
        if let Some(issue) = &self.issue {
            writeln!(f, "issue = {}", quoted(issue))?;
        }
        writeln!(f, "expires = {}", self.expires)
    }
}

/// Formats a basic string of TOML, in which control characters must be escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            character if character.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in
            ["plain", "\"quoted\" \\ and more", "line\nbreak\ttab\u{1b}[31m\u{7f}\u{85}", "ü ${env:HOME} '''"]
        {
            let table: toml::Table = format!("a = {}", quoted(text)).parse().unwrap();
            assert_eq!(table["a"].as_str(), Some(text));
        }
    }
}
