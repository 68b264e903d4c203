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
    /// The columns and rows that each cell of the open table spans, by row.
    spans: Vec<Vec<Span>>,
    /// True if the current row so far has only header cells (`th`).
    only_heads: bool,
    /// The number of open elements that are invisible or repeat the headings of the page.
    hidden: usize,
}

/// The number of columns and rows that a cell spans.
#[derive(Debug, Clone, Copy)]
struct Span {
    columns: usize,
    rows: usize,
}

/// Maximum number of columns that a cell spans. No table of errors has as many.
const MAX_COLUMNS: usize = 100;

/// Maximum size of all cells that are added to a table, in bytes. A short page can ask for any number of them.
const MAX_ADDED: usize = 8 << 20;

impl Span {
    fn of(tag: &Tag) -> Self {
        let number = |name: &str| {
            let value = tag
                .attrs
                .iter()
                .find(|attribute| &*attribute.name.local == name)?
                .value
                .trim()
                .parse()
                .ok()?;
            Some(value).filter(|number: &usize| *number > 0)
        };
        Self {
            columns: number("colspan").unwrap_or(1).min(MAX_COLUMNS),
            rows: number("rowspan").unwrap_or(1),
        }
    }
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
            "table" | "tr" | "td" | "th" => self.table_tag(name, starts, Span::of(tag)),
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

    fn table_tag(&mut self, name: &str, starts: bool, span: Span) {
        match (name, starts) {
            ("table", true) if self.tables == 0 => {
                self.flush();
                self.run = Run::Paragraph;
                self.table = Some(Table::default());
                self.spans.clear();
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
                    self.spans.push(Vec::new());
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
                    self.spans.last_mut().into_iter().for_each(|row| row.push(span));
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
            // What spans the header row does not span those below it.
            self.spans.pop();
        }
    }

    fn close_table(&mut self) {
        self.end_cell();
        self.end_row();
        self.tables = 0;
        if let Some(mut table) = self.table.take() {
            spread(&mut table.rows, &self.spans);
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

/// Gives each row the text of the cells above that span it. A row with one cell stays one: it is a heading.
fn spread(rows: &mut [Row], spans: &[Vec<Span>]) {
    if spans.iter().flatten().all(|span| span.rows == 1 && span.columns == 1) {
        return;
    }
    let mut added = 0;
    // The text that still spans rows, by column, and the number of those rows.
    let mut open: Vec<Option<(String, usize)>> = Vec::new();
    for (row, spans) in rows.iter_mut().zip(spans) {
        let is_heading = row.cells.len() == 1 && open.iter().all(Option::is_none);
        if added > MAX_ADDED {
            return;
        }
        if row.cells.is_empty() || is_heading && spans.iter().all(|span| span.rows == 1) {
            continue;
        }
        let mut own = std::mem::take(&mut row.cells).into_iter().zip(spans);
        let mut column = 0;
        loop {
            if open.len() <= column {
                open.push(None);
            }
            if let Some((text, left)) = open[column].take() {
                added += size_of::<String>() + text.len();
                row.cells.push(text.clone());
                open[column] = (left > 1).then(|| (text, left - 1));
                column += 1;
                continue;
            }
            let Some((text, span)) = own.next() else {
                // Cells above may span this row beyond its last cell.
                if open[column..].iter().all(Option::is_none) {
                    break;
                }
                row.cells.push(String::new());
                column += 1;
                continue;
            };
            added += (span.columns - 1) * size_of::<String>();
            for index in 0..span.columns {
                if open.len() <= column + index {
                    open.push(None);
                }
                let text = if index == 0 && span.rows > 1 { text.clone() } else { String::new() };
                open[column + index] = (span.rows > 1).then(|| (text, span.rows - 1));
                row.cells.push(String::new());
            }
            row.cells[column] = text;
            column += span.columns;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let table = blocks(text, 1).into_iter().find_map(|block| match block.kind {
            BlockKind::Table(table) => Some(table),
            _ => None,
        });
        table.unwrap_or_default().rows.into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn cells_that_span_rows_are_in_each_of_them() {
        let head = "<table><tr><th>Code</th><th>Status</th><th>Text</th></tr>";
        let spanned = format!(
            "{head}<tr><td rowspan=2>a</td><td rowspan=\"2\">1</td><td>x</td></tr><tr><td>y</td></tr>\
             <tr><td>b<td>2<td>z</tr></table>"
        );
        assert_eq!(rows(&spanned), [["a", "1", "x"], ["a", "1", "y"], ["b", "2", "z"]]);
        let last = format!(
            "{head}<tr><td>a</td><td>1</td><td rowspan=2>x</td></tr><tr><td>b</td><td>2</td></tr></table>"
        );
        assert_eq!(rows(&last), [["a", "1", "x"], ["b", "2", "x"]]);
        // A cell that spans columns does not shift those after it.
        let wide = format!(
            "{head}<tr><td colspan=2>a</td><td>x</td></tr><tr><td>b</td><td>2</td><td>y</td></tr></table>"
        );
        assert_eq!(rows(&wide), [["a", "", "x"], ["b", "2", "y"]]);
        // A row that spans the table is a heading.
        let heading =
            format!("{head}<tr><td colspan=3>404</td></tr><tr><td>b</td><td>2</td><td>y</td></tr></table>");
        assert_eq!(rows(&heading), [vec!["404"], vec!["b", "2", "y"]]);
        // Spans beyond all bounds cost nothing.
        let huge = format!(
            "{head}<tr><td rowspan=99999999999 colspan=99999999>a</td></tr><tr><td>b</td></tr></table>"
        );
        assert_eq!(rows(&huge).len(), 2);
    }
}
