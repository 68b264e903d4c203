//! The reports that `run` writes: as those of an interrupted run before anything is sent, and again at the end.

use std::{
    env,
    ffi::OsString,
    fs::File,
    io::{self, Write as _},
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
};

use failspec_base::syntax::closest;
use failspec_judge::report_model::{Event, RunReport, exit};
use failspec_report::{
    BodyPolicy,
    github::{Checkout, annotations},
    har, html, json, junit, markdown, ndjson, sarif, withhold, withhold_case,
};

use super::{
    arguments::BodiesMode,
    error::{CliError, worse},
    output_file::OutputFile,
};

/// The formats, in the order of docs/reports.md.
const FORMATS: [(&str, Format); 8] = [
    ("json", Format::Json),
    ("junit", Format::Junit),
    ("html", Format::Html),
    ("markdown", Format::Markdown),
    ("github", Format::Github),
    ("sarif", Format::Sarif),
    ("ndjson", Format::Ndjson),
    ("har", Format::Har),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Junit,
    Html,
    Markdown,
    Github,
    Sarif,
    Ndjson,
    Har,
}

/// Open reports, which are written at the end of a run.
#[derive(Debug)]
pub(super) struct Reports {
    outputs: Vec<Output>,
    /// True if annotations go to standard output.
    annotate: bool,
    bodies: BodyPolicy,
    /// True if the events were written as they happened.
    streamed: bool,
}

#[derive(Debug)]
struct Output {
    format: Format,
    file: OutputFile,
}

impl Reports {
    /// Opens every report: a run of an hour must not fail at the end because of a misspelt folder. Existing contents
    /// are kept.
    ///
    /// # Errors
    /// When a format is unknown, a file cannot be written, or two reports have the same file.
    pub(super) fn open(options: &[String], bodies: BodiesMode) -> Result<Self, CliError> {
        let wanted: Vec<(Format, Option<PathBuf>)> =
            options.iter().map(|option| parse(option)).collect::<Result<_, _>>()?;
        let summary = step_summary();
        let mut outputs: Vec<Output> = Vec::new();
        for (format, path) in &wanted {
            let Some(path) = path.clone().or_else(|| summary.clone()) else { continue };
            // Other steps may have written to the summary of the step before.
            let is_summary = summary.as_ref() == Some(&path);
            let file = if is_summary { OutputFile::append(&path) } else { OutputFile::open(&path) };
            let file = file.map_err(|error| CliError::usage(cannot_write(&path, &error)))?;
            if outputs.iter().any(|other| other.file.is_same(&file)) {
                return Err(CliError::usage(format!("two reports have the same file: {}", path.display())));
            }
            outputs.push(Output { format: *format, file });
        }
        let annotate = wanted.iter().any(|(format, _)| *format == Format::Github);
        let bodies = match bodies {
            BodiesMode::None => BodyPolicy::None,
            BodiesMode::Violations => BodyPolicy::Violations,
            BodiesMode::All => BodyPolicy::All,
        };
        Ok(Self { outputs, annotate, bodies, streamed: false })
    }

    /// Replaces all report files by those of a run that has not ended. Whatever kills the run, nobody takes an earlier
    /// report for its result. A pipe or a step summary can be written only once, at the end.
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub(super) fn begin(&mut self, unfinished: &RunReport) -> Result<(), CliError> {
        let whole = |output: &&mut Output| output.file.is_replaced() && output.format != Format::Ndjson;
        for output in self.outputs.iter_mut().filter(whole) {
            output.write(unfinished).map_err(CliError::usage)?;
        }
        Ok(())
    }

    /// Starts the files of events, of which each line is written when it happens.
    ///
    /// # Errors
    /// When one of them cannot be written.
    pub(super) fn events(&mut self) -> Result<EventLog, CliError> {
        self.streamed = true;
        let mut files = Vec::new();
        for output in self.outputs.iter_mut().filter(|output| output.format == Format::Ndjson) {
            let file = output.file.start();
            files.push(file.map_err(|error| CliError::usage(cannot_write(output.file.path(), &error)))?);
        }
        Ok(EventLog { files: Mutex::new(files), bodies: self.bodies })
    }

