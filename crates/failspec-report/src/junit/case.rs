//! One case as a test case of JUnit.

use std::{fmt::Write as _, time::Duration};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, XmlString};

use failspec_base::sanitize::{one_line, visible};

use crate::{
    case_text::{account, sentence, snapshot},
    summary::source_of_warning,
};
use failspec_judge::report_model::{CaseReport, Outcome, TestStatus};

use super::Dialect;

/// Maximum length of a body, in characters: viewers of test results show all of it on one page.
const MAX_BODY_LEN: usize = 4000;

pub(super) fn test_case(case: &CaseReport, dialect: Dialect) -> TestCase {
    let mut status = match case.outcome.test_status() {
        TestStatus::Success => TestCaseStatus::success(),
        TestStatus::Failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
        TestStatus::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        TestStatus::Skipped => TestCaseStatus::skipped(),
    };
    let kind = match case.outcome {
        // The check that failed: test viewers group by it.
        Outcome::Failed => case.violations.first().map_or("violation", |finding| finding.check),
        outcome => outcome.as_str(),
    };
    status.set_type(kind);
    let mut test = if case.outcome == Outcome::Passed {
        TestCase::new(safe(&case.name), status)
    } else {
        status.set_message(text(&message(case)));
        status.set_description(text(&account(case, MAX_BODY_LEN)));
        TestCase::new(safe(&case.name), status)
    };
    // Dots, because Jenkins turns them into packages.
    test.set_classname(safe(&format!("{}.{}", case.pack, case.failure)));
    test.set_time(Duration::from_millis(case.duration_ms));
    if dialect == Dialect::Gitlab {
        test.extra.insert(XmlString::new("file"), safe(&case.location.file));
    }
    let remarks = remarks(case);
    if case.outcome == Outcome::Passed && !remarks.is_empty() {
        test.set_system_out(text(&remarks));
    }
    test
}

fn message(case: &CaseReport) -> String {
    match case.waived.first() {
        Some(waived) if case.outcome == Outcome::Waived => {
            one_line(&format!("waived until {}: {}", waived.expires, waived.reason))
        }
        _ => one_line(&sentence(case)),
    }
}

/// Returns the remarks that do not keep a case from passing: warnings, and the difference between the response and
/// the approved one.
fn remarks(case: &CaseReport) -> String {
    let mut text = String::new();
    for warning in &case.warnings {
        let _ = writeln!(
            text,
            "warning: {} [{}] ({})",
            warning.message,
            warning.check,
            source_of_warning(warning)
        );
    }
    snapshot(&mut text, case);
    text
}

/// Converts text of unknown origin; characters that XML forbids are shown escaped.
pub(super) fn text(text: &str) -> XmlString {
    XmlString::new(visible(text))
}

/// Converts text of unknown origin to one line, for attributes.
pub(super) fn safe(text: &str) -> XmlString {
    XmlString::new(one_line(text))
}
