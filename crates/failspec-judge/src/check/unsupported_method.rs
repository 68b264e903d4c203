//! The status for a method that a path does not have.

use failspec_pack::{openapi, pack::Provenance};

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
    text: "The OpenAPI document has the path and not this method, and the API refuses the method with another status than 405. A \
client cannot tell from it that the path is right. 501 is right for a method that the server does not know at all, such as \
TRACE, and not for GET, POST, PUT, PATCH and DELETE (RFC 9110, section 15.6.2). 403 is right where the path declares it. It is only reported \
where the document declares no response to that; where it declares 405, the check `status` reports another one.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let is_method = subject.scenario.fault.as_deref() == Some(UNDECLARED_METHOD);
    let status = subject.response().status;
    // Credentials and load come before the method.
    let is_refusal = match status {
        401 | 405 | 429 => false,
        403 => !declares_on_path(subject, 403),
        // Every server knows these methods.
        501 => KNOWN_METHODS.contains(&subject.exchange.request.method.as_str()),
        _ => (400..500).contains(&status),
    };
    if !is_method || !is_refusal || !subject.triggered.is_any_refusal() {
        return Vec::new();
    }
    let actual = format!("HTTP {status}");
    let section = if status == 501 { "15.6.2" } else { "15.5.6" };
    vec![Finding::new(CHECK.id, Provenance::Standard, "HTTP 405", &actual).saying(format!(
        "a method that the path does not have got {actual}, and not 405 (RFC 9110, section {section})"
    ))]
}

/// Methods that a server of an HTTP API knows.
const KNOWN_METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Returns true if an operation at the address of the request under test declares a status, by itself or by its class.
fn declares_on_path(subject: &Subject<'_>, status: u16) -> bool {
    let Some(against) = &subject.observed.against else { return false };
    let path = subject.exchange.request.url.path();
    let operations = KNOWN_METHODS.iter().filter_map(|method| against.operation(method, path));
    operations.into_iter().any(|operation| openapi::Response::of(&operation.responses, status).is_some())
}
