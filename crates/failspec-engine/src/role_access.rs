//! The responses that each role got from each operation of the contract's OpenAPI document.

use std::sync::{Mutex, PoisonError};

use failspec_judge::{
    check::Phase,
    report_model::{AccessLog, OperationAccess},
};
use failspec_pack::openapi::Operation;

use super::{case_runner::CaseRunner, session::Session};

/// The responses to each role of a run.
#[derive(Debug, Default)]
pub struct RoleAccessLog(Mutex<AccessLog>);

impl CaseRunner<'_> {
    /// Records the responses to the request under test and to the control.
    pub(super) fn note_access(&self) {
        let Some(against) = &self.session.against else { return };
        let mut log = self.session.role_access.0.lock().unwrap_or_else(PoisonError::into_inner);
        for record in &self.observed.records {
            let Ok(response) = &record.exchange.result else { continue };
            let request = &record.exchange.request;
            let is_meant = matches!(record.phase, Phase::Control | Phase::Request);
            if let Some(operation) =
                against.operation(&request.method, request.url.path()).filter(|_| is_meant)
            {
                log.record(&operation.name(), record.role.as_deref(), response.status);
            }
        }
    }
}

impl Session {
    /// Returns the responses to each role, in the order of the operations in the document. None if fewer than two roles called
    /// any, unless this is a shard: others may have the rest.
    pub(super) fn access(&self, is_shard: bool) -> Vec<OperationAccess> {
        let Some(against) = &self.against else { return Vec::new() };
        let names: Vec<String> = against.declared.api.operations.iter().map(Operation::name).collect();
        let log = self.role_access.0.lock().unwrap_or_else(PoisonError::into_inner);
        let table = log.table(names.iter().map(String::as_str));
        if is_shard || OperationAccess::is_comparable(&table) { table } else { Vec::new() }
    }
}
