//! Requests of generated scenarios.

use std::collections::BTreeSet;

use serde_json::Value;

use failspec_base::template::{JsonTemplate, Placeholder, Template};
use failspec_pack::{
    openapi::{Operation, Parameter, ParameterLocation},
    pack::{
        PathTemplate,
        writing::{BodySource, Override, ParameterValue, Parameters, RequestSource},
    },
};

use super::{
    multipart::{Field, multipart},
    value_generator::UNIQUE,
};

/// The role of requests with credentials.
pub const ROLE: &str = "user";

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
    /// Bytes that are sent unchanged.
    Bytes(Vec<u8>),
}

/// A request of a generated scenario.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RequestSpec {
    pub method: String,
    /// The path, with values and `{variables}` instead of the document's parameters.
    pub path: String,
    /// True if it is sent with credentials.
    pub credentials: bool,
    /// The role whose credentials they are, if not [`ROLE`].
    pub role: Option<String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
    /// Query, header and cookie parameters that must not be sent, not even as the credentials of the role.
    pub absent: Vec<(ParameterLocation, String)>,
    pub body: Option<Body>,
}

impl RequestSpec {
    /// Creates a request to an operation with only its path and, optionally, credentials.
    pub fn of(operation: &Operation, path: String, credentials: bool) -> Self {
        Self {
            method: operation.method.clone(),
            path,
            credentials,
            role: None,
            query: Vec::new(),
            headers: Vec::new(),
            cookies: Vec::new(),
            absent: Vec::new(),
            body: None,
        }
    }

    /// Returns the request as the keys of a scenario or a step.
    pub fn source(&self) -> RequestSource {
        RequestSource {
            line: Some(self.line()),
            role: self.role().map(|role| Override::Set(role.to_owned())),
            path: Parameters::default(),
            query: self.with_absent(&escaped_names(&self.query), &[ParameterLocation::Query]),
            headers: self
                .with_absent(&self.all_headers(), &[ParameterLocation::Header, ParameterLocation::Cookie]),
            body: self.body.as_ref().map(Body::source),
        }
    }

    /// Returns the role whose credentials it carries.
    fn role(&self) -> Option<&str> {
        self.credentials.then(|| self.role.as_deref().unwrap_or(ROLE))
    }

    /// Returns true if it carries the credentials that another request needs.
    pub fn may_call(&self, other: &Self) -> bool {
        !other.credentials || self.role() == other.role()
    }

    /// Returns values by name, and `null` for those that must not be sent.
    fn with_absent(&self, named: &[(String, String)], places: &[ParameterLocation]) -> Parameters {
        let absent = self.absent.iter().filter(|(place, _)| places.contains(place));
        let removed = absent.map(|(place, name)| match place {
            // A role carries a cookie in a header of its own.
            ParameterLocation::Cookie => ("Cookie".to_owned(), ParameterValue::Removed),
            _ => (Template::escape(name), ParameterValue::Removed),
        });
        let values =
            named.iter().map(|(name, text)| (name.clone(), ParameterValue::One(text.as_str().into())));
        Parameters::Named(values.chain(removed).collect())
    }

    /// Returns its headers. All cookies are in one header (RFC 6265, section 5.4).
    fn all_headers(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        for (name, value) in &self.cookies {
            match headers.iter_mut().find(|(header, _)| header.eq_ignore_ascii_case("Cookie")) {
                Some((_, pairs)) => pairs.push_str(&format!("; {name}={value}")),
                None => headers.push(("Cookie".to_owned(), format!("{name}={value}"))),
            }
        }
        headers
    }

    /// Returns its method and path.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns the placeholders in it; a parameter of its path is a placeholder with its name.
    pub fn placeholders(&self) -> Vec<Placeholder> {
        let path = PathTemplate::parse(&self.path).ok();
        let mut found: Vec<Placeholder> = Vec::new();
        if let Some(path) = &path {
            found.extend(path.holes().cloned());
            found.extend(path.parameters().map(|name| Placeholder::Name(name.to_owned())));
        }
        let values = self.query.iter().chain(&self.headers).chain(&self.cookies);
        let mut texts: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        match &self.body {
            Some(Body::Json(value)) => {
                let template = JsonTemplate::parse(value).ok();
                found.extend(template.iter().flat_map(|template| template.holes()).cloned());
            }
            Some(Body::Form(fields) | Body::Parts(fields)) => {
                texts.extend(fields.iter().map(|field| field.value.as_str()));
            }
            Some(Body::Text(text)) => texts.push(text),
            Some(Body::Bytes(_)) | None => {}
        }
        let templates: Vec<Template> =
            texts.into_iter().filter_map(|text| Template::parse(text).ok()).collect();
        found.extend(templates.iter().flat_map(Template::holes).cloned());
        found
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
        self.each_text(|text| {
            // In an escaped text (`$${unique}`) it is none.
            if text.contains(UNIQUE) && !text.contains("$${") {
                *text = text.replace(UNIQUE, &format!("{UNIQUE}-{number}"));
            }
        });
        self
    }

