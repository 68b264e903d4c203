//! Patterns of HTTP statuses.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use failspec_base::syntax::{Decoder, Node, NodeValue, ValueType};

/// A single status, or a class of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusPattern {
    /// A single status.
    Exactly(u16),
    /// A class of statuses such as `2xx`, by its first digit.
    Class(u16),
}

/// The values that a file may contain: `404`, `2xx`, or a list of these.
pub(super) const STATUSES: ValueType =
    ValueType::Either(&[ValueType::Scalar, ValueType::List(&ValueType::Scalar)]);

impl StatusPattern {
    /// Returns true if the pattern matches `status`.
    pub fn matches(self, status: u16) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == status,
            Self::Class(hundreds) => status / 100 == hundreds,
        }
    }

    /// Returns true if there is a status that both patterns match.
    pub fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::Exactly(status), pattern) | (pattern, Self::Exactly(status)) => pattern.matches(status),
            (Self::Class(one), Self::Class(other)) => one == other,
        }
    }

    /// Returns true if every status that the pattern matches is below `status`, which begins a class.
    pub fn is_below(self, status: u16) -> bool {
        match self {
            Self::Exactly(own) => own < status,
            Self::Class(hundreds) => hundreds * 100 < status,
        }
    }

    /// Returns the single status, if the pattern is one.
    pub fn exactly(self) -> Option<u16> {
        match self {
            Self::Exactly(status) => Some(status),
            Self::Class(_) => None,
        }
    }

    /// Returns the class such as `4xx` that a text names, by its first digit.
    fn class(text: &str) -> Option<u16> {
        let lower = text.to_ascii_lowercase();
        let hundreds = lower.strip_suffix("xx")?.parse().ok()?;
        (1..=5).contains(&hundreds).then_some(hundreds)
    }

    pub(super) fn read_all(node: &Node, reader: &Decoder, example: &str) -> Vec<Self> {
        if reader.items(node).is_empty() {
            let hint = format!("write `status: {example}`");
            reader.error_hint(node.span, "an empty list allows no status at all", hint);
        }
        reader.items(node).iter().filter_map(|item| Self::read(item, reader)).collect()
    }

    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if let NodeValue::Text(text) = &node.value {
            let class = Self::class(text);
            if class.is_none() {
                reader.error_hint(
                    node.span,
                    "this is not a status",
                    "write `404`, or `4xx` for a class of them",
                );
            }
            return class.map(Self::Class);
        }
        reader.status(node).map(Self::Exactly)
    }
}

impl From<u16> for StatusPattern {
    fn from(status: u16) -> Self {
        Self::Exactly(status)
    }
}

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(status) => write!(f, "{status}"),
            Self::Class(hundreds) => write!(f, "{hundreds}xx"),
        }
    }
}

/// Returns the patterns as words: `404 or 4xx`; empty if there is none.
pub fn show_statuses(patterns: &[StatusPattern]) -> String {
    patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

/// A number for a single status, text such as `4xx` for a class.
impl Serialize for StatusPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exactly(status) => serializer.serialize_u16(*status),
            Self::Class(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for StatusPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = match Value::deserialize(deserializer)? {
            Value::Number(number) => {
                number.as_u64().and_then(|status| u16::try_from(status).ok()).map(Self::Exactly)
            }
            Value::String(text) => Self::class(&text).map(Self::Class),
            _ => None,
        };
        pattern.ok_or_else(|| D::Error::custom("expected an HTTP status, or a class such as `4xx`"))
    }
}

impl JsonSchema for StatusPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StatusPattern".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An HTTP status, or a class of statuses such as `4xx`.",
            "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 65535 }, { "type": "string", "pattern": "^[1-5]xx$" }]
        })
    }
}
