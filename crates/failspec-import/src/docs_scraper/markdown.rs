//! Conversion of Markdown to blocks.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{
    block::{Block, BlockKind, Row, Table, collapse},
    html,
    line_index::Lines,
};

/// Converts a Markdown text to blocks. HTML in it is read as HTML.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    blocks_from(text, 1, true)
}

/// Converts a Markdown text that begins on line `first` of a page to blocks. `may_have_more` allows Markdown within
/// its HTML.
fn blocks_from(text: &str, first: usize, may_have_more: bool) -> Vec<Block> {
    let lines = Lines::new(text);
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_DEFINITION_LIST | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut building =
        Building { blocks: Vec::new(), text: String::new(), line: 0, table: None, hidden: false, items: 0 };
    let mut markup = Markup::default();
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        let line = lines.of(range.start) + first - 1;
        // HTML arrives line by line; a table in several pieces is one table.
        match &event {
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => continue,
            Event::Html(html) => {
                markup.push(html, line);
                continue;
            }
            _ => {}
        }
        // Markdown within an open HTML table is part of the table.
        if markup.is_open() {
            markup.push(&text[range.clone()], line);
            continue;
        }
        markup.flush(&mut building.blocks, may_have_more);
        building.event(event, line);
    }
    markup.flush(&mut building.blocks, may_have_more);
    building.blocks
}

/// Raw HTML that is being collected.
#[derive(Default)]
struct Markup {
    text: String,
    line: usize,
    tables: usize,
}

impl Markup {
    fn push(&mut self, html: &str, line: usize) {
        if self.text.is_empty() {
            self.line = line;
        }
        let lower = html.to_ascii_lowercase();
        self.tables += lower.matches("<table").count();
        self.tables = self.tables.saturating_sub(lower.matches("</table").count());
        self.text.push_str(html);
    }

    fn is_open(&self) -> bool {
        self.tables > 0
    }

    fn flush(&mut self, blocks: &mut Vec<Block>, may_have_more: bool) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            match markdown_within(&text).filter(|_| may_have_more) {
                Some(markdown) => blocks.extend(blocks_from(&markdown, self.line, false)),
                None => blocks.extend(html::blocks(&text, self.line)),
            }
            self.tables = 0;
        }
    }
}

/// Returns the Markdown in an HTML block, if there is any. For CommonMark, everything after a tag is HTML up to the
/// next empty line; authors of pages often mean Markdown (a table header with a `<div>` in it, a heading after an
/// anchor). Line numbers do not change.
fn markdown_within(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    if ["<table", "<li", "<h1", "<h2", "<h3", "<pre", "<script", "<style"]
        .iter()
        .any(|tag| lower.contains(tag))
    {
        return None;
    }
    let text = without_tags(html);
    let is_markdown = text.lines().any(|line| {
        let rest = line.trim_start_matches('#');
        let is_heading = rest.len() < line.len() && line.len() - rest.len() <= 6 && rest.starts_with(' ');
        let is_rule = line.contains('|')
            && line.contains("---")
            && line.chars().all(|it| matches!(it, '|' | '-' | ':') || it.is_whitespace());
        is_heading || is_rule
    });
    is_markdown.then_some(text)
}

/// Removes the tags from a text. Line breaks within a tag are kept.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let is_tag = tag.starts_with(|it: char| it.is_ascii_alphabetic() || it == '/' || it == '!');
        match tag.split_once('>').filter(|_| is_tag) {
            Some((within, after)) => {
                text.extend(within.matches('\n'));
                rest = after;
            }
            None => {
                text.push('<');
                rest = tag;
            }
        }
    }
    text + rest
}

struct Building {
    blocks: Vec<Block>,
    text: String,
    line: usize,
    table: Option<Table>,
    /// True within the metadata at the top, which is invisible.
    hidden: bool,
    /// The number of open items. A paragraph within an item is part of it.
    items: usize,
}

impl Building {
    fn event(&mut self, event: Event<'_>, line: usize) {
        match event {
            Event::Start(tag) => self.start(&tag, line),
            Event::End(tag) => self.end(tag, line),
            Event::Text(text) if !self.hidden => self.text.push_str(&text),
            Event::Code(code) => {
                self.text.push('`');
                self.text.push_str(&code.replace('`', ""));
                self.text.push('`');
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::InlineHtml(html) if html.starts_with("<br") => self.text.push(' '),
            Event::InlineHtml(html) if html.starts_with("<code") || html.starts_with("</code") => {
                self.text.push('`')
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, line: usize) {
        match tag {
            Tag::Item | Tag::CodeBlock(_) | Tag::Heading { .. } | Tag::DefinitionListTitle => {
                // Before a nested item, the text of the outer item so far becomes a separate item.
                self.flush_item();
                self.items += usize::from(matches!(tag, Tag::Item | Tag::DefinitionListTitle));
                self.begin(line);
            }
            Tag::Paragraph if self.text.is_empty() => self.begin(line),
            Tag::Paragraph => self.text.push(' '),
            Tag::DefinitionListDefinition => self.text.push_str(" — "),
            Tag::Table(_) => self.table = Some(Table::default()),
            Tag::TableRow | Tag::TableHead => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Row { line, ..Row::default() });
                }
            }
            Tag::TableCell => self.text.clear(),
            Tag::MetadataBlock(_) => self.hidden = true,
            _ => {}
        }
    }

    fn begin(&mut self, line: usize) {
        self.text.clear();
        self.line = line;
    }

    fn flush_item(&mut self) {
        if !collapse(&self.text).is_empty() {
            let text = collapse(&std::mem::take(&mut self.text));
            self.blocks.push(Block::new(self.line, BlockKind::Item(text)));
        }
    }

    fn end(&mut self, tag: TagEnd, line: usize) {
        match tag {
            TagEnd::Heading(level) => {
                let text = collapse(&std::mem::take(&mut self.text));
                self.blocks.push(Block::new(self.line, BlockKind::Heading { level: level as u8, text }));
            }
            TagEnd::CodeBlock => {
                let text = std::mem::take(&mut self.text);
                self.blocks.push(Block::new(line, BlockKind::Code(text)));
            }
            TagEnd::Item | TagEnd::DefinitionListDefinition => {
                self.items = self.items.saturating_sub(1);
                self.flush_item();
            }
            TagEnd::Paragraph if self.items == 0 => {
                let text = collapse(&std::mem::take(&mut self.text));
                self.blocks.push(Block::new(self.line, BlockKind::Paragraph(text)));
            }
            TagEnd::TableCell => {
                let cell = collapse(&std::mem::take(&mut self.text));
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.cells.push(cell);
                }
            }
            TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.head = table.rows.pop().unwrap_or_default().cells;
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.blocks.push(Block::new(line, BlockKind::Table(table)));
                }
            }
            TagEnd::MetadataBlock(_) => self.hidden = false,
            _ => {}
        }
    }
}
