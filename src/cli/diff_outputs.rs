//! Outputs of comparisons: always the terminal; files and annotations if requested.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
};

use failspec_diff::{Comparison, Difference};
use failspec_judge::report_model::exit;
use failspec_report::{
    comparison::{markdown, terminal, workflow},
    github::Checkout,
};

use super::{
    error::{CliError, worse},
    output_file::OutputFile,
    stdout::stdout,
};

/// The requested reports.
#[derive(Debug, Default)]
pub(super) struct Reports {
    outputs: Vec<(Format, OutputFile)>,
    annotate: bool,
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Markdown,
    Json,
}

impl Reports {
    /// Parses the options `--report` and checks that every file can be written.
    ///
    /// # Errors
    /// When a format is unknown or names no file, a file cannot be written, or two reports have the same file.
    pub(super) fn open(options: &[String]) -> Result<Self, CliError> {
        let mut reports = Self::default();
        for option in options {
            let (format, path) = match option.split_once('=') {
                None if option == "github" => {
                    reports.annotate = true;
                    continue;
                }
                Some(("markdown", path)) if !path.is_empty() => (Format::Markdown, Path::new(path)),
                Some(("json", path)) if !path.is_empty() => (Format::Json, Path::new(path)),
                _ => {
                    return Err(CliError::usage_hint(
                        format!("`--report {option}` is not a valid report of a comparison"),
                        "write markdown=PATH, json=PATH or github",
                    ));
                }
            };
            let file = OutputFile::open(path).map_err(|error| CliError::usage(cannot_write(path, &error)))?;
            if reports.outputs.iter().any(|(_, other)| other.is_same(&file)) {
                return Err(CliError::usage(format!("two reports have the same file: {}", path.display())));
            }
            reports.outputs.push((format, file));
        }
        Ok(reports)
    }

    /// Replaces all files by the reports of a comparison that has not ended: whatever ends it, nobody takes an earlier
    /// one for its result.
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub(super) fn begin(&mut self, title: &str) -> Result<(), CliError> {
        let mut unfinished = Comparison::new(title);
        let message = "this report was written when the comparison began; something may have ended it";
        unfinished.group("unfinished", true, vec![Difference::new("unfinished", title, message)]);
        for (format, file) in self.outputs.iter_mut().filter(|(_, file)| file.is_replaced()) {
            write(*format, file, &unfinished).map_err(CliError::usage)?;
        }
        Ok(())
    }

    /// Prints and writes a comparison, and returns the exit code: 1 if a difference counts. What cannot be written is
    /// said.
    pub(super) fn finish(self, comparison: &Comparison) -> u8 {
        let mut text = terminal(comparison);
        let mut failures = Vec::new();
        if self.annotate {
            let root = env::var_os("GITHUB_WORKSPACE").filter(|root| !root.is_empty()).map(PathBuf::from);
            let checkout = Checkout { root, here: env::current_dir().unwrap_or_default() };
            text.push_str(&workflow(comparison, &checkout));
            if let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
                failures.extend(append(Path::new(&path), &markdown(comparison)));
            }
        }
        for (format, mut file) in self.outputs {
            failures.extend(write(format, &mut file, comparison).err());
        }
        // A closed pipe is not an error; the exit code reports the rest.
        let _ = stdout().write_all(text.as_bytes());
        let code = if comparison.counting() > 0 { exit::VIOLATIONS } else { exit::CONFORMS };
        let code = if failures.is_empty() { code } else { worse(code, exit::INCONCLUSIVE) };
        failures.into_iter().for_each(|failure| CliError::Broken(failure).print());
        code
    }
}

/// Replaces a file; returns the reason if it cannot be written.
fn write(format: Format, file: &mut OutputFile, comparison: &Comparison) -> Result<(), String> {
    let written = file.write(|file| match format {
        Format::Markdown => file.write_all(markdown(comparison).as_bytes()),
        Format::Json => {
            serde_json::to_writer_pretty(&mut *file, comparison)?;
            file.write_all(b"\n")
        }
    });
    written.map_err(|error| cannot_write(file.path(), &error))
}

/// Appends to a file: other steps may have written to the summary before. Returns the reason if it cannot be written.
fn append(path: &Path, text: &str) -> Option<String> {
    let written = OutputFile::append(path);
    let written = written.and_then(|mut file| file.write(|file| file.write_all(text.as_bytes())));
    written.map_err(|error| cannot_write(path, &error)).err()
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
