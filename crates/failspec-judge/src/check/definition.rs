//! A check: a rule with a name, a reason and a function.

use super::{finding::Finding, subject::Subject};

/// One rule that is applied to an exchange.
#[derive(Debug)]
pub struct Check {
    /// Its name in reports, waivers and on the command line.
    pub id: &'static str,
    /// Its requirement, in one line.
    pub summary: &'static str,
    /// The source of the rule, in words.
    pub source: &'static str,
    /// Its description, its reason, and what to do about a finding (`failspec explain`).
    pub text: &'static str,
    /// The responses to which it is applied.
    pub when: When,
    /// Applies it to a response.
    pub run: fn(&Subject<'_>) -> Vec<Finding>,
}

/// The responses to which a check is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Rejections of the request under test.
    Refused,
    /// Rejections, except those that correctly have no body: the rule is about the body.
    RefusedInWords,
    /// Successes of a request that the API should have rejected.
    Succeeded,
    /// All responses.
    Always,
}
