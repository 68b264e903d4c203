//! What a document says that cannot be used.

use std::fmt;

/// A part of a document that cannot be used, or not as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file, as messages show it.
    pub file: String,
    /// JSON Pointer to the part.
    pub pointer: String,
    /// What is wrong, and what became of it.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}: {}", self.file, self.pointer, self.message)
    }
}

/// How many warnings are kept of one document.
const MOST: usize = 1_000;

/// The warnings of a document: each once, the first thousand of them.
#[derive(Debug, Clone, Default)]
pub struct Warnings {
    kept: Vec<Warning>,
    /// How many there were besides.
    pub more: usize,
}

impl Warnings {
    /// Notes a warning.
    pub fn note(&mut self, file: &str, pointer: impl Into<String>, message: impl Into<String>) {
        let warning = Warning { file: file.to_owned(), pointer: pointer.into(), message: message.into() };
        if self.kept.contains(&warning) {
            return;
        }
        if self.kept.len() == MOST {
            self.more += 1;
        } else {
            self.kept.push(warning);
        }
    }

    /// The warnings, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Warning> {
        self.kept.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many there were in all.
    pub fn count(&self) -> usize {
        self.kept.len() + self.more
    }
}
