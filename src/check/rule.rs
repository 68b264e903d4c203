//! What a check is: a rule with a name, a reason and a function.

use super::{finding::Finding, subject::Subject};

/// One rule held against an exchange.
#[derive(Debug)]
pub struct Check {
    /// Its name in reports, waivers and on the command line.
    pub id: &'static str,
    /// What it demands, in one line.
    pub summary: &'static str,
    /// Where the rule comes from, in words.
    pub source: &'static str,
    /// What it does, why, and what to do when it finds something (`failspec explain`).
    pub text: &'static str,
    /// When it is held against a response.
    pub when: When,
    /// Holds it against a response.
    pub run: fn(&Subject<'_>) -> Vec<Finding>,
}

/// When a check is held against a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When the request under test was refused.
    Refused,
    /// When it was refused, unless the response rightly has no body: the rule is about what the body says.
    RefusedInWords,
    /// When the API did what it should have refused.
    Succeeded,
    /// In both cases.
    Always,
}
