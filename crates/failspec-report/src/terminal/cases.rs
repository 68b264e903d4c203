//! The cases that did not simply pass: those without a verdict by reason, and of those that break the same checks the first.

use std::collections::BTreeMap;

use crate::count;
use failspec_base::sanitize;
use failspec_judge::report_model::{CaseReport, Outcome, RunReport, SnapshotState};

use super::{
    case::{case_on as case, in_short, is_built_in, place},
    causes::{are_shown_by_cause, has_findings},
    screen::Screen,
    skipped::skipped,
    styles::Styles,
    summary::MAX_NAMES,
};

/// Maximum number of cases with the same broken checks that are shown in full.
const MAX_ALIKE: usize = 3;

/// Maximum number of further ones that are shown in short; the others are counted, and their causes listed.
const MAX_SHORTENED: usize = 5;

/// Writes the cases that did not simply pass. Those without a verdict are grouped by reason, and of those that break
/// the same checks only the first few are shown in full: seventy pages about one problem would hide all others.
pub(super) fn cases(text: &mut Screen, run: &RunReport, verbose: bool) {
    let mut undecided: BTreeMap<String, Vec<&CaseReport>> = BTreeMap::new();
    let mut alike: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    let (mut shortened, mut hidden) = (false, 0);
    let by_cause = are_shown_by_cause(run) && !verbose;
    for report in &run.cases {
        let snapshot = report.snapshot.as_ref().map(|snapshot| snapshot.state);
        let differs = snapshot == Some(SnapshotState::Changed);
        let remarks = !report.warnings.is_empty() || !report.left_behind.is_empty() || differs;
        let in_full = match report.outcome {
            Outcome::Skipped | Outcome::NotApplicable => continue,
            Outcome::Inconclusive => {
                let reason = report.reason.as_ref().map(ToString::to_string).unwrap_or_default();
                undecided.entry(reason).or_default().push(report);
                continue;
            }
            Outcome::Passed | Outcome::Seen if !remarks && !verbose => continue,
            // The causes show it already.
            _ if by_cause && has_findings(report) && !differs => continue,
            _ => {
                let count = alike.entry(trouble(report)).or_default();
                *count += 1;
                if *count > MAX_ALIKE + MAX_SHORTENED && !verbose && !differs && report.left_behind.is_empty()
                {
                    hidden += 1;
                    continue;
                }
                verbose || *count <= MAX_ALIKE || differs || !report.left_behind.is_empty()
            }
        };
        shortened |= !in_full;
        text.blank();
        match in_full {
            true => case(text, report, is_built_in(run, report)),
            false => in_short(text, report, is_built_in(run, report)),
        }
    }
    if hidden > 0 {
        text.line(
            4,
            format_args!(
                "\n… and {} that break the same checks as those above (-v shows them)",
                count::count(hidden, "more case")
            ),
        );
    }
    if shortened {
        text.line(4, format_args!("\n{}", Styles::dab(Styles::FAINT, "-v shows every case in full")));
    }
    for (reason, cases) in undecided {
        if let [only] = cases.as_slice() {
            text.blank();
            case(text, only, is_built_in(run, only));
            continue;
        }
        let count = cases.len();
        text.line(
            4,
            format_args!(
                "\n{} {count} × {}",
                Styles::dab(Styles::WARN, "INCONCLUSIVE"),
                sanitize::one_line(&reason)
            ),
        );
        let most = if verbose { usize::MAX } else { MAX_NAMES };
        for case in cases.iter().take(most) {
            text.line(
                4,
                format_args!(
                    "  {}  {}",
                    sanitize::one_line(&case.name),
                    Styles::dab(Styles::FAINT, place(case, is_built_in(run, case)))
                ),
            );
        }
        if count > most {
            text.line(4, format_args!("  … and {} more (-v lists them)", count - most));
        }
    }
    skipped(text, run);
}

/// Returns what cases have in common that break the same checks.
pub(super) fn trouble(report: &CaseReport) -> Vec<&str> {
    let waived = report.waived.iter().map(|waived| &waived.finding);
    let findings = report.violations.iter().chain(waived).chain(&report.warnings);
    std::iter::once(report.outcome.as_str()).chain(findings.map(|finding| finding.check)).collect()
}
