//! Recognition of a style in what a document says about its errors.

use serde_json::Value;

use super::{Style, styles};

/// The errors of a document: media types, example bodies and schemas.
#[derive(Debug, Default)]
pub struct Evidence<'a> {
    /// Media types of error responses (`type/subtype`, in any case).
    pub media_types: Vec<&'a str>,
    /// Example bodies of error responses.
    pub examples: Vec<&'a Value>,
    /// JSON Schemas of error responses, each with the definitions that it refers to.
    pub schemas: Vec<Value>,
}

/// Maximum nesting depth of a schema that is looked into.
const MAX_DEPTH: usize = 16;

impl Evidence<'_> {
    /// Returns the style that the errors are of: first by a media type that only one style has, then by the members of
    /// bodies. `None` if there is no such style, or if they are of several.
    #[must_use]
    pub fn style(&self) -> Option<&'static Style> {
        only(|style| {
            let mut of_errors = self.media_types.iter();
            of_errors.any(|own| style.media_types.iter().any(|known| known.eq_ignore_ascii_case(own)))
        })
        // Plain text beside JSON is what a proxy or a framework says.
        .filter(|style| !style.members.is_empty() || self.examples.is_empty() && self.schemas.is_empty())
        .or_else(|| only(|style| style.members.iter().any(|set| self.has_all(set))))
    }

    fn has_all(&self, pointers: &[&str]) -> bool {
        let parts = |pointer: &&str| pointer.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>();
        let pointers: Vec<Vec<String>> = pointers.iter().map(parts).collect();
        self.examples.iter().any(|body| pointers.iter().all(|pointer| is_in(body, pointer)))
            || self
                .schemas
                .iter()
                .any(|schema| pointers.iter().all(|pointer| is_declared(schema, schema, pointer, 0)))
    }
}

/// Returns the media types in a text that only one style has. Plain text is not among them: many pages speak of it.
#[must_use]
pub fn mentioned_media_types(text: &str) -> Vec<&'static str> {
    let text = text.to_ascii_lowercase();
    let all = styles().filter(|style| !style.members.is_empty()).flat_map(|style| style.media_types);
    all.copied().filter(|kind| text.contains(kind)).collect()
}

/// Returns the one style that fits; of two, the evidence says nothing.
fn only(fits: impl Fn(&Style) -> bool) -> Option<&'static Style> {
    let mut all = styles().filter(|style| fits(style));
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn is_in(value: &Value, pointer: &[String]) -> bool {
    let Some((first, rest)) = pointer.split_first() else { return true };
    match value {
        Value::Array(items) if first == "*" => items.iter().any(|item| is_in(item, rest)),
        Value::Object(members) => members.get(first).is_some_and(|member| is_in(member, rest)),
        _ => false,
    }
}

/// Returns true if a schema, or each kind of body in one of its alternatives, declares a member.
fn is_declared(schema: &Value, root: &Value, pointer: &[String], depth: usize) -> bool {
    let Some((first, rest)) = pointer.split_first() else { return true };
    if depth > MAX_DEPTH {
        return false;
    }
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    if reference
        .and_then(|pointer| root.pointer(pointer))
        .is_some_and(|target| is_declared(target, root, pointer, depth + 1))
    {
        return true;
    }
    let own = match first.as_str() {
        "*" => schema.get("items"),
        name => schema.get("properties").and_then(|members| members.get(name)),
    };
    if own.is_some_and(|own| is_declared(own, root, rest, depth + 1)) {
        return true;
    }
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
    parts.flatten().any(|part| is_declared(part, root, pointer, depth + 1))
}
