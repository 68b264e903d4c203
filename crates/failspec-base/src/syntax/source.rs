//! The text of a file, and locations in it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A file that was read: the name that messages show, and its text.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: Arc<str>,
    /// The offset of each line; computed when the first line number is requested.
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// Creates a source with the `name` that messages show (usually a path relative to the current directory).
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), lines: OnceLock::new() })
    }

    /// Returns the name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the number of the line that contains `offset`, from 0, and the offset of its start. Every case
    /// requests its line: counting from the top each time would be quadratic in the size of a file.
    pub(super) fn line(&self, offset: usize) -> (usize, usize) {
        let lines = self.lines.get_or_init(|| {
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let number = lines.partition_point(|start| *start <= offset).saturating_sub(1);
        (number, lines[number])
    }
}

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// Creates the range from `start` to `end`, in bytes; offsets beyond 4 GiB are limited to it.
    pub fn new(start: usize, end: usize) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: cut(start), end: cut(end.max(start)) }
    }
}

/// A span and the source that contains it.
#[derive(Debug, Clone)]
pub struct Location {
    /// The file.
    pub source: Arc<Source>,
    /// The range in the file.
    pub span: Span,
}

impl Location {
    /// Returns the number of the line, from 1. It does not compute the column, which takes time proportional to the
    /// length of the line.
    pub fn line(&self) -> usize {
        self.source.line((self.span.start as usize).min(self.source.text().len())).0 + 1
    }

    /// Returns line and column, both counted from 1; the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let text = self.source.text();
        let mut offset = (self.span.start as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let (line, start) = self.source.line(offset);
        (line + 1, text[start..offset].chars().count() + 1)
    }
}

/// Formats the location as `file:line`, which editors and terminals turn into a link.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name(), self.line())
    }
}
