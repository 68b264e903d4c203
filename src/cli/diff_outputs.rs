//! Outputs of comparisons: always the terminal; files and annotations if requested.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use failspec_diff::Comparison;
use failspec_judge::report_model::exit;
use failspec_report::{
    comparison::{markdown, terminal, workflow},
    github::Checkout,
};

use super::error::CliError;

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
        }
        Ok(reports)
    }

    /// Prints and writes a comparison, and returns the exit code: 1 if a difference counts.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn finish(self, comparison: &Comparison) -> Result<u8, CliError> {
        let mut text = terminal(comparison);
        if self.annotate {
            let root = env::var_os("GITHUB_WORKSPACE").filter(|root| !root.is_empty()).map(PathBuf::from);
            let checkout = Checkout { root, here: env::current_dir().unwrap_or_default() };
            text.push_str(&workflow(comparison, &checkout));
            if let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
                append(Path::new(&path), &markdown(comparison))?;
            }
        }
        for path in &self.markdown {
            write(path, &markdown(comparison))?;
        }
        for path in &self.json {
            let json = serde_json::to_string_pretty(comparison)
                .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))?;
            write(path, &format!("{json}\n"))?;
        }
        // A closed pipe is not an error; the exit code reports the rest.
        let _ = anstream::stdout().write_all(text.as_bytes());
        Ok(if comparison.counting() > 0 { exit::VIOLATIONS } else { exit::CONFORMS })
    }
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    fs::write(path, text)
        .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))
}

/// Appends to a file: other steps may have written to the summary before.
fn append(path: &Path, text: &str) -> Result<(), CliError> {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))
}