    /// Returns true if it has a name in it that is unique to the run.
    pub fn has_unique(&self) -> bool {
        self.placeholders().contains(&Placeholder::Unique)
    }

    /// Returns the names in the request that are unique to the run.
    pub fn unique_names(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut whole = self.clone();
        whole.each_text(|text| {
            if text.contains(UNIQUE) && !text.contains("$${") {
                found.insert(text.clone());
            }
        });
        found
    }

    /// Replaces values of the request that are `from`.
    pub fn renamed(mut self, from: &str, to: &str) -> Self {
        self.each_text(|text| {
            if text == from {
                to.clone_into(text);
            }
        });
        self
    }

    /// Calls a function with each text in the request that may be a name.
    fn each_text(&mut self, mut change: impl FnMut(&mut String)) {
        let values = self.query.iter_mut().chain(&mut self.headers).chain(&mut self.cookies);
        values.for_each(|(_, value)| change(value));
        match &mut self.body {
            Some(Body::Json(value)) => texts(value, &mut change),
            Some(Body::Form(fields) | Body::Parts(fields)) => {
                fields.iter_mut().for_each(|field| change(&mut field.value));
            }
            _ => {}
        }
    }

    /// Returns the overrides of a control: the changes that turn `faulty` into this request.
    pub fn overrides(&self, faulty: &Self) -> RequestSource {
        let other_line = (&self.method, &self.path) != (&faulty.method, &faulty.path);
        RequestSource {
            line: other_line.then(|| self.line()),
            role: (self.role() != faulty.role()).then(|| match self.role() {
                Some(role) => Override::Set(role.to_owned()),
                None => Override::Removed,
            }),
            path: Parameters::default(),
            query: changes(&escaped_names(&self.query), &escaped_names(&faulty.query), |_| None),
            // Without the header, a body would lack its media type.
            headers: changes(&self.all_headers(), &faulty.all_headers(), |name| {
                self.media_type().filter(|_| name == "Content-Type")
            }),
            body: (self.body != faulty.body)
                .then(|| self.body.as_ref().map_or(BodySource::Removed, Body::source)),
        }
    }
}

impl Body {
    fn source(&self) -> BodySource {
        match self {
            Self::Json(value) => BodySource::Json(value.clone()),
            Self::Form(fields) => {
                let name = |name: &str| Template::escape(name);
                let fields = fields.iter().map(|field| (name(&field.name), field.value.as_str().into()));
                BodySource::Form(fields.collect())
            }
            Self::Parts(fields) => BodySource::Text(multipart(fields)),
            Self::Text(text) => BodySource::Text(text.clone()),
            Self::Bytes(bytes) => BodySource::Bytes(bytes.clone()),
        }
    }
}

/// Escapes names of the document that would be read as placeholders.
fn escaped_names(named: &[(String, String)]) -> Vec<(String, String)> {
    named.iter().map(|(name, value)| (Template::escape(name), value.clone())).collect()
}

/// Returns the parameters that differ from `other`; those that only `other` has are removed, unless there is a
/// `default`.
fn changes(
    own: &[(String, String)],
    other: &[(String, String)],
    default: impl Fn(&str) -> Option<&'static str>,
) -> Parameters {
    let value = |text: &str| ParameterValue::One(text.into());
    let changed = own.iter().filter(|entry| !other.contains(entry));
    let changed = changed.map(|(name, text)| (name.clone(), value(text)));
    let gone = other.iter().filter(|(name, _)| own.iter().all(|(own, _)| own != name));
    let gone = gone.map(|(name, _)| (name.clone(), default(name).map_or(ParameterValue::Removed, value)));
    Parameters::Named(changed.chain(gone).collect())
}

/// Changes every string in a value.
pub(super) fn texts(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, change)),
        Value::Object(entries) => entries.values_mut().for_each(|value| texts(value, change)),
        _ => {}
    }
}

/// Sets a query, header or cookie parameter, or removes it if `value` is `None`.
pub(super) fn put(ask: &mut RequestSpec, parameter: &Parameter, value: Option<&str>) {
    let own = |value: &str| if value == UNIQUE { value.to_owned() } else { Template::escape(value) };
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
            ask.cookies.retain(|(name, _)| *name != parameter.name);
            ask.cookies.extend(value.map(|value| (parameter.name.clone(), own(value))));
        }
        ParameterLocation::Path => {}
    }
}
