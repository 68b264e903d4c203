//! The YAML of packs: written in one place, so that everything that is written is read as the same values.

use std::fmt::Write as _;

use serde_json::Value;

use failspec_base::{encoding::escape_pointer_step, sanitize::is_unsafe, syntax::yaml::is_text};

use super::{
    comments::{Commented, Comments, Note, PlaceComments},
    file_value::{FileDocument, FileValue, Tree},
    scenario::ScenarioSource,
};

/// Maximum length of a comment, in characters. A text of a page can be a paragraph.
const MAX_COMMENT_LEN: usize = 300;

/// Maximum length of a key that is written without `? `, in bytes. YAML reads at most 1,024 characters ahead.
const MAX_PLAIN_KEY_LEN: usize = 1_000;

/// Returns the text of a file.
pub(super) fn document<T: FileDocument>(value: &T, comments: &Comments) -> String {
    let mut writer = Writer { text: String::new(), comments, at: String::new(), found: 0 };
    for line in &comments.head {
        let _ = writeln!(writer.text, "{}", comment(line, usize::MAX));
    }
    for (key, tree) in value.entries() {
        if T::SPACED && !tree.is_scalar() {
            writer.text.push('\n');
        }
        writer.entry("", 0, &key, &tree);
    }
    writer.notes(0, &comments.foot);
    writer.finish()
}

/// Returns the text of a scenario, for a scenario file that exists.
pub fn scenario_entry(name: &str, scenario: &Commented<ScenarioSource>) -> String {
    let mut writer =
        Writer { text: String::new(), comments: &scenario.comments, at: String::new(), found: 0 };
    // The pointers of the comments begin at the scenario.
    writer.line("  ", name, &Tree::Gap);
    if let Tree::Map(entries) = scenario.value.tree() {
        entries.iter().for_each(|(key, tree)| writer.entry("    ", 4, key, tree));
    }
    writer.finish()
}

/// Writes trees, with the comments on them.
struct Writer<'c> {
    text: String,
    comments: &'c Comments,
    /// The JSON Pointer of the value that is being written.
    at: String,
    /// The number of commented values that were written.
    found: usize,
}

impl Writer<'_> {
    /// Writes a key with its value. `lead` is the beginning of its first line: spaces, or `- ` after them.
    fn entry(&mut self, lead: &str, indent: usize, key: &str, tree: &Tree) {
        let outer = self.enter(key);
        self.notes_of(indent, |place| &place.before);
        self.line(lead, key, tree);
        match tree {
            Tree::Map(entries) => {
                let inner = indent + 2;
                entries.iter().for_each(|(key, tree)| self.entry(&" ".repeat(inner), inner, key, tree));
            }
            Tree::List(items) => self.items(indent + 2, items),
            Tree::Inline(_) | Tree::Word(_) | Tree::Gap => {}
        }
        let below = if matches!(tree, Tree::Map(_) | Tree::List(_)) { indent + 2 } else { indent };
        self.notes_of(below, |place| &place.after);
        self.at.truncate(outer);
    }

    fn items(&mut self, indent: usize, items: &[Tree]) {
        for (index, item) in items.iter().enumerate() {
            let outer = self.enter(&index.to_string());
            self.notes_of(indent, |place| &place.before);
            let lead = format!("{}- ", " ".repeat(indent));
            match item {
                Tree::Map(entries) if !entries.is_empty() => {
                    let inner = " ".repeat(indent + 2);
                    for (at, (key, tree)) in entries.iter().enumerate() {
                        self.entry(if at == 0 { &lead } else { &inner }, indent + 2, key, tree);
                    }
                }
                _ => {
                    self.text.push_str(lead.trim_end());
                    self.value(item);
                    self.beside();
                }
            }
            self.notes_of(indent + 2, |place| &place.after);
            self.at.truncate(outer);
        }
    }

    /// Writes the line of a key, with its value if that is on one line.
    fn line(&mut self, lead: &str, key: &str, tree: &Tree) {
        let key = scalar(key, false);
        self.text.push_str(lead);
        if key.len() > MAX_PLAIN_KEY_LEN {
            let spaces = " ".repeat(lead.chars().count());
            let _ = write!(self.text, "? {key}\n{spaces}:");
        } else {
            let _ = write!(self.text, "{key}:");
        }
        self.value(tree);
        self.beside();
    }

    fn value(&mut self, tree: &Tree) {
        match tree {
            Tree::Word(word) => {
                let _ = write!(self.text, " {word}");
            }
            Tree::Inline(value) => {
                self.text.push(' ');
                inline(value, &mut self.text, false);
            }
            Tree::Map(entries) if entries.is_empty() => self.text.push_str(" {}"),
            Tree::List(items) if items.is_empty() => self.text.push_str(" []"),
            Tree::Map(_) | Tree::List(_) | Tree::Gap => {}
        }
    }

    fn beside(&mut self) {
        if let Some(text) = self.comments.places.get(&self.at).and_then(|place| place.beside.as_ref()) {
            let _ = write!(self.text, "   {}", comment(text, MAX_COMMENT_LEN));
        }
        self.text.push('\n');
    }

    /// Writes comments on the value that is being written.
    fn notes_of(&mut self, indent: usize, of: impl Fn(&PlaceComments) -> &Vec<Note>) {
        if let Some(place) = self.comments.places.get(&self.at) {
            self.notes(indent, of(place));
        }
    }

    fn notes(&mut self, indent: usize, notes: &[Note]) {
        let spaces = " ".repeat(indent);
        for note in notes {
            match note {
                Note::Blank => self.text.push('\n'),
                Note::Text(text) => {
                    let _ = writeln!(self.text, "{spaces}{}", comment(text, MAX_COMMENT_LEN));
                }
                Note::Disabled(disabled) => {
                    for line in block(&disabled.tree, &disabled.comments).lines() {
                        let _ = writeln!(self.text, "{spaces}# {line}");
                    }
                }
            }
        }
    }

    /// Appends a step to the pointer; returns the length to which it must be truncated afterwards.
    fn enter(&mut self, step: &str) -> usize {
        let outer = self.at.len();
        self.at.push('/');
        self.at.push_str(&escape_pointer_step(step));
        self.found += usize::from(self.comments.places.contains_key(&self.at));
        outer
    }

    /// Returns what was written. A comment on a value that is not on a line of its own would be lost.
    fn finish(self) -> String {
        debug_assert_eq!(
            self.found,
            self.comments.places.len(),
            "not all values of {:?} are written",
            self.comments
        );
        self.text
    }
}

