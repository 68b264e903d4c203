//! Statuses that an OpenAPI document does not declare.

use failspec_pack::pack::Provenance;

use super::{
    Phase,
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    openapi_context::{Declaration, declarations},
    server_error::{self, is_server_error},
};

pub(super) static CHECK: Check = Check {
    id: "undeclared-status",
    summary: "the operation declares the status of the response",
    source: "`openapi` of the contract; OpenAPI 3.1, 4.8.16: the known errors of an operation are expected \
to be declared; a warning, because the specification does not promise that the list is complete",
    text: "For this operation the OpenAPI document declares neither the status of the response, nor its \
class (`4XX`), nor `default`. Clients that were generated from the document do not know it. Declare it, or \
respond with a declared status. All responses of a case are checked, including those of controls and setups. 414 and 431 are not \
reported: any part of a server may refuse an address or headers that are too long, and documents speak of the operations behind it.",
    when: When::Always,
    run: |subject| statuses(subject.observed),
};

pub(super) fn statuses(observed: &Observed) -> Vec<Finding> {
    let undeclared = declarations(observed)
        .filter(|it| it.declared_response.is_none() && !it.operation.responses.is_empty())
        .filter(|it| !matches!(it.response.status, 414 | 431));
    // That a document declares 500 excuses no setup that breaks the server: the request has no fault.
    let is_broken = |it: &Declaration<'_>| {
        let has_no_fault = it.record.phase.is_of_control() || it.record.phase == Phase::Setup;
        it.declared_response.is_some() && has_no_fault && is_server_error(it.response.status)
    };
    let broken = declarations(observed).filter(is_broken).map(|it| {
        let actual = format!("HTTP {}", it.response.status);
        let finding = Finding::new(server_error::CHECK.id, Provenance::Standard, "no server error", actual);
        it.about(finding.saying(format!("{}, for a request without a fault", it.told())))
    });
    undeclared
        .map(|it| {
            let declared: Vec<String> =
                it.operation.responses.iter().map(|it| it.status.to_string()).collect();
            let finding = Finding::new(
                CHECK.id,
                Provenance::Standard,
                "a status that the operation declares",
                format!("HTTP {}", it.response.status),
            );
            it.about(finding.saying(format!(
                "{}, but the operation declares {}",
                it.told(),
                declared.join(", ")
            )))
        })
        .chain(broken)
        .collect()
}
