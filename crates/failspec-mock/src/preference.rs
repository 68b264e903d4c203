//! `Prefer: failure=…` (RFC 7240).

use std::borrow::Cow;

use super::Request;

/// The failure that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// The id of the failure, or its code.
    pub failure: String,
    /// The cause.
    pub cause: Option<String>,
    /// The row of a scenario.
    pub row: Option<String>,
}

impl Preference {
    /// Reads the first preference `failure` of a request: `failure=conflict`, `failure="conflict/duplicate"` or
    /// `failure=conflict; cause=duplicate; row=first`. Other preferences are ignored, as the RFC says.
    #[must_use]
    pub fn of(request: &Request) -> Option<Self> {
        let lines = request.header_lines("prefer");
        lines.flat_map(|line| split(line, ',')).find_map(|preference| Self::parse(&preference))
    }

    fn parse(preference: &str) -> Option<Self> {
        let mut parts = split(preference, ';').into_iter().map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((&part, ""));
            (name.trim().to_ascii_lowercase(), unquoted(value.trim()).into_owned())
        });
        let (_, value) = parts.next().filter(|(name, _)| name == "failure")?;
        let mut preference = Self { failure: value, cause: None, row: None };
        for (name, value) in parts {
            match name.as_str() {
                "cause" => preference.cause = Some(value),
                "row" => preference.row = Some(value),
                _ => {}
            }
        }
        Some(preference)
    }
}

/// Splits a text at a separator outside quotes.
fn split(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut is_quoted, mut is_escaped) = (vec![String::new()], false, false);
    for letter in text.chars() {
        if letter == separator && !is_quoted {
            parts.push(String::new());
            continue;
        }
        is_quoted ^= letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && is_quoted && !is_escaped;
        if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Returns a quoted string without its quotes and escapes.
fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.into();
    };
    let (mut out, mut letters) = (String::new(), inner.chars());
    while let Some(letter) = letters.next() {
        out.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preference_is_read_as_rfc_7240_writes_it() {
        let read = |lines: &[&str]| {
            let headers = lines.iter().map(|line| ("Prefer".to_owned(), (*line).to_owned())).collect();
            Preference::of(&Request { headers, ..Request::default() })
        };
        let preference = |failure: &str, cause: Option<&str>, row: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            Some(Preference { failure: failure.to_owned(), cause: owned(cause), row: owned(row) })
        };
        for (lines, expected) in [
            (&["failure=conflict"][..], preference("conflict", None, None)),
            (&["respond-async, FAILURE=conflict"], preference("conflict", None, None)),
            (
                &["respond-async; failure=x", "failure=\"E;1, \\\"2\\\"\""],
                preference("E;1, \"2\"", None, None),
            ),
            (
                &["failure = conflict ; cause=duplicate; row=first"],
                preference("conflict", Some("duplicate"), Some("first")),
            ),
            (&["failure=\"conflict/duplicate\""], preference("conflict/duplicate", None, None)),
            (&["failure"], preference("", None, None)),
            (&["wait=100"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(read(lines), expected, "{lines:?}");
        }
    }
}
