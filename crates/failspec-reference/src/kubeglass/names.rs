//! Kubernetes names, and the codes of invalid ones.

use super::{Code, Failure};
use crate::names::{LABEL, is_label, shortened};

pub(super) use crate::names::is_subdomain;

/// The maximum length of a release name. Helm reserves ten characters of a label for its own suffixes.
const RELEASE: usize = 53;

/// Checks a namespace anywhere in a request: `invalid_namespace`.
pub(super) fn check_namespace(name: &str) -> Result<(), Failure> {
    if is_label(name, LABEL) {
        return Ok(());
    }
    let rule =
        "must be a label of RFC 1123: 1 to 63 lower-case letters, digits and dashes, no dash at either end";
    Err(Failure::new(Code::InvalidNamespace, format!("namespace {:?} {rule}", shortened(name))))
}

/// Checks the name of any other resource: `invalid_name`.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    if is_subdomain(name) {
        return Ok(());
    }
    let rule = "must be a subdomain of RFC 1123: labels joined by dots, 1 to 253 characters";
    Err(Failure::new(Code::InvalidName, format!("name {:?} {rule}", shortened(name))))
}

/// Checks the name of a Helm release: `invalid_name`.
pub(super) fn check_release(name: &str) -> Result<(), Failure> {
    if is_label(name, RELEASE) {
        return Ok(());
    }
    let rule = "must be a label of RFC 1123 with 53 characters at most";
    Err(Failure::new(Code::InvalidName, format!("release {:?} {rule}", shortened(name))))
}
