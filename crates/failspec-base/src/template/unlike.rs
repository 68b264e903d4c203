//! Ids of things that do not exist, in the form of one that does.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

/// A number that is unlikely to be an id, and that fits into a signed 32-bit integer.
const NUMBER: u32 = 987_654_321;

/// Minimum number of letters and digits of a text of which each is replaced by another one of its kind: fewer might be the
/// id of something else.
const ENOUGH: usize = 12;

/// Returns an id of the form of another one, which is unlikely to exist; `None` for a value that is no id.
///
/// It is that of one case, which `own` names: what one case creates under it another one must not find. A number alone is the same
/// for all. The number at the end is replaced, also within base64 (`UHJvamVjdDox` is `Project:1`); else every letter and digit.
pub(super) fn unlike(id: &Value, own: &str) -> Option<Value> {
    match id {
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            let number = number.as_u64().filter(|number| *number >= u64::from(NUMBER));
            Some(number.map_or_else(|| NUMBER.into(), |number| (number ^ 0x5a5a).into()))
        }
        Value::String(text) if !text.is_empty() => Some(unlike_text(text, own).into()),
        _ => None,
    }
}

/// A number that needs more than 64 bits.
const MANY_DIGITS: &str = "99999999999999999999";

/// Returns an id of the form of another one, whose number needs more than 64 bits; `None` for a value that is no id. An id without
/// a number at its end gets one.
pub(super) fn oversized(id: &Value) -> Option<Value> {
    match id {
        Value::Number(_) => Some(MANY_DIGITS.into()),
        Value::String(text) if !text.is_empty() => Some(oversized_text(text).into()),
        _ => None,
    }
}

/// Returns a text of the form of another one, whose number at the end needs more than 64 bits: `a99999999999999999999` for `a17`. A
/// text without a number at its end gets one. An id in Base64 (`User:17`) stays one.
#[must_use]
pub fn oversized_text(text: &str) -> String {
    if let Some(inner) = decoded(text) {
        return BASE64_STANDARD.encode(oversized_plain(&inner));
    }
    oversized_plain(text)
}

fn oversized_plain(text: &str) -> String {
    let stem = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let separator = if stem.len() == text.len() { "-" } else { "" };
    format!("{stem}{separator}{MANY_DIGITS}")
}

fn unlike_text(text: &str, own: &str) -> String {
    if is_uuid(text) {
        return mixed(&turned(text), own);
    }
    if let Some(inner) = decoded(text) {
        return BASE64_STANDARD.encode(with_another_number(&inner, "").unwrap_or_else(|| turned(&inner)));
    }
    let variable = text.chars().filter(char::is_ascii_alphanumeric).count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if let Some(other) = rearranged(text, own) {
        return other;
    }
    match with_another_number(text, own) {
        Some(other) if digits < ENOUGH => other,
        _ if variable >= ENOUGH => mixed(&turned(text), own),
        Some(other) => other,
        None => format!("{text}-{NUMBER}"),
    }
}

/// Minimum length of an id of letters and digits, such as a ULID, whose characters are only put in another order.
const LONG: usize = 16;

/// Puts the letters and the digits of a long id without separators in another order, each on a place of its kind: an alphabet
/// need not have all letters. `None` for other ids, and for hexadecimal ones, which have all of theirs.
fn rearranged(text: &str, own: &str) -> Option<String> {
    let is_plain = text.len() >= LONG && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    if !is_plain || is_hex || !has(u8::is_ascii_digit) || !has(u8::is_ascii_alphabetic) {
        return None;
    }
    let kind = |byte: &u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    // What the beginning of an id tells, such as its time, stays.
    let (begin, end) = text.as_bytes().split_at(text.len() - LONG / 2);
    let mut left: Vec<u8> = end.to_vec();
    let times = usize::from(own.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)));
    let count = left.len().max(1);
    left.rotate_left(times % count);
    let turned = end.iter().filter_map(|byte| {
        let at = left.iter().rposition(|other| kind(other) == kind(byte))?;
        Some(left.remove(at))
    });
    let whole: Vec<u8> = begin.iter().copied().chain(turned).collect();
    String::from_utf8(whole).ok().filter(|whole| whole != text)
}

/// Returns the text of base64 that has a number at its end, as global ids of GraphQL have.
fn decoded(text: &str) -> Option<String> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()?;
    let is_readable = decoded.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let number = decoded.rsplit(':').next().filter(|_| decoded.contains(':'))?;
    (is_readable && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(decoded)
}

/// Replaces the number at the end of a text, if it has one.
fn with_another_number(text: &str, own: &str) -> Option<String> {
    let stem = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = &text[stem.len()..];
    match number.len() {
        0 => None,
        // With nine digits, as that is.
        1..=9 if !stem.is_empty() && !own.is_empty() => {
            Some(format!("{stem}{}", u64::from(NUMBER) - seed(own) % 87_654_321))
        }
        1..=9 => Some(format!("{stem}{NUMBER}")),
        _ => Some(format!("{stem}{}", turned(number))),
    }
}

