//! In which form a page lies before us, and how it becomes [`Findings`].

use std::path::Path;

use sha2::{Digest, Sha256};

use super::{
    block::{Block, BlockKind, Row, Table, collapse},
    extractor,
    findings::Findings,
    html, markdown, text,
};

/// The largest page that is read, in bytes: 16 MiB.
pub const LARGEST: usize = 16 << 20;

/// The form of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown, with tables as GitHub has them.
    Markdown,
    /// HTML.
    Html,
    /// A table with commas, semicolons or tabs.
    Csv,
    /// The bare text that is left of a page.
    Text,
}

/// Why a page cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It is too large.
    #[error("the page has {0} bytes; the limit is {LARGEST}")]
    Large(usize),
    /// It is not text.
    #[error("the page is not UTF-8 (byte {0})")]
    Encoding(usize),
    /// It is no table.
    #[error("line {line}: {message}")]
    Table {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
}

impl Format {
    /// The form of a file, by the end of its name; of what has no known end, by what it begins with.
    pub fn of(path: &Path, text: &[u8]) -> Self {
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "md" | "markdown" | "mdx" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "csv" | "tsv" => Self::Csv,
            "txt" => Self::Text,
            _ => {
                let start = text.iter().position(|it| !it.is_ascii_whitespace()).unwrap_or(0);
                if text.get(start..).is_some_and(|text| text.starts_with(b"<")) {
                    Self::Html
                } else {
                    Self::Markdown
                }
            }
        }
    }
}

/// What a page says about failing.
///
/// # Errors
/// When it is too large, not UTF-8, or, as CSV, no table.
pub fn read(page: &[u8], format: Format) -> Result<Findings, PageError> {
    if page.len() > LARGEST {
        return Err(PageError::Large(page.len()));
    }
    let text = std::str::from_utf8(page).map_err(|error| PageError::Encoding(error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let blocks = match format {
        Format::Markdown => markdown::blocks(text),
        Format::Html => html::blocks(text, 1),
        Format::Csv => table(text)?,
        Format::Text => text::blocks(text),
    };
    Ok(extractor::read(&blocks))
}

/// The digest of a page: SHA-256 over its text with every run of blanks made one space.
pub fn digest(page: &[u8]) -> String {
    let text = collapse(&String::from_utf8_lossy(page));
    let digest = Sha256::digest(text.as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

/// A file that is one table, under the heading that makes it one of errors: nobody else is asked to read it.
fn table(text: &str) -> Result<Vec<Block>, PageError> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter =
        [b'\t', b';', b','].into_iter().max_by_key(|it| first.bytes().filter(|byte| byte == it).count());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut found = Table::default();
    for record in reader.records() {
        let record = record.map_err(|error| PageError::Table {
            line: error.position().map_or(0, csv::Position::line),
            message: "this is not a valid table row".to_owned(),
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        found.rows.push(Row { line, cells: record.iter().map(collapse).collect(), guess: None });
    }
    let heading = BlockKind::Heading { level: 1, text: "Error codes".to_owned() };
    Ok(vec![Block::new(1, heading), Block::new(1, BlockKind::Table(found))])
}
