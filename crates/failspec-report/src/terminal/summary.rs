//! The summary: outcomes, coverage, findings of the run, errata, and the verdict in one word.

use std::{cmp::Reverse, collections::BTreeMap, fmt::Write as _};

use crate::{
    count,
    summary::{
        INSECURE, MOCK, REFERENCE, because, counts, features, health_checks, reruns, rests_on, undecided,
    },
};
use failspec_base::sanitize;
use failspec_judge::report_model::{
    CaseReport, NotCovered, Outcome, RunReport, SnapshotState, State, Verdict,
};

use super::{
    cases::cases,
    causes::{access, are_shown_by_cause, causes, not_called, operations},
    recording::recordings,
    screen::{Columns, Screen},
    styles::Styles,
    visible,
};

/// Maximum number of cases with the same reason that are listed by name.
pub(super) const MAX_NAMES: usize = 6;

/// Maximum number of resources left behind that are listed.
const MAX_LEFTOVERS: usize = 20;

/// The choice of what is shown after a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct View {
    /// True if passed cases, warnings and errata are shown in full.
    pub verbose: bool,
    /// True if only the verdict is shown.
    pub quiet: bool,
    /// The terminal.
    pub columns: Columns,
}

/// Time from which a case is slow, in milliseconds: most take less than a tenth of a second.
const SLOW_CASE_MS: u64 = 5000;

/// Maximum number of slow cases listed.
const MAX_SLOW: usize = 3;

/// Returns the whole output after a run.
pub fn end(report: &RunReport, view: View) -> String {
    let View { verbose, quiet, columns } = view;
    let text = &mut Screen::new(columns);
    if let Some(undecided) = undecided(report) {
        text.blank();
        let undecided = sanitize::one_line(&undecided.to_string());
        text.line(4, format_args!("{}", Styles::dab(Styles::WARN, undecided)));
    }
    let by_cause = are_shown_by_cause(report) && !quiet;
    if by_cause {
        text.blank();
        causes(text, report, verbose);
    }
    if let Some(diagnosis) = &report.diagnosis {
        if !quiet {
            text.blank();
        }
        let judged = report.cases.iter().any(|it| matches!(it.outcome, Outcome::Passed | Outcome::Failed));
        if judged && !quiet {
            cases(text, report, verbose);
            text.blank();
        }
        let title = if judged { "the run was stopped" } else { "nothing can be judged" };
        text.line(4, format_args!("{}\n{}", Styles::dab(Styles::BAD, title), indented(diagnosis)));
    } else if !quiet {
        cases(text, report, verbose);
    }
    if !quiet {
        text.blank();
        left_behind(text, report);
        outcomes(text, report);
        if !report.is_observation() {
            coverage(text, report);
        }
        recordings(text, report, verbose);
        operations(text, report, verbose);
        not_called(text, report, verbose);
        if verbose {
            access(text, report);
        }
        findings(text, report, verbose);
        snapshots(text, report);
        errata(text, report, verbose);
    }
    last_line(text, report, quiet);
    std::mem::take(text).finish()
}

/// Returns a text of several lines, none of which is taken for a line of ours: it may quote a response.
fn indented(text: &str) -> String {
    visible(text).replace('\n', "\n  ")
}

/// Writes the resources that teardowns could not remove, also after a run that was stopped.
fn left_behind(text: &mut Screen, report: &RunReport) {
    let all = || report.cases.iter().flat_map(|case| &case.left_behind);
    let count = all().count();
    if count == 0 {
        return;
    }
    text.line(
        11,
        format_args!(
            "{} {}",
            label("left"),
            Styles::dab(
                Styles::WARN,
                format_args!("{} that a teardown could not remove:", count::count(count, "resource"))
            )
        ),
    );
    for left in all().take(MAX_LEFTOVERS) {
        text.line(15, format_args!("             {}", sanitize::one_line(left)));
    }
    if count > MAX_LEFTOVERS {
        text.line(
            15,
            format_args!("             … and {} more (every report lists them)", count - MAX_LEFTOVERS),
        );
    }
}

