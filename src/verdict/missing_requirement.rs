//! What a target does not bring.

use serde::{Deserialize, Serialize};

/// Something that the contract requires and the target does not bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MissingRequirement {
    /// What kind of thing it is.
    pub kind: RequirementKind,
    /// Its name in the contract.
    pub name: String,
    /// What the contract says about it.
    pub about: String,
    /// How many selected cases are skipped for want of it, alone or of others too.
    pub cases: usize,
}

/// What kind of thing a target does not bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequirementKind {
    /// Credentials.
    Role,
    /// A value.
    Variable,
    /// A state that no request brings about.
    Condition,
}

impl RequirementKind {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Variable => "variable",
            Self::Condition => "condition",
        }
    }
}
