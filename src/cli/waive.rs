//! `failspec waive`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use jiff::civil::Date;

use failspec_base::syntax::{Diagnostics, Source};
use failspec_judge::report_model::{Outcome, RunReport, Verdict, exit};
use failspec_pack::target_config::{Config, Known, Waiver, WaiverDraft};
use failspec_report as report;
use failspec_report::terminal::visible;

use super::{arguments::WaiveArguments, error::CliError, merge::read_report, run::print};

/// The default validity of a waiver, in days: a quarter, so that it is reviewed.
const DAYS: i32 = 90;

/// Maximum length of a default reason, in characters: it is written to a file that people read.
const MAX_REASON_LEN: usize = 200;

/// Writes waivers for the violations of a report.
///
/// # Errors
/// When the report or the file cannot be read, or the file could no longer be read with the waivers in it.
pub fn command(arguments: &WaiveArguments) -> Result<u8, CliError> {
    let today = jiff::Zoned::now().date();
    let report = read_report(&arguments.report)?;
    let expires =
        arguments.expires.as_deref().map_or_else(|| days(today, DAYS), |text| expiry(text, today))?;
    let reason = arguments.reason.as_deref().map(str::trim);
    if reason.is_some_and(str::is_empty) {
        return Err(CliError::usage("--reason is empty: a waiver without a reason hides a violation"));
    }
    let mut drafts = drafts(&report, expires, today);
    for draft in &mut drafts {
        draft.reason = reason.map_or_else(|| draft.reason.clone(), str::to_owned);
        draft.issue.clone_from(&arguments.issue);
    }
    let mut said = String::new();
    if let Some(path) = &arguments.config {
        append(path, drafts, today, &mut said)?;
    } else {
        let text = drafts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        match &arguments.output {
            Some(path) => fs::write(path, text).map_err(|error| cannot("write", path, &error))?,
            None => print(&text),
        }
    }
    not_waived(&report, &mut said);
    // On standard error, because standard output may go into a file.
    let _ = failspec_report::terminal::stderr().write_all(visible(&said).as_bytes());
    Ok(exit::CONFORMS)
}

/// Creates one waiver for each scenario and check.
///
/// The rows of a scenario share one if all of them break the check, and if the report can show that: a glob over rows
/// that were not run, or that are right, would hide the next violation.
fn drafts(report: &RunReport, expires: Date, today: Date) -> Vec<WaiverDraft> {
    let whole = report.selectors.is_empty() && report.shard.is_none();
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &report.cases {
        *rows.entry(scenario(&case.name)).or_default() += 1;
    }
    let mut drafts: Vec<WaiverDraft> = Vec::new();
    let mut place: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for case in &report.cases {
        for finding in &case.violations {
            let at = place.entry((scenario(&case.name), finding.check)).or_default();
            if at.iter().any(|at| drafts[*at].cases.iter().any(|name| **name == *case.name)) {
                continue;
            }
            at.push(drafts.len());
            let message: String = finding.message.split_whitespace().collect::<Vec<_>>().join(" ");
            let message: String = message.chars().take(MAX_REASON_LEN).collect();
            drafts.push(WaiverDraft {
                scenario: case.name.to_string(),
                check: finding.check.to_owned(),
                reason: format!("as of {today}: {}", visible(&message)),
                issue: None,
                expires,
                cases: vec![case.name.to_string()],
            });
        }
    }
    let all_rows = |(scenario, _): &(&str, &str), at: &[usize]| {
        whole && at.len() > 1 && rows.get(scenario) == Some(&at.len())
    };
    let mut joined: Vec<usize> = Vec::new();
    for (key, at) in place.iter().filter(|(key, at)| all_rows(key, at)) {
        drafts[at[0]].cases = at.iter().map(|at| drafts[*at].scenario.clone()).collect();
        drafts[at[0]].scenario = format!("{}::*", key.0);
        joined.extend(&at[1..]);
    }
    let drafts = drafts.into_iter().enumerate().filter(|(at, _)| !joined.contains(at));
    drafts.map(|(_, draft)| of_version(draft, report)).collect()
}

/// Limits a waiver to the version of the contract that the report is about.
fn of_version(mut draft: WaiverDraft, report: &RunReport) -> WaiverDraft {
    let version = report.packs.iter().map(|pack| &pack.header).find_map(|header| {
        let rest = draft.scenario.strip_prefix(&header.name)?;
        (header.version.is_some() && rest.starts_with("::")).then(|| (header.name.len(), header.label()))
    });
    if let Some((length, label)) = version {
        for name in draft.cases.iter_mut().chain([&mut draft.scenario]) {
            name.replace_range(..length, &label);
        }
    }
    draft
}

