//! Media types, as in `Content-Type`.

use std::fmt;

use super::is_token;

/// A media type (RFC 9110, section 8.3.1): `type "/" subtype *( OWS ";" OWS [ parameter ] )`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// The type, in lower case.
    pub type_: String,
    /// The subtype with its suffix, in lower case.
    pub subtype: String,
    /// The parameters in their order: names in lower case, values as written but without their quotes.
    pub parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Parses the value of a `Content-Type`; returns `None` if it does not follow the grammar.
    pub fn parse(text: &str) -> Option<Self> {
        let (essence, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        let (type_, subtype) = essence.trim_matches(is_blank).split_once('/')?;
        if !is_token(type_) || !is_token(subtype) {
            return None;
        }
        let mut parameters = Vec::new();
        while let Some(after) = rest.strip_prefix(';') {
            rest = after.trim_start_matches(is_blank);
            if rest.is_empty() || rest.starts_with(';') {
                continue; // The grammar allows an empty parameter.
            }
            let (name, value) = rest.split_once('=')?;
            let (value, after) = read_value(value)?;
            if !is_token(name) {
                return None;
            }
            parameters.push((name.to_ascii_lowercase(), value));
            rest = after.trim_start_matches(is_blank);
        }
        rest.is_empty().then(|| Self {
            type_: type_.to_ascii_lowercase(),
            subtype: subtype.to_ascii_lowercase(),
            parameters,
        })
    }

    /// Returns `type/subtype` without parameters.
    pub fn essence(&self) -> String {
        format!("{}/{}", self.type_, self.subtype)
    }

    /// Returns the structured syntax suffix (RFC 6839): `json` in `application/problem+json`.
    pub fn suffix(&self) -> Option<&str> {
        self.subtype.rsplit_once('+').map(|(_, suffix)| suffix)
    }

    /// Returns true if a body of this type is a JSON text: `application/json`, `text/json`, or any type with the
    /// suffix `+json` (the WHATWG's "JSON MIME type").
    pub fn is_json(&self) -> bool {
        self.suffix() == Some("json")
            || (self.subtype == "json" && matches!(self.type_.as_str(), "application" | "text"))
    }

    /// Returns true if a body of this type is an XML document: `application/xml`, `text/xml`, or any type with the suffix
    /// `+xml` (RFC 7303) but the one of HTML pages.
    pub fn is_xml(&self) -> bool {
        !self.is_html()
            && (self.suffix() == Some("xml")
                || (self.subtype == "xml" && matches!(self.type_.as_str(), "application" | "text")))
    }

    /// Returns true if a body of this type is an HTML page.
    pub fn is_html(&self) -> bool {
        matches!(
            (self.type_.as_str(), self.subtype.as_str()),
            ("text", "html") | ("application", "xhtml+xml")
        )
    }

    /// Returns the first parameter with this name (names are case-insensitive).
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.type_, self.subtype)?;
        for (name, value) in &self.parameters {
            if is_token(value) {
                write!(f, "; {name}={value}")?;
            } else {
                let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "; {name}=\"{escaped}\"")?;
            }
        }
        Ok(())
    }
}

/// Parses a token or a quoted string; returns its text and the rest after it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c| is_blank(c) || c == ';').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return is_token(value).then(|| (value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// Returns true for OWS (RFC 9110, section 5.6.3).
fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_blanks_and_quotes_do_not_matter() {
        for text in [
            "application/problem+json;charset=utf-8",
            "Application/Problem+JSON ; Charset=\"utf-8\"",
            " application/problem+json;; charset=utf-8 ; ",
        ] {
            let read = MediaType::parse(text).expect(text);
            assert_eq!(read.essence(), "application/problem+json");
            assert_eq!(read.parameter("CHARSET"), Some("utf-8"));
            assert_eq!(read.suffix(), Some("json"));
            assert!(read.is_json());
        }
    }

    #[test]
    fn only_json_is_json() {
        for (text, json) in [
            ("application/json", true),
            ("text/json", true),
            ("application/vnd.api+json", true),
            ("application/json-seq", false),
            ("application/jsonp", false),
            ("text/html", false),
            ("image/json", false),
        ] {
            assert_eq!(MediaType::parse(text).expect(text).is_json(), json, "{text}");
        }
    }

    #[test]
    fn only_xml_is_xml() {
        for (text, xml) in [
            ("application/xml", true),
            ("Text/XML; charset=utf-8", true),
            ("application/soap+xml; action=x", true),
            ("application/problem+xml", true),
            ("application/xhtml+xml", false),
            ("application/xml-dtd", false),
            ("image/xml", false),
            ("application/json", false),
        ] {
            assert_eq!(MediaType::parse(text).expect(text).is_xml(), xml, "{text}");
        }
    }

    #[test]
    fn what_is_no_media_type_is_none() {
        for text in [
            "",
            "json",
            "/json",
            "application/",
            "application/json charset=utf-8",
            "application/json; charset",
            "application/json; charset=\"utf-8",
            "application/json; =x",
            "application/json, text/html",
            "a/b/c",
        ] {
            assert_eq!(MediaType::parse(text), None, "{text}");
        }
    }

    #[test]
    fn quoted_values_are_quoted_again() {
        let read = MediaType::parse(r#"a/b; x="q\"\\ ;z"; y=1"#).expect("valid");
        assert_eq!(read.parameter("x"), Some("q\"\\ ;z"));
        assert_eq!(read.to_string(), r#"a/b; x="q\"\\ ;z"; y=1"#);
    }
}
