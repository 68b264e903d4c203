//! Requests of scenarios as patterns: a value that is known only during a run matches anything.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::AtomicU64},
};

use base64::Engine as _;
use serde_json::Value;

use failspec_base::template::{RenderError, Scope, Template, VariableValue};
use failspec_engine::{BuildError, Extra, build};
use failspec_pack::{
    pack::{BodyTemplate, Contract, RequestTemplate, Row, Variable},
    target_config::Target,
};

use super::Request;

/// Stands in a pattern for a value that is known only during a run. Every character may stand in a URL as it is.
const WILD: &str = "failspec-mock-any";

/// Bodies above this size are compared by their length, in bytes: fillers are megabytes of one letter.
const MAX_COMPARED: usize = 64 << 10;

/// The length that the names of a run add to such a body at most, in bytes.
const MAX_NAMES: usize = 256;

/// The boundary that stands in patterns for that of any form.
const BOUNDARY: &str = "boundary";

/// The prefix of the credentials that the mock knows the roles of a contract by.
pub const ROLE_PREFIX: &str = "mock-";

/// A request, as far as it is known before a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    absent: Vec<String>,
    role: Option<String>,
    body: BodyPattern,
    /// True if an id in it names nothing.
    is_of_nothing: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum BodyPattern {
    Nothing,
    Json(Value),
    Form(Vec<(String, String)>),
    Bytes(String),
    /// A form of several parts, whose boundary is replaced.
    Multipart(String),
    Length(usize),
}

/// The credentials of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrying<'r> {
    /// None.
    Nothing,
    /// Those that the mock knows a role by.
    Role(&'r str),
    /// Some of which the mock does not know the role.
    Unknown,
}

/// The values of variables that have no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Those that the target file of the mock gives them, so that two variables differ.
    OfMock,
    /// Any.
    Any,
}

/// Returns the value that the target file of the mock gives a variable.
pub fn value_of(variable: &str) -> String {
    format!("mock-{variable}")
}

/// Builds patterns of the requests of one pack.
pub struct PatternBuilder {
    variables: Arc<HashMap<String, VariableValue>>,
    /// The names of all variables of the contract.
    names: HashSet<String>,
    /// The values that are made of [`WILD`]: of an id that is known only during a run, one that names nothing.
    made: Vec<String>,
    target: Target,
    /// The number of bytes of fillers in all patterns, which is limited as in a run.
    filled: Arc<AtomicU64>,
}

impl PatternBuilder {
    /// Creates a builder for the requests of a contract.
    ///
    /// # Errors
    /// Never in practice: the address of the mock is a valid URL.
    pub fn new(contract: &Contract) -> Result<Self, String> {
        let default = |(name, variable): (&String, &Variable)| {
            Some((name.clone(), VariableValue::open(variable.default.clone()?)))
        };
        let variables = Arc::new(contract.variables.iter().filter_map(default).collect());
        let names = contract.variables.keys().cloned().collect();
        let mut scope = Scope::new(Arc::default(), WILD);
        scope.set("id", VariableValue::open(WILD));
        let made = ["${unlike(id)}", "${oversized(id)}"]
            .into_iter()
            .filter_map(|written| Some(Template::parse(written).ok()?.fill(&scope).ok()?.sent));
        let (filled, made) = (Arc::default(), made.collect());
        Ok(Self { variables, names, made, filled, target: Target::from_url("http://127.0.0.1")? })
    }

