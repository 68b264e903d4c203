//! The run as a whole as a test suite.

use std::{collections::HashMap, fmt::Write as _, time::Duration};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::summary::{
    REFERENCE, because, count_cases, counts, health_checks, origin, reruns, selection, snapshots, target,
    unexercised, verdict_in_words, waivers,
};
use failspec_judge::report_model::{RunFinding, RunReport, Verdict};

use super::case::{safe, text};

/// Name of the suite, and class of its test cases.
const NAME: &str = "failspec";

pub(super) fn suite(report: &RunReport) -> TestSuite {
    let mut suite = TestSuite::new(NAME);
    suite.timestamp = report.started.parse().ok();
    suite.set_time(Duration::from_millis(report.duration_ms));
    suite.add_test_case(verdict(report));
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for finding in &report.run_findings {
        let count = seen.entry(&finding.check).or_default();
        *count += 1;
        suite.add_test_case(run_finding(finding, *count));
    }
    suite
}

/// Returns the test case of the verdict. Without it, all tests of an incomplete run would pass.
fn verdict(report: &RunReport) -> TestCase {
    let word = report.verdict.as_str();
    let mut status = match report.verdict {
        Verdict::Conforms => TestCaseStatus::success(),
        Verdict::Violations | Verdict::Incomplete => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Interrupted | Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    let mut message = format!("{}: {}", verdict_in_words(report), because(report));
    if let Some(selection) = selection(report) {
        let _ = write!(message, " {selection}.");
    }
    if report.reference {
        let _ = write!(message, " This is {REFERENCE}.");
    }
    status.set_type(word).set_message(safe(&message)).set_description(text(&facts(report)));
    let mut case = TestCase::new("verdict", status);
    case.set_classname(NAME).set_time(Duration::from_millis(report.duration_ms));
    if report.verdict == Verdict::Conforms {
        // A test that passed has no description.
        case.set_system_out(text(&facts(report)));
    }
    case
}

fn run_finding(finding: &RunFinding, count: usize) -> TestCase {
    let mut about = format!("{}\n", finding.message);
    for name in &finding.cases {
        let _ = writeln!(about, "  {name}");
    }
    let mut status = match finding.violation {
        true => TestCaseStatus::non_success(NonSuccessKind::Failure),
        false => TestCaseStatus::success(),
    };
    status.set_type(finding.check.as_str()).set_message(safe(&finding.message)).set_description(text(&about));
    // Viewers distinguish test cases by their names.
    let name = if count == 1 { finding.check.clone() } else { format!("{} ({count})", finding.check) };
    let mut case = TestCase::new(name, status);
    case.set_classname(NAME);
    if !finding.violation {
        case.set_system_out(text(&format!("warning: {about}")));
    }
    case
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
    let outcomes = counts(report).into_iter().map(|(count, outcome)| format!("{count} {}", outcome.as_str()));
    line("outcomes", &outcomes.collect::<Vec<_>>().join(" · "));
    let summary = &report.summary;
    line("exercised", &format!("{} of {} documented failures", summary.exercised, summary.documented));
    if summary.causes > 0 {
        line("", &format!("{} of {} causes", summary.causes_exercised, summary.causes));
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
