//! HEAD, which every server has to support where it supports GET.

use failspec_base::message::Response;
use failspec_pack::pack::{Provenance, Scenario, fault_kind};

use super::{
    case_log::{Observed, Phase},
    definition::{Check, When},
    finding::Finding,
};

pub(super) static CHECK: Check = Check {
    id: "head",
    summary: "what can be read with GET can be asked for with HEAD",
    source: "RFC 9110, section 9.1: all general-purpose servers must support GET and HEAD; a warning, because the OpenAPI \
document promises only the methods that it has",
    text: "The OpenAPI document has GET for the address. The API refuses HEAD there (404, 405, 501 or another refusal that is about \
no credentials), and responds to GET of the same address, which follows at once, with a success. Caches and monitors use HEAD.",
    when: When::Always,
    // A subject has a failure under test; see `refused`.
    run: |_| Vec::new(),
};

/// Returns the finding that HEAD is refused where GET succeeds.
pub(super) fn refused(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    if scenario.fault.as_deref() != Some(fault_kind::HEAD) {
        return None;
    }
    let tested = observed.records.get(observed.judged)?;
    let status = tested.exchange.result.as_ref().ok().filter(|response| refuses_method(response))?.status;
    // What GET gets as well says nothing about the method.
    let read = observed.records[observed.judged..].iter().rfind(|record| record.phase == Phase::Then)?;
    let is_same = read.exchange.request.url == tested.exchange.request.url;
    let read =
        read.exchange.result.as_ref().ok().filter(|read| is_same && (200..300).contains(&read.status))?;
    let actual = format!("HTTP {status}");
    let finding = Finding::new(CHECK.id, Provenance::Standard, "HEAD is supported where GET is", &actual);
    // The document has no HEAD: what cannot be asked for its headers is what GET reads.
    let against = observed.against.as_ref();
    let operation = against.and_then(|it| it.operation("GET", tested.exchange.request.url.path()));
    let finding = Finding { operation: operation.map(|it| it.name().into()), ..finding };
    Some(finding.saying(format!(
        "HEAD got {actual}, and GET of the same address HTTP {}: a server must support HEAD where it supports GET (RFC 9110, \
         section 9.1)",
        read.status
    )))
}

/// Returns true if a response may refuse the method of a request. Credentials and load come before the method.
#[must_use]
pub fn refuses_method(response: &Response) -> bool {
    matches!(response.status, 400..=499 | 501) && !matches!(response.status, 401 | 403 | 407 | 408 | 429)
}
