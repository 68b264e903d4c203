//! Recorded requests as those of scenarios: credentials become roles and variables.

use std::collections::BTreeSet;

use failspec_base::template::Template;
use failspec_observe::{RecordedRequest, SecretNames};
use failspec_pack::pack::writing::{BodySource, ParameterValue, Parameters};
use serde_json::Value;

use super::collected::Operation;

/// Headers that a scenario keeps; others are those of one client.
const KEPT: [&str; 9] = [
    "accept",
    "content-type",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "prefer",
    "range",
    "idempotency-key",
];

/// Headers that every client sends, and that nobody misses.
const COMMON: [&str; 20] = [
    "host",
    "user-agent",
    "connection",
    "content-length",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "pragma",
    "origin",
    "referer",
    "dnt",
    "priority",
    "te",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "keep-alive",
    "traceparent",
    "tracestate",
    "x-forwarded-for",
    "expect",
];

/// The parts of a request, as a scenario writes them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Parts {
    /// True if it carried credentials.
    pub has_credentials: bool,
    /// The values of the parameters of the path, in their order.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<BodySource>,
    /// Variables that stand for credentials in the body.
    pub variables: BTreeSet<String>,
    /// Names of headers that were left out.
    pub left_out: BTreeSet<String>,
}

impl Parts {
    pub(super) fn of(request: &RecordedRequest, operation: &Operation, names: &SecretNames) -> Self {
        let mut parts = Self::default();
        let (path, query) = request.url.split_once('?').unwrap_or((request.url.as_str(), ""));
        let values = path.split('/').zip(operation.pattern.split('/'));
        parts.path = values
            .filter(|(_, pattern)| *pattern == "{id}")
            .map(|(value, _)| Template::escape(&failspec_base::encoding::percent_decode(value)))
            .collect();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match names.is_parameter(&name) {
                true => parts.has_credentials = true,
                false => parts.query.push((name.into_owned(), Template::escape(&value))),
            }
        }
        let is_form =
            request.header("content-type").is_some_and(|it| it.starts_with("application/x-www-form"));
        let is_json = request.header("content-type").is_some_and(|it| it.starts_with("application/json"));
        for (name, value) in &request.headers {
            let lower = name.to_ascii_lowercase();
            if names.is_header(name) {
                parts.has_credentials = true;
            } else if KEPT.contains(&lower.as_str()) {
                let is_default = match lower.as_str() {
                    "accept" => value.contains("*/*"),
                    // Written by the kind of the body.
                    "content-type" => is_form || is_json,
                    _ => false,
                };
                if !is_default {
                    parts.headers.push((name.clone(), Template::escape(value)));
                }
            } else if !COMMON.contains(&lower.as_str()) && !lower.starts_with("sec-") {
                parts.left_out.insert(lower);
            }
        }
        parts.body = parts.read_body(request, names, is_form);
        parts
    }

    /// Returns true if a scenario would send the same request for both.
    pub(super) fn is_same_request(&self, other: &Self) -> bool {
        let sent = |parts: &Self| {
            (
                parts.has_credentials,
                parts.path.clone(),
                parts.query.clone(),
                parts.headers.clone(),
                parts.body.clone(),
            )
        };
        sent(self) == sent(other)
    }

    fn read_body(
        &mut self,
        request: &RecordedRequest,
        names: &SecretNames,
        is_form: bool,
    ) -> Option<BodySource> {
        if request.body.is_empty() {
            return None;
        }
        let Ok(text) = std::str::from_utf8(&request.body) else {
            return Some(BodySource::Bytes(request.body.to_vec()));
        };
        if is_form {
            let fields = url::form_urlencoded::parse(text.as_bytes());
            let fields = fields.map(|(name, value)| {
                let value = match names.is_parameter(&name) {
                    true => self.variable(&name),
                    false => Template::escape(&value),
                };
                (name.into_owned(), Value::String(value))
            });
            return Some(BodySource::Form(fields.collect()));
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) if value.is_object() || value.is_array() => {
                Some(BodySource::Json(self.without_credentials(value, names)))
            }
            _ => Some(BodySource::Text(Template::escape(text))),
        }
    }

    fn without_credentials(&mut self, value: Value, names: &SecretNames) -> Value {
        match value {
            Value::String(text) => Value::String(Template::escape(&text)),
            Value::Array(items) => {
                items.into_iter().map(|item| self.without_credentials(item, names)).collect()
            }
            Value::Object(members) => members
                .into_iter()
                .map(|(name, member)| {
                    let is_secret = names.is_member(&name) && (member.is_string() || member.is_number());
                    let member = match is_secret {
                        true => Value::String(self.variable(&name)),
                        false => self.without_credentials(member, names),
                    };
                    (Template::escape(&name), member)
                })
                .collect(),
            other => other,
        }
    }

    /// Returns the placeholder of a variable in place of a credential.
    fn variable(&mut self, name: &str) -> String {
        let name = crate::names::slug(name);
        let name = if name.is_empty() { "secret".to_owned() } else { name };
        let placeholder = format!("${{{name}}}");
        self.variables.insert(name);
        placeholder
    }
}

/// Returns parameters in which those of `other` that are not among them are removed.
pub(super) fn replacing(own: &[(String, String)], other: &[(String, String)]) -> Parameters {
    if own == other {
        return Parameters::default();
    }
    if own.is_empty() {
        return Parameters::Removed;
    }
    let Parameters::Named(mut named) = own.iter().cloned().collect() else { return Parameters::default() };
    for (name, _) in other.iter().filter(|(name, _)| !own.iter().any(|(own, _)| own == name)) {
        if !named.iter().any(|(known, _)| known == name) {
            named.push((name.clone(), ParameterValue::Removed));
        }
    }
    Parameters::Named(named)
}
