//! `failspec merge`.

use std::path::Path;

use failspec_base::{files, sanitize::one_line};
use failspec_judge::report_model::{RunHeader, RunReport, Verdict, merge};
use failspec_report::{
    json,
    terminal::{self, Columns, Styles},
};

use super::{
    arguments::MergeArguments,
    error::CliError,
    reports::Reports,
    run::{print, print_as_it_is},
};

/// Maximum size of a report that is read, in bytes. A larger file is not a report, or does not fit into memory.
const MAX_SIZE: u64 = 2 << 30;

/// Merges the reports of all shards and returns the exit code of the whole run.
///
/// # Errors
/// When a report cannot be read, or they are not all the shards of one run.
pub fn command(arguments: &MergeArguments) -> Result<u8, CliError> {
    let mut shards = Vec::new();
    for path in &arguments.shards {
        shards.push((path.display().to_string(), read_report(path)?));
    }
    if let Some((name, report)) =
        shards.iter().find(|(_, report)| report.failspec != env!("CARGO_PKG_VERSION"))
    {
        return Err(CliError::usage_hint(
            format!(
                "{name} was written by failspec {}, but this is failspec {}",
                report.failspec,
                env!("CARGO_PKG_VERSION")
            ),
            "run and merge with the same version",
        ));
    }
    let count = shards.len();
    let interrupted: Vec<String> = shards
        .iter()
        .filter(|(_, report)| report.verdict == Verdict::Interrupted)
        .map(|(name, _)| format!("{name} is the report of a run that was interrupted, or has not ended"))
        .collect();
    let mut report = merge(shards).map_err(|error| match interrupted.is_empty() {
        true => CliError::usage(error.to_string()),
        false => CliError::usage_hint(error.to_string(), interrupted.join("\n")),
    })?;
    let reports = Reports::open(&arguments.reports, arguments.report_bodies)?;
    for report in &interrupted {
        let label = Styles::dab(Styles::BAD, "interrupted");
        print(&format!("{label} {}\n", one_line(report)));
    }
    if !arguments.quiet {
        print(&terminal::begin(&header(&report), Columns::of_stdout()));
        print(&format!("  merged {count} shards\n"));
    }
    // Printed before the summary: the last line is that of the verdict.
    if let Some(annotations) = reports.annotations(&report) {
        print_as_it_is(&annotations);
    }
    let view =
        terminal::View { verbose: arguments.verbose, quiet: arguments.quiet, columns: Columns::of_stdout() };
    print(&terminal::end(&report, view));
    Ok(reports.write(&mut report))
}

/// Reads a JSON report.
///
/// # Errors
/// When it cannot be read or is not a report, with the location.
pub(super) fn read_report(path: &Path) -> Result<RunReport, CliError> {
    let text = files::text(path, MAX_SIZE)
        .map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))?;
    json::read(&text).map_err(|error| {
        CliError::usage_hint(
            format!("{} is not a JSON report of failspec: {error}", path.display()),
            "`failspec run … --report json=PATH` writes one",
        )
    })
}

/// Returns the header that the whole run would have had. It has no waits, because they are over.
fn header(report: &RunReport) -> RunHeader {
    let packs = report.packs.iter().map(|pack| pack.header.clone());
    RunHeader {
        packs: packs
            .map(|pack| failspec_judge::report_model::PackHeader { waits: Vec::new(), ..pack })
            .collect(),
        cases: report.cases.len(),
        selectors: report.selectors.clone(),
        shard: None,
    }
}
