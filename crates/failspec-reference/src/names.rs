//! Kubernetes names.
//!
//! <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/>: most resources need a "DNS subdomain
//! name" (RFC 1123), namespaces a "DNS label name".

/// The maximum length of an RFC 1123 label, in characters.
pub const LABEL: usize = 63;
/// The maximum length of a DNS subdomain name, in characters.
const SUBDOMAIN: usize = 253;

/// Returns true for 1 to `most` lower-case letters, digits and dashes that begin and end with a letter or digit.
#[must_use]
pub fn is_label(name: &str, most: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= most
        && !name.is_empty()
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Returns true for labels joined by dots. Kubernetes limits the whole name, not the single label.
#[must_use]
pub fn is_subdomain(name: &str) -> bool {
    name.len() <= SUBDOMAIN && name.split('.').all(|label| is_label(label, SUBDOMAIN))
}

/// Truncates a name for a message, which repeats only as much of it as is needed to find it.
#[must_use]
pub fn shortened(name: &str) -> String {
    name.chars().take(LABEL).collect()
}
