//! Conversion of typed values to and from what a file contains.

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use failspec_base::syntax::{Decoder, Diagnostics, Fields, Node, NodeValue, Source, yaml};

use super::super::{
    Pointer, Provenance, Retry, Stability, StatusPattern, failure::RETRIES, provenance::WORDS, rules,
    stability::CLASSES,
};

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

/// Declares mappings of a file: their fields, and how each is written and read.
///
/// `"key"` is a key of the mapping; `["key" inline]` is written on one line; `["key" list]` is a list
/// even if it has only one item; `["key" always]` is written even if it is empty; `[flat]` are keys of another type in the same mapping.
macro_rules! file_mappings {
    ($(
        $(#[$meta:meta])*
        $style:ident struct $name:ident: $shape:expr, {
            $( $(#[$about:meta])* $field:ident: $type:ty = $key:tt, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $( $(#[$about])* pub $field: $type, )* }

        impl $crate::pack::source::FileMapping for $name {
            fn entries(&self) -> Vec<(String, $crate::pack::source::Tree)> {
                let mut entries = Vec::new();
                $( $crate::pack::source::file_value::write_field!(entries, self.$field, $key); )*
                entries
            }

            fn from_fields(
                fields: &failspec_base::syntax::Fields<'_>,
                reader: &failspec_base::syntax::Decoder,
            ) -> Option<Self> {
                // All are read before the first error ends it, so that all errors are reported.
                $( let $field: Option<$type> =
                    $crate::pack::source::file_value::read_field!(fields, reader, $key); )*
                Some(Self { $( $field: $field?, )* })
            }
        }

        impl $crate::pack::source::FileValue for $name {
            fn tree(&self) -> $crate::pack::source::Tree {
                let entries = $crate::pack::source::FileMapping::entries(self);
                $crate::pack::source::file_value::styled!($style, $crate::pack::source::Tree::Map(entries))
            }

            fn read(
                node: &failspec_base::syntax::Node,
                reader: &failspec_base::syntax::Decoder,
            ) -> Option<Self> {
                let fields = reader.fields(node, &$shape)?;
                $crate::pack::source::FileMapping::from_fields(&fields, reader)
            }
        }

        #[cfg(test)]
        impl $crate::pack::source::tests::Keys for $name {
            const SHAPE: &'static failspec_base::syntax::MappingSchema = &$shape;

            fn keys() -> Vec<&'static str> {
                let mut keys = Vec::new();
                $( $crate::pack::source::file_value::list_key!(keys, $key); )*
                keys
            }
        }
    )* };
}

macro_rules! styled {
    (block, $tree:expr) => {
        $tree
    };
    (inline, $tree:expr) => {
        $tree.inline()
    };
}

macro_rules! write_field {
    ($entries:ident, $value:expr, [flat]) => {
        $entries.extend($crate::pack::source::FileMapping::entries(&$value))
    };
    ($entries:ident, $value:expr, [$key:literal inline]) => {
        if let Some(tree) = $crate::pack::source::FileValue::entry(&$value) {
            $entries.push(($key.to_owned(), tree.inline()));
        }
    };
    ($entries:ident, $value:expr, [$key:literal list]) => {
        if let Some(tree) = $crate::pack::source::FileValue::entry(&$value.0) {
            $entries.push(($key.to_owned(), tree));
        }
    };
    ($entries:ident, $value:expr, [$key:literal always]) => {
        $entries.push(($key.to_owned(), $crate::pack::source::FileValue::tree(&$value)))
    };
    ($entries:ident, $value:expr, $key:literal) => {
        if let Some(tree) = $crate::pack::source::FileValue::entry(&$value) {
            $entries.push(($key.to_owned(), tree));
        }
    };
}

macro_rules! read_field {
    ($fields:ident, $reader:ident, [flat]) => {
        $crate::pack::source::FileMapping::from_fields($fields, $reader)
    };
    ($fields:ident, $reader:ident, [$key:literal $style:ident]) => {
        $crate::pack::source::file_value::read_field!($fields, $reader, $key)
    };
    ($fields:ident, $reader:ident, $key:literal) => {
        match $fields.get($key) {
            Some(node) => $crate::pack::source::FileValue::read(node, $reader),
            None => $crate::pack::source::FileValue::missing(),
        }
    };
}

#[cfg(test)]
macro_rules! list_key {
    ($keys:ident, [flat]) => {
        $keys.extend($crate::pack::source::request::KEYS)
    };
    ($keys:ident, [$key:literal $style:ident]) => {
        $keys.push($key)
    };
    ($keys:ident, $key:literal) => {
        $keys.push($key)
    };
}

pub(super) use file_mappings;
#[cfg(test)]
pub(super) use list_key;
pub(super) use {read_field, styled, write_field};

/// Implements [`FileValue`] for an enum whose serde names are the words of a file.
macro_rules! words {
    ($type:ty, $words:expr) => {
        impl FileValue for $type {
            fn tree(&self) -> Tree {
                Tree::Inline(serde_json::to_value(self).unwrap_or_default())
            }

            fn read(node: &Node, reader: &Decoder) -> Option<Self> {
                reader.word(node, $words)?;
                serde_json::from_value(node.to_json()).ok()
            }
        }
    };
}

pub(super) use words;

words!(Retry, RETRIES);
words!(Stability, CLASSES);
words!(Demand, &["required", "optional"]);

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// It must.
    Required,
    /// It may be missing.
    Optional,
}

impl FileValue for Provenance {
    fn tree(&self) -> Tree {
        let word = match self {
            Self::Documented => 0,
            Self::Published => 1,
            // No file can say of a statement that it is from a standard; breaking either is a warning.
            Self::Inferred | Self::Standard => 2,
        };
        Tree::Inline(WORDS[word].into())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        reader.word(node, WORDS).map(|_| Self::read(node, reader))
    }
}

impl FileValue for String {
    fn tree(&self) -> Tree {
        Tree::Inline(self.as_str().into())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        reader.text(node).map(str::to_owned)
    }
}

impl FileValue for bool {
    fn tree(&self) -> Tree {
        Tree::Inline((*self).into())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        reader.bool(node)
    }

    fn entry(&self) -> Option<Tree> {
        self.then(|| self.tree())
    }

    fn missing() -> Option<Self> {
        Some(false)
    }
}

/// An HTTP status.
impl FileValue for u16 {
    fn tree(&self) -> Tree {
        Tree::Inline((*self).into())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        reader.status(node)
    }
}

impl FileValue for Value {
    fn tree(&self) -> Tree {
        Tree::Inline(self.clone())
    }

    fn read(node: &Node, _reader: &Decoder) -> Option<Self> {
        Some(node.to_json())
    }
}

impl FileValue for Date {
    fn tree(&self) -> Tree {
        Tree::Word(self.to_string())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        reader.date(node)
    }
}

impl FileValue for Pointer {
    fn tree(&self) -> Tree {
        Tree::Inline(self.as_str().into())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::read(node, reader)
    }
}

impl FileValue for StatusPattern {
    fn tree(&self) -> Tree {
        Tree::Inline(match self {
            Self::Exactly(status) => (*status).into(),
            Self::Class(_) => self.to_string().into(),
        })
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::read(node, reader)
    }
}

/// A header or a value in the body, as `{ header: … }` or as a pointer.
impl FileValue for rules::Part {
    fn tree(&self) -> Tree {
        match self {
            Self::Header(name) => Tree::Inline(serde_json::json!({ "header": name })),
            Self::Body(pointer) => pointer.tree(),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        match &node.value {
            NodeValue::Map(_) => Self::read(&reader.fields(node, &rules::RETRY_AFTER_LOCATION)?, reader),
            _ => Pointer::read(node, reader).map(Self::Body),
        }
    }
}

impl FileValue for rules::RetryAfterLocation {
    fn tree(&self) -> Tree {
        let mut location = match &self.part {
            rules::Part::Header(name) => serde_json::json!({ "header": name }),
            rules::Part::Body(pointer) => serde_json::json!({ "pointer": pointer.as_str() }),
        };
        if self.unix {
            location["as"] = "unix".into();
        }
        Tree::Inline(location)
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::read(node, reader)
    }
}

/// A JSON Schema.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaSource {
    /// The name of a schema file of the pack.
    File(String),
    /// The schema itself.
    Inline(Value),
}

impl From<Value> for SchemaSource {
    /// Creates what a file says with this value: a text is the name of a file.
    fn from(value: Value) -> Self {
        match value {
            Value::String(name) => Self::File(name),
            schema => Self::Inline(schema),
        }
    }
}

impl FileValue for SchemaSource {
    fn tree(&self) -> Tree {
        match self {
            Self::File(name) => name.tree(),
            Self::Inline(schema) => schema.tree(),
        }
    }

    fn read(node: &Node, _reader: &Decoder) -> Option<Self> {
        Some(node.to_json().into())
    }
}

/// A part that replaces an inherited one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Override<T> {
    /// It is this.
    Set(T),
    /// It is removed: `null`.
    Removed,
}

impl<T: FileValue> FileValue for Override<T> {
    fn tree(&self) -> Tree {
        match self {
            Self::Set(value) => value.tree(),
            Self::Removed => Tree::Inline(Value::Null),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if node.is_null() { Some(Self::Removed) } else { T::read(node, reader).map(Self::Set) }
    }
}

impl<T: FileValue> FileValue for Option<T> {
    fn tree(&self) -> Tree {
        self.as_ref().map_or(Tree::Inline(Value::Null), T::tree)
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        T::read(node, reader).map(Some)
    }

    fn entry(&self) -> Option<Tree> {
        self.as_ref().map(T::tree)
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

impl<T: FileValue> FileValue for Box<T> {
    fn tree(&self) -> Tree {
        T::tree(self)
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        T::read(node, reader).map(Box::new)
    }
}

impl<T: FileValue> FileValue for Vec<T> {
    fn tree(&self) -> Tree {
        let items: Vec<Tree> = self.iter().map(T::tree).collect();
        let tree = Tree::List(items);
        match &tree {
            Tree::List(items) if items.iter().all(Tree::is_scalar) => tree.inline(),
            _ => tree,
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let items: Vec<Option<T>> = reader.list(node).iter().map(|item| T::read(item, reader)).collect();
        items.into_iter().collect()
    }

    fn entry(&self) -> Option<Tree> {
        (!self.is_empty()).then(|| self.tree())
    }

    fn missing() -> Option<Self> {
        Some(Self::new())
    }
}

/// A list that may be written as its only item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(items: Vec<T>) -> Self {
        Self(items)
    }
}

impl<T: FileValue> FileValue for OneOrMany<T> {
    fn tree(&self) -> Tree {
        match self.0.as_slice() {
            [one] => one.tree(),
            _ => self.0.tree(),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let items: Vec<Option<T>> = reader.items(node).iter().map(|item| T::read(item, reader)).collect();
        items.into_iter().collect::<Option<_>>().map(Self)
    }

    fn entry(&self) -> Option<Tree> {
        (!self.0.is_empty()).then(|| self.tree())
    }

    fn missing() -> Option<Self> {
        Some(Self(Vec::new()))
    }
}

/// A key of a mapping with freely chosen keys.
pub trait FileKey: Sized {
    /// Returns the key as text.
    fn text(&self) -> &str;

    /// Parses a key.
    fn parse_key(text: &str) -> Option<Self>;
}

impl FileKey for String {
    fn text(&self) -> &str {
        self
    }

    fn parse_key(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FileKey for Pointer {
    fn text(&self) -> &str {
        self.as_str()
    }

    fn parse_key(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl<K: FileKey, T: FileValue> FileValue for Vec<(K, T)> {
    fn tree(&self) -> Tree {
        Tree::Map(self.iter().map(|(key, value)| (key.text().to_owned(), value.tree())).collect())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let entries = reader.entries(node).iter().map(|entry| {
            let key = K::parse_key(&entry.key);
            if key.is_none() {
                reader.error(entry.key_span, format!("`{}` is not a JSON Pointer", entry.key));
            }
            Some((key?, T::read(&entry.value, reader)?))
        });
        let entries: Vec<Option<(K, T)>> = entries.collect();
        entries.into_iter().collect()
    }

    fn entry(&self) -> Option<Tree> {
        (!self.is_empty()).then(|| self.tree())
    }

    fn missing() -> Option<Self> {
        Some(Self::new())
    }
}
