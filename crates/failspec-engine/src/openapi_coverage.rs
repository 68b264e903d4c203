//! Coverage of the error responses that an OpenAPI document declares.

use std::sync::Arc;

use failspec_judge::{
    check::{OpenApiContext, Phase},
    report_model::{CaseReport, ErrorCoverage, OperationCoverage},
};
use failspec_pack::openapi::{ParameterLocation, Response};

use super::case_runner::CaseRunner;

impl CaseRunner<'_> {
    /// Finds the operation of the contract's OpenAPI document that matches the request under test.
    pub(super) fn operation(&self) -> Option<Arc<str>> {
        let against = self.session.against.as_ref()?;
        let tested = self.observed.records.iter().find(|record| record.phase == Phase::Request)?;
        let request = &tested.exchange.request;
        let status = tested.exchange.result.as_ref().map_or(0, |response| response.status);
        let operation = against.declaring(&request.method, request.url.path(), status);
        operation.map(|operation| operation.name().into())
    }

    /// Returns the name of the query, header or cookie parameter of the contract's OpenAPI document that the documented rule is
    /// about. Parameters of paths that have the same name name different things.
    pub(super) fn parameter(&self) -> Option<Arc<str>> {
        let rule = self.case.scenario.documentation.as_deref()?;
        let against = self.session.against.as_ref()?;
        let tested = self.observed.records.iter().find(|record| record.phase == Phase::Request)?;
        let request = &tested.exchange.request;
        let operation = against.operation(&request.method, request.url.path())?;
        // The pointer may begin with the name of another file of the document.
        let is_its = |pointer: &str| {
            let before = rule.strip_suffix(pointer);
            before.is_some_and(|before| before.is_empty() || before.ends_with(['#', '/']))
        };
        let found =
            operation.parameters.iter().find(|it| it.place != ParameterLocation::Path && is_its(&it.pointer));
        found.map(|parameter| parameter.name.as_str().into())
    }
}

/// Returns true if the response is a 405 for the operation's path, even if the request used a method that is not
/// declared: a 405 applies to the path as a whole.
fn is_refusal(case: &CaseReport, asked: &str, operation: &failspec_pack::openapi::Operation) -> bool {
    let status = case.observed.as_ref().map(|response| response.status);
    status == Some(405) && asked.split_once(' ').is_some_and(|(_, path)| path == operation.path)
}

/// Returns the declared error responses of all operations, and how many cases got each of them.
pub(super) fn operations(against: &OpenApiContext, cases: &[CaseReport]) -> Vec<OperationCoverage> {
    let all = against.declared.api.operations.iter();
    let of = |operation: &failspec_pack::openapi::Operation| {
        let name = operation.name();
        let statuses: Vec<_> = cases
            .iter()
            .filter(|case| {
                case.operation.as_deref().is_some_and(|it| it == name || is_refusal(case, it, operation))
            })
            .filter_map(|case| Response::of(&operation.responses, case.observed.as_ref()?.status))
            .map(|response| response.status)
            .collect();
        let declared = operation.responses.iter().filter(|it| it.status.may_be_failure());
        let errors = declared.map(|it| ErrorCoverage {
            status: it.status.to_string(),
            cases: statuses.iter().filter(|status| **status == it.status).count(),
        });
        OperationCoverage { operation: name, errors: errors.collect() }
    };
    all.map(of).filter(|it| !it.errors.is_empty()).collect()
}
