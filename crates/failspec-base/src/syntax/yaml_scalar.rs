//! Values of plain (unquoted) scalars.

use serde_json::Number;

use super::NodeValue;

/// Resolves a plain (unquoted) scalar; the error is the reason why it must be quoted.
pub(super) fn plain(text: &str) -> Result<NodeValue, String> {
    match text {
        "" | "~" | "null" => return Ok(NodeValue::Null),
        "true" => return Ok(NodeValue::Bool(true)),
        "false" => return Ok(NodeValue::Bool(false)),
        _ => {}
    }
    if is_lookalike(text) {
        return Err(format!("`{text}` is true, false or null to some YAML readers and text to others"));
    }
    if !looks_like_number(text) {
        return Ok(NodeValue::Text(text.to_owned()));
    }
    serde_json::from_str::<Number>(text)
        .ok()
        .filter(|number| number.to_string() == text)
        .map(NodeValue::Number)
        .ok_or_else(|| format!("`{text}` is a number that would not be sent as written"))
}

/// Returns true if a plain scalar with these characters is text. Whether the characters can be written without quotes is
/// another question.
pub fn is_text(text: &str) -> bool {
    matches!(plain(text), Ok(NodeValue::Text(_)))
}

/// Resolves a plain scalar by the core schema of YAML 1.2.
pub(super) fn core(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return NodeValue::Null,
        "true" | "True" | "TRUE" => return NodeValue::Bool(true),
        "false" | "False" | "FALSE" => return NodeValue::Bool(false),
        _ if !looks_like_number(text) || text.contains('_') => return NodeValue::Text(text.to_owned()),
        _ => {}
    }
    let digits = text.strip_prefix('+').unwrap_or(text);
    let radix = [("0x", 16), ("0o", 8)].into_iter().find_map(|(prefix, radix)| {
        i64::from_str_radix(digits.strip_prefix(prefix)?, radix).ok().map(Number::from)
    });
    // The number as JSON has it if JSON can write it (integers of any length included), else the nearest float.
    let number = radix
        .or_else(|| serde_json::from_str(digits).ok())
        .or_else(|| digits.parse::<i64>().ok().map(Number::from))
        .or_else(|| digits.parse().ok().and_then(Number::from_f64));
    number.map_or_else(|| NodeValue::Text(text.to_owned()), NodeValue::Number)
}

/// Returns true for words that YAML 1.1 or the core schema of 1.2 read as a boolean or as null.
fn is_lookalike(text: &str) -> bool {
    const WORDS: [&str; 8] = ["yes", "no", "on", "off", "y", "n", "true", "false"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) || text.eq_ignore_ascii_case("null")
}

/// Returns true if some YAML parser would read the text as a number.
fn looks_like_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return true;
    }
    if let Some(digits) = unsigned.strip_prefix("0x").or(unsigned.strip_prefix("0o")) {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    // Digits with at most one point and one exponent; all parsers read `1.2.3`, `10s` and `2026-11-20` as text.
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let points = mantissa.matches('.').count();
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    points <= 1
        && mantissa.bytes().any(|byte| byte.is_ascii_digit())
        && mantissa.split('.').all(digits)
        && exponent_fits
}
