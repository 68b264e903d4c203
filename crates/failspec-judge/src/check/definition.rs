//! A check: a rule with a name, a reason and a function.

use super::{finding::Finding, subject::Subject};

/// One rule applied to an exchange.
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
    /// When it is applied to a response.
    pub when: When,
    /// Applies it to a response.
    pub run: fn(&Subject<'_>) -> Vec<Finding>,
}

/// When a check is applied to a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When the request under test was rejected.
    Refused,
    /// When it was rejected, unless the response rightly has no body: the rule is about the body.
    RefusedInWords,
    /// When the API accepted a request that it should have rejected.
    Succeeded,
    /// In both cases.
    Always,
}
