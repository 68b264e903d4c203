//! Findings by cause, and the coverage of the operations of an OpenAPI document.

use std::fmt::Write as _;

use failspec_base::sanitize::shortened;
use failspec_judge::report_model::{FindingGroup, RunReport};

use super::{styles::Styles, summary::label, visible};

/// Maximum number of causes listed.
const MAX_CAUSES: usize = 20;

/// Maximum length of a sentence about one, in characters.
const MAX_LEN: usize = 300;

/// Writes the causes that several findings have in common: a thousand findings rarely have a thousand causes.
pub(super) fn causes(text: &mut String, report: &RunReport, verbose: bool) {
    let findings: usize = report.finding_groups.iter().map(|cause| cause.cases).sum();
    // Each is shown above already, in its case.
    let is_shown = |cause: &FindingGroup| cause.cases == 1 && (cause.violation || verbose);
    if report.finding_groups.iter().all(is_shown) || findings < 2 {
        return;
    }
    let _ = writeln!(
        text,
        "{} {findings} findings with {} {}; the shortest example of each:",
        label("by cause"),
        Styles::dab(Styles::STRONG, report.finding_groups.len()),
        if report.finding_groups.len() == 1 { "cause" } else { "causes" },
    );
    let most = if verbose { usize::MAX } else { MAX_CAUSES };
    for cause in report.finding_groups.iter().take(most) {
        one(text, cause);
    }
    if report.finding_groups.len() > most {
        let _ =
            writeln!(text, "             … and {} more (-v lists them)", report.finding_groups.len() - most);
    }
}

fn one(text: &mut String, cause: &FindingGroup) {
    let sign = if cause.violation { Styles::dab(Styles::BAD, "✗") } else { Styles::dab(Styles::WARN, "!") };
    let what = match cause.subject() {
        Some(subject) => format!("{subject}: {}", cause.message),
        None => cause.message.clone(),
    };
    let _ = writeln!(
        text,
        "  {:>5} × {sign} {} {}\n            {}",
        cause.cases,
        visible(&shortened(&what, MAX_LEN)),
        Styles::dab(Styles::FAINT, format_args!("[{}]", cause.check)),
        Styles::dab(Styles::FAINT, visible(&cause.example)),
    );
}

/// Writes the number of declared errors that were seen, and those of each operation that were not.
pub(super) fn operations(text: &mut String, report: &RunReport, verbose: bool) {
    let several = report.packs.len() > 1;
    for pack in report.packs.iter().filter(|pack| !pack.operations.is_empty()) {
        let (mut seen, mut declared) = (0, 0);
        for operation in &pack.operations {
            let (of_one, all) = operation.seen();
            (seen, declared) = (seen + of_one, declared + all);
        }
        let name = if several { format!("{:<11} ", pack.header.label()) } else { String::new() };
        let more = if verbose || seen == declared { "" } else { " (-v shows which)" };
        let _ = writeln!(
            text,
            "{} {name}{seen} of {declared} declared error responses seen ({} operations){}",
            label("openapi"),
            pack.operations.len(),
            Styles::dab(Styles::FAINT, more)
        );
        for operation in pack.operations.iter().filter(|_| verbose) {
            let errors = operation.errors.iter().map(|error| match error.cases {
                0 => Styles::dab(Styles::WARN, format_args!("{} –", error.status)),
                cases => Styles::dab(Styles::GOOD, format_args!("{} ×{cases}", error.status)),
            });
            let errors: Vec<String> = errors.collect();
            let _ = writeln!(text, "             {}  {}", visible(&operation.operation), errors.join("  "));
        }
    }
}
