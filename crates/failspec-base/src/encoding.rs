//! Hexadecimal digits, percent-encoding, and the escapes of JSON Pointer.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};

/// The characters that are encoded in a component of a URL: all except the unreserved ones.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The characters that are encoded in several segments of a path.
const SEGMENTS: &AsciiSet = &COMPONENT.remove(b'/');

/// Encodes a text as one component of a URL, such as one segment of a path or the value of a query parameter: only the
/// unreserved characters are kept (RFC 3986, section 2.3).
pub fn percent_encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, COMPONENT)
}

/// Encodes a text as segments of a path: each `/` in it is kept.
pub fn percent_encode_segments(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, SEGMENTS)
}

/// Encodes bytes in lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)]));
    bytes.iter().flat_map(digits).collect()
}

/// Decodes the percent-encoded characters of a text. Bytes that are not UTF-8 become U+FFFD.
pub fn percent_decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
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
