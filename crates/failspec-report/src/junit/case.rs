//! One case as a test case of JUnit.

use std::{
    fmt::Write as _,
    io::{self, Write},
    time::Duration,
};

use failspec_base::sanitize::one_line;

use crate::{
    case_text::{account, sentence, snapshot},
    summary::source_of_warning,
};
use failspec_judge::report_model::{CaseReport, Outcome};

use super::{
    Dialect,
    xml::{Document, Test},
};

/// Maximum length of a body, in characters: viewers of test results show all of it on one page.
const MAX_BODY_LEN: usize = 4000;

pub(super) fn write_case(
    case: &CaseReport,
    dialect: Dialect,
    document: &mut Document<impl Write>,
) -> io::Result<()> {
    let passed = matches!(case.outcome, Outcome::Passed | Outcome::Seen);
    let text = |text: &dyn Fn() -> String| if passed { String::new() } else { text() };
    document.test(&Test {
        name: &case.name,
        // Dots, because Jenkins turns them into packages.
        class: &format!("{}.{}", case.pack, case.failure),
        time: Some(Duration::from_millis(case.duration_ms)),
        file: (dialect == Dialect::Gitlab).then_some(&*case.location.file),
        status: case.outcome.test_status(),
        kind: match case.outcome {
            // The check that failed: test viewers group by it.
            Outcome::Failed => case.violations.first().map_or("violation", |finding| finding.check),
            outcome => outcome.as_str(),
        },
        message: &text(&|| message(case)),
        description: &text(&|| account(case, MAX_BODY_LEN)),
        output: &if passed { remarks(case) } else { String::new() },
    })
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
