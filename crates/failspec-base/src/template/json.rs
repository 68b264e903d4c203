//! JSON values with placeholders in their texts.

use serde_json::{Map, Value};

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
                    .map(|(key, value)| Ok((key.clone(), Self::parse(value)?)))
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

    /// Renders the value with its placeholders replaced.
    ///
    /// # Errors
    /// As for [`Template::fill`].
    pub fn fill(&self, scope: &Scope) -> Result<Rendered<Value>, RenderError> {
        match self {
            Self::Constant(value) => Ok(Rendered::plain(value.clone())),
            Self::Text(template) => template.fill_value(scope),
            Self::List(items) => {
                let items: Vec<Rendered<Value>> =
                    items.iter().map(|item| item.fill(scope)).collect::<Result<_, _>>()?;
                let masked = items.iter().any(|item| item.shown.is_some());
                let shown = masked.then(|| items.iter().map(|item| item.shown().clone()).collect());
                Ok(Rendered { sent: items.into_iter().map(|item| item.sent).collect(), shown })
            }
            Self::Map(entries) => {
                let entries: Vec<(&String, Rendered<Value>)> = entries
                    .iter()
                    .map(|(key, value)| Ok((key, value.fill(scope)?)))
                    .collect::<Result<_, RenderError>>()?;
                let masked = entries.iter().any(|(_, value)| value.shown.is_some());
                let shown = masked.then(|| {
                    let shown: Map<String, Value> =
                        entries.iter().map(|(key, value)| ((*key).clone(), value.shown().clone())).collect();
                    Value::Object(shown)
                });
                let sent: Map<String, Value> =
                    entries.into_iter().map(|(key, value)| (key.clone(), value.sent)).collect();
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