/// Returns the name of a case without its row.
fn scenario(case: &str) -> &str {
    case.match_indices("::").nth(2).map_or(case, |(at, _)| &case[..at])
}

/// Appends the waivers that the file does not contain yet. Nothing in the file is changed.
fn append(path: &Path, drafts: Vec<WaiverDraft>, today: Date, said: &mut String) -> Result<(), CliError> {
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CliError::usage_hint(
            format!("there is no file {}", path.display()),
            "waivers are for the targets of a failspec.toml: `failspec init --target NAME --pack PACK` creates one",
        ),
        _ => cannot("read", path, &error),
    })?;
    let waivers = read(path, &text)?;
    let mut added = String::new();
    let mut count = 0;
    for draft in &drafts {
        match draft.known(&waivers, today) {
            Known::New => {
                let _ = write!(added, "\n{draft}");
                count += 1;
            }
            Known::Waived => {}
            Known::Expired(waiver) => {
                let _ = writeln!(
                    said,
                    "the waiver at {} expired on {}: extend it there, or fix the violation",
                    waiver.place, waiver.expires
                );
            }
        }
    }
    if !added.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            added.insert(0, '\n');
        }
        if text.contains("\r\n") {
            added = added.replace('\n', "\r\n");
        }
        // Never leave a file that can no longer be read.
        read(path, &format!("{text}{added}")).map_err(|_| {
            CliError::usage_hint(
                format!("cannot add waivers to {}: nothing was written", path.display()),
                "write them as [[waivers]] tables, not as `waivers = [ … ]`",
            )
        })?;
        let mut file =
            fs::OpenOptions::new().append(true).open(path).map_err(|error| cannot("write", path, &error))?;
        file.write_all(added.as_bytes()).map_err(|error| cannot("write", path, &error))?;
    }
    let _ = writeln!(said, "{} added to {}", report::count(count, "waiver"), path.display());
    Ok(())
}

fn read(path: &Path, text: &str) -> Result<Vec<Waiver>, Diagnostics> {
    Config::waivers(&Source::new(path.display().to_string(), text))
}

/// Lists the problems that keep the run from conforming and cannot be waived.
fn not_waived(report: &RunReport, said: &mut String) {
    for finding in report.run_findings.iter().filter(|finding| finding.violation) {
        let _ = writeln!(said, "cannot be waived: {} ({})", finding.message, finding.check);
    }
    let inconclusive = report.cases.iter().filter(|case| case.outcome == Outcome::Inconclusive).count();
    if inconclusive > 0 {
        let _ = writeln!(said, "cannot be waived: {inconclusive} inconclusive");
    }
    let missing: usize = report.packs.iter().map(|pack| pack.coverage.missing().len()).sum();
    let failed = report.cases.iter().any(|case| !case.violations.is_empty());
    if matches!(report.verdict, Verdict::Incomplete) || (missing > 0 && !failed) {
        let _ =
            writeln!(said, "cannot be waived: {missing} documented failures or causes were not exercised");
    }
}

/// Parses a date, or a number of days from now: `2027-01-31`, `90d`.
fn expiry(text: &str, today: Date) -> Result<Date, CliError> {
    let wrong = || {
        CliError::usage_hint(
            format!("--expires {text} is not a valid date"),
            "write 2027-01-31, or 90d for 90 days",
        )
    };
    let expires = match text.strip_suffix('d').map(str::parse) {
        Some(Ok(count)) => days(today, count)?,
        Some(Err(_)) => return Err(wrong()),
        None => text.parse().map_err(|_| wrong())?,
    };
    if expires < today {
        return Err(CliError::usage(format!(
            "{expires} is in the past: an expired waiver makes the run fail"
        )));
    }
    Ok(expires)
}

fn days(today: Date, count: i32) -> Result<Date, CliError> {
    let too_far = || CliError::usage(format!("{count} days from now is not a valid date"));
    let span = jiff::Span::new().try_days(count).map_err(|_| too_far())?;
    today.checked_add(span).map_err(|_| too_far())
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> CliError {
    CliError::usage(format!("cannot {what} {}: {error}", path.display()))
}
