//! Encoded forms of a secret that are searched for literally.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use crate::encoding::hex;

/// Returns the value itself, also in lower and in upper case, in hexadecimal digits, and in base64.
///
/// Escapes (percent, JSON, HTML) are not included: one character has several escaped forms, and writers differ in the
/// characters that they escape, so that escapes are decoded in the text instead (see
/// [`escape_decoding`](super::escape_decoding)).
pub(super) fn patterns(secret: &str) -> BTreeSet<Vec<u8>> {
    let bytes = secret.as_bytes();
    // Names in HTTP are case-insensitive, and programs that handle them may convert them to one case.
    let cases = [secret.to_ascii_lowercase(), secret.to_ascii_uppercase()];
    let mut found = BTreeSet::from([bytes.to_vec()]);
    found.extend(cases.map(String::into_bytes));
    let hex = hex(bytes);
    found.insert(hex.to_ascii_uppercase().into_bytes());
    found.insert(hex.into_bytes());
    // Encoded by itself: the whole value, padding included, so that no part of it remains.
    for text in [STANDARD.encode(bytes), URL_SAFE.encode(bytes)] {
        found.insert(text.into_bytes());
    }
    for text in [STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
        found.insert(text.into_bytes());
    }
    // Encoded as a part of something larger (`user:secret` of Basic credentials): three bytes become four characters,
    // so that the preceding text can shift it by none, one or two bytes. The characters that the secret shares with
    // its neighbours are omitted.
    for shift in 0..3 {
        let shifted = [vec![0; shift], bytes.to_vec()].concat();
        let (first, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            found.insert(text.as_bytes()[first..end].to_vec());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_at_every_alignment() {
        for secret in ["12345678", "correct horse", "pässwörter!", "???>>>???>>>"] {
            let known = patterns(secret);
            for before in ["", "a", "ab", "abc", "user:"] {
                for after in ["", "x", "xy", "xyz"] {
                    let whole = format!("{before}{secret}{after}");
                    for text in [STANDARD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
                        let found =
                            known.iter().any(|p| text.as_bytes().windows(p.len()).any(|part| part == p));
                        assert!(found, "{secret} in {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_pattern_is_short() {
        for pattern in patterns("12345678") {
            assert!(pattern.len() >= 8, "{pattern:?}");
        }
    }
}
