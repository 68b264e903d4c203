//! Kubernetes names.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>: most resources need a "DNS subdomain
//! name" (RFC 1123), namespaces a "DNS label name".

use super::{Code, Failure};

/// An RFC 1123 label has 63 characters at most.
const LABEL: usize = 63;
/// A DNS subdomain name has 253 characters at most.
const SUBDOMAIN: usize = 253;
/// Helm keeps ten characters of a label for suffixes of its own.
const RELEASE: usize = 53;

/// A namespace, wherever it stands: `invalid_namespace`.
pub(super) fn check_namespace(name: &str) -> Result<(), Failure> {
    if is_label(name, LABEL) {
        return Ok(());
    }
    let rule =
        "must be a label of RFC 1123: 1 to 63 lower-case letters, digits and dashes, no dash at either end";
    Err(Failure::new(Code::InvalidNamespace, format!("namespace {:?} {rule}", shortened(name))))
}

/// The name of any other resource: `invalid_name`.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    if is_subdomain(name) {
        return Ok(());
    }
    let rule = "must be a subdomain of RFC 1123: labels joined by dots, 1 to 253 characters";
    Err(Failure::new(Code::InvalidName, format!("name {:?} {rule}", shortened(name))))
}

/// The name of a Helm release: `invalid_name`.
pub(super) fn check_release(name: &str) -> Result<(), Failure> {
    if is_label(name, RELEASE) {
        return Ok(());
    }
    let rule = "must be a label of RFC 1123 with 53 characters at most";
    Err(Failure::new(Code::InvalidName, format!("release {:?} {rule}", shortened(name))))
}

/// Lower-case letters, digits and dashes; begins and ends with a letter or digit.
fn is_label(name: &str, most: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= most
        && !name.is_empty()
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Labels joined by dots. Kubernetes limits the whole, not the single label.
pub(super) fn is_subdomain(name: &str) -> bool {
    name.len() <= SUBDOMAIN && name.split('.').all(|label| is_label(label, SUBDOMAIN))
}

/// A message repeats no more of what was sent than helps to find it.
fn shortened(name: &str) -> String {
    name.chars().take(LABEL).collect()
}
