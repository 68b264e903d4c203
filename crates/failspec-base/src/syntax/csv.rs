//! Parses CSV (RFC 4180) into cells with positions.

use std::sync::Arc;

use csv_core::{ReadFieldResult, Reader};

use super::{Diagnostic, Diagnostics, Location, Source, Span, diagnostic::MAX_KEPT};

/// Size of the buffer for a part of a cell, in bytes; a longer cell is read in several parts.
const BUFFER: usize = 4096;

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its text, without the quotes around it.
    pub text: String,
    /// Its position, with the quotes around it.
    pub span: Span,
}

/// Parses the lines of a table; empty lines are left out. Cells are separated by commas.
///
/// # Errors
/// Every cell whose quotes are not closed or not doubled.
pub fn parse(source: &Arc<Source>) -> Result<Vec<Vec<Cell>>, Diagnostics> {
    let (text, mut reader) = (source.text(), Reader::new());
    let (mut buffer, mut cell) = (vec![0; BUFFER], Vec::new());
    let (mut lines, mut line, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut start) = (0, 0);
    loop {
        let (result, read, written) = reader.read_field(&text.as_bytes()[at..], &mut buffer);
        at += read;
        cell.extend_from_slice(&buffer[..written]);
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            ReadFieldResult::Field { record_end } => {
                let written = match line.is_empty() {
                    // What precedes the first cell: empty lines, and the rest of a line break.
                    true => text[start..at].trim_start_matches(['\u{feff}', '\r', '\n']),
                    false => &text[start..at],
                };
                let first = at - written.len();
                let written = written.trim_end_matches([',', '\r', '\n']);
                let span = Span::new(first, first + written.len());
                if !is_quoted_well(written) && wrong.len() < MAX_KEPT {
                    let place = Location { source: Arc::clone(source), span };
                    wrong.push(
                        Diagnostic::error(place, "the quotes of this cell are not closed, or not doubled")
                            .hint("a quote within a quoted cell is written twice: \"a \"\"b\"\" c\""),
                    );
                }
                line.push(Cell { text: String::from_utf8_lossy(&cell).into_owned(), span });
                cell.clear();
                start = at;
                if record_end {
                    lines.push(std::mem::take(&mut line));
                }
            }
            ReadFieldResult::End => break,
        }
    }
    if wrong.is_empty() { Ok(lines) } else { Err(Diagnostics(wrong)) }
}

/// Returns true for a cell without quotes around it, and for one whose quotes are closed and doubled within. The parser
/// takes all others for something, which is hardly what was meant.
fn is_quoted_well(written: &str) -> bool {
    let Some(rest) = written.strip_prefix('"') else { return true };
    rest.strip_suffix('"').is_some_and(|inner| !inner.replace("\"\"", "").contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<Cell>>, String> {
        parse(&Source::new("rows.csv", text)).map_err(|mistakes| mistakes.render(false))
    }

    #[test]
    fn cells_are_what_is_written_with_their_places() {
        let text = "\u{feff}row,a\r\n\r\none,\"x, \"\"y\"\"\nz\"\ntwo,\nthree,ü,";
        let lines = read(text).unwrap();
        let texts: Vec<Vec<&str>> =
            lines.iter().map(|line| line.iter().map(|cell| cell.text.as_str()).collect()).collect();
        let expected: [&[&str]; 4] =
            [&["row", "a"], &["one", "x, \"y\"\nz"], &["two", ""], &["three", "ü", ""]];
        assert_eq!(texts, expected);
        let at = |line: usize, cell: usize| {
            let span = lines[line][cell].span;
            &text[span.start as usize..span.end as usize]
        };
        assert_eq!([at(0, 0), at(0, 1), at(1, 0), at(1, 1)], ["row", "a", "one", "\"x, \"\"y\"\"\nz\""]);
        assert_eq!([at(2, 1), at(3, 1), at(3, 2)], ["", "ü", ""]);
        let long = "x".repeat(3 * BUFFER + 1);
        assert_eq!(read(&format!("{long},b\n")).unwrap()[0][0].text, long);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn quotes_that_are_not_closed_or_doubled_are_errors() {
        for (text, place) in [
            ("row,a\nx,\"b\n", "rows.csv:2:3"),
            ("row,a\nx,\"b\"\"\n", "rows.csv:2:3"),
            ("row,a\nx,\"b\"c\n", "rows.csv:2:3"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(place) && error.contains("not closed, or not doubled"), "{text}: {error}");
        }
        assert!(read("row,a\nx,5\" wide\n").is_ok());
    }
}
