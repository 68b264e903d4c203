//! Requests of generated scenarios.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::yaml;
use failspec_pack::openapi::{Operation, Parameter, ParameterLocation};

use super::{
    multipart::{Field, multipart},
    value_generator::UNIQUE,
};

/// The characters that are percent-encoded in a path segment: all except the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// A JSON value. Texts in it may contain placeholders.
    Json(Value),
    /// A form.
    Form(Vec<Field>),
    /// A form with files.
    Parts(Vec<Field>),
    /// A text that is sent unchanged.
    Text(String),
}

/// A request of a generated scenario.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RequestSpec {
    pub method: String,
    /// The path, with values and `{variables}` instead of the document's parameters.
    pub path: String,
    /// True if it is sent with credentials.
    pub credentials: bool,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<Body>,
}

/// Encodes a value as one segment of a path.
pub(super) fn segment(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

impl RequestSpec {
    /// Creates a request to an operation with only its path and, optionally, credentials.
    pub fn of(operation: &Operation, path: String, credentials: bool) -> Self {
        Self {
            method: operation.method.clone(),
            path,
            credentials,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Formats the request as keys of a scenario or a step, each line indented by `indent`.
    pub fn yaml(&self, indent: &str) -> String {
        let mut text =
            format!("{indent}request: {}\n", yaml::text(&format!("{} {}", self.method, self.path)));
        if self.credentials {
            let _ = writeln!(text, "{indent}as: user");
        }
        for (key, entries) in [("query", &self.query), ("headers", &self.headers)] {
            if !entries.is_empty() {
                let _ = writeln!(text, "{indent}{key}: {}", map(entries));
            }
        }
        text + &self.body_yaml(indent)
    }

    /// The media type that the kind of its body implies if no header gives one.
    fn media_type(&self) -> Option<&'static str> {
        match &self.body {
            Some(Body::Json(_)) => Some("application/json"),
            Some(Body::Form(_)) => Some("application/x-www-form-urlencoded"),
            _ => None,
        }
    }

    /// Appends `number` to the unique names in the request, so that two resources of one scenario have different
    /// names.
    pub fn numbered(mut self, number: usize) -> Self {
        let numbered = |text: &mut String| {
            if text == UNIQUE {
                *text = format!("{UNIQUE}-{number}");
            }
        };
        self.query.iter_mut().chain(&mut self.headers).for_each(|(_, value)| numbered(value));
        match &mut self.body {
            Some(Body::Json(value)) => texts(value, &numbered),
            Some(Body::Form(fields) | Body::Parts(fields)) => {
                fields.iter_mut().for_each(|field| numbered(&mut field.value));
            }
            _ => {}
        }
        self
    }

    fn body_yaml(&self, indent: &str) -> String {
        match &self.body {
            None => String::new(),
            Some(Body::Json(value)) => format!("{indent}json: {value}\n"),
            Some(Body::Form(fields)) => {
                let fields: Vec<_> = fields.iter().map(|it| (it.name.clone(), it.value.clone())).collect();
                format!("{indent}form: {}\n", map(&fields))
            }
            Some(Body::Parts(fields)) => format!("{indent}text: {}\n", yaml::quoted(&multipart(fields))),
            Some(Body::Text(body)) => format!("{indent}text: {}\n", yaml::quoted(body)),
        }
    }

    /// Formats the overrides of a control: the changes that turn `faulty` into this request.
    pub fn overrides(&self, faulty: &Self, indent: &str) -> String {
        let mut text = String::new();
        let other_line = (&self.method, &self.path) != (&faulty.method, &faulty.path);
        if other_line {
            let _ =
                writeln!(text, "{indent}request: {}", yaml::text(&format!("{} {}", self.method, self.path)));
        }
        if self.credentials != faulty.credentials {
            let _ = writeln!(text, "{indent}as: {}", if self.credentials { "user" } else { "null" });
        }
        let lists = [("query", &self.query, &faulty.query), ("headers", &self.headers, &faulty.headers)];
        for (key, own, other) in lists {
            let mut changes: Vec<String> = own
                .iter()
                .filter(|entry| !other.contains(entry))
                .map(|(name, value)| format!("{}: {}", yaml::quoted(name), yaml::quoted(value)))
                .collect();
            let gone = other.iter().filter(|(name, _)| own.iter().all(|(own, _)| own != name));
            changes.extend(gone.map(|(name, _)| {
                // `null` would remove the header, but a body needs its media type.
                let value = self.media_type().filter(|_| key == "headers" && name == "Content-Type");
                format!("{}: {}", yaml::quoted(name), value.map_or("null".to_owned(), yaml::quoted))
            }));
            if !changes.is_empty() {
                let _ = writeln!(text, "{indent}{key}: {{ {} }}", changes.join(", "));
            }
        }
        if self.body != faulty.body {
            text += &match self.body {
                None => format!("{indent}text: null\n"),
                Some(_) => self.body_yaml(indent),
            };
        }
        text
    }
}

/// Changes every string in a value.
fn texts(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, change)),
        Value::Object(entries) => entries.values_mut().for_each(|value| texts(value, change)),
        _ => {}
    }
}

fn map(entries: &[(String, String)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(name, value)| format!("{}: {}", yaml::quoted(name), yaml::quoted(value)))
        .collect();
    format!("{{ {} }}", entries.join(", "))
}

/// Sets a query, header or cookie parameter, or removes it if `value` is `None`.
pub(super) fn put(ask: &mut RequestSpec, parameter: &Parameter, value: Option<&str>) {
    let own = |value: &str| value.replace("${", "$${");
    match parameter.place {
        ParameterLocation::Query => {
            ask.query.retain(|(name, _)| *name != parameter.name);
            ask.query.extend(value.map(|value| (parameter.name.clone(), own(value))));
        }
        ParameterLocation::Header => {
            ask.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(&parameter.name));
            ask.headers.extend(value.map(|value| (parameter.name.clone(), own(value))));
        }
        ParameterLocation::Cookie => {
            put_cookie(&mut ask.headers, &parameter.name, value.map(own).as_deref());
        }
        ParameterLocation::Path => {}
    }
}

/// Sets a cookie, or removes it if `value` is `None`. All cookies are in one header (RFC 6265, section 5.4).
pub(super) fn put_cookie(headers: &mut Vec<(String, String)>, name: &str, value: Option<&str>) {
    let place = headers.iter().position(|(header, _)| header == "Cookie");
    let before = place.map(|place| headers.remove(place).1).unwrap_or_default();
    let others = before.split("; ").filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name));
    let own = value.map(|value| format!("{name}={value}"));
    let all: Vec<&str> = others.chain(own.as_deref()).collect();
    if !all.is_empty() {
        headers.push(("Cookie".to_owned(), all.join("; ")));
    }
}
