//! `--rerun`: the cases of an earlier run.

use std::path::{Path, PathBuf};

use failspec_judge::report_model::{CaseReport, Outcome};

use super::{
    arguments::{Rerun, RunArguments},
    error::CliError,
    merge::read_report,
};

/// Returns the selectors of the cases that are to run again; `None` without `--rerun`.
///
/// # Errors
/// When there is no report, when it cannot be read, and when none of its cases failed: nothing would be tested.
pub(super) fn rerun(arguments: &RunArguments) -> Result<Option<Vec<String>>, CliError> {
    let Some(Rerun::Failed) = arguments.rerun else { return Ok(None) };
    let own = || arguments.reports.iter().find_map(|report| report.strip_prefix("json=")).map(PathBuf::from);
    let Some(path) = arguments.rerun_from.clone().or_else(own) else {
        return Err(CliError::usage_hint(
            "--rerun needs the JSON report of the last run",
            "give --report json=PATH in every run: it is read before it is replaced; or --rerun-from PATH",
        ));
    };
    let failed = failed(&path, &arguments.selectors)?;
    if failed.is_empty() {
        return Err(CliError::usage_hint(
            format!("no case failed in {}: nothing would be tested", path.display()),
            "run without --rerun",
        ));
    }
    Ok(Some(failed))
}

/// Returns the names of the cases that failed, with the version of their pack. Of those, only the ones that `given` selects.
fn failed(path: &Path, given: &[String]) -> Result<Vec<String>, CliError> {
    if !given.is_empty() {
        return Err(CliError::usage_hint(
            "--rerun takes the cases from the report: it cannot be used with selectors",
            "narrow them with --only and --exclude",
        ));
    }
    let report = read_report(path)?;
    let label = |name: &str, pack: &str| {
        let header = report.packs.iter().map(|pack| &pack.header).find(|header| header.name == pack);
        let label = header.map_or_else(|| pack.to_owned(), |header| header.label());
        name.strip_prefix(pack).map_or_else(|| name.to_owned(), |rest| format!("{label}{rest}"))
    };
    let has_failed = |case: &&CaseReport| matches!(case.outcome, Outcome::Failed | Outcome::Unstable);
    let failed = report.cases.iter().filter(has_failed);
    Ok(failed.map(|case| label(&case.name, &case.pack)).collect())
}
