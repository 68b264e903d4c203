//! Encoded forms of a secret that are searched for literally.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use crate::encoding::hex;

/// Returns the value itself, also in lower and in upper case, in hexadecimal digits, in base64, and in base64 of base64.
///
/// Escapes (percent, JSON, HTML) are not included: one character has several escaped forms, and writers differ in the
/// characters that they escape, so that escapes are decoded in the text instead (see
/// [`escape_decoding`](super::escape_decoding)).
pub(super) fn patterns(secret: &str) -> BTreeSet<Vec<u8>> {
    let bytes = secret.as_bytes();
    // Names in HTTP are case-insensitive, and programs that handle them may convert them to one case.
    let cases = [
        secret.to_ascii_lowercase(),
        secret.to_ascii_uppercase(),
        secret.to_lowercase(),
        secret.to_uppercase(),
    ];
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
    // Encoded as a part of something larger (`user:secret` of Basic credentials).
    let parts: Vec<_> = (0..3).flat_map(|shift| as_part(bytes, shift)).collect();
    // Encoded twice, with something larger around it each time: a secret of Kubernetes holds Basic credentials so.
    for part in &parts {
        found.extend((0..3).flat_map(|shift| as_part(part, shift)));
    }
    // By itself each time, padding included.
    for text in [STANDARD.encode(bytes), URL_SAFE.encode(bytes)] {
        found.extend([STANDARD.encode(&text).into_bytes(), STANDARD_NO_PAD.encode(&text).into_bytes()]);
    }
    found.extend(parts);
    found
}

/// Returns `bytes` in both alphabets of base64, as a part of something larger: three bytes become four characters, so that
/// the preceding text can shift it by none, one or two bytes. The characters that it shares with its neighbours are
/// omitted.
fn as_part(bytes: &[u8], shift: usize) -> [Vec<u8>; 2] {
    let shifted = [vec![0; shift], bytes.to_vec()].concat();
    let (first, end) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
    [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)]
        .map(|text| text.as_bytes()[first..end].to_vec())
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
                        for text in
                            [STANDARD.encode(&text), STANDARD.encode(format!("{{\"auth\":\"{text}\"}}"))]
                        {
                            let found =
                                known.iter().any(|p| text.as_bytes().windows(p.len()).any(|part| part == p));
                            assert!(found, "{secret} in {text}, encoded twice");
                        }
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
