//! The values that mappings of a file have: scalars, lists, overrides.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use failspec_base::syntax::{Decoder, Node, NodeValue};

use super::{
    super::{
        BodyRule, Pointer, Provenance, Retry, Stability, StatusPattern, envelope::BODY, failure::RETRIES,
        provenance::WORDS, rules, stability::CLASSES,
    },
    file_value::{FileKey, FileValue, Tree},
};

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
words!(BodyRule, BODY);

/// The need for something to be there.
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
        Tree::Inline(self.to_json())
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        Self::read_location(node, reader)
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
            _ => Pointer::read_of_each(node, reader).map(Self::Body),
        }
    }
}

impl FileValue for rules::RetryAfterLocation {
    fn tree(&self) -> Tree {
        let mut location = match &self.part {
            rules::Part::Header(name) => serde_json::json!({ "header": name }),
            rules::Part::Body(pointer) => serde_json::json!({ "pointer": pointer.as_str() }),
        };
        if let Some(form) = self.form {
            location["as"] = form.as_str().into();
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

impl<T> From<T> for OneOrMany<T> {
    fn from(item: T) -> Self {
        Self(vec![item])
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(items: Vec<T>) -> Self {
        Self(items)
    }
}

impl From<Vec<u16>> for OneOrMany<StatusPattern> {
    fn from(statuses: Vec<u16>) -> Self {
        Self(statuses.into_iter().map(StatusPattern::from).collect())
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
