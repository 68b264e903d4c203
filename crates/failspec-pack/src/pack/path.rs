//! The path of a request: literal text, `{parameters}` and `${placeholders}`.

use failspec_base::{
    encoding::{percent_encode, percent_encode_segments},
    template::{Placeholder, PlaceholderError, RenderError, Rendered, Scope, Template},
};

/// A path with parameters and placeholders, and with its query if that was written in the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    /// The path as written.
    pub written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// `{name}`: a value from `path`, or from the variable of that name.
    Parameter(String),
    /// `{+name}`: the same for several segments (RFC 6570, section 3.2.3); a `/` in the value is not encoded.
    Segments(String),
    Placeholder(Template),
    /// A complete URL from a response; it must be the only part.
    Address(Template),
}

/// An error that makes a path unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path is not absolute.
    #[error("a path must begin with `/`")]
    NotAbsolute,
    /// A `{` has no `}`, or there is nothing between them.
    #[error("a parameter such as `{{name}}` is empty or not closed")]
    Parameter,
    /// A placeholder in place of a path is combined with other text.
    #[error(
        "a URL from a response must be the whole path, as in `PUT ${{upload}}`; parameters go under `query`"
    )]
    Address,
    /// A placeholder cannot be parsed.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// A stub was not completed.
    #[error("write the rest of the path in place of `…`")]
    Unfinished,
    /// The path that would be sent differs from the one that is written.
    #[error("URL parsing rewrites this path to `{0}`, so the request would go to another resource")]
    Rewritten(String),
}

impl PathTemplate {
    /// Parses a path.
    ///
    /// # Errors
    /// Fails if the path is not absolute, has an invalid parameter or placeholder, or would not be sent as written.
    pub fn parse(written: &str) -> Result<Self, PathError> {
        if written.starts_with("${") {
            return Self::parse_address(written);
        }
        if !written.starts_with('/') {
            return Err(PathError::NotAbsolute);
        }
        if written.contains('…') {
            return Err(PathError::Unfinished);
        }
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some(at) = rest.find('{') {
            let is_hole = rest[..at].ends_with('$');
            let literal = &rest[..at - usize::from(is_hole)];
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let end = at + rest[at..].find('}').ok_or(PathError::Parameter)?;
            let inner = &rest[at + 1..end];
            if is_hole {
                parts.push(Part::Placeholder(Template::parse(&format!("${{{inner}}}"))?));
            } else {
                let (name, part): (_, fn(String) -> Part) = match inner.strip_prefix('+') {
                    Some(name) => (name, Part::Segments),
                    None => (inner, Part::Parameter),
                };
                if name.is_empty() {
                    return Err(PathError::Parameter);
                }
                parts.push(part(name.to_owned()));
            }
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        parts.shrink_to_fit();
        let path = Self { written: written.to_owned(), parts };
        path.check_kept()?;
        Ok(path)
    }

    fn parse_address(written: &str) -> Result<Self, PathError> {
        let template = Template::parse(written)?;
        let is_name = matches!(template.holes().next(), Some(Placeholder::Name(_)));
        // The first brace closes the placeholder, so nothing may follow it.
        if !is_name || written.find('}') != Some(written.len() - 1) {
            return Err(PathError::Address);
        }
        Ok(Self { written: written.to_owned(), parts: vec![Part::Address(template)] })
    }

    /// Returns true if it is a complete URL from a response, such as a `Location`, and not a path below the base URL.
    pub fn is_address(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Address(_)])
    }

    /// Returns the names of the `{parameters}`.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) | Part::Segments(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Returns the names of the parameters in its query, as far as they are written out.
    pub fn query_names(&self) -> impl Iterator<Item = &str> {
        let query = self.written.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty())
    }

    /// Returns the placeholders.
    pub fn holes(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().flat_map(|part| match part {
            Part::Placeholder(template) | Part::Address(template) => template.holes().collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    }

    /// Returns the path with `parameters` and placeholders filled in. Each value is percent-encoded as one segment
    /// (as several for `{+name}`); a complete URL is not encoded.
    ///
    /// # Errors
    /// Fails if a value is missing.
    pub fn fill(
        &self,
        parameters: &[(String, Template)],
        scope: &Scope,
    ) -> Result<Rendered<String>, RenderError> {
        let mut filled = Rendered::plain(String::new());
        for part in &self.parts {
            let value = match part {
                Part::Literal(text) => {
                    filled.push(text);
                    continue;
                }
                Part::Address(template) => return template.fill(scope),
                Part::Placeholder(template) => template.fill(scope)?,
                Part::Parameter(name) | Part::Segments(name) => {
                    match parameters.iter().find(|(given, _)| given == name) {
                        Some((_, template)) => template.fill(scope)?,
                        None => Template::name(name).fill(scope)?,
                    }
                }
            };
            let encoded = match part {
                Part::Segments(_) => percent_encode_segments,
                _ => percent_encode,
            };
            match &value.shown {
                Some(text) => {
                    filled.push_redacted(&encoded(&value.sent), text.map_text(|text| encoded(text).into()))
                }
                None => filled.push(&encoded(&value.sent)),
            }
        }
        Ok(filled)
    }

    /// Checks the literal parts. Values are encoded, so that URL parsing can still change them only if they are `.`
    /// or `..`.
    fn check_kept(&self) -> Result<(), PathError> {
        let sample: String = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.as_str(),
                _ => "x",
            })
            .collect();
        match kept(&sample) {
            Ok(()) => Ok(()),
            Err(rewritten) => Err(PathError::Rewritten(rewritten)),
        }
    }
}

