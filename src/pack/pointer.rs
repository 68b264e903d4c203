//! JSON Pointers (RFC 6901).

use std::fmt;

use serde_json::Value;

use crate::document::{Node, Reader};

/// A JSON Pointer: a place in a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer(String);

impl Pointer {
    /// A pointer, if `text` is one: empty, or `/` and tokens in which `~` is written `~0` and `/` `~1`.
    pub fn parse(text: &str) -> Option<Self> {
        let escapes_fit = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        ((text.is_empty() || text.starts_with('/')) && escapes_fit).then(|| Self(text.to_owned()))
    }

    /// The value at this place.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        value.pointer(&self.0)
    }

    /// The values at this place, where `*` stands for every item of a list. (In an object it is a name like others.)
    pub fn find_each<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for part in self.0.split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            found = found
                .into_iter()
                .flat_map(|value| match value {
                    Value::Array(items) if key == "*" => items.iter().collect(),
                    Value::Array(items) => {
                        key.parse::<usize>().ok().and_then(|at| items.get(at)).into_iter().collect()
                    }
                    _ => value.get(&key).into_iter().collect::<Vec<_>>(),
                })
                .collect();
        }
        found
    }

    /// The value at this place, to change it.
    pub fn find_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        value.pointer_mut(&self.0)
    }

    /// What was probably meant by a text that is no pointer.
    pub(super) fn hint(text: &str) -> String {
        let mut meant = String::new();
        for (index, part) in text.split('~').enumerate() {
            match index {
                0 => meant.push_str(part),
                _ if part.starts_with(['0', '1']) => meant.extend(["~", part]),
                _ => meant.extend(["~0", part]),
            }
        }
        if !meant.starts_with('/') {
            meant = format!("/{}", meant.replace('.', "/"));
        }
        format!("write `{meant}`; in a name `~` is written `~0` and `/` is written `~1`")
    }

    /// The pointer as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let text = reader.text(node)?;
        let pointer = Self::parse(text);
        if pointer.is_none() {
            reader.error_hint(node.span, format!("`{text}` is not a JSON Pointer"), Self::hint(text));
        }
        pointer
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(the whole body)" } else { &self.0 })
    }
}
