//! The forms of a secret that are searched for as they stand.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// The value itself, also in lower case, in hexadecimal digits, and in base64.
///
/// Escapes (percent, JSON, HTML) are not here: one character has several of them, and writers differ in
/// what they escape, so that they are decoded in the text instead (see [`view`](super::view)).
pub(super) fn patterns(secret: &str) -> BTreeSet<Vec<u8>> {
    let bytes = secret.as_bytes();
    // Names in HTTP have no case, and whoever handles them folds it.
    let mut found = BTreeSet::from([bytes.to_vec(), secret.to_ascii_lowercase().into_bytes()]);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    found.insert(hex.to_ascii_uppercase().into_bytes());
    found.insert(hex.into_bytes());
    // Encoded on its own: the whole, padding included, so that nothing of it stays behind.
    for text in [STANDARD.encode(bytes), URL_SAFE.encode(bytes)] {
        found.insert(text.into_bytes());
    }
    for text in [STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
        found.insert(text.into_bytes());
    }
    // Encoded as a part of something larger (`user:secret` of Basic credentials): three bytes become four
    // characters, so that what precedes it can shift it by none, one or two bytes. The characters that
    // the secret shares with its neighbours are left out.
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
