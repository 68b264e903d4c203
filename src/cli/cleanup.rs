//! `failspec cleanup`.

use std::{fmt::Write as _, io::Write as _, sync::Arc};

use failspec_engine::{CleanupReport, Plan, RunOptions, Selectors, cleanup};
use failspec_judge::report_model::exit;
use failspec_report::terminal::{Styles, visible};

use super::{
    arguments::CleanupArguments,
    error::CliError,
    pack_sources::PackSources,
    packs,
    resolve_target::{by_pack, override_target, target},
    runtime::runtime,
    stdout::stdout,
};

/// Removes what earlier runs left behind. Exit code 3 if something is still there.
///
/// # Errors
/// When files or options are wrong, or the pack does not define a cleanup; then nothing was sent.
pub fn command(arguments: &CleanupArguments) -> Result<u8, CliError> {
    let packs = packs::named(
        &PackSources::of(&arguments.from, arguments.target.config.as_deref())?,
        std::slice::from_ref(&arguments.pack),
    )?;
    let [pack] = packs.as_slice() else {
        return Err(CliError::usage(format!("there is no pack {}", arguments.pack)));
    };
    if pack.contract.cleanup.is_empty() {
        return Err(CliError::usage_hint(
            format!("the pack {} does not define a cleanup", pack.name),
            "add `cleanup` to its contract",
        ));
    }
    let config = target(&arguments.target, &packs)?;
    let mut target = by_pack(&config.target, &packs)?.remove(0);
    override_target(&mut target, &arguments.target, pack)?;
    if target.read_only && !arguments.dry_run {
        return Err(CliError::usage_hint(
            format!("the target {} is read-only: nothing can be removed", target.name),
            "`--dry-run` lists what is there",
        ));
    }
    let plan = Plan::new(Arc::clone(pack), Arc::new(target), &Selectors::default(), 0);
    let options = RunOptions { allow_commands: arguments.target.allow_commands, ..RunOptions::default() };
    let swept = cleanup(&plan, &options, arguments.of_run.as_deref(), !arguments.dry_run);
    let runtime = runtime()?;
    let report = runtime.block_on(swept);
    // Do not wait for a pending name lookup.
    runtime.shutdown_background();
    let report = report?;
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text(&report, arguments.dry_run).as_bytes());
    let clean = report.problems.is_empty() && report.found.iter().all(|swept| swept.problem.is_none());
    Ok(if clean { exit::CONFORMS } else { exit::INCONCLUSIVE })
}

fn text(report: &CleanupReport, dry: bool) -> String {
    let mut text = String::new();
    for swept in &report.found {
        let (word, why) = match &swept.problem {
            Some(problem) => (Styles::dab(Styles::BAD, "still there"), format!(" · {}", visible(problem))),
            None if dry => (Styles::dab(Styles::WARN, "found"), String::new()),
            None => (Styles::dab(Styles::GOOD, "removed"), String::new()),
        };
        let _ = writeln!(text, "{word} {}{why}", visible(&swept.name));
    }
    for problem in &report.problems {
        let _ = writeln!(text, "{} {}", Styles::dab(Styles::BAD, "cannot list:"), visible(problem));
    }
    if report.found.is_empty() && report.problems.is_empty() {
        let _ = writeln!(text, "nothing was left behind");
    }
    text
}
