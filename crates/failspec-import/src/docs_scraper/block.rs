//! Blocks: the parts of a page.

/// A part of a page. Blocks are in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    pub kind: BlockKind,
}

/// The kind and the content of a block. In texts, code is enclosed in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// A heading; 1 is the highest level.
    Heading { level: u8, text: String },
    /// Running text.
    Paragraph(String),
    /// An item of a list, or a term with its definition.
    Item(String),
    /// A table. A row that spans the table has one cell.
    Table(Table),
    /// Preformatted text: a body, a command.
    Code(String),
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The headers of its columns. Empty if it has none.
    pub head: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    pub cells: Vec<String>,
    /// The guess by which its cells were split, if the page is not clear.
    pub guess: Option<String>,
}

impl Block {
    pub fn new(line: usize, kind: BlockKind) -> Self {
        Self { line, kind }
    }

    /// Returns the text of a heading, a paragraph or an item.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item(text) => {
                Some(text)
            }
            BlockKind::Table(_) | BlockKind::Code(_) => None,
        }
    }
}

/// Collapses every run of whitespace and control characters to one space, and trims the text.
pub(super) fn collapse(text: &str) -> String {
    let mut whole = String::with_capacity(text.len().min(4096));
    for word in
        text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|it| !it.is_empty())
    {
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(word);
    }
    whole
}

/// Removes the backticks from a text and collapses it.
pub(super) fn plain(text: &str) -> String {
    collapse(&text.replace('`', ""))
}
