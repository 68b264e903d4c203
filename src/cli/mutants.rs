//! `failspec mutants`.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    sync::Arc,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use failspec_judge::report_model::exit;
use failspec_mutants::{KillMatrix, MutantRun, Subject, markdown, subjects};
use failspec_pack::pack::Pack;
use failspec_report::terminal::Styles;

use super::{error::CliError, pack_sources::PackSources, packs, runtime::runtime, stdout::stdout};

/// Options of `mutants`.
#[derive(Debug, Args)]
pub struct MutantsArguments {
    /// Built-in packs (default: all)
    #[arg(value_name = "PACK")]
    pub names: Vec<String>,
    /// Only this mutant; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Write a report: json=PATH or markdown=PATH
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub reports: Vec<String>,
    /// Show only survivors and totals
    #[arg(short, long)]
    pub quiet: bool,
}

/// Runs every mutant of the packs and prints the kill matrix.
///
/// # Errors
/// When a pack has no reference implementation, or a report cannot be written.
pub fn command(arguments: &MutantsArguments) -> Result<u8, CliError> {
    let mut packs = packs::named(&PackSources::built_in()?, &arguments.names)?;
    if arguments.names.is_empty() {
        packs = packs::every_version(packs)?;
    }
    let subjects = chosen(&packs, arguments)?;
    let reports = open(&arguments.reports)?;
    let runtime = runtime()?;
    let bar = ProgressBar::new(subjects.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} mutants · {elapsed}") {
        bar.set_style(style);
    }
    let matrix = runtime.block_on(KillMatrix::run(&subjects, |_| bar.inc(1)));
    bar.finish_and_clear();
    let matrix = matrix.map_err(|error| CliError::Broken(error.to_string()))?;
    for (format, file) in reports {
        write(format, &matrix, file)
            .map_err(|error| CliError::Broken(format!("cannot write a report: {error}")))?;
    }
    let whole = arguments.names.is_empty() && arguments.only.is_empty();
    let idle = if whole { matrix.idle() } else { Vec::new() };
    // A closed pipe is not an error; the exit code stays the same.
    let _ = print(&matrix, &idle, arguments.quiet);
    let green = matrix.survivors().next().is_none() && idle.is_empty();
    Ok(if green { exit::CONFORMS } else { exit::VIOLATIONS })
}

/// Returns the mutants of the packs, all or those that are named.
fn chosen(packs: &[Arc<Pack>], arguments: &MutantsArguments) -> Result<Vec<Subject>, CliError> {
    let mut all = Vec::new();
    for pack in packs {
        all.extend(subjects(pack)?);
    }
    let names = |subject: &Subject| subject.mutant.id.to_string();
    if let Some(unknown) = arguments.only.iter().find(|only| !all.iter().any(|it| names(it) == **only)) {
        return Err(CliError::usage_hint(
            format!("there is no mutant `{unknown}`"),
            "`failspec serve PACK --mutant list` lists them",
        ));
    }
    all.retain(|subject| arguments.only.is_empty() || arguments.only.contains(&names(subject)));
    Ok(all)
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Json,
    Markdown,
}

/// Opens the files of the reports before anything runs, so that a bad path costs no time.
fn open(reports: &[String]) -> Result<Vec<(Format, File)>, CliError> {
    let hint = "write json=PATH or markdown=PATH";
    let open = |report: &String| {
        let (format, path) = report
            .split_once('=')
            .ok_or_else(|| CliError::usage_hint(format!("--report {report} names no file"), hint))?;
        let format = match format {
            "json" => Format::Json,
            "markdown" => Format::Markdown,
            _ => return Err(CliError::usage_hint(format!("--report: there is no format `{format}`"), hint)),
        };
        let file = File::create(path)
            .map_err(|error| CliError::usage(format!("--report: cannot write {path}: {error}")))?;
        Ok((format, file))
    };
    reports.iter().map(open).collect()
}

fn write(format: Format, matrix: &KillMatrix, file: File) -> std::io::Result<()> {
    let mut out = BufWriter::new(file);
    match format {
        Format::Json => serde_json::to_writer_pretty(&mut out, matrix)?,
        Format::Markdown => out.write_all(markdown(matrix).as_bytes())?,
    }
    out.write_all(b"\n")?;
    out.flush()
}

fn print(matrix: &KillMatrix, idle: &[&str], quiet: bool) -> std::io::Result<()> {
    let mut out = BufWriter::new(stdout());
    if !quiet {
        for pack in matrix.packs() {
            writeln!(out, "{}", Styles::dab(Styles::STRONG, pack))?;
            for experiment in matrix.experiments.iter().filter(|experiment| experiment.pack == pack) {
                writeln!(out, "  {}", row(experiment))?;
            }
            writeln!(out)?;
        }
    }
    for experiment in matrix.survivors() {
        let MutantRun { pack, mutant, about, expected, survived, .. } = experiment;
        writeln!(out, "{} {pack} · {mutant}: {about}", Styles::dab(Styles::BAD, "survived"))?;
        writeln!(out, "  expected {expected}; {}", survived.as_deref().unwrap_or_default())?;
    }
    for check in idle {
        writeln!(out, "{} the check {check} detected no mutant", Styles::dab(Styles::BAD, "idle"))?;
    }
    for pack in matrix.packs().into_iter().map(Some).chain([None]) {
        let tally = matrix.tally(pack);
        writeln!(
            out,
            "{:<11} {} of {} mutants killed · {} of {} harmless changes passed",
            pack.unwrap_or("all"),
            tally.killed,
            tally.harmful,
            tally.passed,
            tally.harmless
        )?;
    }
    out.flush()
}

fn row(experiment: &MutantRun) -> String {
    let word = match (&experiment.survived, experiment.harmless) {
        (Some(_), _) => Styles::dab(Styles::BAD, "SURVIVED"),
        (None, true) => Styles::dab(Styles::GOOD, "passed  "),
        (None, false) => Styles::dab(Styles::GOOD, "killed  "),
    };
    let counts = experiment.noticed.iter().map(|(check, count)| {
        let violations = (count.violations > 0).then(|| format!("{check} {}", count.violations));
        let warnings = (count.warnings > 0).then(|| {
            let name = if violations.is_some() { "" } else { check.as_str() };
            Styles::dab(Styles::FAINT, format_args!("{name}({})", count.warnings))
        });
        violations.into_iter().chain(warnings).collect::<Vec<_>>().join(" ")
    });
    let counts: Vec<String> = counts.collect();
    let noticed = match experiment.unpromised {
        Some(why) => Styles::dab(Styles::FAINT, why),
        None if counts.is_empty() => experiment.verdict.to_owned(),
        None => counts.join(" · "),
    };
    format!("{word} {:<36} {noticed}", experiment.mutant)
}
