//! Values of a file, with their positions.

use serde_json::{Map, Number, Value};

use crate::encoding::unescape_pointer_step;

use super::Span;

/// A value and its position.
#[derive(Debug, Clone)]
pub struct Node {
    /// The position of the value.
    pub span: Span,
    /// The value.
    pub value: NodeValue,
}

/// The value of a [`Node`]: one of the types of JSON.
#[derive(Debug, Clone)]
pub enum NodeValue {
    /// `null`, `~`, or an empty value.
    Null,
    /// `true` or `false`, nothing else.
    Bool(bool),
    /// A number that is written back as it was read.
    Number(Number),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The position of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Returns the type of the value in words, for messages: "a list", "text" …
    pub fn kind(&self) -> &'static str {
        match self.value {
            NodeValue::Null => "nothing",
            NodeValue::Bool(_) => "a boolean",
            NodeValue::Number(_) => "a number",
            NodeValue::Text(_) => "text",
            NodeValue::List(_) => "a list",
            NodeValue::Map(_) => "a mapping",
        }
    }

    /// Returns true if the value is `null` or was left empty.
    pub fn is_null(&self) -> bool {
        matches!(self.value, NodeValue::Null)
    }

    /// Returns the text, if the value is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the entries, if the value is a mapping.
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.value {
            NodeValue::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the value under `key`, if this is a mapping with that key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// Returns the value at a JSON Pointer, if there is one.
    pub fn find(&self, pointer: &str) -> Option<&Node> {
        let mut node = self;
        for part in pointer.split('/').skip(1) {
            let key = unescape_pointer_step(part);
            node = match &node.value {
                NodeValue::List(items) => items.get(key.parse::<usize>().ok()?)?,
                _ => node.get(&key)?,
            };
        }
        Some(node)
    }

    /// Converts the value to JSON, without positions.
    pub fn to_json(&self) -> Value {
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(number) => Value::Number(number.clone()),
            NodeValue::Text(text) => Value::String(text.clone()),
            NodeValue::List(items) => items.iter().map(Node::to_json).collect(),
            NodeValue::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}
