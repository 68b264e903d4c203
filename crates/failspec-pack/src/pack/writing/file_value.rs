//! Conversion of typed values to and from what a file contains.

use std::sync::Arc;

use serde_json::Value;

use failspec_base::syntax::{Decoder, Diagnostics, Fields, Node, Source, yaml};

/// A value as it is written: its keys in order, and which of its collections are on one line.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// A scalar, or a collection on one line.
    Inline(Value),
    /// A text that needs no quotes although it looks like something else, because of its key: a date.
    Word(String),
    /// A list with each item on its own line.
    List(Vec<Self>),
    /// A mapping with each key on its own line.
    Map(Vec<(String, Self)>),
    /// Nothing: what is missing here has to be written by a person. Only comments contain it.
    Gap,
}

impl Tree {
    /// Returns true for a value without keys and items.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_) | Self::Inline(Value::Array(_) | Value::Object(_)))
    }

    /// Returns the same value on one line.
    #[must_use]
    pub fn inline(self) -> Self {
        Self::Inline(self.into_value())
    }

    fn into_value(self) -> Value {
        match self {
            Self::Inline(value) => value,
            Self::Word(text) => text.into(),
            Self::List(items) => items.into_iter().map(Self::into_value).collect(),
            Self::Map(entries) => {
                Value::Object(entries.into_iter().map(|(key, value)| (key, value.into_value())).collect())
            }
            Self::Gap => Value::Null,
        }
    }
}

/// A value that can be written to a file and read from it.
pub trait FileValue: Sized {
    /// Returns the value as it is written.
    fn tree(&self) -> Tree;

    /// Reads the value, and reports errors to the decoder.
    fn read(node: &Node, reader: &Decoder) -> Option<Self>;

    /// Returns the value as that of a key; `None` if the key is left out.
    fn entry(&self) -> Option<Tree> {
        Some(self.tree())
    }

    /// Returns the value of a missing key; `None` if the key is required.
    fn missing() -> Option<Self> {
        None
    }
}

/// A mapping with known keys, which may be a part of a larger mapping.
pub trait FileMapping: Sized {
    /// Returns its keys and values, in order.
    fn entries(&self) -> Vec<(String, Tree)>;

    /// Reads the mapping, and reports errors to the decoder.
    fn from_fields(fields: &Fields<'_>, reader: &Decoder) -> Option<Self>;
}

/// A value that is a whole file.
pub trait FileDocument: FileMapping + FileValue {
    /// True if sections of the file are separated by blank lines.
    const SPACED: bool;

    /// Reads a file. Only its form is checked: a name that nothing declares is an error of
    /// [`Pack::load`](crate::pack::Pack::load).
    ///
    /// # Errors
    /// Returns all errors in the file, not only the first.
    fn parse(source: &Arc<Source>) -> Result<Self, Diagnostics> {
        let node = yaml::parse(source)?;
        let reader = Decoder::new(source);
        let value = Self::read(&node, &reader);
        let mistakes = reader.finish();
        value.filter(|_| !mistakes.has_errors()).ok_or(mistakes)
    }
}

/// A key of a mapping with freely chosen keys.
pub trait FileKey: Sized {
    /// Returns the key as text.
    fn text(&self) -> &str;

    /// Parses a key.
    fn parse_key(text: &str) -> Option<Self>;
}
