//! Kubernetes names.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>: most resources need a "DNS subdomain
//! name" (RFC 1123), namespaces a "DNS label name".

/// An RFC 1123 label has 63 characters at most.
pub const LABEL: usize = 63;
/// A DNS subdomain name has 253 characters at most.
const SUBDOMAIN: usize = 253;

/// Lower-case letters, digits and dashes; begins and ends with a letter or digit.
#[must_use]
pub fn is_label(name: &str, most: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= most
        && !name.is_empty()
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Labels joined by dots. Kubernetes limits the whole, not the single label.
#[must_use]
pub fn is_subdomain(name: &str) -> bool {
    name.len() <= SUBDOMAIN && name.split('.').all(|label| is_label(label, SUBDOMAIN))
}

/// A message repeats no more of what was sent than helps to find it.
#[must_use]
pub fn shortened(name: &str) -> String {
    name.chars().take(LABEL).collect()
}
