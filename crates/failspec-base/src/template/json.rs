//! JSON values with placeholders in their texts.

use serde_json::{Map, Value};

use crate::secret::RedactedText;

use super::{Placeholder, PlaceholderError, RenderError, Rendered, Scope, Template};

/// A JSON value that may have placeholders in its texts, parsed once.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTemplate {
    /// A value without placeholders.
    Constant(Value),
    /// A text with placeholders.
    Text(Template),
    /// A list with placeholders in it.
    List(Vec<JsonTemplate>),
    /// An object with placeholders in it.
    Map(Vec<(String, JsonTemplate)>),
}

impl JsonTemplate {
    /// Parses a value.
    ///
    /// # Errors
    /// The first placeholder that cannot be parsed.
    pub fn parse(value: &Value) -> Result<Self, PlaceholderError> {
        Ok(match value {
            Value::String(text) if text.contains("${") => {
                let template = Template::parse(text)?;
                match template.as_literal() {
                    Some(text) => Self::Constant(Value::String(text.to_owned())),
                    None => Self::Text(template),
                }
            }
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(Self::parse).collect::<Result<_, _>>()?;
                match items.iter().map(Self::as_constant).collect::<Option<Vec<_>>>() {
                    Some(items) => Self::Constant(Value::Array(items.into_iter().cloned().collect())),
                    None => Self::List(items),
                }
            }
            Value::Object(entries) => {
                let entries: Vec<(String, Self)> = entries
                    .iter()
                    // A name has no placeholders, but their escapes, as a text has.
                    .map(|(key, value)| Ok((key.replace("$${", "${"), Self::parse(value)?)))
                    .collect::<Result<_, PlaceholderError>>()?;
                if entries.iter().all(|(_, value)| value.as_constant().is_some()) {
                    Self::Constant(value.clone()).without_escapes(&entries)
                } else {
                    Self::Map(entries)
                }
            }
            other => Self::Constant(other.clone()),
        })
    }

    /// Returns the value as it is written in a pack: it is read as this template.
    pub fn written(&self) -> Value {
        match self {
            Self::Constant(value) => escaped(value),
            Self::Text(template) => template.written().into(),
            Self::List(items) => items.iter().map(Self::written).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| (Template::escape(key), value.written()))
                .collect::<Map<String, Value>>()
                .into(),
        }
    }

    /// Returns the value, if it contains no placeholder.
    pub fn as_constant(&self) -> Option<&Value> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the placeholders, in order.
    pub fn holes(&self) -> Vec<&Placeholder> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Text(template) => template.holes().collect(),
            Self::List(items) => items.iter().flat_map(Self::holes).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.holes()).collect(),
        }
    }

    /// Returns the name of a value that is a part of a longer text, for each such placeholder.
    pub fn names_in_text(&self) -> Vec<&str> {
        match self {
            Self::Constant(_) => Vec::new(),
            Self::Text(template) => template.names_in_text().collect(),
            Self::List(items) => items.iter().flat_map(Self::names_in_text).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, value)| value.names_in_text()).collect(),
        }
    }

    /// Renders the value with its placeholders replaced.
    ///
    /// # Errors
    /// As for [`Template::fill`].
    pub fn fill(&self, scope: &Scope) -> Result<Rendered<Value>, RenderError> {
        match self {
            Self::Constant(value) => Ok(Rendered::plain(value.clone())),
            Self::Text(template) => template.fill_value(scope),
            Self::List(items) => {
                let mut items: Vec<Rendered<Value>> =
                    items.iter().map(|item| item.fill(scope)).collect::<Result<_, _>>()?;
                let shown = shown_json(["[", "]"], None, &mut items);
                Ok(Rendered { sent: items.into_iter().map(|item| item.sent).collect(), shown })
            }
            Self::Map(entries) => {
                let mut values: Vec<Rendered<Value>> =
                    entries.iter().map(|(_, value)| value.fill(scope)).collect::<Result<_, _>>()?;
                let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
                let shown = shown_json(["{", "}"], Some(&keys), &mut values);
                let entries = entries.iter().zip(values);
                let sent: Map<String, Value> =
                    entries.map(|((key, _), value)| (key.clone(), value.sent)).collect();
                Ok(Rendered { sent: Value::Object(sent), shown })
            }
        }
    }

    /// Returns the constant that consists of `entries`, in which `$${` has become `${`.
    fn without_escapes(self, entries: &[(String, Self)]) -> Self {
        match self {
            Self::Constant(Value::Object(_)) => Self::Constant(Value::Object(
                entries
                    .iter()
                    .filter_map(|(key, value)| Some((key.clone(), value.as_constant()?.clone())))
                    .collect(),
            )),
            other => other,
        }
    }
}

/// Returns a value without placeholders as it is written in a pack.
fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Template::escape(text).into(),
        Value::Array(items) => items.iter().map(escaped).collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (Template::escape(key), escaped(value)));
            entries.collect::<Map<String, Value>>().into()
        }
        other => other.clone(),
    }
}

/// Returns the JSON text of a list or an object as it may be shown; `None` if it may be shown as it is.
fn shown_json(
    [open, close]: [&str; 2],
    keys: Option<&[&str]>,
    values: &mut [Rendered<Value>],
) -> Option<RedactedText> {
    if values.iter().all(|value| value.shown.is_none()) {
        return None;
    }
    let mut shown = RedactedText::from(open);
    for (at, value) in values.iter_mut().enumerate() {
        if at > 0 {
            shown.push_str(",");
        }
        if let Some(key) = keys.and_then(|keys| keys.get(at)) {
            shown.push_display(format_args!("{}:", Value::from(*key)));
        }
        match value.shown.take() {
            Some(text) => shown.append(text),
            None => shown.push_display(&value.sent),
        }
    }
    shown.push_str(close);
    Some(shown)
}
