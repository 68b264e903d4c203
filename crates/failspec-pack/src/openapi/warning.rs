//! Warnings about parts of a document that cannot be used.

use std::fmt;

/// A part of a document that cannot be used, or not as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file, as messages show it.
    pub file: String,
    /// JSON Pointer to the part.
    pub pointer: String,
    /// The problem, and how it was handled.
    pub message: String,
    /// True if something that the document says is not in what was read: a reference that leads nowhere, the second of
    /// two equal keys.
    pub is_loss: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}: {}", self.file, self.pointer, self.message)
    }
}

/// The maximum number of warnings that are kept for one document; of losses, twice as many.
const MAX_COUNT: usize = 1_000;

/// The warnings of a document, without duplicates; only the first 1,000 are kept, and of losses more.
#[derive(Debug, Clone, Default)]
pub struct Warnings {
    kept: Vec<Warning>,
    /// The number of warnings that were not kept.
    pub more: usize,
}

impl Warnings {
    /// Adds a warning, unless it is a duplicate.
    pub fn note(&mut self, file: &str, pointer: impl Into<String>, message: impl Into<String>) {
        self.add(Warning {
            file: file.to_owned(),
            pointer: pointer.into(),
            message: message.into(),
            is_loss: false,
        });
    }

    /// Adds a warning about something that is lost, unless it is a duplicate.
    pub fn lost(&mut self, file: &str, pointer: impl Into<String>, message: impl Into<String>) {
        self.add(Warning {
            file: file.to_owned(),
            pointer: pointer.into(),
            message: message.into(),
            is_loss: true,
        });
    }

    /// Returns these warnings with more of them.
    #[must_use]
    pub fn with(&self, more: Vec<Warning>) -> Self {
        let mut all = self.clone();
        more.into_iter().for_each(|warning| all.add(warning));
        all
    }

    /// Adds all warnings of others.
    pub fn extend(&mut self, others: Self) {
        self.more += others.more;
        others.kept.into_iter().for_each(|warning| self.add(warning));
    }

    fn add(&mut self, warning: Warning) {
        if self.kept.contains(&warning) {
            return;
        }
        // Losses are kept although there are many other warnings.
        let limit = if warning.is_loss { 2 * MAX_COUNT } else { MAX_COUNT };
        if self.kept.len() >= limit {
            self.more += 1;
        } else {
            self.kept.push(warning);
        }
    }

    /// Returns the warnings about something that is lost.
    pub fn losses(&self) -> impl Iterator<Item = &Warning> {
        self.kept.iter().filter(|warning| warning.is_loss)
    }

    /// Returns the warnings in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Warning> {
        self.kept.iter()
    }

    /// Returns true if there are no warnings.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Returns the number of all warnings, including those that were not kept.
    pub fn count(&self) -> usize {
        self.kept.len() + self.more
    }
}
