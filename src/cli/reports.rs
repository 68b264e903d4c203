//! The reports that `run` writes: opened before anything is sent, written at the end.

use std::{
    env,
    ffi::OsString,
    fs::{File, OpenOptions},
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use failspec_base::syntax::closest;
use failspec_judge::report_model::RunReport;
use failspec_report::{
    BodyPolicy,
    github::{Checkout, annotations},
    html, json, junit, markdown, withhold,
};

use super::{arguments::BodiesMode, error::CliError};

/// The formats, in the order of docs/reports.md.
const FORMATS: [(&str, Format); 5] = [
    ("json", Format::Json),
    ("junit", Format::Junit),
    ("html", Format::Html),
    ("markdown", Format::Markdown),
    ("github", Format::Github),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Junit,
    Html,
    Markdown,
    Github,
}

/// Open reports, which are written at the end of a run.
#[derive(Debug)]
pub(super) struct Reports {
    outputs: Vec<Output>,
    /// True if annotations go to standard output.
    annotate: bool,
    bodies: BodyPolicy,
}

#[derive(Debug)]
struct Output {
    format: Format,
    path: PathBuf,
    file: File,
}

impl Reports {
    /// Opens every report: a run of an hour must not fail at the end because of a misspelt folder. Existing contents
    /// are kept until all of them could be opened.
    ///
    /// # Errors
    /// When a format is unknown or a file cannot be written.
    pub(super) fn open(options: &[String], bodies: BodiesMode) -> Result<Self, CliError> {
        let wanted: Vec<(Format, Option<PathBuf>)> =
            options.iter().map(|option| parse(option)).collect::<Result<_, _>>()?;
        let mut outputs: Vec<Output> = Vec::new();
        for (format, path) in &wanted {
            let path = match (path, format) {
                (Some(path), _) => path.clone(),
                (None, _) => match step_summary() {
                    Some(path) => path,
                    None => continue,
                },
            };
            if outputs.iter().any(|other| other.path == path) {
                return Err(CliError::usage(format!("two reports have the same file: {}", path.display())));
            }
            outputs.push(Output { format: *format, file: open(&path)?, path });
        }
        let summary = step_summary();
        for output in &outputs {
            // Other steps may have written to the summary of the step before. Pipes and devices have no length.
            let appended = summary.as_ref() == Some(&output.path);
            if !appended && output.file.metadata().is_ok_and(|file| file.is_file()) {
                output.file.set_len(0).map_err(|error| cannot_write(&output.path, &error))?;
            }
        }
        let annotate = wanted.iter().any(|(format, _)| *format == Format::Github);
        let bodies = match bodies {
            BodiesMode::None => BodyPolicy::None,
            BodiesMode::Violations => BodyPolicy::Violations,
            BodiesMode::All => BodyPolicy::All,
        };
        Ok(Self { outputs, annotate, bodies })
    }

    /// Returns true if one of them shows the requests and responses of cases that passed.
    pub(super) fn show_passed(&self) -> bool {
        self.outputs.iter().any(|output| matches!(output.format, Format::Json | Format::Html))
    }

    /// Returns the annotations, if they were requested.
    pub(super) fn annotations(&self, report: &RunReport) -> Option<String> {
        self.annotate.then(|| {
            let checkout = Checkout {
                root: variable("GITHUB_WORKSPACE").map(PathBuf::from),
                here: env::current_dir().unwrap_or_default(),
            };
            annotations(report, &checkout)
        })
    }

    /// Writes all files, in parallel.
    ///
    /// # Errors
    /// When one of them can no longer be written.
    pub(super) fn write(self, report: &mut RunReport) -> Result<(), CliError> {
        withhold(report, self.bodies);
        let (report, mut outputs) = (&*report, self.outputs);
        let Some(last) = outputs.pop() else { return Ok(()) };
        thread::scope(|scope| {
            let others: Vec<_> =
                outputs.into_iter().map(|output| scope.spawn(|| output.write(report))).collect();
            let last = last.write(report);
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            others.collect::<Result<(), CliError>>().and(last)
        })
    }
}

impl Output {
    fn write(self, report: &RunReport) -> Result<(), CliError> {
        let Self { format, path, file } = self;
        match format {
            Format::Json => json::write(report, file),
            Format::Junit => junit::write(report, file),
            Format::Html => html::write(report, file),
            Format::Markdown | Format::Github => markdown::write(report, file),
        }
        .map_err(|error| CliError::Broken(format!("cannot write {}: {error}", path.display())))
    }
}

/// Parses `FORMAT=PATH`; `github` needs no path.
fn parse(option: &str) -> Result<(Format, Option<PathBuf>), CliError> {
    let (name, path) = match option.split_once('=') {
        Some((name, path)) => (name, Some(PathBuf::from(path))),
        None => (option, None),
    };
    let Some((_, format)) = FORMATS.iter().find(|(known, _)| *known == name) else {
        let known = FORMATS.map(|(name, _)| name);
        let hint = match closest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? The formats are {}", known.join(", ")),
            None => {
                format!("write FORMAT=PATH, such as json=report.json; the formats are {}", known.join(", "))
            }
        };
        return Err(CliError::usage_hint(format!("there is no report format `{name}`"), hint));
    };
    match path {
        None if *format != Format::Github => Err(CliError::usage_hint(
            format!("--report {name} names no file"),
            format!("write --report {name}=PATH"),
        )),
        Some(path) if path.as_os_str().is_empty() => {
            Err(CliError::usage(format!("--report {name}= names no file")))
        }
        path => Ok((*format, path)),
    }
}

fn open(path: &Path) -> Result<File, CliError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false);
    // Appending is right for all: files other than the summary of a step are emptied first.
    options.append(true).open(path).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot write {}: {error}", path.display()))
}

/// Returns the file that becomes the summary of the step, in GitHub Actions.
fn step_summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
