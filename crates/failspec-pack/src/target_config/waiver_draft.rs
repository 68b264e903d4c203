//! A waiver that is to be written into `failspec.toml`.

use std::fmt::{self, Write as _};

use super::Waiver;

/// A waiver that is to be written into `failspec.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverDraft {
    /// A glob of case names.
    pub scenario: String,
    /// The check that they break.
    pub check: String,
    /// Why it is known.
    pub reason: String,
    /// Where it is tracked.
    pub issue: Option<String>,
    /// The last day on which it holds.
    pub expires: jiff::civil::Date,
    /// The cases that it is for.
    pub cases: Vec<String>,
}

/// What waivers that are there already say about a draft.
#[derive(Debug)]
pub enum Known<'w> {
    /// Nothing, about some of its cases.
    New,
    /// All its cases are waived.
    Waived,
    /// Some of its cases are waived no more: to go on is for a person to decide.
    Expired(&'w Waiver),
}

impl WaiverDraft {
    /// What `waivers` say about it on the day `today`.
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

/// As a table of `failspec.toml`.
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

/// A basic string of TOML: no control character may stand in one as it is.
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