/// Checks that URL parsing does not change a path and its query.
///
/// # Errors
/// Returns the path and query as they would be sent.
pub fn kept(path: &str) -> Result<(), String> {
    // URL parsing never changes these characters, and most paths contain no others.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_');
    if path.starts_with('/') && path.bytes().all(plain) {
        return Ok(());
    }
    let parsed = url::Url::parse("http://host")
        .and_then(|base| url::Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))));
    let Ok(url) = parsed else {
        return Err("(not a URL)".to_owned());
    };
    let mut out = url.path().to_owned();
    if let Some(query) = url.query() {
        out.push('?');
        out.push_str(query);
    }
    if let Some(fragment) = url.fragment() {
        return Err(format!("{out} (without `#{fragment}`)"));
    }
    if out == path { Ok(()) } else { Err(out) }
}

/// Splits `METHOD /path` or `METHOD ${address}` into its two parts, if the text has that form.
pub fn split_request(text: &str) -> Option<(&str, &str)> {
    let (method, path) = text.split_once(' ')?;
    let path = path.trim();
    let is_method =
        !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    (is_method && (path.starts_with('/') || path.starts_with("${"))).then_some((method, path))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use super::*;
    use failspec_base::template::VariableValue;

    #[test]
    fn values_are_one_segment_and_names_come_from_variables() {
        let mut variables = HashMap::new();
        variables.insert("namespace".to_owned(), VariableValue::open("a/b ü%"));
        let scope = Scope::new(Arc::new(variables), "u");
        let path = PathTemplate::parse("/n/{namespace}/c/{name}/${unique}?x=1").unwrap();
        let parameters = [("name".to_owned(), Template::literal(""))];
        assert_eq!(path.fill(&parameters, &scope).unwrap().sent, "/n/a%2Fb%20%C3%BC%25/c//u?x=1");
        let path = PathTemplate::parse("/n/{+namespace}/x").unwrap();
        assert_eq!(path.fill(&[], &scope).unwrap().sent, "/n/a/b%20%C3%BC%25/x");
    }

    #[test]
    fn what_is_kept_is_what_a_url_says() {
        // All pairs of characters that have a meaning in URLs, and of some that have none.
        let special = "/.%2eE\\?#;:@ \t\n\"<>`{}|^[]~-_a\u{e9}";
        for first in special.chars() {
            for second in special.chars() {
                for path in [format!("/x/{first}{second}/y"), format!("/{first}{second}")] {
                    let url = url::Url::parse(&format!("http://h{path}"));
                    let same = url.is_ok_and(|url| url.as_str() == format!("http://h{path}"));
                    assert_eq!(kept(&path).is_ok(), same && !path.contains('#'), "{path:?}");
                }
            }
        }
    }

    #[test]
    fn a_path_that_would_be_rewritten_is_refused() {
        for path in ["/a/../b", "/a/%2e%2e/b", "/a\\b", "/a b", "/a#b", "/./a", "/é"] {
            assert!(matches!(PathTemplate::parse(path), Err(PathError::Rewritten(_))), "{path}");
        }
        for path in ["/", "//", "//a", "/a//b", "/a/%2F/b", "/a?b=c&d=%20", "/a/{x}/y", "/a;v=1/b"] {
            assert!(PathTemplate::parse(path).is_ok(), "{path}");
        }
        for path in ["${upload}/x", "${upload}?a=b", "${upload}${more}", "${unique}", "${fill(3)}"] {
            assert_eq!(PathTemplate::parse(path), Err(PathError::Address), "{path}");
        }
        assert!(PathTemplate::parse("${upload}").is_ok_and(|path| path.is_address()));
        assert_eq!(PathTemplate::parse("a"), Err(PathError::NotAbsolute));
        assert_eq!(PathTemplate::parse("/{"), Err(PathError::Parameter));
        assert_eq!(PathTemplate::parse("/{+}"), Err(PathError::Parameter));
    }
}