/// Returns true if a text has the form of a UUID (RFC 9562, section 4).
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns a number that depends on the case.
fn seed(own: &str) -> u64 {
    own.bytes().fold(0_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Replaces digits at the end of a text by others of their kind that depend on the case.
fn mixed(text: &str, own: &str) -> String {
    let mut seed = seed(own);
    let mut bytes: Vec<u8> = text.bytes().collect();
    // The version and the variant of a UUID are before that.
    let from = bytes.len() * 2 / 3;
    for byte in bytes[from..].iter_mut().rev().filter(|byte| byte.is_ascii_digit()).take(6) {
        *byte = b'0' + (*byte - b'0' + u8::try_from(seed % 10).unwrap_or_default()) % 10;
        seed /= 10;
    }
    // Only digits change, so it is still text.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Replaces each letter and digit by another one of its kind. Of a UUID the version and the variant stay.
fn turned(text: &str) -> String {
    let is_uuid = is_uuid(text);
    let is_hex = text.chars().filter(char::is_ascii_alphanumeric).all(|letter| letter.is_ascii_hexdigit());
    let letters = if is_hex { 6 } else { 26 };
    let turn = |letter: u8, first: u8, count: u8| first + (letter - first + count / 2) % count;
    let turned = text.bytes().enumerate().map(|(at, byte)| match byte {
        _ if is_uuid && matches!(at, 14 | 19) => byte,
        b'0'..=b'9' => turn(byte, b'0', 10),
        b'a'..=b'z' => turn(byte, b'a', letters),
        b'A'..=b'Z' => turn(byte, b'A', letters),
        _ => byte,
    });
    // Only ASCII letters change, so it is still text.
    String::from_utf8_lossy(&turned.collect::<Vec<u8>>()).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_that_does_not_exist_has_the_form_of_one_that_does() {
        for (id, expected) in [
            (json!(17), json!(987_654_321)),
            (json!(987_654_321_u64), json!(987_654_321_u64 ^ 0x5a5a)),
            (json!("17"), json!("987654321")),
            (json!("p17"), json!("p987654321")),
            (json!("1029384756102938475"), json!("6574839201657483920")),
            (json!("UHJvamVjdDox"), json!(BASE64_STANDARD.encode("Project:987654321"))),
            (json!("blue"), json!("blue-987654321")),
            (json!("01M8MC6Y63V7ADM9NATVSN6ZQ7"), json!("01M8MC6Y63V7ADM9NAQZNS7VT6")),
            (json!("507f1f77bcf86cd799439011"), json!("052c6c22efc31fa244984566")),
            // Its form is looked at below.
            (json!("3f2504e0-4f89-41d3-9a0c-0305e82c3301"), json!(null)),
            (json!("failspec-k3x9qa-12-1"), json!("failspec-k3x9qa-12-987654321")),
        ] {
            let unlike = unlike(&id, "").unwrap();
            assert_ne!(unlike, id);
            if id.as_str().is_some_and(is_uuid) {
                let unlike = unlike.as_str().unwrap();
                assert!(is_uuid(unlike), "{unlike}");
                assert_eq!((&unlike[14..15], &unlike[19..20]), ("4", "9"));
            } else {
                assert_eq!(unlike, expected);
            }
        }
        // Two cases have two of them.
        for id in [
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "01M8MC6Y63V7ADM9NATVSN6ZQ7",
            "507f1f77bcf86cd799439011",
            "failspec-k3x9qa-12-1",
            "p17",
        ] {
            assert_ne!(unlike(&json!(id), "failspec-a-1"), unlike(&json!(id), "failspec-a-2"), "{id}");
        }
        for value in [json!(null), json!(true), json!([1]), json!({}), json!("")] {
            assert_eq!(unlike(&value, ""), None, "{value}");
        }
    }

    #[test]
    fn an_id_beyond_64_bits_has_the_form_of_one_that_exists() {
        for (id, expected) in [
            (json!(17), Some("99999999999999999999")),
            (json!("17"), Some("99999999999999999999")),
            (json!("a17"), Some("a99999999999999999999")),
            (json!("sc_12"), Some("sc_99999999999999999999")),
            (json!("blue"), Some("blue-99999999999999999999")),
            // `User:17` and `User:99999999999999999999`
            (json!("VXNlcjoxNw=="), Some("VXNlcjo5OTk5OTk5OTk5OTk5OTk5OTk5OQ==")),
            (json!(""), None),
            (json!([1]), None),
        ] {
            assert_eq!(oversized(&id), expected.map(Value::from), "{id}");
        }
    }
}
