//! Annotations of a run at the lines of its scenarios.

use std::path::{Path, PathBuf};

use crate::{
    case_text::{differs, sentence},
    summary::{REFERENCE, because, count_cases, distinct_first, selection, unexercised, verdict_in_words},
};
use failspec_judge::{
    check::Finding,
    report_model::{CaseReport, Outcome, RunReport, Verdict},
};

use super::workflow_command::{Level, command};

/// Maximum number of names that an annotation lists.
const MAX_NAMES: usize = 20;

/// The location of the run in the checkout: GitHub requires paths from its root.
#[derive(Debug, Clone, Default)]
pub struct Checkout {
    /// The root of the checkout (`GITHUB_WORKSPACE`).
    pub root: Option<PathBuf>,
    /// The current directory, from which the run names its files.
    pub here: PathBuf,
}

impl Checkout {
    /// Returns the path of a file from the root of the checkout; unchanged if the file is not in the checkout.
    pub(crate) fn path(&self, file: &str) -> String {
        let path: PathBuf = Path::new(file).components().collect();
        let inside = self.root.as_ref().and_then(|root| {
            let whole = self.here.join(&path);
            whole.strip_prefix(root).map(Path::to_owned).ok()
        });
        let path = inside.unwrap_or(path).display().to_string();
        // On Windows, too.
        if cfg!(windows) { path.replace('\\', "/") } else { path }
    }
}

/// Returns all annotations of a run, one per line. GitHub shows ten errors, ten warnings and ten notices of a step,
/// so the cases that differ most come first.
pub fn annotations(report: &RunReport, checkout: &Checkout) -> String {
    let mut text = verdict(report);
    for finding in &report.run_findings {
        let level = if finding.violation { Level::Error } else { Level::Warning };
        let message = format!("{}\n{}", finding.message, list(&finding.cases));
        text.push_str(&command(level, &format!("failspec: {}", finding.check), None, &message));
    }
    let fitting = |fits: fn(&CaseReport) -> bool| distinct_first(report, fits);
    for case in fitting(|case| case.outcome == Outcome::Failed) {
        let message = findings(case.violations.iter());
        text.push_str(&at(case, Level::Error, &message, checkout));
    }
    for case in fitting(|case| case.outcome == Outcome::Inconclusive) {
        let message = format!("inconclusive: {}", sentence(case));
        text.push_str(&at(case, Level::Warning, &message, checkout));
    }
    text.push_str(&lacking(report));
    for case in fitting(|case| !case.warnings.is_empty()) {
        let message =
            format!("{}\nnot documented: a warning, not a violation", findings(case.warnings.iter()));
        text.push_str(&at(case, Level::Warning, &message, checkout));
    }
    for case in fitting(differs) {
        let file = case.snapshot.as_ref().map_or("", |snapshot| snapshot.file.as_str());
        let message = format!("the response differs from the approved one: {file}");
        text.push_str(&at(case, Level::Notice, &message, checkout));
    }
    for case in fitting(|case| !case.waived.is_empty()) {
        let told = case.waived.iter().map(|waived| {
            format!("{} (waived until {}: {})", waived.finding.message, waived.expires, waived.reason)
        });
        let message = told.collect::<Vec<_>>().join("\n");
        text.push_str(&at(case, Level::Notice, &message, checkout));
    }
    text
}

fn verdict(report: &RunReport) -> String {
    let level = match report.verdict {
        Verdict::Conforms => Level::Notice,
        _ => Level::Error,
    };
    let mut message = because(report);
    if let Some(selection) = selection(report) {
        message.push_str(&format!("\n{selection}"));
    }
    if report.reference {
        message.push_str(&format!("\nThis ran on {REFERENCE}."));
    }
    if let Some(diagnosis) = &report.diagnosis {
        message.push_str(&format!("\n{diagnosis}"));
    }
    let missing: Vec<String> = unexercised(report)
        .iter()
        .filter(|it| it.missing)
        .map(|it| format!("not exercised: {}::{} — {}", it.pack, it.name, it.why))
        .collect();
    if report.diagnosis.is_none() && !missing.is_empty() {
        message.push_str(&format!("\n{}", list(&missing)));
    }
    command(level, &format!("failspec: {}", verdict_in_words(report)), None, &message)
}

/// Returns one warning for each missing requirement, regardless of how many cases it skips.
fn lacking(report: &RunReport) -> String {
    let missing_requirements = report.packs.iter().flat_map(|pack| &pack.missing_requirements);
    let told = missing_requirements.map(|missing| {
        let (kind, skipped) = (missing.kind.as_str(), count_cases(missing.cases));
        let message = format!(
            "the target does not provide the {kind} {}: {}; {skipped} skipped",
            missing.name, missing.about
        );
        command(Level::Warning, &format!("failspec: missing {kind} {}", missing.name), None, &message)
    });
    told.collect()
}

fn at(case: &CaseReport, level: Level, message: &str, checkout: &Checkout) -> String {
    let line = case.location.line.to_string();
    command(level, &case.name, Some((&checkout.path(&case.location.file), Some(&line))), message)
}

fn findings<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    findings.map(|finding| format!("{} [{}]", finding.message, finding.check)).collect::<Vec<_>>().join("\n")
}

fn list(names: &[String]) -> String {
    let mut text = names.iter().take(MAX_NAMES).map(String::as_str).collect::<Vec<_>>().join("\n");
    if names.len() > MAX_NAMES {
        text.push_str(&format!("\n… and {} more", names.len() - MAX_NAMES));
    }
    text
}
