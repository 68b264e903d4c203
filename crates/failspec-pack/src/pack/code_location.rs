//! The location of the error code in a response.

use std::{borrow::Cow, fmt};

use regex::{Regex, RegexBuilder};
use serde_json::{Number, Value};

use failspec_base::{
    message::is_token,
    syntax::{Decoder, Field, MappingSchema, Node, NodeValue, ValueType},
};

use super::{
    pattern_text::text_matching,
    pointer::Pointer,
    xml_path::{NAMESPACE, XML},
};

/// The location of the error code. Of several places, the first one that a response has counts.
#[derive(Debug, Clone)]
pub struct CodeLocation {
    places: Vec<CodePlace>,
    /// The code of a response that has none at these places.
    absent: Option<Value>,
}

/// One place at which a response may have its code.
#[derive(Debug, Clone)]
pub struct CodePlace {
    /// The part of the response.
    pub part: CodePart,
    /// The part of a text that is the code.
    extract: Option<Regex>,
}

/// A part of a response with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodePart {
    /// A value in a body of JSON or XML.
    Body(Pointer),
    /// A header, or one parameter of its value.
    Header {
        /// Its name.
        name: String,
        /// The name of the parameter.
        parameter: Option<String>,
    },
    /// The body as text.
    Text,
}

pub(super) static CODE_LOCATION: MappingSchema = MappingSchema {
    name: "code location",
    about: "a place at which a response has its code",
    fields: &[
        Field::optional(
            "pointer",
            ValueType::Pointer,
            "pointer into the body; `*` matches any item of a list",
        ),
        XML,
        NAMESPACE,
        Field::optional("header", ValueType::Text, "the name of a header"),
        Field::optional(
            "parameter",
            ValueType::Text,
            "with `header`: the parameter of its value that is the code (`error=\"invalid_token\"`), with or without quotes",
        ),
        Field::optional(
            "text",
            ValueType::Text,
            "a regular expression on the body as text: its first group, or else what it matches, is the code. The body \
             need not be JSON",
        ),
        Field::optional(
            "extract",
            ValueType::Text,
            "with `pointer`, `xml` or `header`: a regular expression; its first group, or else what it matches, is the code",
        ),
        Field::optional(
            "absent",
            ValueType::Any,
            "the code of a response that has none (`about:blank`); at the last place of a list",
        ),
    ],
    also: &[],
};

/// Maximum size of a compiled regular expression, in bytes.
const MAX_PATTERN_SIZE: usize = 1 << 20;

impl From<Pointer> for CodeLocation {
    fn from(pointer: Pointer) -> Self {
        Self { places: vec![CodePlace { part: CodePart::Body(pointer), extract: None }], absent: None }
    }
}

impl CodeLocation {
    /// Returns its places, at least one; the first one that a response has counts.
    pub fn places(&self) -> &[CodePlace] {
        &self.places
    }

    /// Returns the code of a response that has none.
    pub fn absent(&self) -> Option<&Value> {
        self.absent.as_ref()
    }

    /// Returns the pointer, if the code is always the whole value at one place of a JSON body.
    pub fn pointer(&self) -> Option<&Pointer> {
        self.whole_value().filter(|pointer| !pointer.is_xml())
    }

    /// Returns the pointer or the path, if the code is always the whole value at one place of a body.
    pub fn whole_value(&self) -> Option<&Pointer> {
        match self.places.as_slice() {
            [CodePlace { part: CodePart::Body(pointer), extract: None }] => Some(pointer),
            _ => None,
        }
    }

    /// Returns its places in a body of JSON or XML.
    pub fn in_body(&self) -> impl Iterator<Item = &Pointer> {
        self.places.iter().filter_map(|place| match &place.part {
            CodePart::Body(pointer) => Some(pointer),
            CodePart::Header { .. } | CodePart::Text => None,
        })
    }

    /// Returns true if a response has at most one code, and the same one for every failure.
    pub fn is_single(&self) -> bool {
        self.absent.is_none() && self.pointer().is_some_and(|pointer| !pointer.is_of_each())
    }

    /// Returns true if a code can be in the body as text.
    pub fn is_in_text(&self) -> bool {
        self.places.iter().any(|place| place.part == CodePart::Text)
    }

    /// Returns true if a code can be in a header.
    pub fn is_in_header(&self) -> bool {
        self.places.iter().any(|place| matches!(place.part, CodePart::Header { .. }))
    }

