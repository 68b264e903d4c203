//! The API closes the connection instead of responding.

use failspec_pack::pack::{Contract, Provenance, Scenario};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    subject::is_of_document,
};

pub(super) static CHECK: Check = Check {
    id: "connection-closed",
    summary: "a request with the documented fault gets a response",
    source: "the failure's entry in the contract",
    text: "The API closed the connection without a response. The case was run a second time from its setup, and \
the connection was closed again, while the same request without the fault succeeded each time: the fault makes \
the API close the connection. (Lost once, it is a matter of the network, and the second run decides. Where the \
request was not written whole, or without a control, the case is inconclusive: a server may refuse a large body \
and reset the connection. So it is where the operation of an OpenAPI document closes the connection twice on a request without a \
fault, too.) A request without a fault needs no control.",
    when: When::Always,
    // A subject has a response; see `closed`.
    run: |_| Vec::new(),
};

/// Returns the finding that the API closed the connection on the request under test, in both runs of the case.
pub fn closed(contract: &Contract, scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let failure = scenario.failure.map(|index| &contract.failures[index]);
    // A request that an OpenAPI document speaks of may not break the server, whatever that says of the fault.
    let source = match failure.filter(|_| !is_of_document(contract, scenario)) {
        Some(failure) => failure.source.weaken(scenario.source),
        // Of an address outside the document it promises nothing.
        None if scenario.is_outside_document() => Provenance::Inferred,
        None => Provenance::Documented,
    };
    let expected = failure.map_or("a response", |failure| failure.id.as_str());
    let wanted = failure.map_or_else(|| expected.to_owned(), |failure| format!("the failure {}", failure.id));
    observed.closed_twice.then(|| {
        Finding::new(CHECK.id, source, wanted, "the end of the connection, twice").saying(format!(
            "expected {expected}, but the API closed the connection without a response, in both runs of the case"
        ))
    })
}
