//! Plain text of a page. Tables, lists and bodies are recognised by the form of their lines.

use serde_json::Value;

use super::{
    block::{Block, BlockKind, Row, Table, collapse},
    codes::{self, Style},
    statuses,
    unjoin_cells::{self, Words},
};

/// Maximum size of a body, in bytes.
const MAX_BODY_LEN: usize = 64 << 10;

/// Maximum number of bytes, in total, that are searched for bodies without success, so that a page of braces does not
/// take too long.
const IN_VAIN: usize = 4 << 20;

/// Splits a plain text into blocks.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let styles = unjoin_cells::styles(text);
    let style = styles.iter().max_by_key(|(_, count)| **count).map(|(style, _)| *style);
    let mut flat = Flat { words: Words::of(text), style, blocks: Vec::new(), table: None };
    let lines: Vec<&str> = text.lines().collect();
    let mut number = 0;
    // The text after a body on its last line is read as a separate line.
    let mut rest: Option<&str> = None;
    let mut in_vain = 0;
    while let Some(line) = rest.take().or_else(|| lines.get(number).copied()) {
        if let Some((before, body, last, after)) = body(&lines, number, line, &mut in_vain) {
            flat.line(before, number + 1);
            flat.end_table();
            flat.blocks.push(Block::new(number + 1, BlockKind::Code(body)));
            number = last;
            rest = (!after.trim().is_empty()).then_some(after);
            if rest.is_none() {
                number += 1;
            }
            continue;
        }
        if let Some((members, last)) = members(&lines, number) {
            flat.end_table();
            flat.blocks.push(Block::new(number + 1, BlockKind::Code(members)));
            number = last + 1;
            continue;
        }
        flat.line(line, number + 1);
        number += 1;
    }
    flat.end_table();
    flat.blocks
}

/// Finds a JSON body that begins on a line. Returns the text before it, the body, the index of its last line, and the
/// text after it.
fn body<'t>(
    lines: &[&'t str],
    number: usize,
    line: &'t str,
    in_vain: &mut usize,
) -> Option<(&'t str, String, usize, &'t str)> {
    if *in_vain > IN_VAIN {
        return None;
    }
    let at = line.find('{').filter(|at| {
        let rest = line[at + 1..].trim_start();
        rest.is_empty() || rest.starts_with(['"', '}'])
    })?;
    let mut text = line[at..].to_owned();
    let mut last = number;
    let mut open = open_braces(&text);
    while open > 0 && last + 1 < lines.len() && text.len() < MAX_BODY_LEN {
        last += 1;
        text.push('\n');
        text.push_str(lines[last]);
        open += open_braces(lines[last]);
    }
    *in_vain += text.len();
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
    let value = values.next()?.ok().filter(|value| value.as_object().is_some_and(|it| !it.is_empty()))?;
    drop(value);
    *in_vain -= text.len();
    let length = values.byte_offset();
    let body = text[..length].to_owned();
    // More lines may have been read than the body has. Its last line is determined by its end.
    let last = number + body.matches('\n').count();
    let last_line = if last == number { &line[at..] } else { lines[last] };
    let column = body.rfind('\n').map_or(length, |newline| length - newline - 1);
    let after = last_line.get(column..)?;
    Some((&line[..at], body, last, after))
}

fn open_braces(text: &str) -> isize {
    let count = |brace: char| isize::try_from(text.matches(brace).count()).unwrap_or(isize::MAX / 2);
    count('{') - count('}')
}

/// Finds the members of a body without braces: lines `"name" : value,`. Returns them and the index of the last line.
fn members(lines: &[&str], number: usize) -> Option<(String, usize)> {
    let is_member = |line: &&str| {
        let line = line.trim();
        let name = line.strip_prefix('"').and_then(|rest| rest.split_once('"')).filter(|(name, rest)| {
            !name.is_empty() && !name.contains(' ') && rest.trim_start().starts_with(':')
        });
        name.is_some()
    };
    let count = lines[number..].iter().take(50).take_while(|line| is_member(line)).count();
    if count == 0 {
        return None;
    }
    let members: Vec<&str> =
        lines[number..number + count].iter().map(|line| line.trim().trim_end_matches([',', ' '])).collect();
    Some((members.join(",\n"), number + count - 1))
}

