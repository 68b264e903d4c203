//! Violations of an OpenAPI document by a request, as far as they can be found before it is sent.

use serde_json::Value;

use failspec_base::template::{Scope, Template};
use failspec_pack::{
    openapi::{Content, Declared, Direction, Operation, Parameter, ParameterLocation},
    pack::{BodyTemplate, RequestTemplate},
};

/// Finds violations of the OpenAPI document by a request. Placeholders without a value are ignored.
pub(super) fn faults(
    declared: &Declared,
    operation: &Operation,
    request: &RequestTemplate,
    scope: &Scope,
) -> Vec<String> {
    let against = Against { declared, operation, request, scope };
    let mut found: Vec<String> = operation.parameters.iter().filter_map(|it| against.parameter(it)).collect();
    found.extend(against.body());
    found
}

struct Against<'a> {
    declared: &'a Declared,
    operation: &'a Operation,
    request: &'a RequestTemplate,
    scope: &'a Scope,
}

impl Against<'_> {
    fn parameter(&self, parameter: &Parameter) -> Option<String> {
        let name = &parameter.name;
        let values: Vec<&Template> = match parameter.place {
            ParameterLocation::Query => named(&self.request.query, |key| {
                // A list or an object may be written `name[]` or `name[key]`.
                key == name || key.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('['))
            }),
            ParameterLocation::Header => named(&self.request.headers, |key| key.eq_ignore_ascii_case(name)),
            // All cookies are in one header, which a role may provide.
            ParameterLocation::Cookie => return None,
            ParameterLocation::Path => named(&self.request.path, |key| key == name),
        };
        let in_path = self.request.line.path.written.contains('?');
        if values.is_empty() && parameter.required && parameter.place != ParameterLocation::Path && !in_path {
            return Some(format!("the {} parameter `{name}` is missing", parameter.place));
        }
        let declared = parameter.schema.as_ref().filter(|_| !parameter.json)?;
        // Objects can be serialized in several styles, so a mismatch does not prove an invalid value.
        let kind = |key: &str| self.declared.api.bundle.resolve(declared).get(key);
        if kind("type").and_then(Value::as_str) == Some("object") || kind("properties").is_some() {
            return None;
        }
        let schema = self.declared.schema(declared, Direction::Request)?;
        let filled: Option<Vec<String>> =
            values.into_iter().map(|value| Some(value.fill(self.scope).ok()?.sent)).collect();
        let filled = filled.filter(|values| !values.is_empty())?;
        if readings(&filled).iter().any(|reading| schema.fits_with_formats(reading)) {
            return None;
        }
        let value = filled.join(", ");
        let shown: String = value.chars().take(60).collect();
        Some(format!("the {} parameter `{name}` may not be `{shown}`", parameter.place))
    }

    fn body(&self) -> Option<String> {
        let declared = &self.operation.body;
        let Some(body) = self.request.body.as_deref() else {
            return self.operation.body_required.then(|| "it has no body".to_owned());
        };
        if declared.is_empty() {
            return None;
        }
        let own = self.request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let media_type = match (own, body) {
            (Some((_, template)), _) => template.fill(self.scope).ok()?.sent,
            (None, BodyTemplate::Json(_)) => "application/json".to_owned(),
            (None, BodyTemplate::Form(_)) => "application/x-www-form-urlencoded".to_owned(),
            (None, BodyTemplate::Multipart(_)) => "multipart/form-data".to_owned(),
            (None, BodyTemplate::File { media_type: Some(media_type), .. }) => media_type.clone(),
            (None, _) => return Some("its body has no media type".to_owned()),
        };
        let fitting = declared.iter().filter_map(|it| Some((it.closeness(&media_type)?, it)));
        let Some((_, content)) = fitting.max_by_key(|(close, _)| *close) else {
            let known: Vec<&str> = declared.iter().map(|it| it.media_type.as_str()).collect();
            return Some(format!("its body has the media type {media_type}, not {}", known.join(" or ")));
        };
        let value = match body {
            BodyTemplate::Json(template) => template.fill(self.scope).ok()?.sent,
            BodyTemplate::Text(template) if content.is_json() => {
                let text = template.fill(self.scope).ok()?.sent;
                match serde_json::from_str(&text) {
                    Ok(value) => value,
                    Err(_) => return Some("its body is not JSON".to_owned()),
                }
            }
            _ => return None,
        };
        self.misfit(content, &value)
    }

    fn misfit(&self, content: &Content, value: &Value) -> Option<String> {
        let schema = self.declared.content(content, Direction::Request)?;
        let misfit = schema.misfits(value).into_iter().next()?;
        let at = if misfit.at.is_empty() { "its body" } else { &misfit.at };
        Some(format!("{at}: {}", misfit.message))
    }
}

fn named(entries: &[(String, Template)], is: impl Fn(&str) -> bool) -> Vec<&Template> {
    entries.iter().filter(|(name, _)| is(name)).map(|(_, value)| value).collect()
}

/// Returns the JSON values that texts in a path, a query or a header can represent. A single text is a string, a
/// number, a boolean or null, or a list with the text or its parts as items. Several texts of one name are a list.
fn readings(texts: &[String]) -> Vec<Value> {
    let scalar = |text: &str| {
        let read = serde_json::from_str::<Value>(text).ok();
        read.filter(|value| value.is_number() || value.is_boolean() || value.is_null())
    };
    let or_text = |text: &str| scalar(text).unwrap_or_else(|| text.into());
    let list =
        |parts: &[&str], read: &dyn Fn(&str) -> Value| parts.iter().map(|part| read(part)).collect::<Value>();
    let [text] = texts else {
        let parts: Vec<&str> = texts.iter().map(String::as_str).collect();
        return vec![list(&parts, &or_text), list(&parts, &|part| part.into())];
    };
    let mut found: Vec<Value> = scalar(text).into_iter().chain([Value::from(text.as_str())]).collect();
    for separator in [',', '|', ' '] {
        let parts: Vec<&str> = text.split(separator).collect();
        if parts.len() > 1 || separator == ',' {
            found.extend([list(&parts, &or_text), list(&parts, &|part| part.into())]);
        }
    }
    // Objects can be serialized in several styles, so a mismatch does not prove an invalid value.
    found.push(Value::Object(serde_json::Map::new()));
    found
}