fn outcomes(text: &mut Screen, report: &RunReport) {
    let summary = &report.summary;
    let default = if report.is_observation() { "seen" } else { "passed" };
    let counts = [
        (summary.passed, "passed", Styles::GOOD),
        (summary.seen, "seen", Styles::GOOD),
        (summary.failed, "failed", Styles::BAD),
        (summary.unstable, "unstable", Styles::BAD),
        (summary.inconclusive, "inconclusive", Styles::WARN),
        (summary.skipped, "skipped", Styles::WARN),
        (summary.not_applicable, "not applicable", Styles::FAINT),
        (summary.waived, "waived", Styles::WARN),
        (summary.unconfirmed, "unconfirmed", Styles::WARN),
    ];
    let mut parts: Vec<String> = counts
        .iter()
        .filter(|(count, word, _)| *count > 0 || *word == default)
        .map(|(count, word, style)| {
            Styles::dab(if *count > 0 { *style } else { Styles::FAINT }, format_args!("{count} {word}"))
        })
        .collect();
    if summary.warned > 0 {
        parts.push(Styles::dab(Styles::WARN, format_args!("{} with warnings", summary.warned)));
    }
    let seconds = report.duration_ms as f64 / 1000.0;
    text.line(11, format_args!("{} {} · {seconds:.2} s", label("outcomes"), parts.join(" · ")));
    slowest(text, report);
    for line in reruns(report) {
        text.line(11, format_args!("{} {line}", label("reruns")));
    }
    for line in features(report) {
        text.line(11, format_args!("{} {}", label("features"), visible(&line)));
    }
    for line in health_checks(report) {
        text.line(11, format_args!("{} {}", label("health"), visible(&line)));
    }
}

/// Writes the slowest cases, if any took long: a run takes at least as long as they do.
fn slowest(text: &mut Screen, report: &RunReport) {
    let mut slow: Vec<&CaseReport> =
        report.cases.iter().filter(|case| case.duration_ms >= SLOW_CASE_MS).collect();
    slow.sort_by_key(|case| Reverse(case.duration_ms));
    let told = slow
        .iter()
        .take(MAX_SLOW)
        .map(|case| format!("{} {:.1} s", sanitize::one_line(&case.name), case.duration_ms as f64 / 1000.0));
    let told: Vec<String> = told.collect();
    if !told.is_empty() {
        text.line(11, format_args!("{} {}", label("slowest"), told.join(" · ")));
    }
}

fn coverage(text: &mut Screen, report: &RunReport) {
    let several = report.packs.len() > 1;
    for pack in &report.packs {
        let coverage = &pack.coverage;
        let exercised = coverage.count(|state| *state == State::Exercised);
        let (causes, causes_exercised) = coverage.causes();
        let mut line = format!("{exercised} of {} documented failures exercised", coverage.failures.len());
        if causes > 0 {
            let _ = write!(line, ", {causes_exercised} of {causes} causes");
        }
        let not_selected = coverage.count(|state| *state == State::NotSelected);
        if not_selected > 0 {
            let _ = write!(line, ", {not_selected} not selected");
        }
        let name = if several { format!("{:<11} ", pack.header.label()) } else { String::new() };
        text.line(11, format_args!("{} {name}{line}", label("coverage")));
        for failure in &coverage.failures {
            let why = match &failure.state {
                State::CoveredByAlternative(code) => format!("covered by an alternative: code {code}"),
                State::Waived(reason) => format!("waived: {reason}"),
                State::Excluded(reason) => format!("excluded by the contract: {reason}"),
                State::OutOfReach(reason) => format!("out of reach of the target: {reason}"),
                State::NotApplicable(reason) => format!("not applicable: {reason}"),
                _ => continue,
            };
            text.line(
                15,
                format_args!(
                    "             {} {}",
                    sanitize::one_line(&failure.failure),
                    Styles::dab(Styles::FAINT, sanitize::one_line(&why))
                ),
            );
        }
        if report.diagnosis.is_none() {
            missing(text, &coverage.missing());
        }
    }
}

/// Writes what was not exercised, grouped by reason.
fn missing(text: &mut Screen, missing: &[(String, &NotCovered)]) {
    let mut by_reason: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, why) in missing {
        // Missing requirements are listed above, with the number of cases that require them.
        let why = if why.is_skipped() { "skipped, see above".to_owned() } else { why.to_string() };
        by_reason.entry(why).or_default().push(name);
    }
    for (why, names) in by_reason {
        text.line(
            4,
            format_args!(
                "  {} {} — {}",
                Styles::dab(Styles::WARN, "not covered"),
                sanitize::one_line(&names.join(", ")),
                Styles::dab(Styles::FAINT, sanitize::one_line(&why))
            ),
        );
    }
}

fn findings(text: &mut Screen, report: &RunReport, verbose: bool) {
    for finding in &report.run_findings {
        let sign =
            if finding.violation { Styles::dab(Styles::BAD, "✗") } else { Styles::dab(Styles::WARN, "!") };
        text.line(
            11,
            format_args!(
                "{} {sign} {} {}",
                label("run"),
                Styles::dab(Styles::STRONG, &finding.check),
                sanitize::one_line(&finding.message)
            ),
        );
        let most = if verbose { usize::MAX } else { MAX_NAMES };
        for name in finding.cases.iter().take(most) {
            text.line(15, format_args!("               {}", sanitize::one_line(name)));
        }
        if finding.cases.len() > most {
            text.line(
                15,
                format_args!("               … and {} more (-v lists them)", finding.cases.len() - most),
            );
        }
    }
}

