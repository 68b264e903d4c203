//! One trial as a test case.

use std::{fmt::Write as _, time::Duration};

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, XmlString};

use crate::{
    report::{
        account::{account, sentence, snapshot},
        visible::{one_line, visible},
    },
    verdict::{Outcome, TrialReport},
};

/// How much of a body is told, in characters: viewers of test results show all of it on one page.
const LONGEST_BODY: usize = 4000;

pub(super) fn case(trial: &TrialReport) -> TestCase {
    let mut status = match trial.outcome {
        Outcome::Passed => TestCaseStatus::success(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::Skipped | Outcome::Waived => TestCaseStatus::skipped(),
    };
    let kind = match trial.outcome {
        // What is broken, by check: test viewers group by it.
        Outcome::Failed => trial.violations.first().map_or("violation", |finding| finding.check),
        outcome => outcome.word(),
    };
    status.set_type(kind);
    let mut case = if trial.outcome == Outcome::Passed {
        TestCase::new(safe(&trial.name), status)
    } else {
        status.set_message(text(&message(trial)));
        status.set_description(text(&account(trial, LONGEST_BODY)));
        TestCase::new(safe(&trial.name), status)
    };
    // Dots, because Jenkins makes packages of them.
    case.set_classname(safe(&format!("{}.{}", trial.pack, trial.failure)));
    case.set_time(Duration::from_millis(trial.duration_ms));
    // GitLab links it.
    let file = trial.location.rsplit_once(':').map_or(trial.location.as_str(), |(file, _)| file);
    case.extra.insert(XmlString::new("file"), safe(file));
    let remarks = remarks(trial);
    if trial.outcome == Outcome::Passed && !remarks.is_empty() {
        case.set_system_out(text(&remarks));
    }
    case
}

fn message(trial: &TrialReport) -> String {
    match trial.waived.first() {
        Some(waived) if trial.outcome == Outcome::Waived => {
            one_line(&format!("waived until {}: {}", waived.expires, waived.reason))
        }
        _ => one_line(&sentence(trial)),
    }
}

/// What does not keep a trial from passing: warnings, and how the answer differs from the approved one.
fn remarks(trial: &TrialReport) -> String {
    let mut text = String::new();
    for warning in &trial.warnings {
        let _ = writeln!(text, "warning: {} [{}] (not documented)", warning.message, warning.check);
    }
    snapshot(&mut text, trial);
    text
}

/// Text of unknown origin; what XML forbids is shown as what it is.
pub(super) fn text(text: &str) -> XmlString {
    XmlString::new(visible(text))
}

/// The same on one line, for attributes.
pub(super) fn safe(text: &str) -> XmlString {
    XmlString::new(one_line(text))
}
