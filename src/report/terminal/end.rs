//! The end: outcomes, coverage, findings of the run, errata, and the verdict in one word.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::verdict::{Lack, LackKind, Outcome, RunReport, SnapshotState, State, TrialReport, Verdict};

use super::{
    begin::REFERENCE,
    paint::{Paint, visible},
    trial::trial,
};

/// How many trials with one and the same reason are listed by name.
const MOST_NAMES: usize = 6;

/// Everything that is told after a run. `verbose` shows warnings and snapshots of trials that passed in full.
pub fn end(report: &RunReport, verbose: bool, quiet: bool) -> String {
    let mut text = String::new();
    if let Some(diagnosis) = &report.diagnosis {
        let _ =
            writeln!(text, "\n{}\n{}", Paint::dab(Paint::BAD, "nothing can be judged"), visible(diagnosis));
    } else if !quiet {
        trials(&mut text, report, verbose);
    }
    text.push('\n');
    if !quiet {
        outcomes(&mut text, report);
        coverage(&mut text, report);
        findings(&mut text, report);
        snapshots(&mut text, report);
        errata(&mut text, report, verbose);
    }
    last_line(&mut text, report);
    text
}

/// Trials that did not simply pass. Those without a verdict are told together by reason.
fn trials(text: &mut String, report: &RunReport, verbose: bool) {
    let mut by_reason: BTreeMap<&str, Vec<&TrialReport>> = BTreeMap::new();
    for report in &report.scenarios {
        let snapshot = report.snapshot.as_ref().map(|snapshot| snapshot.state);
        let differs = snapshot == Some(SnapshotState::Changed);
        let remarks = !report.warnings.is_empty() || !report.left_behind.is_empty() || differs;
        match report.outcome {
            Outcome::Skipped => {}
            Outcome::Inconclusive => {
                by_reason.entry(report.reason.as_deref().unwrap_or_default()).or_default().push(report);
            }
            Outcome::Failed | Outcome::Waived => {
                let _ = write!(text, "\n{}", trial(report));
            }
            Outcome::Passed if remarks || verbose => {
                let _ = write!(text, "\n{}", trial(report));
            }
            Outcome::Passed => {}
        }
    }
    for (reason, trials) in by_reason {
        if let [only] = trials.as_slice() {
            let _ = write!(text, "\n{}", trial(only));
            continue;
        }
        let word = Paint::dab(Paint::WARN, "INCONCLUSIVE");
        let _ = writeln!(text, "\n{word} {} × {}", trials.len(), visible(reason));
        let most = if verbose { usize::MAX } else { MOST_NAMES };
        for trial in trials.iter().take(most) {
            let _ = writeln!(text, "  {}  {}", trial.name, Paint::dab(Paint::FAINT, &trial.location));
        }
        if trials.len() > most {
            let _ = writeln!(text, "  … and {} more (-v lists them)", trials.len() - most);
        }
    }
    skipped(text, report);
}

/// What the target would have to bring for the trials that were skipped, each thing once.
fn skipped(text: &mut String, report: &RunReport) {
    let skipped: Vec<&TrialReport> =
        report.scenarios.iter().filter(|trial| trial.outcome == Outcome::Skipped).collect();
    if skipped.is_empty() {
        return;
    }
    let mut lacks: BTreeMap<&Lack, usize> = BTreeMap::new();
    for lack in skipped.iter().flat_map(|trial| &trial.lacks) {
        *lacks.entry(lack).or_default() += 1;
    }
    let _ = writeln!(
        text,
        "\n{} {} of {}: the target lacks what they need",
        Paint::dab(Paint::WARN, "SKIPPED"),
        skipped.len(),
        report.scenarios.len()
    );
    for (lack, count) in &lacks {
        let name = Paint::dab(Paint::STRONG, format_args!("{} {}", lack.kind.word(), lack.name));
        let _ = writeln!(text, "  {name} {}", Paint::dab(Paint::FAINT, format_args!("(for {count})")));
        let _ = writeln!(text, "      {}", visible(&lack.about));
    }
    let lacking = |kind| lacks.keys().any(|lack| lack.kind == kind);
    let mut ways = Vec::new();
    if lacking(LackKind::Role) {
        ways.push("--role NAME=bearer:env:VAR");
    }
    if lacking(LackKind::Variable) {
        ways.push("--var NAME=VALUE");
    }
    let file = "a target in failspec.toml (failspec serve PACK --target-file PATH writes one to copy)";
    let ways = if ways.is_empty() { file.to_owned() } else { format!("{}, or {file}", ways.join(", ")) };
    let _ = writeln!(text, "  {} {ways}", Paint::dab(Paint::GOOD, "bring them with"));
}

