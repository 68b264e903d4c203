//! The parts of a page.

/// A part of a page, in the order of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    pub kind: BlockKind,
}

/// What a part of a page is. In texts, what is marked as code stands between backticks.
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
    /// Text as it is typed: a body, a command.
    Code(String),
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The heads of its columns; empty where it has none.
    pub head: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    pub cells: Vec<String>,
    /// How it was taken apart, where the page leaves that open.
    pub guess: Option<String>,
}

impl Block {
    pub fn new(line: usize, kind: BlockKind) -> Self {
        Self { line, kind }
    }

    /// The text of a heading, a paragraph or an item.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            BlockKind::Heading { text, .. } | BlockKind::Paragraph(text) | BlockKind::Item(text) => {
                Some(text)
            }
            BlockKind::Table(_) | BlockKind::Code(_) => None,
        }
    }
}

/// Text with every run of blanks made one space, and none around it.
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

/// Text without the marks of code.
pub(super) fn plain(text: &str) -> String {
    collapse(&text.replace('`', ""))
}
