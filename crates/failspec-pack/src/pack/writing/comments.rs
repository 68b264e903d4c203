//! Comments of a file, apart from its values.

use std::collections::BTreeMap;

use super::{
    file_value::{FileDocument, FileMapping, FileValue, Tree},
    writer,
};

/// A value and the comments on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Commented<T> {
    /// The value.
    pub value: T,
    /// The comments.
    pub comments: Comments,
}

impl<T: FileDocument> Commented<T> {
    /// Returns the text of the file.
    pub fn to_yaml(&self) -> String {
        writer::document(&self.value, &self.comments)
    }
}

/// Comments, by the JSON Pointer of the value that they are about.
///
/// A comment is text: it can come from a document that nobody trusts, and never ends its line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comments {
    pub(super) head: Vec<String>,
    pub(super) foot: Vec<Note>,
    pub(super) places: BTreeMap<String, PlaceComments>,
}

/// The comments on one value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PlaceComments {
    pub before: Vec<Note>,
    pub beside: Option<String>,
    pub after: Vec<Note>,
}

/// A comment on lines of its own.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// One line of text.
    Text(String),
    /// An empty line.
    Blank,
    /// Keys that are commented out.
    Disabled(Disabled),
}

/// Keys that are commented out.
#[derive(Debug, Clone, PartialEq)]
pub struct Disabled {
    pub(super) tree: Tree,
    pub(super) comments: Comments,
}

impl From<&str> for Note {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Note {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Note {
    /// Creates a comment of the keys of a mapping.
    pub fn keys(value: &impl FileMapping, comments: Comments) -> Self {
        Self::Disabled(Disabled { tree: Tree::Map(value.entries()), comments })
    }

    /// Creates a comment of a key with its value.
    pub fn key(key: &str, value: &impl FileValue, comments: Comments) -> Self {
        Self::Disabled(Disabled { tree: Tree::Map(vec![(key.to_owned(), value.tree())]), comments })
    }

    /// Creates a comment of an item of a list.
    pub fn item(value: &impl FileValue, comments: Comments) -> Self {
        Self::Disabled(Disabled { tree: Tree::List(vec![value.tree()]), comments })
    }

    /// Creates a comment of an item of a list that lacks a key: the key is written after the key `after`, without a
    /// value.
    pub fn item_without(value: &impl FileMapping, after: &str, key: &str, comments: Comments) -> Self {
        let mut entries = value.entries();
        let at = entries.iter().position(|(known, _)| known == after).map_or(entries.len(), |at| at + 1);
        entries.insert(at, (key.to_owned(), Tree::Gap));
        Self::Disabled(Disabled { tree: Tree::List(vec![Tree::Map(entries)]), comments })
    }
}

impl Comments {
    /// Adds a line at the beginning of the file. It is not shortened, as other comments are.
    pub fn head(&mut self, line: impl Into<String>) {
        self.head.push(line.into());
    }

    /// Adds a comment at the end of the file.
    pub fn foot(&mut self, note: impl Into<Note>) {
        self.foot.push(note.into());
    }

    /// Adds a comment above a value.
    pub fn before(&mut self, at: impl Into<String>, note: impl Into<Note>) {
        self.at(at).before.push(note.into());
    }

    /// Sets the comment on the line of a value.
    pub fn beside(&mut self, at: impl Into<String>, text: impl Into<String>) {
        self.at(at).beside = Some(text.into());
    }

    /// Adds a comment below a value. Below a mapping or a list, it is the last line of it.
    pub fn after(&mut self, at: impl Into<String>, note: impl Into<Note>) {
        self.at(at).after.push(note.into());
    }

    fn at(&mut self, at: impl Into<String>) -> &mut PlaceComments {
        self.places.entry(at.into()).or_default()
    }
}
