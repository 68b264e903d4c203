//! Outputs of comparisons: always the terminal; files and annotations if requested.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
};

use failspec_diff::Comparison;
use failspec_judge::report_model::exit;
use failspec_report::{
    comparison::{markdown, terminal, workflow},
    github::Checkout,
};

use super::{
    error::{CliError, worse},
    output_file::{OutputFile, write_file},
    stdout::stdout,
};

/// The requested reports.
#[derive(Debug, Default)]
pub(super) struct Reports {
    markdown: Vec<PathBuf>,
    json: Vec<PathBuf>,
    annotate: bool,
}

impl Reports {
    /// Parses the options `--report`.
    ///
    /// # Errors
    /// When a format is unknown or names no file.
    pub(super) fn open(options: &[String]) -> Result<Self, CliError> {
        let mut reports = Self::default();
        let mut files: Vec<OutputFile> = Vec::new();
        for option in options {
            match option.split_once('=') {
                None if option == "github" => reports.annotate = true,
                Some(("markdown", path)) if !path.is_empty() => reports.markdown.push(path.into()),
                Some(("json", path)) if !path.is_empty() => reports.json.push(path.into()),
                _ => {
                    return Err(CliError::usage_hint(
                        format!("`--report {option}` is not a valid report of a comparison"),
                        "write markdown=PATH, json=PATH or github",
                    ));
                }
            }
            if let Some((_, path)) = option.split_once('=') {
                let file = OutputFile::open(Path::new(path))
                    .map_err(|error| CliError::usage(format!("cannot write {path}: {error}")))?;
                if files.iter().any(|other| other.is_same(&file)) {
                    return Err(CliError::usage(format!("two reports have the same file: {path}")));
                }
                files.push(file);
            }
        }
        Ok(reports)
    }

    /// Prints and writes a comparison, and returns the exit code: 1 if a difference counts.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn finish(self, comparison: &Comparison) -> Result<u8, CliError> {
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
        for path in &self.markdown {
            failures.extend(write(path, &markdown(comparison)));
        }
        for path in &self.json {
            let json = serde_json::to_string_pretty(comparison)
                .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))?;
            failures.extend(write(path, &format!("{json}\n")));
        }
        // A closed pipe is not an error; the exit code reports the rest.
        let _ = stdout().write_all(text.as_bytes());
        let code = if comparison.counting() > 0 { exit::VIOLATIONS } else { exit::CONFORMS };
        let code = if failures.is_empty() { code } else { worse(code, exit::INCONCLUSIVE) };
        failures.into_iter().for_each(|failure| CliError::Broken(failure).print());
        Ok(code)
    }
}

/// Replaces a file; returns the reason if it cannot be written.
fn write(path: &Path, text: &str) -> Option<String> {
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    write_file(path, text).map_err(failed).err()
}

/// Appends to a file: other steps may have written to the summary before. Returns the reason if it cannot be written.
fn append(path: &Path, text: &str) -> Option<String> {
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let written = OutputFile::append(path);
    written.and_then(|mut file| file.write(|file| file.write_all(text.as_bytes()))).map_err(failed).err()
}
