//! Requirements that a target does not provide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A requirement of the contract that the target does not provide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingRequirement {
    /// The kind of requirement.
    pub kind: RequirementKind,
    /// Its name in the contract.
    pub name: String,
    /// Its description in the contract.
    pub about: String,
    /// Number of selected cases skipped because this (possibly among others) is missing.
    pub cases: usize,
}

/// The kind of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementKind {
    /// Credentials.
    Role,
    /// A value.
    Variable,
    /// A state that no request can produce.
    Condition,
}

impl RequirementKind {
    /// Returns the word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Variable => "variable",
            Self::Condition => "condition",
        }
    }
}
