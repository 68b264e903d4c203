//! Request paths.

use std::borrow::Cow;

/// A path, split and decoded.
#[derive(Debug)]
pub struct Segments<'a> {
    /// The segments. One that cannot be decoded is kept as it was sent; it contains a `%` and so matches no literal
    /// of a route.
    pub names: Vec<Cow<'a, str>>,
    /// True if all segments could be decoded.
    pub decodable: bool,
}

/// Splits a path, then decodes its segments, so that an encoded slash stays within its segment.
#[must_use]
pub fn segments(path: &str) -> Segments<'_> {
    let mut decodable = true;
    let names = path
        .strip_prefix('/')
        .unwrap_or(path)
        .split('/')
        .map(|segment| {
            if !segment.contains('%') {
                return Cow::Borrowed(segment);
            }
            decode(segment).map_or_else(
                || {
                    decodable = false;
                    Cow::Borrowed(segment)
                },
                Cow::Owned,
            )
        })
        .collect();
    Segments { names, decodable }
}

/// Decodes `%XX`; `None` if a `%` is not followed by two hexadecimal digits, or if the bytes are not UTF-8.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let well_formed = text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    });
    if !well_formed {
        return None;
    }
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}
