//! Patterns of HTTP statuses.

use std::fmt;

use failspec_base::syntax::{Decoder, Node, NodeValue, ValueType};

/// A single status, or a class of statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    pub(super) fn read_all(node: &Node, reader: &Decoder) -> Vec<Self> {
        if reader.items(node).is_empty() {
            reader.error_hint(node.span, "an empty list allows no status at all", "write `status: 2xx`");
        }
        reader.items(node).iter().filter_map(|item| Self::read(item, reader)).collect()
    }

    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if let NodeValue::Text(text) = &node.value {
            let class = text
                .to_ascii_lowercase()
                .strip_suffix("xx")
                .and_then(|hundreds| hundreds.parse().ok())
                .filter(|hundreds| (1..=5).contains(hundreds));
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

impl fmt::Display for StatusPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(status) => write!(f, "{status}"),
            Self::Class(hundreds) => write!(f, "{hundreds}xx"),
        }
    }
}
