//! The status for a method that a path does not have.

use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

/// The kind of fault of a request with a method that the path does not have, as an import writes it.
const UNDECLARED_METHOD: &str = "undeclared_method";

pub(super) static CHECK: Check = Check {
    id: "unsupported-method",
    summary: "a method that a path does not have gets 405",
    source: "RFC 9110, section 15.5.6: 405 says that the resource is there and does not support the method; a warning, \
because 404 may hide that it is there",
    text: "The OpenAPI document has the path and not this method, and the API refuses the method with another status than 405 (or \
501). A client cannot tell from it that the path is right. It is only reported where the document declares no response to \
that; where it declares 405, the check `status` reports another one.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let is_method = subject.scenario.fault.as_deref() == Some(UNDECLARED_METHOD);
    let status = subject.response().status;
    // Credentials and load come before the method.
    let is_refusal = matches!(status, 400..=499) && !matches!(status, 401 | 403 | 405 | 429);
    if !is_method || !is_refusal || !subject.triggered.is_any_refusal() {
        return Vec::new();
    }
    let actual = format!("HTTP {status}");
    vec![Finding::new(CHECK.id, Provenance::Standard, "HTTP 405", &actual).saying(format!(
        "a method that the path does not have got {actual}, and not 405 (RFC 9110, section 15.5.6)"
    ))]
}
