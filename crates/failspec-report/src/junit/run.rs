//! The run as a whole as a test suite.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use crate::{
    recording,
    summary::{
        MOCK, REFERENCE, because, count_cases, counts as outcome_counts, features, health_checks, origin,
        reruns, selection, snapshots, target, unexercised, verdict_in_words, waivers,
    },
};
use failspec_judge::report_model::{RunFinding, RunReport, TestStatus, Verdict};

use super::xml::{Counts, Document, Suite, Test};

/// Name of the suite, and class of its test cases.
const NAME: &str = "failspec";

pub(super) fn counts(report: &RunReport) -> Counts {
    let findings = report.run_findings.iter().map(status_of_finding);
    Counts::of(findings.chain([status_of_verdict(report.verdict)]))
}

pub(super) fn suite(report: &RunReport, document: &mut Document<impl Write>) -> io::Result<()> {
    document.begin_suite(&Suite {
        name: NAME,
        counts: counts(report),
        started: &report.started,
        time: Duration::from_millis(report.duration_ms),
    })?;
    write_verdict(report, document)?;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for finding in &report.run_findings {
        let count = seen.entry(&finding.check).or_default();
        *count += 1;
        write_run_finding(finding, *count, document)?;
    }
    document.end_suite()
}

fn status_of_verdict(verdict: Verdict) -> TestStatus {
    match verdict {
        Verdict::Conforms | Verdict::NoViolationsSeen => TestStatus::Success,
        Verdict::Violations | Verdict::Incomplete => TestStatus::Failure,
        Verdict::Interrupted | Verdict::Inconclusive => TestStatus::Error,
    }
}

fn status_of_finding(finding: &RunFinding) -> TestStatus {
    if finding.violation { TestStatus::Failure } else { TestStatus::Success }
}

/// Writes the test case of the verdict. Without it, all tests of an incomplete run would pass.
fn write_verdict(report: &RunReport, document: &mut Document<impl Write>) -> io::Result<()> {
    let mut message = format!("{}: {}", verdict_in_words(report), because(report));
    if let Some(selection) = selection(report) {
        let _ = write!(message, " {selection}.");
    }
    if report.reference {
        let _ = write!(message, " This is {REFERENCE}.");
    }
    if report.is_of_mock() {
        let _ = write!(message, " This is {MOCK}.");
    }
    let facts = facts(report);
    document.test(&Test {
        name: "verdict",
        class: NAME,
        time: Some(Duration::from_millis(report.duration_ms)),
        file: None,
        status: status_of_verdict(report.verdict),
        kind: report.verdict.as_str(),
        message: &message,
        description: &facts,
        // A test that passed has no description.
        output: if status_of_verdict(report.verdict) == TestStatus::Success { &facts } else { "" },
    })
}

fn write_run_finding(
    finding: &RunFinding,
    count: usize,
    document: &mut Document<impl Write>,
) -> io::Result<()> {
    let mut about = format!("{}\n", finding.message);
    for name in &finding.cases {
        let _ = writeln!(about, "  {name}");
    }
    document.test(&Test {
        // Viewers distinguish test cases by their names.
        name: &if count == 1 { finding.check.clone() } else { format!("{} ({count})", finding.check) },
        class: NAME,
        time: None,
        file: None,
        status: status_of_finding(finding),
        kind: &finding.check,
        message: &finding.message,
        description: &about,
        output: &if finding.violation { String::new() } else { format!("warning: {about}") },
    })
}

/// Returns everything that is needed to understand the verdict.
fn facts(report: &RunReport) -> String {
    let mut text = format!("verdict     {} · {}\n", verdict_in_words(report), because(report));
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "{label:<11} {}", value.replace('\n', "\n            "));
    };
    if report.reference {
        line("target", REFERENCE);
    }
    if report.is_of_mock() {
        line("target", MOCK);
    }
    if let Some(selection) = selection(report) {
        line("selected", &selection);
    }
    if let Some(diagnosis) = &report.diagnosis {
        line("diagnosis", diagnosis);
    }
    for pack in &report.packs {
        line(
            "pack",
            &format!("{} · {} · {}", pack.header.label(), origin(&pack.header), target(&pack.header)),
        );
    }
    let outcomes =
        outcome_counts(report).into_iter().map(|(count, outcome)| format!("{count} {}", outcome.as_str()));
    line("outcomes", &outcomes.collect::<Vec<_>>().join(" · "));
    let summary = &report.summary;
    line("exercised", &format!("{} of {} documented failures", summary.exercised, summary.documented));
    if summary.causes > 0 {
        line("", &format!("{} of {} causes", summary.causes_exercised, summary.causes));
    }
    for (label, text) in recording::lines(report) {
        line(label, &text);
    }
    for it in unexercised(report) {
        line(it.state, &format!("{}::{} — {}", it.pack, it.name, it.why));
    }
    for missing in report.packs.iter().flat_map(|pack| &pack.missing_requirements) {
        let what = format!(
            "{} {} — {} ({})",
            missing.kind.as_str(),
            missing.name,
            missing.about,
            count_cases(missing.cases)
        );
        line("missing", &what);
    }
    for it in waivers(report) {
        let waived = it.waived;
        let what = format!(
            "{} in {} until {} — {}",
            waived.finding.check,
            count_cases(it.cases.len()),
            waived.expires,
            waived.reason
        );
        line("waiver", &what);
    }
    if summary.warned > 0 {
        line("warnings", &format!("{} with warnings", count_cases(summary.warned)));
    }
    for text in reruns(report) {
        line("reruns", &text);
    }
    for text in features(report) {
        line("feature", &text);
    }
    for text in health_checks(report) {
        line("health", &text);
    }
    for left in report.cases.iter().flat_map(|case| &case.left_behind) {
        line("left over", &format!("the teardown could not remove: {left}"));
    }
    for snapshot in snapshots(report) {
        line("snapshots", &snapshot);
    }
    for erratum in &report.errata {
        line("erratum", &format!("{}: {}", erratum.pack, erratum.about));
    }
    text
}