    /// Returns the location without its places in a body; `None` if it has no others.
    pub(super) fn without_body(mut self) -> Option<Self> {
        self.places.retain(|place| matches!(place.part, CodePart::Header { .. }));
        (!self.places.is_empty()).then_some(self)
    }

    /// Describes it with all that it says, to compare two of them.
    pub fn in_full(&self) -> String {
        let places = self.places.iter().map(|place| {
            let part = match &place.part {
                CodePart::Body(pointer) if pointer.is_xml() => pointer.to_json().to_string(),
                part => part.to_string(),
            };
            match &place.extract {
                Some(pattern) => format!("{part} ({pattern})"),
                None => part,
            }
        });
        let absent = self.absent.iter().map(|code| format!("else {code}"));
        places.chain(absent).collect::<Vec<_>>().join(" or ")
    }

    /// Returns it as a contract writes it: a pointer, a mapping, or a list of them.
    pub fn to_json(&self) -> Value {
        let last = self.places.len().saturating_sub(1);
        let mut places: Vec<Value> = self
            .places
            .iter()
            .enumerate()
            .map(|(index, place)| place.to_json(self.absent.as_ref().filter(|_| index == last)))
            .collect();
        if places.len() == 1 { places.remove(0) } else { places.into() }
    }

    /// Reads a pointer, a mapping, or a list of them.
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let items = reader.items(node);
        if items.is_empty() {
            reader.error_hint(node.span, "an empty list is no place of a code", "write `code: /error/code`");
        }
        let mut absent = None;
        let mut places = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let (place, other) = CodePlace::read(item, reader)?;
            if other.is_some() && index + 1 < items.len() {
                let title = "`absent` before another place: the code is absent only if no place has one";
                reader.error_hint(item.span, title, "write it at the last place of the list");
            }
            absent = other;
            places.push(place);
        }
        (!places.is_empty()).then_some(Self { places, absent })
    }
}

impl fmt::Display for CodeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self.places.iter().map(|place| place.part.to_string()).collect();
        f.write_str(&places.join(" or "))
    }
}

impl fmt::Display for CodePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(pointer) => pointer.fmt(f),
            Self::Header { name, parameter: None } => write!(f, "the header {name}"),
            Self::Header { name, parameter: Some(parameter) } => {
                write!(f, "{parameter} of the header {name}")
            }
            Self::Text => f.write_str("the text of the body"),
        }
    }
}

impl CodePlace {
    /// Returns true if the value of a header is the code as it is.
    pub fn is_whole_header(&self) -> bool {
        self.extract.is_none() && matches!(self.part, CodePart::Header { parameter: None, .. })
    }

    /// Returns true if the value in the body is the code as it is.
    ///
    /// In XML everything is text, also a number.
    pub fn is_whole_value(&self) -> bool {
        self.extract.is_none() && matches!(&self.part, CodePart::Body(pointer) if !pointer.is_xml())
    }