fn outcomes(text: &mut String, report: &RunReport) {
    let summary = &report.summary;
    let counts = [
        (summary.passed, "passed", Paint::GOOD),
        (summary.failed, "failed", Paint::BAD),
        (summary.inconclusive, "inconclusive", Paint::WARN),
        (summary.skipped, "skipped", Paint::WARN),
        (summary.waived, "waived", Paint::WARN),
    ];
    let mut parts: Vec<String> = counts
        .iter()
        .filter(|(count, word, _)| *count > 0 || *word == "passed")
        .map(|(count, word, style)| {
            Paint::dab(if *count > 0 { *style } else { Paint::FAINT }, format_args!("{count} {word}"))
        })
        .collect();
    if summary.warned > 0 {
        parts.push(Paint::dab(Paint::WARN, format_args!("{} with warnings", summary.warned)));
    }
    let seconds = report.duration_ms as f64 / 1000.0;
    let _ = writeln!(text, "{} {} · {seconds:.2} s", label("outcomes"), parts.join(" · "));
}

fn coverage(text: &mut String, report: &RunReport) {
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
        let name = if several { format!("{:<11} ", pack.header.name) } else { String::new() };
        let _ = writeln!(text, "{} {name}{line}", label("coverage"));
        for failure in &coverage.failures {
            let why = match &failure.state {
                State::CoveredByAlternative(code) => format!("covered by an alternative: answered as {code}"),
                State::Waived(reason) => format!("waived: {reason}"),
                State::Excluded(reason) => format!("excluded by the contract: {reason}"),
                State::OutOfReach(reason) => format!("out of reach of the target: {reason}"),
                _ => continue,
            };
            let _ = writeln!(
                text,
                "             {} {}",
                failure.failure,
                Paint::dab(Paint::FAINT, visible(&why))
            );
        }
        if report.diagnosis.is_none() {
            missing(text, &coverage.missing());
        }
    }
}

/// What was not exercised, told together by reason.
fn missing(text: &mut String, missing: &[(String, String)]) {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, why) in missing {
        by_reason.entry(why).or_default().push(name);
    }
    for (why, names) in by_reason {
        let _ = writeln!(
            text,
            "  {} {} — {}",
            Paint::dab(Paint::WARN, "not shown "),
            names.join(", "),
            Paint::dab(Paint::FAINT, visible(why))
        );
    }
}

fn findings(text: &mut String, report: &RunReport) {
    for finding in &report.run_findings {
        let sign =
            if finding.violation { Paint::dab(Paint::BAD, "✗") } else { Paint::dab(Paint::WARN, "!") };
        let _ = writeln!(
            text,
            "{} {sign} {} {}",
            label("run"),
            Paint::dab(Paint::STRONG, &finding.check),
            visible(&finding.message)
        );
        for name in finding.trials.iter().take(MOST_NAMES) {
            let _ = writeln!(text, "               {name}");
        }
        if finding.trials.len() > MOST_NAMES {
            let _ = writeln!(text, "               … and {} more", finding.trials.len() - MOST_NAMES);
        }
    }
}

/// Answers that were never approved need no diff: all of each would be new.
fn snapshots(text: &mut String, report: &RunReport) {
    let count = |state| {
        let states = report.scenarios.iter().filter_map(|trial| trial.snapshot.as_ref());
        states.filter(|snapshot| snapshot.state == state).count()
    };
    let counts = [
        (count(SnapshotState::Changed), "differ from the approved answer"),
        (count(SnapshotState::New), "have no approved answer yet"),
        (count(SnapshotState::Updated), "approved by this run"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !parts.is_empty() {
        let _ = writeln!(text, "{} {}", label("snapshots"), parts.join(" · "));
    }
}

fn errata(text: &mut String, report: &RunReport, verbose: bool) {
    if report.errata.is_empty() {
        return;
    }
    let packs: Vec<&str> = report.packs.iter().map(|pack| pack.header.name.as_str()).collect();
    let more = if verbose { String::new() } else { format!(" (failspec coverage {})", packs.join(" ")) };
    let _ = writeln!(
        text,
        "{} {} contradictions and gaps in the documentation itself{}",
        label("errata"),
        report.errata.len(),
        Paint::dab(Paint::FAINT, more)
    );
    if verbose {
        for erratum in &report.errata {
            let _ = writeln!(text, "             {}: {}", erratum.pack, visible(&erratum.about));
        }
    }
}

fn last_line(text: &mut String, report: &RunReport) {
    let style = match report.verdict {
        Verdict::Conforms => Paint::GOOD,
        Verdict::Violations => Paint::BAD,
        _ => Paint::WARN,
    };
    let mut line = Paint::dab(style, report.verdict.word());
    let selected: usize = report.packs.iter().map(|pack| pack.header.failures_selected).sum();
    if selected < report.summary.documented {
        let _ = write!(line, " · {selected} of {} documented failures selected", report.summary.documented);
    }
    if report.reference {
        let _ = write!(line, " · {}", Paint::dab(Paint::WARN, REFERENCE));
    }
    let _ = writeln!(text, "{} {line}", label("verdict"));
}

fn label(word: &str) -> String {
    Paint::dab(Paint::FAINT, format_args!("{word:<10}"))
}
