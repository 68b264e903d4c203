//! Ids in paths and queries.

use super::Failure;

/// The maximum number of characters after `cls-`.
const MAX_SUFFIX_LEN: usize = 60;

/// Parses a cluster id: a UUID, or `cls-` and some lower-case letters, digits and dashes.
pub(super) fn cluster(id: &str) -> Result<String, Failure> {
    let is_short = id.strip_prefix("cls-").is_some_and(|suffix| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=MAX_SUFFIX_LEN).contains(&suffix.len()) && suffix.bytes().all(inner)
    });
    if is_short {
        return Ok(id.to_owned());
    }
    uuid(id).ok_or(Failure::MalformedClusterId)
}

/// Parses the uid of a workload: a UUID.
pub(super) fn workload(uid: &str) -> Result<String, Failure> {
    uuid(uid).ok_or(Failure::MalformedWorkloadUid)
}

/// Parses five groups of hexadecimal digits; upper and lower case are the same id (RFC 9562, 4).
fn uuid(text: &str) -> Option<String> {
    let lengths = text.split('-').map(str::len);
    let digits = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    (digits && lengths.eq([8, 4, 4, 4, 12])).then(|| text.to_ascii_lowercase())
}