    /// Returns the codes that a text at this place can be: the text, and the number that it is written as.
    pub fn codes_of(&self, text: &str) -> Vec<Value> {
        let texts: Vec<Cow<'_, str>> = match &self.part {
            CodePart::Header { parameter: Some(name), .. } => parameters(text, name),
            CodePart::Header { parameter: None, .. } => vec![Cow::Borrowed(text.trim())],
            CodePart::Body(_) => vec![Cow::Borrowed(text)],
            // A byte order mark is a matter of the encoding.
            CodePart::Text => vec![Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text))],
        };
        let mut codes = Vec::new();
        for text in texts {
            let code = match &self.extract {
                Some(pattern) => match pattern.captures(&text) {
                    Some(found) => {
                        found.get(1).or_else(|| found.get(0)).map_or("", |found| found.as_str()).to_owned()
                    }
                    None => continue,
                },
                None => text.into_owned(),
            };
            if code.is_empty() {
                continue;
            }
            let number = code.parse::<Number>().ok().filter(|number| number.to_string() == code);
            codes.push(Value::String(code));
            codes.extend(number.map(Value::Number));
        }
        codes
    }

    /// Returns a text at this place that has a code, if there is one.
    pub fn text_with(&self, code: &str) -> Option<String> {
        let around = self.extract.as_ref().and_then(|pattern| text_matching(pattern.as_str(), Some(code)));
        let behind = [format!("failspec#{code}"), format!("failspec {code}")];
        let parameter = match &self.part {
            CodePart::Header { parameter: Some(name), .. } => Some(format!("Bearer {name}=\"{code}\"")),
            _ => None,
        };
        let texts = parameter.into_iter().chain([code.to_owned()]).chain(around).chain(behind);
        texts.into_iter().find(|text| self.codes_of(text).iter().any(|own| own.as_str() == Some(code)))
    }

    fn to_json(&self, absent: Option<&Value>) -> Value {
        let mut place = serde_json::Map::new();
        let mut add = |key: &str, value: &str| place.insert(key.to_owned(), value.into());
        let extract = self.extract.as_ref().map(Regex::as_str);
        match &self.part {
            CodePart::Body(pointer) if extract.is_none() && absent.is_none() => return pointer.to_json(),
            CodePart::Body(pointer) if pointer.is_xml() => {
                add("xml", pointer.as_str());
                pointer.namespace().into_iter().for_each(|namespace| drop(add("namespace", namespace)));
            }
            CodePart::Body(pointer) => drop(add("pointer", pointer.as_str())),
            CodePart::Header { name, parameter } => {
                add("header", name);
                parameter.iter().for_each(|parameter| drop(add("parameter", parameter)));
            }
            CodePart::Text => {}
        }
        if let Some(pattern) = extract {
            add(if self.part == CodePart::Text { "text" } else { "extract" }, pattern);
        }
        if let Some(absent) = absent {
            place.insert("absent".to_owned(), absent.clone());
        }
        place.into()
    }

    /// Also returns `absent`.
    fn read(node: &Node, reader: &Decoder) -> Option<(Self, Option<Value>)> {
        if !matches!(node.value, NodeValue::Map(_)) {
            let part = CodePart::Body(Pointer::read_of_each(node, reader)?);
            return Some((Self { part, extract: None }, None));
        }
        let fields = reader.fields(node, &CODE_LOCATION)?;
        let given: Vec<&str> =
            ["pointer", "xml", "header", "text"].into_iter().filter(|key| fields.has(key)).collect();
        let [kind] = given[..] else {
            reader.error_hint(
                node.span,
                "a code has one place",
                "give one of `pointer`, `xml`, `header` and `text`",
            );
            return None;
        };
        let belongs = [
            ("parameter", &["header"][..]),
            ("extract", &["pointer", "xml", "header"]),
            ("namespace", &["xml"]),
        ];
        for (key, kinds) in belongs {
            if let Some(node) = fields.get(key).filter(|_| !kinds.contains(&kind)) {
                reader.error_hint(
                    node.span,
                    format!("`{key}` beside `{kind}` says nothing"),
                    format!("`{key}` belongs to {}", kinds.join(" or ")),
                );
            }
        }
        let part = match kind {
            "pointer" => CodePart::Body(Pointer::read_of_each(fields.get("pointer")?, reader)?),
            "xml" => CodePart::Body(Pointer::read_xml(&fields, reader)?),
            "text" => CodePart::Text,
            _ => CodePart::Header {
                name: token(fields.get("header")?, reader)?,
                parameter: match fields.get("parameter") {
                    Some(node) => Some(token(node, reader)?),
                    None => None,
                },
            },
        };
        let pattern = if part == CodePart::Text { fields.get("text") } else { fields.get("extract") };
        let extract = match pattern {
            Some(node) => Some(pattern_of(node, reader)?),
            None => None,
        };
        Some((Self { part, extract }, fields.get("absent").map(Node::to_json)))
    }
}

/// Reads the name of a header or of a parameter.
fn token(node: &Node, reader: &Decoder) -> Option<String> {
    let text = reader.text(node)?;
    if !is_token(text) {
        reader.error(node.span, format!("`{}` is not a name", text.escape_debug()));
        return None;
    }
    Some(text.to_owned())
}

/// Compiles a pattern in which `^` and `$` are the ends of a line, whichever way the lines end: a carriage return before the
/// line feed is no part of the text.
fn pattern(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(MAX_PATTERN_SIZE).multi_line(true).crlf(true).build()
}

fn pattern_of(node: &Node, reader: &Decoder) -> Option<Regex> {
    match pattern(reader.text(node)?) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            reader.error(node.span, format!("this is not a usable regular expression: {error}"));
            None
        }
    }
}