    /// Builds the pattern of a request as a role.
    ///
    /// # Errors
    /// If the request depends on a value in a way that a pattern cannot express, such as a one-time code.
    pub fn pattern(
        &self,
        template: &RequestTemplate,
        role: Option<&str>,
        row: Option<&Row>,
        values: Values,
    ) -> Result<Pattern, BuildError> {
        let mut scope = Scope::new(Arc::clone(&self.variables), WILD).counting(Arc::clone(&self.filled));
        for (name, value) in row.into_iter().flat_map(|row| &row.values) {
            scope.set(name.clone(), VariableValue::open(value.clone()));
        }
        let mut unknown: Vec<String> = Vec::new();
        let mut is_address = false;
        let request = loop {
            match build(template, None, &scope, &self.target, &Extra::default()) {
                Err(BuildError::Fill(RenderError::Missing(name))) if !unknown.contains(&name) => {
                    let value = match values {
                        Values::OfMock if self.names.contains(&name) => value_of(&name),
                        Values::OfMock | Values::Any => WILD.to_owned(),
                    };
                    scope.set(name.clone(), VariableValue::open(value));
                    unknown.push(name);
                }
                // A whole address that a response gave.
                Err(BuildError::Elsewhere(_)) if !is_address => {
                    is_address = true;
                    for name in &unknown {
                        scope.set(name.clone(), VariableValue::open(format!("/{WILD}")));
                    }
                }
                built => break built?,
            }
        };
        let known = |text: &str| {
            let text = text.replace(scope.uuid(), WILD);
            self.made.iter().fold(text, |text, made| text.replace(made, WILD))
        };
        let is_form = matches!(template.body.as_deref(), Some(BodyTemplate::Form(_)));
        let is_multipart = matches!(template.body.as_deref(), Some(BodyTemplate::Multipart(_)));
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|it| (it.name.clone(), known(&it.value))).collect();
        let kind = headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let boundary = kind.filter(|_| is_multipart).and_then(|(_, kind)| {
            let boundary = boundary(kind)?.to_owned();
            // Without it, the type alone is compared.
            kind.truncate(kind.find(';').unwrap_or(kind.len()));
            Some(boundary)
        });
        let body = match request.body.as_ref().map(|body| &body.bytes) {
            None => BodyPattern::Nothing,
            Some(bytes) if bytes.len() > MAX_COMPARED => BodyPattern::Length(bytes.len()),
            Some(bytes) if is_multipart => {
                let text = known(&String::from_utf8_lossy(bytes));
                BodyPattern::Multipart(text.replace(boundary.as_deref().unwrap_or(WILD), BOUNDARY))
            }
            Some(bytes) => {
                let text = known(&String::from_utf8_lossy(bytes));
                match serde_json::from_str(&text) {
                    // Bytes that are no text are no JSON either.
                    Ok(value) if std::str::from_utf8(bytes).is_ok() => BodyPattern::Json(value),
                    Err(_) if is_form => BodyPattern::Form(pairs(&text)),
                    Ok(_) | Err(_) => BodyPattern::Bytes(text),
                }
            }
        };
        let address = request.url.as_str();
        let is_of_nothing = self.made.iter().any(|made| address.contains(made.as_str()));
        let suppresses = |name: &str| request.suppressed.iter().any(|own| own.eq_ignore_ascii_case(name));
        Ok(Pattern {
            method: request.method.clone(),
            path: known(request.url.path()),
            query: pairs(&known(request.url.query().unwrap_or_default())),
            headers,
            role: role.filter(|_| !suppresses("authorization")).map(str::to_owned),
            absent: request.suppressed,
            body,
            is_of_nothing,
        })
    }
}

impl Pattern {
    /// Returns true if a part of it is known only during a run.
    pub fn has_unknown_values(&self) -> bool {
        let in_body = match &self.body {
            BodyPattern::Json(value) => value.to_string().contains(WILD),
            BodyPattern::Form(pairs) => pairs.iter().any(|(_, value)| value.contains(WILD)),
            BodyPattern::Bytes(text) | BodyPattern::Multipart(text) => text.contains(WILD),
            BodyPattern::Nothing | BodyPattern::Length(_) => false,
        };
        in_body || self.path.contains(WILD) || self.query.iter().any(|(_, value)| value.contains(WILD))
    }

    /// Returns true if the path of a request matches.
    pub fn has_path(&self, path: &str) -> bool {
        // An address that a response gave may be anywhere.
        if self.path == format!("/{WILD}") {
            return path != "/";
        }
        let (own, asked) = (self.path.split('/'), path.split('/'));
        own.clone().count() == asked.clone().count() && own.zip(asked).all(|(own, asked)| fits(own, asked))
    }

    /// Returns the segments of a path that matches which are known only during a run as a whole: the ids in it.
    pub fn ids<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let both = self.path.split('/').zip(path.split('/'));
        both.filter(|(own, _)| *own == WILD).map(|(_, id)| id)
    }

    /// Returns how closely a request matches: the more of it is written out in the scenario, the higher. `None` if it does
    /// not match.
    pub fn closeness(&self, request: &Request, carrying: Carrying<'_>) -> Option<usize> {
        if self.method != request.method || !self.has_path(&request.path) {
            return None;
        }
        let mut closeness = self.path.replace(WILD, "").len();
        let query = pairs(request.query.as_deref().unwrap_or_default());
        closeness += pairs_fit(&self.query, &query)?;
        if self.absent.iter().any(|name| request.header_lines(name).next().is_some()) {
            return None;
        }
        for (name, value) in &self.headers {
            let is_type = name.eq_ignore_ascii_case("content-type");
            let fits = |line: &str| match is_type && !value.contains(';') {
                true => fits(value, line.split(';').next().unwrap_or_default().trim()),
                false => fits(value, line),
            };
            request.header_lines(name).any(fits).then_some(())?;
            closeness += if value.contains(WILD) { text_closeness(value) } else { 50 };
        }
        closeness += match (&self.role, carrying) {
            (None, _) => 0,
            (Some(role), Carrying::Role(own)) if role == own => 30,
            (Some(_), Carrying::Unknown) => 10,
            (Some(_), Carrying::Role(_) | Carrying::Nothing) => return None,
        };
        Some(closeness + self.body_closeness(request)?)
    }

    fn body_closeness(&self, request: &Request) -> Option<usize> {
        let body = &request.body;
        match &self.body {
            BodyPattern::Multipart(own) => {
                let boundary = request.header_lines("content-type").find_map(boundary)?;
                let text = String::from_utf8_lossy(body).replace(boundary, BOUNDARY);
                fits(own, &text).then(|| text_closeness(own))
            }
            BodyPattern::Nothing => body.is_empty().then_some(0),
            BodyPattern::Length(length) => (body.len().abs_diff(*length) < MAX_NAMES).then_some(20),
            BodyPattern::Json(own) => json_fits(own, &serde_json::from_slice(body).ok()?),
            BodyPattern::Form(own) => pairs_fit(own, &pairs(&String::from_utf8_lossy(body))),
            BodyPattern::Bytes(own) => fits(own, &String::from_utf8_lossy(body)).then(|| text_closeness(own)),
        }
    }
}