/// Writes the numbers of changed, new and updated responses. New responses need no diff: all of each would be new.
fn snapshots(text: &mut Screen, report: &RunReport) {
    let count = |state| {
        let states = report.cases.iter().filter_map(|case| case.snapshot.as_ref());
        states.filter(|snapshot| snapshot.state == state).count()
    };
    let counts = [
        (count(SnapshotState::Changed), "differ from the approved response"),
        (count(SnapshotState::New), "have no approved response yet"),
        (count(SnapshotState::Updated), "approved by this run"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !parts.is_empty() {
        text.line(11, format_args!("{} {}", label("snapshots"), parts.join(" · ")));
    }
}

fn errata(text: &mut Screen, report: &RunReport, verbose: bool) {
    if report.errata.is_empty() {
        return;
    }
    let packs: Vec<String> = report.packs.iter().map(|pack| pack.header.label()).collect();
    let more = if verbose { String::new() } else { format!(" (failspec coverage {})", packs.join(" ")) };
    text.line(
        11,
        format_args!(
            "{} {}{}",
            label("errata"),
            count::errata(report.errata.len()),
            Styles::dab(Styles::FAINT, more)
        ),
    );
    if verbose {
        for erratum in &report.errata {
            text.line(
                15,
                format_args!("             {}: {}", erratum.pack, sanitize::one_line(&erratum.about)),
            );
        }
    }
}

/// Returns the reason for the verdict, if nothing else shows it.
fn reason(report: &RunReport) -> String {
    let summary = &report.summary;
    match report.verdict {
        Verdict::Violations => {
            let run = report.run_findings.iter().filter(|finding| finding.violation).count();
            match (summary.failed, run) {
                (0, 0) => "warnings or changed responses".to_owned(),
                (_, 0) => String::new(),
                (_, run) => count::count(run, "finding") + " about the whole run",
            }
        }
        Verdict::Incomplete if report.is_observation() => because(report),
        Verdict::Incomplete => {
            let missing = report.packs.iter().flat_map(|pack| pack.coverage.missing());
            let names: Vec<String> = missing.map(|(name, _)| name).collect();
            let shown = names.len().min(MAX_NAMES);
            let more = match names.len() - shown {
                0 => String::new(),
                more => format!(" and {more} more (listed without --quiet)"),
            };
            format!("not covered: {}{more}", names[..shown].join(", "))
        }
        _ => String::new(),
    }
}

/// Returns the numbers of cases by outcome, the worst first. Of a run that conforms, only those that passed: what it
/// rests on besides is said first.
fn outcome_counts(report: &RunReport) -> Vec<String> {
    let conforms = report.verdict == Verdict::Conforms;
    let shown = |outcome: &Outcome| !conforms || *outcome == Outcome::Passed;
    let counts = counts(report).into_iter().filter(|(count, outcome)| *count > 0 && shown(outcome));
    counts.map(|(count, outcome)| format!("{count} {}", outcome.as_str())).collect()
}

fn last_line(text: &mut Screen, report: &RunReport, quiet: bool) {
    let style = match report.verdict {
        Verdict::Conforms | Verdict::NoViolationsSeen => Styles::GOOD,
        Verdict::Violations => Styles::BAD,
        _ => Styles::WARN,
    };
    let mut line = Styles::dab(style, report.verdict.as_str());
    let rests_on = rests_on(report);
    if !rests_on.is_empty() {
        let _ = write!(line, " · {}", rests_on.join(", "));
    }
    let why = if quiet { reason(report) } else { String::new() };
    if !why.is_empty() {
        let _ = write!(line, " · {}", sanitize::one_line(&why));
    }
    let counts = outcome_counts(report);
    if !counts.is_empty() {
        let _ = write!(line, " · {}", counts.join(", "));
    }
    let documented = report.summary.documented;
    let whole = || format!("{documented} of {documented} documented failures");
    let part = crate::summary::selected_part(report.packs.iter().map(|pack| &pack.header));
    if let Some(part) = part.or_else(|| report.shard.is_some().then(whole)) {
        let _ = write!(line, " · {part} selected");
    }
    if let Some(shard) = &report.shard {
        let _ = write!(line, " · shard {}: `failspec merge` judges the whole", shard.shard());
    }
    if report.reference {
        let _ = write!(line, " · {}", Styles::dab(Styles::WARN, REFERENCE));
    }
    if report.is_of_mock() {
        let _ = write!(line, " · {}", Styles::dab(Styles::WARN, MOCK));
    }
    if report.packs.iter().any(|pack| pack.header.insecure) {
        let _ = write!(line, " · {}", Styles::dab(Styles::BAD, INSECURE));
    }
    text.line(11, format_args!("{} {line}", label("verdict")));
}

pub(super) fn label(word: &str) -> String {
    Styles::dab(Styles::FAINT, format_args!("{word:<10}"))
}