/// Returns the values of a parameter in a header such as `Bearer realm="x", error="invalid_token"`: a token, or a quoted
/// text without its quotes (RFC 9110, sections 5.6.6 and 11.2).
fn parameters<'t>(text: &'t str, name: &str) -> Vec<Cow<'t, str>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['=', '"']) {
        let is_value = rest.as_bytes()[end] == b'=';
        let before = rest[..end].trim_end();
        let start = before.rfind([' ', '\t', ',', ';']).map_or(0, |at| at + 1);
        let own = &before[start..];
        let after = if is_value { rest[end + 1..].trim_start_matches([' ', '\t']) } else { &rest[end..] };
        let (value, behind) = match after.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted),
            None => {
                let end = after.find([',', ';', ' ', '\t']).unwrap_or(after.len());
                (Cow::Borrowed(&after[..end]), &after[end..])
            }
        };
        if is_value && own.eq_ignore_ascii_case(name) {
            found.push(value);
        }
        rest = behind;
    }
    found
}

/// Returns a quoted text without its escapes, and what follows its closing quote.
fn quoted_text(text: &str) -> (Cow<'_, str>, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if !text[..at].contains('\\') => return (Cow::Borrowed(&text[..at]), &text[at + 1..]),
            '"' => return (Cow::Owned(value), &text[at + 1..]),
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (Cow::Owned(value), "")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_found_with_and_without_quotes() {
        let table: &[(&str, &[&str])] = &[
            ("Bearer realm=\"x\", error=\"invalid_token\"", &["invalid_token"]),
            ("Bearer error=invalid_token", &["invalid_token"]),
            ("Bearer ERROR = \"invalid_token\", scope=\"a b\"", &["invalid_token"]),
            ("Bearer realm=\"a, error=x\", error=y", &["y"]),
            ("Bearer realm=\"a \\\" error=x\",error=y", &["y"]),
            ("Bearer error=\"a\\\"b\"", &["a\"b"]),
            ("Basic realm=\"a\", Bearer error=y", &["y"]),
            ("application/x; error=y; q=1", &["y"]),
            ("Bearer", &[]),
            ("Bearer error_description=\"no error\"", &[]),
            ("Bearer error=\"open", &["open"]),
        ];
        for (text, values) in table {
            assert_eq!(parameters(text, "error"), *values, "{text}");
        }
    }

    fn place(part: CodePart, extract: Option<&str>) -> CodePlace {
        let extract = extract.map(|text| pattern(text).unwrap());
        CodePlace { part, extract }
    }

    #[test]
    fn codes_are_texts_and_the_numbers_that_they_are_written_as() {
        let header = |extract| place(CodePart::Header { name: "X".to_owned(), parameter: None }, extract);
        assert_eq!(header(None).codes_of(" gone "), [json!("gone")]);
        assert_eq!(header(None).codes_of("17"), [json!("17"), json!(17)]);
        assert_eq!(header(None).codes_of("017"), [json!("017")]);
        assert_eq!(header(None).codes_of(""), [] as [Value; 0]);
        // AWS: `x-amzn-ErrorType: ResourceNotFoundException:http://…`, `__type: namespace#Code`.
        let code = [json!("ResourceNotFoundException")];
        assert_eq!(header(Some("^[^:]+")).codes_of("ResourceNotFoundException:http://x"), code);
        assert_eq!(header(Some("[^#]+$")).codes_of("com.x#ResourceNotFoundException"), code);
        assert_eq!(header(Some("[^#]+$")).codes_of("ResourceNotFoundException"), code);
        let text = place(CodePart::Text, Some("^(ERR_[A-Z_]+):"));
        assert_eq!(text.codes_of("ERR_GONE: no such thing"), [json!("ERR_GONE")]);
        assert_eq!(text.codes_of("failed\nERR_GONE: no such thing"), [json!("ERR_GONE")]);
        assert_eq!(text.codes_of("all is well"), [] as [Value; 0]);
        let line = place(CodePart::Text, Some("^code: ([A-Z]+)$"));
        for body in ["code: GONE", "code: GONE\r\nmore", "\u{feff}code: GONE\r\n", "first\r\ncode: GONE\n"] {
            assert_eq!(line.codes_of(body), [json!("GONE")], "{body:?}");
        }
        for body in ["code: GONE.\r\n", "a \u{feff}code: GONE", "code: gone\r\n"] {
            assert_eq!(line.codes_of(body), [] as [Value; 0], "{body:?}");
        }
    }
}
