//! The text of a file, and places in it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A file that was read: the name under which a person knows it, and its text.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    /// Where each line starts; made when the first place is asked for its line.
    lines: OnceLock<Vec<usize>>,
}

impl Source {
    /// A source with the `name` that messages show (a path relative to where the user stands, as a rule).
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), lines: OnceLock::new() })
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of the line that holds `offset`, from 0, and where it starts. Every case asks for its line:
    /// counting from the top each time would be quadratic in the size of a file.
    pub(super) fn line(&self, offset: usize) -> (usize, usize) {
        let lines = self.lines.get_or_init(|| {
            std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
        });
        let number = lines.partition_point(|start| *start <= offset).saturating_sub(1);
        (number, lines[number])
    }
}

/// A range of bytes in a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`, in bytes; offsets past 4 GiB are cut to it.
    pub fn new(start: usize, end: usize) -> Self {
        let cut = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: cut(start), end: cut(end.max(start)) }
    }
}

/// A span together with the source that it lies in.
#[derive(Debug, Clone)]
pub struct Location {
    /// The file.
    pub source: Arc<Source>,
    /// Where in the file.
    pub span: Span,
}

impl Location {
    /// The number of the line, from 1. The column costs as much as the line is long, and is not always wanted.
    pub fn line(&self) -> usize {
        self.source.line((self.span.start as usize).min(self.source.text().len())).0 + 1
    }

    /// Line and column, both counted from 1; the column in characters.
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

/// Written as `file:line`, the form that editors and terminals make a link of.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name(), self.line())
    }
}