/// Returns the boundary that a content type names.
fn boundary(kind: &str) -> Option<&str> {
    let parameter = kind.split(';').map(str::trim).find_map(|part| part.strip_prefix("boundary="))?;
    Some(parameter.trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// Returns the pairs of a query or a form, sorted.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = url::form_urlencoded::parse(text.as_bytes());
    let mut pairs: Vec<(String, String)> = decoded.map(|(name, value)| (name.into(), value.into())).collect();
    pairs.sort();
    pairs
}

fn pairs_fit(own: &[(String, String)], others: &[(String, String)]) -> Option<usize> {
    let fits = |((name, value), (other, text)): (&(String, String), &(String, String))| {
        (name == other && fits(value, text)).then(|| text_closeness(value))
    };
    if own.len() != others.len() {
        return None;
    }
    own.iter().zip(others).map(fits).sum()
}

fn json_fits(own: &Value, other: &Value) -> Option<usize> {
    match (own, other) {
        (Value::String(text), _) if text == WILD => Some(1),
        (Value::String(text), Value::String(other)) => fits(text, other).then(|| text_closeness(text)),
        (Value::Array(own), Value::Array(others)) if own.len() == others.len() => own
            .iter()
            .zip(others)
            .map(|(own, other)| json_fits(own, other))
            .sum::<Option<usize>>()
            .map(|sum| sum + 1),
        (Value::Object(own), Value::Object(others)) if own.len() == others.len() => {
            let members = own.iter().map(|(name, own)| json_fits(own, others.get(name)?));
            members.sum::<Option<usize>>().map(|sum| sum + 1)
        }
        (Value::Number(own), Value::Number(other)) => (own.as_f64() == other.as_f64()).then_some(20),
        _ => (own == other).then_some(20),
    }
}

/// Returns how close a text that fits a pattern is to it: the more of the pattern is written out, the closer.
fn text_closeness(pattern: &str) -> usize {
    if pattern.contains(WILD) { 1 + pattern.replace(WILD, "").len().min(15) } else { 20 }
}

/// Returns true if a text is the pattern with anything in place of what is not known.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split(WILD);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let others: Vec<&str> = parts.collect();
    let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Headers that carry no credentials.
const COMMON: [&str; 14] = [
    "host",
    "user-agent",
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "content-length",
    "connection",
    "traceparent",
    "origin",
    "prefer",
    "transfer-encoding",
    "expect",
    "if-match",
];

/// Returns the role of a request: by a value that holds `mock-ROLE`, otherwise an unknown one where anything may be a
/// credential.
pub fn carrying<'r>(request: &Request, roles: impl Iterator<Item = &'r str>) -> Carrying<'r> {
    let mut values: Vec<Cow<'_, str>> = Vec::new();
    let mut may_be = false;
    for (name, value) in &request.headers {
        if COMMON.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        may_be = true;
        values.push(value.into());
        let encoded = value.split_once(' ').map_or(value.as_str(), |(_, encoded)| encoded);
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok();
        values.extend(decoded.and_then(|bytes| String::from_utf8(bytes).ok()).map(Cow::Owned));
    }
    values.extend(request.query.as_deref().map(Cow::Borrowed));
    let is_carried = |role: &&str| values.iter().any(|value| value.contains(&format!("{ROLE_PREFIX}{role}")));
    // Of `user` and `user-admin`, the longer one.
    match roles.filter(is_carried).max_by_key(|role| role.len()) {
        Some(role) => Carrying::Role(role),
        None if may_be => Carrying::Unknown,
        None => Carrying::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_fits_a_pattern() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("absent-failspec-mock-any", "absent-1", true),
            ("absent-failspec-mock-any", "present-1", false),
            ("failspec-mock-any", "", true),
            ("xfailspec-mock-anyyfailspec-mock-any", "x1y2", true),
            ("xfailspec-mock-anyyfailspec-mock-anyz", "x1y2", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