    /// Returns true if one of them shows the requests and responses of cases that passed.
    pub(super) fn show_passed(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| matches!(output.format, Format::Json | Format::Html | Format::Ndjson | Format::Har))
    }

    /// Returns the annotations, if they were requested.
    pub(super) fn annotations(&self, report: &RunReport) -> Option<String> {
        self.annotate.then(|| annotations(report, &checkout()))
    }

    /// Writes all files, in parallel, and returns the exit code. What cannot be written is said; it changes no verdict
    /// that is worse.
    pub(super) fn write(self, report: &mut RunReport) -> u8 {
        withhold(report, self.bodies);
        let (report, streamed, mut outputs) = (&*report, self.streamed, self.outputs);
        let code = report.verdict.exit_code();
        let write = |output: &mut Output| {
            if streamed && output.format == Format::Ndjson {
                output.finish(report)
            } else {
                output.write(report)
            }
        };
        let Some(mut last) = outputs.pop() else { return code };
        let failures: Vec<String> = thread::scope(|scope| {
            let others: Vec<_> =
                outputs.iter_mut().map(|output| scope.spawn(move || write(output))).collect();
            let last = write(&mut last);
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            others.chain([last]).filter_map(Result::err).collect()
        });
        let code = if failures.is_empty() { code } else { worse(code, exit::INCONCLUSIVE) };
        failures.into_iter().for_each(|failure| CliError::Broken(failure).print());
        code
    }
}

impl Output {
    /// Writes the report; if that fails, returns why.
    fn write(&mut self, report: &RunReport) -> Result<(), String> {
        let format = self.format;
        let written = self.file.write(|file| write(format, report, file));
        written.map_err(|error| cannot_write(self.file.path(), &error))
    }

    /// Appends the last event; if that fails, returns why.
    fn finish(&mut self, report: &RunReport) -> Result<(), String> {
        let written = self.file.append_to(|file| ndjson::finished(report, file));
        written.map_err(|error| cannot_write(self.file.path(), &error))
    }
}

/// Files to which the events of a run are written as they happen.
#[derive(Debug)]
pub(super) struct EventLog {
    files: Mutex<Vec<File>>,
    bodies: BodyPolicy,
}

impl EventLog {
    /// Writes an event. A file that cannot be written gets no more events: the end of the run writes to it once more,
    /// and says why that fails.
    pub(super) fn write(&self, event: Event<'_>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.is_empty() {
            return;
        }
        let mut line = Vec::new();
        let written = match event {
            Event::CaseFinished(case) if self.bodies != BodyPolicy::All => {
                let mut case = case.clone();
                withhold_case(&mut case, self.bodies);
                ndjson::event(Event::CaseFinished(&case), &mut line)
            }
            event => ndjson::event(event, &mut line),
        };
        files.retain_mut(|file| written.is_ok() && file.write_all(&line).is_ok());
    }
}

/// Returns the place of the run in the checkout of the CI.
fn checkout() -> Checkout {
    Checkout {
        root: variable("GITHUB_WORKSPACE").map(PathBuf::from),
        here: env::current_dir().unwrap_or_default(),
    }
}

/// Returns the reader of JUnit reports: GitLab says in each job that it is GitLab.
fn dialect() -> junit::Dialect {
    if variable("GITLAB_CI").is_some() { junit::Dialect::Gitlab } else { junit::Dialect::Jenkins }
}

fn write(format: Format, report: &RunReport, file: &mut File) -> io::Result<()> {
    match format {
        Format::Json => json::write(report, file),
        Format::Junit => junit::write(report, dialect(), file),
        Format::Html => html::write(report, file),
        Format::Markdown | Format::Github => markdown::write(report, file),
        Format::Sarif => sarif::write(report, &checkout(), file),
        Format::Ndjson => ndjson::write(report, file),
        Format::Har => har::write(report, file),
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

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

/// Returns the file that becomes the summary of the step, in GitHub Actions.
fn step_summary() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
