//! Headers that RFC 9110 demands with a status.

use failspec_pack::pack::Provenance;

use super::{finding::Finding, subject::Subject};

/// Returns the finding of `check` if a response with `status` has no header `name`, which `section` of RFC 9110 demands.
pub(super) fn missing(
    subject: &Subject<'_>,
    check: &'static str,
    status: u16,
    name: &str,
    section: &str,
) -> Vec<Finding> {
    let response = subject.response();
    if response.status != status || response.header(name).is_some() {
        return Vec::new();
    }
    let message = format!("the {status} response has no {name} (RFC 9110, section {section})");
    vec![Finding::new(check, Provenance::Standard, format!("the header {name}"), "none").saying(message)]
}
