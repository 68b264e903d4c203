//! The operations of the contract's OpenAPI document that the run called, with whatever request: of the others it can say nothing.

use std::sync::{Mutex, PoisonError};

use failspec_judge::check::OpenApiContext;
use failspec_pack::openapi::Operation;

use super::session::Session;

/// The operations that responded, by their index in the document.
#[derive(Debug, Default)]
pub struct CalledOperations(Mutex<Vec<bool>>);

impl CalledOperations {
    /// Notes a request that got a response.
    pub(super) fn note(&self, against: &OpenApiContext, method: &str, path: &str) {
        let Some(called) = against.operation(method, path) else { return };
        let all = &against.declared.api.operations;
        let Some(index) = all.iter().position(|it| std::ptr::eq(it, called)) else { return };
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.resize(all.len(), false);
        noted[index] = true;
    }
}

impl Session {
    /// Returns the operations that gave no response, in the order of the document; none if the contract names no document.
    pub(super) fn operations_not_called(&self) -> Vec<String> {
        let Some(against) = &self.against else { return Vec::new() };
        let noted = self.called_operations.0.lock().unwrap_or_else(PoisonError::into_inner);
        let operations = against.declared.api.operations.iter().enumerate();
        let others = operations.filter(|(index, _)| !noted.get(*index).copied().unwrap_or_default());
        others.map(|(_, operation)| Operation::name(operation)).collect()
    }
}
