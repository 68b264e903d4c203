//! Rows of a scenario that are in a CSV or JSON file of the pack.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use failspec_base::syntax::{
    Decoder, Diagnostics, Entry, Node, NodeValue, Source, Span,
    csv::{self, Cell},
    json,
};

use super::{
    files::{Files, Texts},
    row::Row,
};

/// The endings of files that can have rows.
pub(super) const ENDINGS: &[&str] = &[".csv", ".json"];

/// Maximum number of rows in a file: each is a case.
const MAX_ROWS: usize = 10_000;

/// The column, or the member, that names a row.
const ROW: &str = "row";

/// The ending of a column whose cells are JSON.
const JSON: &str = ":json";

/// The files with rows of a pack, each read once.
#[derive(Debug)]
pub(super) struct RowFiles<'p> {
    files: &'p Files,
    texts: &'p Texts,
    /// The folders in which a file is looked for, in order: that of the pack, and that of the pack that it extends.
    folders: Vec<String>,
    read: Mutex<BTreeMap<String, Arc<RowFile>>>,
}

/// A file with rows.
#[derive(Debug)]
pub(super) struct RowFile {
    /// The file.
    pub source: Arc<Source>,
    /// The rows by name, as `each` has them; without those that have errors.
    pub rows: Node,
    /// The errors in the file.
    pub mistakes: Diagnostics,
}

/// The rows of a scenario as they are written.
pub(super) enum Each<'n> {
    Inline(&'n Node),
    File(Arc<RowFile>),
}

impl<'n> Each<'n> {
    /// Reads `each`, if it is there: rows, or the name of the file that they are in. Returns it with its rows; `None` if there
    /// is no such file, or if it has no rows because of its errors: all that depends on them would be an error.
    pub fn read_with_rows(
        node: Option<&'n Node>,
        reader: &Decoder,
        files: &RowFiles<'_>,
    ) -> Option<(Option<Self>, Vec<Row>)> {
        let Some(node) = node else { return Some((None, Vec::new())) };
        let each = match node.as_text() {
            Some(_) => Self::File(files.get(node, reader)?),
            None => Self::Inline(node),
        };
        let rows = each.rows(node, reader)?;
        Some((Some(each), rows))
    }

    /// Checks the rows where they are written; errors in a file are reported with those of the scenario.
    pub fn check(&self, reader: &Decoder, check: impl Fn(&Node, &Decoder)) {
        match self {
            Self::Inline(node) => check(node, reader),
            Self::File(file) => {
                let of_file = Decoder::new(&file.source);
                check(&file.rows, &of_file);
                of_file.finish().0.into_iter().for_each(|diagnostic| reader.report(diagnostic));
            }
        }
    }

    /// Returns the rows; `None` if their file has none.
    fn rows(&self, node: &Node, reader: &Decoder) -> Option<Vec<Row>> {
        let rows: Vec<Row> = match self {
            Self::Inline(node) => reader.named(node).map(|row| Row::read(row, reader)).collect(),
            Self::File(file) => {
                let of_file = Decoder::new(&file.source);
                let rows = of_file.named(&file.rows).map(|row| Row::read(row, &of_file)).collect();
                let wrong = file.mistakes.0.iter().cloned().chain(of_file.finish().0);
                wrong.for_each(|diagnostic| reader.report(diagnostic));
                rows
            }
        };
        match self {
            Self::Inline(_) if rows.is_empty() => {
                reader.error_hint(node.span, "`each` has no rows", "give a row, or remove `each`");
            }
            Self::File(_) if rows.is_empty() => return None,
            _ => {}
        }
        Some(rows)
    }

    /// Returns the name of the file that the rows are in.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Inline(_) => None,
            Self::File(file) => Some(file.source.name()),
        }
    }
}

impl<'p> RowFiles<'p> {
    /// Creates the collection for a pack, and for the pack that it extends, if it extends one.
    pub fn new(files: &'p Files, texts: &'p Texts, pack: &str, inherited: Option<&str>) -> Self {
        let folders = [Some(pack), inherited].into_iter().flatten();
        let folders = folders.map(|pack| format!("scenarios/{pack}/")).collect();
        Self { files, texts, folders, read: Mutex::default() }
    }

