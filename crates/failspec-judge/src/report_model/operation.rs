//! Coverage of the declared errors of operations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The coverage of an operation of the contract's OpenAPI document: its declared errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperationCoverage {
    /// Method and path, as in the document.
    pub operation: String,
    /// Its declared errors.
    pub errors: Vec<ErrorCoverage>,
}

/// A declared error of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorCoverage {
    /// `404`, `4XX` or `default`.
    pub status: String,
    /// Number of cases that got it.
    pub cases: usize,
}

impl OperationCoverage {
    /// Returns the number of its errors that were seen, and the number of declared ones.
    pub fn seen(&self) -> (usize, usize) {
        (self.errors.iter().filter(|error| error.cases > 0).count(), self.errors.len())
    }
}

/// Merges the coverage of the same operations by all shards of a run.
pub(super) fn joined<'s>(shards: impl Iterator<Item = &'s [OperationCoverage]>) -> Vec<OperationCoverage> {
    let mut whole: Vec<OperationCoverage> = Vec::new();
    for shard in shards {
        if whole.is_empty() {
            whole = shard.to_vec();
            continue;
        }
        // All shards have one document, so they list the same operations in the same order.
        for (known, more) in whole.iter_mut().zip(shard) {
            for (error, more) in known.errors.iter_mut().zip(&more.errors) {
                error.cases = error.cases.saturating_add(more.cases);
            }
        }
    }
    whole
}