/// Returns the lines of a mapping or a list, without indentation. The pointers of the comments begin at the mapping, or
/// at the only item of the list.
fn block(tree: &Tree, comments: &Comments) -> String {
    let mut writer = Writer { text: String::new(), comments, at: String::new(), found: 0 };
    match tree {
        Tree::Map(entries) => entries.iter().for_each(|(key, tree)| writer.entry("", 0, key, tree)),
        Tree::List(items) => {
            for item in items {
                match item {
                    Tree::Map(entries) => {
                        for (at, (key, tree)) in entries.iter().enumerate() {
                            writer.entry(if at == 0 { "- " } else { "  " }, 2, key, tree);
                        }
                    }
                    _ => writer.items(0, std::slice::from_ref(item)),
                }
            }
        }
        Tree::Inline(_) | Tree::Word(_) | Tree::Gap => {
            writer.value(tree);
            writer.text.push('\n');
        }
    }
    writer.finish()
}

/// Writes a value on one line. `nested` is true within braces or brackets.
fn inline(value: &Value, text: &mut String, nested: bool) {
    match value {
        Value::String(value) => text.push_str(&scalar(value, nested)),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                inline(item, text, true);
            }
            text.push(']');
        }
        Value::Object(entries) if entries.is_empty() => text.push_str("{}"),
        Value::Object(entries) => {
            text.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                text.push_str(if index == 0 { " " } else { ", " });
                let key = scalar(key, true);
                text.push_str(if key.len() > MAX_PLAIN_KEY_LEN { "? " } else { "" });
                text.push_str(&key);
                text.push_str(": ");
                inline(value, text, true);
            }
            text.push_str(" }");
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

/// Returns a text as a scalar in a line of its own key: plain if no reader of YAML could take it for something else,
/// else in quotes.
pub fn plain_or_quoted(text: &str) -> String {
    scalar(text, false)
}

fn scalar(text: &str, nested: bool) -> String {
    if is_plain(text, nested) && is_text(text) { text.to_owned() } else { quoted(text) }
}

/// Returns true if the characters of a text can be written without quotes. `nested` is true within braces or brackets.
fn is_plain(text: &str, nested: bool) -> bool {
    // A status such as `2xx` or a time span such as `30s`; YAML 1.1 has numbers that begin with `0b`.
    if text.starts_with(|it: char| it.is_ascii_digit() && it != '0') {
        return text.bytes().all(|it| it.is_ascii_alphanumeric())
            && text.bytes().any(|it| it.is_ascii_alphabetic());
    }
    let mut rest = text.chars().peekable();
    let begins = rest.peek().is_some_and(|it| it.is_ascii_alphabetic() || matches!(it, '/' | '…'));
    let mut before = ' ';
    while let Some(character) = rest.next() {
        let next = rest.peek();
        let fits = match character {
            // Only single spaces between words, because YAML removes others.
            ' ' => before != ' ' && next.is_some(),
            ':' => next.is_some_and(|next| next.is_alphanumeric() || *next == '/'),
            // A comma would end the text.
            ',' => !nested,
            _ => character.is_alphanumeric() || "_-./()+;…".contains(character),
        };
        if !fits {
            return false;
        }
        before = character;
    }
    begins
}

/// Returns a text in double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ if is_unsafe(character) => {
                let _ = match u32::from(character) {
                    code @ ..=0xffff => write!(quoted, "\\u{code:04x}"),
                    code => write!(quoted, "\\U{code:08x}"),
                };
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns a text as a comment: one line of at most `most` characters. What could end the line for some program, or
/// change how it is shown, becomes a space.
fn comment(text: &str, most: usize) -> String {
    let gap = |it: char| if is_unsafe(it) || matches!(it, '\n' | '\t') { ' ' } else { it };
    let line: String = text.chars().map(gap).take(most).collect();
    format!("# {}", line.trim()).trim_end().to_owned()
}
