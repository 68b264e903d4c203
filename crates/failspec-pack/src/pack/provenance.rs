//! The origin of a statement, which decides how severe a violation of it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use failspec_base::syntax::{Decoder, Node};

/// The origin of a statement about an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// The documentation that the contract was taken from. Breaking it is a violation.
    #[default]
    Documented,
    /// Another page of the same publisher, as binding as the documentation.
    Published,
    /// Inferred, where the documentation is silent. Breaking it is a warning.
    Inferred,
    /// A standard that the contract does not mention, such as RFC 9110. Breaking it is a warning.
    Standard,
}

/// The origins that a file may state.
pub(super) const WORDS: &[&str] = &["documented", "published", "inferred"];

impl Provenance {
    /// Returns true if the publisher made the statement, so that breaking it is a violation.
    pub fn is_binding(self) -> bool {
        matches!(self, Self::Documented | Self::Published)
    }

    /// Returns the weaker of the two: a documented rule in an inferred scenario is not binding.
    #[must_use]
    pub fn weaken(self, other: Self) -> Self {
        if other.is_binding() { self } else { other }
    }

    pub(super) fn read(node: &Node, reader: &Decoder) -> Self {
        match reader.word(node, WORDS) {
            Some(1) => Self::Published,
            Some(2) => Self::Inferred,
            _ => Self::Documented,
        }
    }
}

/// A rule and its origin.
#[derive(Debug, Clone)]
pub struct Sourced<T> {
    /// The rule.
    pub rule: T,
    /// Its origin.
    pub source: Provenance,
}

impl<T> Sourced<T> {
    /// Creates a rule with the origin `source`.
    pub fn new(rule: T, source: Provenance) -> Self {
        Self { rule, source }
    }
}
