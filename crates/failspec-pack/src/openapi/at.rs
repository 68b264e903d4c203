//! A value of a document, with its location.

use serde_json::Value;

use failspec_base::encoding::escape_pointer_step;

/// A value of a document, with its location.
#[derive(Debug, Clone)]
pub(super) struct At<'a> {
    /// The index of the file.
    pub file: usize,
    /// The value.
    pub value: &'a Value,
    /// JSON Pointer to the value, within its file.
    pub pointer: String,
}

impl<'a> At<'a> {
    /// Returns the value under `key`.
    pub fn get(&self, key: &str) -> Option<At<'a>> {
        Some(At { file: self.file, value: self.value.get(key)?, pointer: self.pointer_to(key) })
    }

    /// Returns the text under `key`.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// Returns the entries of an object; any other value has none.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, At<'a>)> + use<'a> {
        let (file, pointer) = (self.file, self.pointer.clone());
        self.value.as_object().into_iter().flatten().map(move |(key, value)| {
            (key.as_str(), At { file, value, pointer: format!("{pointer}/{}", escape_pointer_step(key)) })
        })
    }

    /// Returns the items of a list; any other value has none.
    pub fn items(&self) -> impl Iterator<Item = At<'a>> + use<'a> {
        let (file, pointer) = (self.file, self.pointer.clone());
        self.value.as_array().into_iter().flatten().enumerate().map(move |(index, value)| At {
            file,
            value,
            pointer: format!("{pointer}/{index}"),
        })
    }

    /// Returns the JSON Pointer to the value under `key`.
    pub fn pointer_to(&self, key: &str) -> String {
        format!("{}/{}", self.pointer, escape_pointer_step(key))
    }

    /// Returns the file and the pointer, which identify the location in the document.
    pub fn key(&self) -> (usize, String) {
        (self.file, self.pointer.clone())
    }
}
