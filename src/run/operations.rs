//! What a run showed of the operations of an OpenAPI document.

use std::sync::Arc;

use crate::{
    check::{Against, Phase},
    openapi::Response,
    verdict::{ErrorCoverage, OperationCoverage, TrialReport},
};

use super::course::Running;

impl Running<'_> {
    /// The operation that the request under test is, as the contract's OpenAPI document has it.
    pub(super) fn operation(&self) -> Option<Arc<str>> {
        let against = self.session.against.as_ref()?;
        let tested = self.observed.records.iter().find(|record| record.phase == Phase::Request)?;
        let request = &tested.exchange.request;
        let status = tested.exchange.result.as_ref().map_or(0, |answer| answer.status);
        let operation = against.declaring(&request.method, request.url.path(), status);
        operation.map(|operation| operation.name().into())
    }
}

/// Whether an answer refused a method that the path of an operation does not have: that is said of the path as a whole.
fn is_refusal(trial: &TrialReport, asked: &str, operation: &crate::openapi::Operation) -> bool {
    let status = trial.observed.as_ref().map(|answer| answer.status);
    status == Some(405) && asked.split_once(' ').is_some_and(|(_, path)| path == operation.path)
}

/// The declared errors of all operations, and how many trials were answered with each.
pub(super) fn operations(against: &Against, trials: &[TrialReport]) -> Vec<OperationCoverage> {
    let all = against.declared.api.operations.iter();
    let of = |operation: &crate::openapi::Operation| {
        let name = operation.name();
        let statuses: Vec<_> = trials
            .iter()
            .filter(|trial| {
                trial.operation.as_deref().is_some_and(|it| it == name || is_refusal(trial, it, operation))
            })
            .filter_map(|trial| Response::of(&operation.responses, trial.observed.as_ref()?.status))
            .map(|response| response.status)
            .collect();
        let declared = operation.responses.iter().filter(|it| it.status.may_be_failure());
        let errors = declared.map(|it| ErrorCoverage {
            status: it.status.to_string(),
            trials: statuses.iter().filter(|status| **status == it.status).count(),
        });
        OperationCoverage { operation: name, errors: errors.collect() }
    };
    all.map(of).filter(|it| !it.errors.is_empty()).collect()
}