struct Flat {
    words: Words,
    style: Option<Style>,
    blocks: Vec<Block>,
    table: Option<(usize, Table)>,
}

impl Flat {
    fn end_table(&mut self) {
        if let Some((line, table)) = self.table.take() {
            self.blocks.push(Block::new(line, BlockKind::Table(table)));
        }
    }

    fn line(&mut self, line: &str, number: usize) {
        let text = collapse(line);
        if text.is_empty() {
            // Rows with empty lines between them are still one table.
            return;
        }
        if text.contains('|') && self.piped(&text, number) {
            return;
        }
        if let Some(table) = unjoin_cells::rows(&text, number, self.style) {
            match &mut self.table {
                Some((_, open)) if open.head == table.head => open.rows.extend(table.rows),
                _ => {
                    self.end_table();
                    self.table = Some((number, table));
                }
            }
            return;
        }
        self.end_table();
        if let Some(items) = unjoin_cells::items(&text, &self.words) {
            let rows = items.into_iter().map(|(code, text, guess)| Row {
                line: number,
                cells: vec![code, text],
                guess,
            });
            let head = ["Error code", "Description"].map(str::to_owned).to_vec();
            self.blocks.push(Block::new(number, BlockKind::Table(Table { head, rows: rows.collect() })));
            return;
        }
        let kind = match text.strip_prefix(['-', '*', '•', '–']).filter(|rest| rest.starts_with(' ')) {
            Some(item) => BlockKind::Item(collapse(item)),
            None if starts_like_item(&text) => BlockKind::Item(text),
            None => match heading(&text, self.blocks.is_empty()) {
                Some(level) => BlockKind::Heading { level, text },
                None => BlockKind::Paragraph(text),
            },
        };
        self.blocks.push(Block::new(number, kind));
    }

    /// Reads a table row with `|` between its cells; those at its ends may be missing. Returns false if it is not
    /// one.
    fn piped(&mut self, text: &str, number: usize) -> bool {
        let cells: Vec<String> =
            text.trim_start_matches('|').trim_end_matches('|').split('|').map(collapse).collect();
        let is_rule = text.chars().all(|it| "|-: ".contains(it)) && text.contains('-');
        if is_rule {
            return self.table.is_some();
        }
        match &mut self.table {
            Some((_, table)) if !table.head.is_empty() => {
                table.rows.push(Row { line: number, cells, guess: None });
            }
            _ if text.starts_with('|') => {
                self.end_table();
                self.table = Some((number, Table { head: cells, rows: Vec::new() }));
            }
            _ => return false,
        }
        true
    }
}

/// Returns true for an item without a bullet: `code - meaning`.
fn starts_like_item(text: &str) -> bool {
    let lead = [" - ", " – ", " — "].iter().find_map(|dash| text.split_once(dash)).map(|(lead, _)| lead);
    let is_word = |word: &str| word.bytes().all(|it| it.is_ascii_lowercase() || b"_*".contains(&it));
    lead.is_some_and(|lead| {
        codes::list(lead).is_some() && !lead.contains(' ')
            || lead.split(['/', ',']).all(|word| !word.trim().is_empty() && is_word(word.trim()))
    })
}

/// Returns the level of a line that looks like a heading.
fn heading(text: &str, first: bool) -> Option<u8> {
    let words = text.split(' ').count();
    let begins = text.starts_with(|it: char| it.is_uppercase() || it.is_ascii_digit());
    let ends = !text.ends_with(['.', ',', ':', ';', '{', '}', '(', ')', '!', '?']);
    if !begins || !ends || words > 8 || text.len() > 70 || text.contains(['"', '=', '<']) {
        return None;
    }
    if first {
        return Some(1);
    }
    if statuses::only(text).is_some() {
        return Some(3);
    }
    // These headings belong to the status above them. Any other heading begins a new section.
    let lower = text.to_lowercase();
    let below =
        ["error code", "example", "common cause", "cause", "response", "when", "resolution", "solution"];
    let only_below = below.iter().any(|word| lower.starts_with(word)) && words < 4;
    Some(if only_below { 4 } else { 2 })
}
