//! How much of a pack the publisher published, how much is inferred, and what it was proven on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Pack;

/// The origins of a pack: of its operations, of its scenarios, and the products that it was run against.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    /// Number of operations that the publisher names.
    pub published: usize,
    /// Number of operations that are inferred: each shows nothing until a control or a setup on it succeeded.
    pub inferred: usize,
    /// Number of scenarios whose fault means their failure only by inference.
    pub inferred_scenarios: usize,
    /// The products that the pack was run against, each with its version and the day; empty if there is none.
    pub proven_on: Vec<String>,
}

impl Pack {
    /// Returns the origins, if the contract states any.
    pub fn origins(&self) -> Option<Origins> {
        let contract = &self.contract;
        let operations = || contract.operations.values();
        let is_stated = !contract.sources.is_empty()
            || !contract.proven_on.is_empty()
            || operations().any(|line| line.sources.is_stated);
        is_stated.then(|| {
            let published = operations().filter(|line| line.source.is_binding()).count();
            Origins {
                published,
                inferred: contract.operations.len() - published,
                inferred_scenarios: self.scenarios.iter().filter(|it| !it.source.is_binding()).count(),
                proven_on: contract.proven_on.clone(),
            }
        })
    }
}
