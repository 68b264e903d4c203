//! The styles of errors that many APIs share: one file for each, and one table.

mod completion;
mod fastapi;
mod google;
mod graphql;
mod json_api;
mod kubernetes;
mod oauth2;
mod plain;
mod problem_json;
mod recognition;
mod table;
#[cfg(test)]
mod tests;

pub use recognition::{Evidence, mentioned_media_types};
pub use table::{style, styles};

use failspec_pack::pack::writing::plain_or_quoted;
use jiff::civil::Date;

/// A style of errors: a pack to start from, and the marks by which documents of that style are recognised. It states
/// facts of its specification only.
#[derive(Debug)]
pub struct Style {
    /// Its name on the command line.
    pub name: &'static str,
    /// The name that it has elsewhere.
    pub title: &'static str,
    /// The address (URL) of its specification.
    pub specification: &'static str,
    /// Media types that only this style has.
    media_types: &'static [&'static str],
    /// Sets of members that a body of an error has: pointers, in which `*` is any item. One set is enough.
    members: &'static [&'static [&'static str]],
    /// The parts of an envelope that its specification promises for every error, and a document may leave out.
    promises: Promises,
    /// The contract of a new pack; `NAME` and `TODAY` are filled in.
    contract: &'static str,
    /// Its scenarios; `NAME` is filled in.
    scenarios: &'static str,
    /// The places that a user edits next: the file (0 is the contract, 1 the scenarios), a pointer into it, and what to write there.
    pub edit: &'static [(usize, &'static str, &'static str)],
}

/// Statements of the specification of a style that hold for every error, in the words of a contract.
#[derive(Debug, Clone, Copy)]
struct Promises {
    /// Pointer to the error code, if every error has one.
    code: Option<&'static str>,
    /// Pointer to the display text, if every error has one.
    message: Option<&'static str>,
    /// Pointer to the HTTP status, if every error repeats it.
    status: Option<&'static str>,
}

impl Promises {
    const NONE: Self = Self { code: None, message: None, status: None };
}

impl Style {
    /// Returns the contract of a new pack of this style.
    #[must_use]
    pub fn contract(&self, name: &str, today: Date) -> String {
        filled(self.contract, name).replace("TODAY", &today.to_string())
    }

    /// Returns the scenarios of a new pack of this style.
    #[must_use]
    pub fn scenarios(&self, name: &str) -> String {
        filled(self.scenarios, name)
    }
}

/// Returns a template with the name of the pack, without the line break after the opening quotes.
fn filled(template: &str, name: &str) -> String {
    template.trim_start().replace("NAME", &plain_or_quoted(name))
}
