//! Annotations of a run at the lines of its scenarios.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::{
    case_text::{differs, sentence},
    summary::{
        MOCK, REFERENCE, because, count_cases, distinct_first, selection, unexercised, verdict_in_words,
    },
};
use failspec_judge::{
    check::Finding,
    report_model::{CaseReport, FindingGroup, Outcome, RunReport},
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

/// Last line of an annotation of a warning.
const UNDOCUMENTED: &str = "\nnot documented: a warning, not a violation";

/// Maximum number of annotations of a kind: GitHub shows ten errors, ten warnings and ten notices of a step.
const MAX_OF_KIND: usize = 10;

/// Annotations, of which so many of a kind are written.
#[derive(Default)]
struct Annotations {
    text: String,
    written: [usize; 3],
    /// The first that does not fit, of each kind, and the number of all that do not.
    last: [Option<String>; 3],
    left_out: [usize; 3],
}

impl Annotations {
    fn push(&mut self, level: Level, line: String) {
        let kind = level as usize;
        if self.written[kind] < MAX_OF_KIND - 1 {
            self.written[kind] += 1;
            self.text.push_str(&line);
        } else if self.last[kind].is_none() {
            self.last[kind] = Some(line);
        } else {
            self.left_out[kind] += 1;
        }
    }

    /// Returns the text. Where more than ten are of a kind, the tenth tells the number of the others.
    fn finish(mut self) -> String {
        for level in [Level::Error, Level::Warning, Level::Notice] {
            let kind = level as usize;
            match (self.last[kind].take(), self.left_out[kind]) {
                (Some(line), 0) => self.text.push_str(&line),
                (Some(_), more) => {
                    let message = format!("{} more: see the summary and the other reports", more + 1);
                    self.text.push_str(&command(level, "failspec: not all are annotated", None, &message));
                }
                (None, _) => {}
            }
        }
        self.text
    }
}

/// Returns the annotations of a run, one per line, at most ten of a kind: first what several cases have in common,
/// then the cases that differ most.
pub fn annotations(report: &RunReport, checkout: &Checkout) -> String {
    let mut text = Annotations::default();
    let verdict_level = if report.verdict.exit_code() == 0 { Level::Notice } else { Level::Error };
    text.push(verdict_level, verdict(report, verdict_level));
    for finding in &report.run_findings {
        let level = if finding.violation { Level::Error } else { Level::Warning };
        let message = format!("{}\n{}", finding.message, list(&finding.cases));
        text.push(level, command(level, &format!("failspec: {}", finding.check), None, &message));
    }
    let named: HashMap<&str, &CaseReport> = report.cases.iter().map(|case| (&*case.name, case)).collect();
    let mut told: Vec<&FindingGroup> = Vec::new();
    for group in report.finding_groups.iter().filter(|group| group.cases > 1) {
        let Some(example) = named.get(&*group.example) else { continue };
        let level = if group.violation { Level::Error } else { Level::Warning };
        let mut message = format!("{} [{}]\nin {}", group.message, group.check, count_cases(group.cases));
        if !group.violation {
            message.push_str(UNDOCUMENTED);
        }
        text.push(level, at(example, level, &message, checkout));
        told.push(group);
    }
    // A case of which every finding was told already needs no annotation of its own.
    let is_told = |case: &CaseReport, findings: &[Finding]| {
        findings.iter().all(|finding| told.iter().any(|group| group.has(&case.name, finding.check)))
    };
    let fitting = |fits: fn(&CaseReport) -> bool| distinct_first(report, fits);
    for case in fitting(|case| matches!(case.outcome, Outcome::Failed | Outcome::Unstable)) {
        if !is_told(case, &case.violations) {
            let message = findings(case.violations.iter());
            text.push(Level::Error, at(case, Level::Error, &message, checkout));
        }
    }
    for case in fitting(|case| case.outcome == Outcome::Inconclusive) {
        let message = format!("inconclusive: {}", sentence(case));
        text.push(Level::Warning, at(case, Level::Warning, &message, checkout));
    }
    lacking(report, &mut text);
    for case in fitting(|case| !case.warnings.is_empty()) {
        if is_told(case, &case.warnings) {
            continue;
        }
        let message = format!("{}{UNDOCUMENTED}", findings(case.warnings.iter()));
        text.push(Level::Warning, at(case, Level::Warning, &message, checkout));
    }
    for case in fitting(differs) {
        let file = case.snapshot.as_ref().map_or("", |snapshot| snapshot.file.as_str());
        let message = format!("the response differs from the approved one: {file}");
        text.push(Level::Notice, at(case, Level::Notice, &message, checkout));
    }
    for case in fitting(|case| !case.waived.is_empty()) {
        let told = case.waived.iter().map(|waived| {
            format!("{} (waived until {}: {})", waived.finding.message, waived.expires, waived.reason)
        });
        let message = told.collect::<Vec<_>>().join("\n");
        text.push(Level::Notice, at(case, Level::Notice, &message, checkout));
    }
    text.finish()
}

fn verdict(report: &RunReport, level: Level) -> String {
    let mut message = because(report);
    if let Some(selection) = selection(report) {
        message.push_str(&format!("\n{selection}"));
    }
    if report.reference {
        message.push_str(&format!("\nThis ran on {REFERENCE}."));
    }
    if report.is_of_mock() {
        message.push_str(&format!("\nThis ran on {MOCK}."));
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

/// Adds one warning for each missing requirement, regardless of how many cases it skips.
fn lacking(report: &RunReport, text: &mut Annotations) {
    for missing in report.packs.iter().flat_map(|pack| &pack.missing_requirements) {
        let (kind, skipped) = (missing.kind.as_str(), count_cases(missing.cases));
        let message = format!(
            "the target does not provide the {kind} {}: {}; {skipped} skipped",
            missing.name, missing.about
        );
        let title = format!("failspec: missing {kind} {}", missing.name);
        text.push(Level::Warning, command(Level::Warning, &title, None, &message));
    }
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
