//! The whole run as JSON, with a version and its own JSON Schema.

use std::io::{self, Write};

use failspec_base::syntax::is_name;
use failspec_judge::report_model::{FORMAT, RunReport};

/// Size of the write buffer, in bytes: each write is a system call.
const BUFFER: usize = 64 << 10;

/// Writes the report, indented, with a line break at the end.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, out: impl Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(BUFFER, out);
    serde_json::to_writer_pretty(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Reason why a text is not a report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or it is JSON of another kind.
    #[error("line {line}, column {column}: {what}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// The problem there.
        what: String,
    },
    /// It has the format of another version.
    #[error("this report has format {0}, and this failspec reads format {FORMAT}")]
    Format(u64),
    /// A case has a name that no pack can give it. Names become globs of waivers, so that a report from elsewhere could
    /// waive what it likes.
    #[error("`{}` is not the name of a case", .0.escape_debug())]
    CaseName(String),
}

/// Reads a report that [`write`] wrote.
///
/// # Errors
/// When the text is not a report of this format, with the location.
pub fn read(text: &str) -> Result<RunReport, ReadError> {
    // Checked before all else: in another format anything else may look wrong.
    #[derive(serde::Deserialize)]
    struct Version {
        format: u64,
    }
    // Parsed as bytes, as a certificate parses its report: both use the same code, of which there is much.
    let version: Version = serde_json::from_slice(text.as_bytes()).map_err(wrong)?;
    if version.format != u64::from(FORMAT) {
        return Err(ReadError::Format(version.format));
    }
    let report: RunReport = serde_json::from_slice(text.as_bytes()).map_err(wrong)?;
    match report.cases.iter().find(|case| !is_case_name(&case.name)) {
        Some(case) => Err(ReadError::CaseName(case.name.chars().take(MAX_QUOTE_LEN).collect())),
        None => Ok(report),
    }
}

/// Returns true for `pack::failure::scenario` and `pack::failure::scenario::row`, with the version of the pack or without.
fn is_case_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split("::").collect();
    let is_version = |text: &str| is_name(&text.replace('.', "-"));
    let is_pack = |text: &str| match text.split_once('@') {
        Some((pack, version)) => is_name(pack) && is_version(version),
        None => is_name(text),
    };
    matches!(parts.as_slice(), [pack, rest @ ..] if is_pack(pack) && matches!(rest.len(), 2 | 3) && rest.iter().all(|part| is_name(part)))
}

fn wrong(error: serde_json::Error) -> ReadError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    let what: String = text.strip_suffix(&place).unwrap_or(&text).chars().take(MAX_QUOTE_LEN).collect();
    ReadError::Wrong { line, column, what }
}

/// Maximum length of an error, in characters: it may quote the text, which can contain anything.
const MAX_QUOTE_LEN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cases_are_no_globs() {
        for name in ["a::b::c", "a-1::b_2::c::row-3", "shop@2026-03::b::c", "shop@1.2::b::c::d"] {
            assert!(is_case_name(name), "{name}");
        }
        for name in [
            "",
            "**",
            "a::*",
            "a::b",
            "a::b::c::d::e",
            "a::b::[a-z]",
            "a::b::{c,d}",
            "a::b::c?",
            "a::b::c\n",
            "a@::b::c",
            "a@*::b::c",
            "a::b::c\"\n[[waivers]]",
            "A::b::c",
            "a::::c",
        ] {
            assert!(!is_case_name(name), "{name}");
        }
    }
}