    /// Returns the file that `each` names; reports an error if there is none. The errors in the file are left to the caller.
    pub fn get(&self, node: &Node, reader: &Decoder) -> Option<Arc<RowFile>> {
        let name = reader.text(node)?;
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
        if name.contains('\\') || !name.split('/').all(is_plain) {
            let title = format!("`{}` is not a file of the pack", name.escape_debug());
            reader.error_hint(
                node.span,
                title,
                "name a file in the folder of the scenarios, such as `rows.csv`",
            );
            return None;
        }
        let path = self.folders.iter().map(|folder| format!("{folder}{name}"));
        let found = path.filter(|_| ENDINGS.iter().any(|ending| name.ends_with(ending)));
        let Some((path, text)) = found.into_iter().find_map(|path| self.texts.get_key_value(&path)) else {
            reader.unknown(node.span, "file of rows (.csv or .json)", name, self.names());
            return None;
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let file = read.entry(path.clone()).or_insert_with(|| {
            let source = Source::new(self.files.shown(path), Arc::clone(text));
            Arc::new(RowFile::parse(source, path.ends_with(".csv")))
        });
        Some(Arc::clone(file))
    }

    /// Returns the names of the files that could have rows.
    fn names(&self) -> BTreeSet<&str> {
        let inside =
            |path: &'p String| self.folders.iter().find_map(|folder| path.strip_prefix(folder.as_str()));
        let is_one = |name: &&str| ENDINGS.iter().any(|ending| name.ends_with(ending));
        self.texts.keys().filter_map(inside).filter(is_one).collect()
    }
}

impl RowFile {
    fn parse(source: Arc<Source>, is_csv: bool) -> Self {
        let reader = Decoder::new(&source);
        let rows = match is_csv {
            true => csv::parse(&source).map(|lines| of_table(&lines, &reader)),
            false => json::parse(&source).map(|node| of_json(node, &reader)),
        };
        let (mut rows, mut mistakes) = match rows {
            Ok(rows) => (rows, Diagnostics::default()),
            Err(mistakes) => (Vec::new(), mistakes),
        };
        rows.iter().for_each(|row| check_numbers(&row.value, &source, &reader));
        if let Some(first) = rows.get(MAX_ROWS) {
            reader.error(first.key_span, format!("the file has more than {MAX_ROWS} rows"));
            rows.truncate(MAX_ROWS);
        }
        if rows.is_empty() && mistakes.0.is_empty() && !reader.failed() {
            reader.error_hint(Span::default(), "the file has no rows", "give a row, or remove `each`");
        }
        mistakes.0.extend(reader.finish().0);
        let span = Span::new(0, source.text().len());
        Self { source, rows: Node { span, value: NodeValue::Map(rows) }, mistakes }
    }
}

/// Reports numbers that would be sent in another form than they are written, such as one of thirty digits.
fn check_numbers(node: &Node, source: &Source, reader: &Decoder) {
    match &node.value {
        NodeValue::Number(number) => {
            let written =
                source.text().get(node.span.start as usize..node.span.end as usize).unwrap_or_default();
            if !written.contains(&number.to_string()) {
                let title =
                    format!("`{}` is a number that would not be sent as written", written.escape_debug());
                reader.error_hint(node.span, title, "write it in its shortest form, with at most 64 bits");
            }
        }
        NodeValue::List(items) => items.iter().for_each(|item| check_numbers(item, source, reader)),
        NodeValue::Map(entries) => {
            entries.iter().for_each(|entry| check_numbers(&entry.value, source, reader))
        }
        _ => {}
    }
}

/// Returns the rows of a JSON file: a mapping of rows as `each` has them, or a list of rows with their names.
fn of_json(node: Node, reader: &Decoder) -> Vec<Entry> {
    match node.value {
        NodeValue::Map(entries) => entries,
        NodeValue::List(items) => {
            let mut rows = Rows::default();
            for item in items {
                let Some(entries) = item.as_map() else {
                    reader.wrong_kind(&item, "a row: a mapping of its name and its values");
                    continue;
                };
                let (name, values): (Vec<Entry>, Vec<Entry>) =
                    entries.iter().cloned().partition(|entry| entry.key == ROW);
                let Some(name) = name.first() else {
                    let hint = format!("give the row a name: \"{ROW}\": \"…\"");
                    reader.error_hint(item.span, format!("`{ROW}` is missing"), hint);
                    continue;
                };
                if let Some(text) = reader.text(&name.value) {
                    rows.add(text, name.value.span, item.span, values, reader);
                }
            }
            rows.entries
        }
        _ => {
            reader.wrong_kind(&node, "a mapping of rows, or a list of rows");
            Vec::new()
        }
    }
}

/// Returns the rows of a table whose first line names the columns.
fn of_table(lines: &[Vec<Cell>], reader: &Decoder) -> Vec<Entry> {
    let Some((head, lines)) = lines.split_first() else { return Vec::new() };
    let Some(names) = head.iter().position(|cell| cell.text == ROW) else {
        let span = head.first().map_or(Span::default(), |cell| cell.span);
        let hint = format!("give it a column `{ROW}` with the names of the rows; commas separate columns");
        reader.error_hint(span, format!("the first line has no column `{ROW}`"), hint);
        return Vec::new();
    };
    let mut known = BTreeSet::new();
    for cell in head {
        let name = cell.text.strip_suffix(JSON).unwrap_or(&cell.text);
        if !known.insert(name) {
            reader.error(cell.span, format!("the column `{}` appears twice", name.escape_debug()));
        }
    }
    let mut rows = Rows::default();
    for line in lines {
        if line.len() != head.len() {
            let (own, expected) = (line.len(), head.len());
            let span = line.last().map_or(Span::default(), |cell| cell.span);
            let hint = "a cell with a comma in it stands in quotes";
            reader.error_hint(
                span,
                format!("this line has {own} cells, and the first line has {expected}"),
                hint,
            );
            continue;
        }
        let of_columns = head.iter().zip(line).enumerate().filter(|(at, _)| *at != names);
        let values = of_columns.map(|(_, (column, cell))| value(column, cell, reader)).collect();
        let name = &line[names];
        rows.add(&name.text, name.span, name.span, values, reader);
    }
    rows.entries
}

/// Returns the value of a cell: its text, or the JSON in it if its column says so.
fn value(column: &Cell, cell: &Cell, reader: &Decoder) -> Entry {
    let text = || Node { span: cell.span, value: NodeValue::Text(cell.text.clone()) };
    let (key, value) = match column.text.strip_suffix(JSON) {
        None => (column.text.as_str(), text()),
        Some(name) => {
            let value = serde_json::from_str::<Value>(&cell.text).map(|value| node(value, cell.span));
            if value.is_err() {
                let hint = "write a number, true, false, null, or a text in quotes: \"\"\"text\"\"\"";
                reader.error_hint(cell.span, "this cell is not JSON, as its column says", hint);
            }
            (name, value.unwrap_or_else(|_| text()))
        }
    };
    Entry { key: key.to_owned(), key_span: column.span, value }
}

/// Returns a value whose parts are all at one place.
fn node(value: Value, span: Span) -> Node {
    let value = match value {
        Value::Null => NodeValue::Null,
        Value::Bool(value) => NodeValue::Bool(value),
        Value::Number(number) => NodeValue::Number(number),
        Value::String(text) => NodeValue::Text(text),
        Value::Array(items) => NodeValue::List(items.into_iter().map(|item| node(item, span)).collect()),
        Value::Object(members) => {
            let entry = |(key, value)| Entry { key, key_span: span, value: node(value, span) };
            NodeValue::Map(members.into_iter().map(entry).collect())
        }
    };
    Node { span, value }
}

/// The rows that were read so far.
#[derive(Default)]
struct Rows {
    entries: Vec<Entry>,
    known: BTreeSet<String>,
}

impl Rows {
    fn add(&mut self, name: &str, key_span: Span, span: Span, values: Vec<Entry>, reader: &Decoder) {
        if !self.known.insert(name.to_owned()) {
            return reader.error(key_span, format!("the row `{}` appears twice", name.escape_debug()));
        }
        let value = Node { span, value: NodeValue::Map(values) };
        self.entries.push(Entry { key: name.to_owned(), key_span, value });
    }
}
