//! Hexadecimal digits, percent-encoding, and the escapes of JSON Pointer.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters except the unreserved ones of RFC 3986, section 2.3.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same, with the separator of the segments of a path.
const SEGMENTS: &AsciiSet = &COMPONENT.remove(b'/');

/// Percent-encodes a text so that it stays one segment of a path, or one name or value of a query.
pub fn percent_encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, COMPONENT).into()
}

/// Percent-encodes a text that may be several segments of a path: a `/` is kept.
pub fn percent_encode_segments(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, SEGMENTS).into()
}

/// Percent-encodes a text as `application/x-www-form-urlencoded` has it: a space is `+`.
pub fn form_encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Decodes percent escapes; bytes that are not UTF-8 are replaced by U+FFFD.
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

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
