//! Conversion of HTML to blocks.
//!
//! The tokens of the page are enough: the repairs of a browser are not needed, and a page of any nesting depth is
//! read in one pass.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts, states::RawKind,
};

use super::block::{Block, BlockKind, Row, Table, collapse};

/// Converts an HTML text that begins on line `first_line` of its file to blocks.
pub(super) fn blocks(text: &str, first_line: usize) -> Vec<Block> {
    let sink = Sink(RefCell::new(Building { first_line, ..Building::default() }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(text.into());
    // The tokenizer pauses only for scripts. They are skipped as text here, so the result is ignored.
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let mut building = tokenizer.sink.0.into_inner();
    building.close_table();
    building.flush();
    building.blocks
}

struct Sink(RefCell<Building>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut building = self.0.borrow_mut();
        building.line =
            building.first_line.saturating_add(usize::try_from(line).unwrap_or(1)).saturating_sub(1);
        match token {
            CharacterTokens(text) if building.hidden == 0 => building.text(&text),
            TagToken(tag) => return building.tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// The kind of a run of text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Run {
    #[default]
    Paragraph,
    Heading(u8),
    Item,
    Code,
}

#[derive(Default)]
struct Building {
    blocks: Vec<Block>,
    first_line: usize,
    line: usize,
    /// The run that is being read, the line on which it began, and its text so far.
    run: Run,
    began: usize,
    text: String,
    /// The open table. Nested tables are read as the text of a cell.
    table: Option<Table>,
    tables: usize,
    /// True if the current row so far has only header cells (`th`).
    only_heads: bool,
    /// The number of open elements that are invisible or repeat the headings of the page.
    hidden: usize,
}

/// Elements that are invisible or repeat the headings of the page.
const HIDDEN: [&str; 7] = ["script", "style", "nav", "svg", "noscript", "template", "title"];

impl Building {
    fn text(&mut self, text: &str) {
        if self.text.is_empty() {
            self.began = self.line;
        }
        self.text.push_str(text);
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let (name, starts) = (&*tag.name, tag.kind == StartTag);
        if HIDDEN.contains(&name) {
            if starts && !tag.self_closing {
                self.hidden += 1;
            } else if !starts {
                self.hidden = self.hidden.saturating_sub(1);
            }
            return match name {
                "script" if starts => TokenSinkResult::RawData(RawKind::ScriptData),
                "style" | "noscript" if starts => TokenSinkResult::RawData(RawKind::Rawtext),
                "title" if starts => TokenSinkResult::RawData(RawKind::Rcdata),
                _ => TokenSinkResult::Continue,
            };
        }
        if self.hidden > 0 {
            return TokenSinkResult::Continue;
        }
        match name {
            "code" | "tt" | "kbd" | "samp" if self.run != Run::Code => self.text("`"),
            "br" if self.run == Run::Code => self.text("\n"),
            "br" => self.text(" "),
            "table" | "tr" | "td" | "th" => self.table_tag(name, starts),
            // Everything within a cell is text of the cell.
            _ if self.table.is_some() => self.text(if is_inline(name) { "" } else { " " }),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                let level = name.as_bytes().get(1).map_or(6, |digit| digit.saturating_sub(b'0'));
                self.run = if starts { Run::Heading(level) } else { Run::Paragraph };
            }
            "li" | "dt" => {
                self.flush();
                self.run = if starts { Run::Item } else { Run::Paragraph };
                // The definition of a term belongs to the same item.
                if name == "dt" {
                    self.run = Run::Item;
                }
            }
            "dd" if starts => self.text(" — "),
            "dd" => {
                self.flush();
                self.run = Run::Paragraph;
            }
            "pre" => {
                self.flush();
                self.run = if starts { Run::Code } else { Run::Paragraph };
            }
            _ if is_inline(name) => {}
            // A paragraph within an item belongs to it.
            "p" | "div" | "span" if self.run == Run::Item => self.text(" "),
            _ if self.run == Run::Code => {}
            _ => self.flush(),
        }
        TokenSinkResult::Continue
    }

    fn table_tag(&mut self, name: &str, starts: bool) {
        match (name, starts) {
            ("table", true) if self.tables == 0 => {
                self.flush();
                self.run = Run::Paragraph;
                self.table = Some(Table::default());
                self.tables = 1;
            }
            ("table", true) => self.tables += 1,
            ("table", false) => {
                self.tables = self.tables.saturating_sub(1);
                if self.tables == 0 {
                    self.close_table();
                }
            }
            _ if self.tables > 1 => self.text(" "),
            ("tr", true) => {
                self.end_cell();
                self.end_row();
                let line = self.line;
                if let Some(table) = &mut self.table {
                    table.rows.push(Row { line, ..Row::default() });
                    self.only_heads = true;
                }
            }
            ("tr", false) => {
                self.end_cell();
                self.end_row();
            }
            ("td" | "th", true) => {
                self.end_cell();
                self.only_heads &= name == "th";
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.cells.push(String::new());
                }
                self.text.clear();
            }
            ("td" | "th", false) => self.end_cell(),
            _ => {}
        }
    }

    /// Makes the text so far the content of the last cell.
    fn end_cell(&mut self) {
        let text = collapse(&std::mem::take(&mut self.text));
        let row = self.table.as_mut().and_then(|table| table.rows.last_mut());
        if let Some(cell) = row.and_then(|row| row.cells.last_mut())
            && cell.is_empty()
        {
            *cell = text;
        }
    }

    /// Makes the first row the header row if all its cells are header cells.
    fn end_row(&mut self) {
        let only_heads = std::mem::take(&mut self.only_heads);
        if let Some(table) = &mut self.table
            && table.rows.len() == 1
            && table.head.is_empty()
            && only_heads
            && table.rows.first().is_some_and(|row| row.cells.len() > 1)
        {
            table.head = table.rows.pop().unwrap_or_default().cells;
        }
    }

    fn close_table(&mut self) {
        self.end_cell();
        self.end_row();
        self.tables = 0;
        if let Some(mut table) = self.table.take() {
            table.rows.retain(|row| !row.cells.is_empty());
            // Many tables have their headers in ordinary cells. `columns` detects these.
            let line = table.rows.first().map_or(self.line, |row| row.line);
            self.blocks.push(Block::new(line, BlockKind::Table(table)));
        }
    }

    fn flush(&mut self) {
        if self.table.is_some() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let kind = match self.run {
            Run::Code if !text.trim().is_empty() => BlockKind::Code(text),
            Run::Code => return,
            run => {
                let text = collapse(&text);
                if text.is_empty() {
                    return;
                }
                match run {
                    Run::Heading(level) => BlockKind::Heading { level, text },
                    Run::Item => BlockKind::Item(text),
                    _ => BlockKind::Paragraph(text),
                }
            }
        };
        self.blocks.push(Block::new(self.began, kind));
    }
}

/// Returns true for elements that do not separate text.
fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 20] = [
        "a", "abbr", "b", "bdi", "cite", "em", "font", "i", "img", "ins", "label", "mark", "q", "s", "small",
        "span", "strong", "sub", "sup", "u",
    ];
    INLINE.contains(&name)
}
