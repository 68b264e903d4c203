//! Recognition of error codes.

use serde_json::Value;

/// Maximum length of a code, in bytes.
const MAX_LEN: usize = 100;

/// The style in which a code is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Style {
    /// `not_found`, `conflict`.
    Snake,
    /// `NOT_FOUND`, `CONFLICT`.
    Screaming,
    /// `not-found`.
    Kebab,
    /// `NotFound`, `notFound`.
    Camel,
    /// `40001`.
    Integer,
    /// `E1001`, `auth.expired`, `https://example.com/problems/gone`, …
    Other,
}

impl Style {
    /// Determines the style of a code. Returns `None` if the text cannot be a code.
    pub fn of(code: &str) -> Option<Self> {
        let fits = |allowed: fn(u8) -> bool| code.bytes().all(allowed);
        if code.is_empty()
            || code.len() > MAX_LEN
            || code.bytes().any(|it| it.is_ascii_control() || it == b' ')
            || !code.is_ascii()
        {
            return None;
        }
        let has_letter = code.bytes().any(|it| it.is_ascii_alphabetic());
        if !has_letter {
            let digits = code.strip_prefix('-').unwrap_or(code);
            return (!digits.is_empty() && digits.len() < 16 && digits.bytes().all(|it| it.is_ascii_digit()))
                .then_some(Self::Integer);
        }
        let starts_with_letter = code.as_bytes()[0].is_ascii_alphabetic();
        if !starts_with_letter || code.len() < 2 {
            let number_first = code.as_bytes()[0].is_ascii_digit()
                && fits(|it| it.is_ascii_alphanumeric() || b"_-.".contains(&it));
            return (number_first && code.len() > 2).then_some(Self::Other);
        }
        if fits(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_') {
            return Some(Self::Snake);
        }
        if fits(|it| it.is_ascii_uppercase() || it == b'_')
            || fits(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_') && code.contains('_')
        {
            return Some(Self::Screaming);
        }
        if fits(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-') {
            return Some(Self::Kebab);
        }
        if fits(|it| it.is_ascii_alphanumeric()) {
            return Some(Self::Camel);
        }
        let symbols = fits(|it| it.is_ascii_alphanumeric() || b"_-.:/#@~".contains(&it));
        let ends_well = !code.ends_with(['.', ':', '-', ',']);
        (symbols && ends_well).then_some(Self::Other)
    }
}

/// Returns true if a text is a code in any context, and not an ordinary word.
pub(super) fn is_evident(code: &str) -> bool {
    let Some(style) = Style::of(code) else { return false };
    let inner = |separator: char| code.trim_matches(separator).contains(separator);
    match style {
        Style::Snake | Style::Screaming => inner('_'),
        Style::Kebab => false,
        Style::Camel => {
            let upper = code.bytes().skip(1).filter(u8::is_ascii_uppercase).count();
            let lower = code.bytes().filter(u8::is_ascii_lowercase).count();
            let digits = code.bytes().filter(u8::is_ascii_digit).count();
            (upper > 0 && lower > upper) || (digits >= 2 && code.as_bytes()[0].is_ascii_uppercase())
        }
        Style::Integer => code.len() >= 4,
        Style::Other => {
            code.bytes().any(|it| it.is_ascii_digit()) || inner('.') || inner('_') || code.contains("://")
        }
    }
}

/// Returns true for a code with a number at its end, such as `AB1`: it is not an ordinary word, but may be a name.
fn is_numbered(code: &str) -> bool {
    code.starts_with(|it: char| it.is_ascii_uppercase()) && code.ends_with(|it: char| it.is_ascii_digit())
}

/// Converts a code to JSON: a number if it is written as one.
pub(super) fn value(code: &str) -> Value {
    match Style::of(code) {
        Some(Style::Integer) if code == "0" || !code.trim_start_matches('-').starts_with('0') => {
            code.parse::<i64>().map_or_else(|_| code.into(), Value::from)
        }
        _ => code.into(),
    }
}

/// Formats a code as pages show it.
pub(super) fn shown(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

/// Reads the codes in a cell or at the beginning of an item: `a`, `a / b`, `a, b`, `a or b`. Returns `None` if the
/// text contains anything else.
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    let plain = text.replace(['`', '*', '"', '\''], " ");
    let mut codes: Vec<String> = Vec::new();
    for part in plain
        .split([',', ';', ' '])
        .flat_map(|part| if part == "/" { "" } else { part }.split_terminator('|'))
    {
        let part = part.trim().trim_end_matches(':');
        if part.is_empty() || part == "or" || part == "and" || part == "/" {
            continue;
        }
        Style::of(part)?;
        codes.push(part.to_owned());
    }
    // Several words are a sentence, unless each of them is clearly a code.
    let separated = plain.contains([',', '/', ';']) || plain.contains(" or ");
    let fits = codes.len() == 1
        || separated && codes.iter().all(|it| is_evident(it) || text.contains(&format!("`{it}`")))
        || codes.iter().all(|it| is_evident(it) || is_numbered(it))
        || (separated && codes.len() < 5);
    (!codes.is_empty() && fits).then_some(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_words() {
        for code in ["not_found", "NOT_FOUND", "AccessDenied", "E1001", "40001", "auth.expired"] {
            assert!(is_evident(code), "{code}");
        }
        for word in ["conflict", "Conflict", "CONFLICT", "e.g.", "re-fetch", "200", "Resource"] {
            assert!(!is_evident(word), "{word}");
        }
    }

    #[test]
    fn lists_of_codes_are_no_sentences() {
        assert_eq!(list("`a_b` / `c_d`"), Some(vec!["a_b".to_owned(), "c_d".to_owned()]));
        assert_eq!(
            list("forbidden / unauthorized"),
            Some(vec!["forbidden".to_owned(), "unauthorized".to_owned()])
        );
        assert_eq!(list("ABC1 E0001"), Some(vec!["ABC1".to_owned(), "E0001".to_owned()]));
        assert_eq!(list("GoneAway:"), Some(vec!["GoneAway".to_owned()]));
        assert_eq!(list("conflict"), Some(vec!["conflict".to_owned()]));
        assert_eq!(list("Missing required fields"), None);
        assert_eq!(list("Resource not found"), None);
    }

    #[test]
    fn a_number_is_a_number() {
        assert_eq!(value("40001"), Value::from(40_001));
        assert_eq!(value("0"), Value::from(0));
        assert_eq!(value("0401"), Value::from("0401"));
    }
}
