//! Hexadecimal digits, and the escapes of JSON Pointer.

use std::borrow::Cow;

/// Encodes bytes in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    bytes.iter().flat_map(digits).collect()
}

/// Escapes a name as one step of a JSON Pointer (RFC 6901, section 3).
pub fn escape_pointer_step(name: &str) -> Cow<'_, str> {
    match name.contains(['~', '/']) {
        true => Cow::Owned(name.replace('~', "~0").replace('/', "~1")),
        false => Cow::Borrowed(name),
    }
}

/// Returns the name that a step of a JSON Pointer stands for (RFC 6901, section 4).
pub fn unescape_pointer_step(step: &str) -> Cow<'_, str> {
    match step.contains('~') {
        // In this order: `~01` is `~1`, not `/`.
        true => Cow::Owned(step.replace("~1", "/").replace("~0", "~")),
        false => Cow::Borrowed(step),
    }
}
