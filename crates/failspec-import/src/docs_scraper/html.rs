//! HTML to blocks.
//!
//! The tokens of the page are enough: what a browser would repair is of no interest here, and a page of any depth is
//! read in one pass.

use std::cell::RefCell;

use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts, states::RawKind,
};

use super::block::{Block, BlockKind, Row, Table, collapse};

/// The blocks of an HTML text that begins on `first_line` of its file.
pub(super) fn blocks(text: &str, first_line: usize) -> Vec<Block> {
    let sink = Sink(RefCell::new(Building { first_line, ..Building::default() }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(text.into());
    // A script would make it pause; scripts are text that is skipped, so there is nothing to wait for.
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

/// What a run of text is.
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
    /// The run that is being read, where it began, and what it says so far.
    run: Run,
    began: usize,
    text: String,
    /// Tables within tables are read as the text of a cell.
    table: Option<Table>,
    tables: usize,
    /// Whether the rows read so far are heads: `th` alone.
    only_heads: bool,
    /// How many elements are open that no reader sees or that repeat the page's headings.
    hidden: usize,
}

/// What no reader sees, or what repeats the headings of the page.
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
            // Within a cell everything is the text of the cell.
            _ if self.table.is_some() => self.text(if is_inline(name) { "" } else { " " }),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.flush();
                let level = name.as_bytes().get(1).map_or(6, |digit| digit.saturating_sub(b'0'));
                self.run = if starts { Run::Heading(level) } else { Run::Paragraph };
            }
            "li" | "dt" => {
                self.flush();
                self.run = if starts { Run::Item } else { Run::Paragraph };
                // The definition of a term goes with it.
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

    /// The text so far is what the last cell says.
    fn end_cell(&mut self) {
        let text = collapse(&std::mem::take(&mut self.text));
        let row = self.table.as_mut().and_then(|table| table.rows.last_mut());
        if let Some(cell) = row.and_then(|row| row.cells.last_mut())
            && cell.is_empty()
        {
            *cell = text;
        }
    }

    /// The first row is the head if all its cells are.
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
            // Many a table has its heads in cells like any other; which they are is for who reads the table to see.
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

/// Elements that part no text.
fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 20] = [
        "a", "abbr", "b", "bdi", "cite", "em", "font", "i", "img", "ins", "label", "mark", "q", "s", "small",
        "span", "strong", "sub", "sup", "u",
    ];
    INLINE.contains(&name)
}
