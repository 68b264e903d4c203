//! The cases that were skipped, and why.

use crate::summary::count_cases;
use failspec_base::sanitize;
use failspec_judge::report_model::{Reason, RequirementKind, RunReport};

use super::{screen::Screen, styles::Styles};

/// Maximum length of the description of a missing requirement, in characters.
const MAX_DESCRIPTION_LEN: usize = 80;

/// Writes the requirements that are missing for the cases that were skipped.
pub(super) fn skipped(text: &mut Screen, report: &RunReport) {
    let label = Styles::dab(Styles::WARN, "SKIPPED");
    let mut lacking = report.summary.skipped;
    for reason in [Reason::ReadOnly, Reason::OutOfTime, Reason::CaseFailed] {
        let count = report.cases.iter().filter(|case| case.reason.as_ref() == Some(&reason)).count();
        if count > 0 {
            text.line(4, format_args!("\n{label} {}: {reason}", count_cases(count)));
        }
        lacking = lacking.saturating_sub(count);
    }
    if lacking == 0 {
        return;
    }
    text.line(
        4,
        format_args!("\n{label} {}: the target does not provide what is required", count_cases(lacking)),
    );
    let missing_requirements = || report.packs.iter().flat_map(|pack| &pack.missing_requirements);
    let width = missing_requirements().map(|missing| missing.name.chars().count()).max().unwrap_or_default();
    for missing in missing_requirements() {
        let kind = missing.kind.as_str();
        text.line(
            4,
            format_args!(
                "  {kind:<9} {} {:>3} × {}",
                Styles::dab(Styles::STRONG, format_args!("{:<width$}", missing.name)),
                missing.cases,
                Styles::dab(Styles::FAINT, one_line(&missing.about))
            ),
        );
    }
    let ways = [
        (RequirementKind::Role, "roles: --role NAME=bearer:env:VAR"),
        (RequirementKind::Variable, "variables: --var NAME=VALUE"),
        (RequirementKind::Condition, "conditions and everything else: failspec.toml"),
    ];
    let wanted = |kind| missing_requirements().any(|missing| missing.kind == kind);
    let ways: Vec<&str> = ways.into_iter().filter(|(kind, _)| wanted(*kind)).map(|(_, way)| way).collect();
    text.line(4, format_args!("  {}", ways.join(" · ")));
}

/// Returns the beginning of a text, on one line.
fn one_line(text: &str) -> String {
    sanitize::shortened(&sanitize::one_line(text), MAX_DESCRIPTION_LEN).into_owned()
}
