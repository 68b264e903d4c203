//! The path of a request: literal text, `{parameters}` and `${holes}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use failspec_base::template::{Placeholder, PlaceholderError, RenderError, Rendered, Scope, Template};

/// Everything but the unreserved characters of RFC 3986: a value is one segment, whatever is in it.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The same, for a value that is several segments.
const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');

/// A path with parameters and holes, its query included where it was written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathTemplate {
    /// The path as written.
    pub written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// `{name}`: given under `path`, or by the variable of that name.
    Parameter(String),
    /// `{+name}`: the same for several segments (RFC 6570, section 3.2.3): a `/` in the value stays one.
    Segments(String),
    Placeholder(Template),
    /// A whole address that a response gave; it stands alone.
    Address(Template),
}

/// Why a path cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It is not absolute.
    #[error("a path must begin with `/`")]
    NotAbsolute,
    /// `{` without `}`, or nothing between them.
    #[error("a parameter such as `{{name}}` is empty or not closed")]
    Parameter,
    /// A hole in place of a path, with more around it.
    #[error(
        "a URL from a response must be the whole path, as in `PUT ${{upload}}`; parameters go under `query`"
    )]
    Address,
    /// A hole that cannot be read.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// What would go out is not what is written.
    #[error("URL parsing rewrites this path to `{0}`, so the request would go to another resource")]
    Rewritten(String),
}

impl PathTemplate {
    /// Reads a path.
    ///
    /// # Errors
    /// When it is not absolute, has an unreadable parameter or hole, or would not go out as written.
    pub fn parse(written: &str) -> Result<Self, PathError> {
        if written.starts_with("${") {
            return Self::parse_address(written);
        }
        if !written.starts_with('/') {
            return Err(PathError::NotAbsolute);
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
        // The first brace closes the hole, so nothing may follow it.
        if !is_name || written.find('}') != Some(written.len() - 1) {
            return Err(PathError::Address);
        }
        Ok(Self { written: written.to_owned(), parts: vec![Part::Address(template)] })
    }

    /// Whether it is a whole address that a response gave, such as a `Location`, and not a path below the base URL.
    pub fn is_address(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Address(_)])
    }

    /// The names of the `{parameters}`.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Parameter(name) | Part::Segments(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The holes.
    pub fn holes(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().flat_map(|part| match part {
            Part::Placeholder(template) | Part::Address(template) => template.holes().collect::<Vec<_>>(),
            _ => Vec::new(),
        })
    }

    /// The path with `parameters` and holes filled, each value percent-encoded as one segment (as several where
    /// the path says so); an address as it is.
    ///
    /// # Errors
    /// When a value is missing.
    pub fn fill(
        &self,
        parameters: &[(String, Template)],
        scope: &Scope,
    ) -> Result<Rendered<String>, RenderError> {
        let mut sent = String::new();
        let mut shown = String::new();
        let mut masked = false;
        for part in &self.parts {
            let value = match part {
                Part::Literal(text) => {
                    sent.push_str(text);
                    shown.push_str(text);
                    continue;
                }
                Part::Address(template) => return template.fill(scope),
                Part::Placeholder(template) => template.fill(scope)?,
                Part::Parameter(name) | Part::Segments(name) => {
                    match parameters.iter().find(|(given, _)| given == name) {
                        Some((_, template)) => template.fill(scope)?,
                        None => Template::parse(&format!("${{{name}}}"))
                            .map_err(|_| RenderError::Missing(name.clone()))?
                            .fill(scope)?,
                    }
                }
            };
            let encode = if matches!(part, Part::Segments(_)) { SEGMENTS } else { SEGMENT };
            sent.extend(utf8_percent_encode(&value.sent, encode));
            match &value.shown {
                Some(text) => {
                    masked = true;
                    shown.push_str(text);
                }
                None => shown.extend(utf8_percent_encode(&value.sent, encode)),
            }
        }
        Ok(Rendered { sent, shown: masked.then_some(shown) })
    }

    /// Checks what is literal; values are encoded, so that only `.` and `..` can still go wrong with them.
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

/// Whether URL parsing leaves path and query as they are; the rewritten form if not.
///
/// # Errors
/// The path and query as they would go out.
pub fn kept(path: &str) -> Result<(), String> {
    // Nothing is ever done to these, and most paths have nothing else.
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

/// `METHOD /path` or `METHOD ${address}`: the two parts, if the text has that form.
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
        // Every pair of characters that mean something to a URL parser, and of some that mean nothing.
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
