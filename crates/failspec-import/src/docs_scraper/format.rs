//! Formats of pages, and the extraction of [`Findings`] from them.

use std::path::Path;

use sha2::{Digest, Sha256};

use failspec_base::encoding::hex;

use super::{
    block::{Block, BlockKind, Row, Table, collapse},
    extractor,
    findings::Findings,
    html, markdown, text,
};

/// Maximum size of a page that is read, in bytes: 16 MiB.
pub const MAX_SIZE: usize = 16 << 20;

/// The format of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown, with the tables of GitHub.
    Markdown,
    /// HTML.
    Html,
    /// A table, separated by commas, semicolons or tabs.
    Csv,
    /// The plain text of a page.
    Text,
}

/// An error while reading a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The page is too large.
    #[error("the page has {0} bytes; the limit is {MAX_SIZE}")]
    Large(usize),
    /// The page is not UTF-8.
    #[error("the page is not UTF-8 (byte {0})")]
    Encoding(usize),
    /// The page is not a valid CSV table.
    #[error("line {line}: {message}")]
    Table {
        /// The line, counted from 1.
        line: u64,
        /// The description of the error.
        message: String,
    },
}

impl Format {
    /// Detects the format of a file by its extension or, if the extension is unknown, by its first character.
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

/// Extracts the findings about failures from a page.
///
/// # Errors
/// Returns an error if the page is too large, is not UTF-8 or, as CSV, is not a table.
pub fn read(page: &[u8], format: Format) -> Result<Findings, PageError> {
    if page.len() > MAX_SIZE {
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

/// Computes the digest of a page: SHA-256 of its text, with every run of whitespace collapsed to one space.
pub fn digest(page: &[u8]) -> String {
    let text = collapse(&String::from_utf8_lossy(page));
    let digest = Sha256::digest(text.as_bytes());
    format!("sha256:{}", hex(&digest))
}

/// Reads a CSV file as one table, under a heading that marks it as a table of errors: no other tables are imported.
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
