//! Findings by cause, and the coverage of the operations of an OpenAPI document.

use std::{cmp::Reverse, collections::HashMap};

use crate::{
    case_text::row_of,
    count,
    summary::{role_name, statuses},
};
use failspec_base::sanitize::{one_line, shortened};
use failspec_judge::report_model::{CaseReport, FindingGroup, OperationAccess, RunReport};

use super::{
    case::{is_built_in, place, reproduce},
    screen::Screen,
    styles::Styles,
    summary::label,
    visible,
};

/// Maximum number of causes listed.
const MAX_CAUSES: usize = 20;

/// Minimum number of operations of a cause that is named although others are before it.
const WIDESPREAD: usize = 5;

/// Maximum number of such causes that are named.
const MAX_WIDESPREAD: usize = 3;

/// Maximum length of a sentence about one, in characters.
const MAX_LEN: usize = 300;

/// Maximum number of operations listed for one.
const MAX_OPERATIONS: usize = 3;

/// Maximum number of kinds of faults listed for one.
const MAX_FAULTS: usize = 8;

/// Number of cases with findings that are shown in full without the causes that they have in common.
const FEW_CASES: usize = 3;

/// Returns true if the findings are shown by cause. Then cases with findings are shown only on request; few cases are
/// shown themselves instead.
pub(super) fn are_shown_by_cause(report: &RunReport) -> bool {
    report.cases.iter().filter(|case| has_findings(case)).nth(FEW_CASES).is_some()
}

/// Returns true if a finding of the case is part of a cause.
pub(super) fn has_findings(case: &CaseReport) -> bool {
    !case.violations.is_empty() || !case.warnings.is_empty()
}

/// Writes the causes that findings have in common, each with its shortest example: a thousand findings rarely have a
/// thousand causes.
pub(super) fn causes(text: &mut Screen, report: &RunReport, verbose: bool) {
    let findings: u64 = report.finding_groups.iter().map(FindingGroup::times).sum();
    text.line(
        11,
        format_args!(
            "{} {} with {}; the shortest example of each:",
            label("by cause"),
            count::count(usize::try_from(findings).unwrap_or(usize::MAX), "finding"),
            Styles::dab(Styles::STRONG, count::count(report.finding_groups.len(), "cause"))
        ),
    );
    let named: HashMap<&str, &CaseReport> = report.cases.iter().map(|case| (&*case.name, case)).collect();
    let most = if verbose { usize::MAX } else { MAX_CAUSES };
    for cause in report.finding_groups.iter().take(most) {
        one(text, report, cause, named.get(cause.example.as_str()).copied(), verbose);
    }
    if let Some(hidden) = report.finding_groups.get(most..).filter(|hidden| !hidden.is_empty()) {
        text.line(4, format_args!("\n… and {} more (-v lists them){}", hidden.len(), widespread(hidden)));
    }
    if !verbose {
        text.line(4, format_args!("\n{}", Styles::dab(Styles::FAINT, "-v shows every case in full")));
    }
}

/// Returns the causes that are met in most operations among those that are not shown: a warning about the whole service may be behind
/// twenty violations of single operations.
fn widespread(hidden: &[FindingGroup]) -> String {
    let mut wide: Vec<&FindingGroup> =
        hidden.iter().filter(|cause| cause.operations.len() >= WIDESPREAD).collect();
    wide.sort_by_key(|cause| Reverse(cause.operations.len()));
    let lines = wide.iter().take(MAX_WIDESPREAD).map(|cause| {
        format!(
            "\n    in {} operations: {} {}",
            cause.operations.len(),
            visible(&shortened(&row_of(cause), MAX_LEN)),
            Styles::dab(Styles::FAINT, format_args!("[{}]", checks(cause)))
        )
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!(", among them{lines}") }
}

fn one(
    text: &mut Screen,
    run: &RunReport,
    cause: &FindingGroup,
    example: Option<&CaseReport>,
    verbose: bool,
) {
    let sign = if cause.violation { Styles::dab(Styles::BAD, "✗") } else { Styles::dab(Styles::WARN, "!") };
    text.line(
        10,
        format_args!(
            "\n{:>5} × {sign} {} {}",
            cause.times(),
            visible(&shortened(&row_of(cause), MAX_LEN)),
            Styles::dab(Styles::FAINT, format_args!("[{}]", checks(cause)))
        ),
    );
    let mut line = |indent: usize, words: &str| text.line(indent, format_args!("          {words}"));
    for detail in &cause.details {
        line(12, &format!("- {}", visible(&shortened(detail, MAX_LEN))));
    }
    if let Some(response) = &cause.response {
        let body = one_line(&response.body);
        let said = if body.is_empty() { String::new() } else { format!(" · {body}") };
        line(20, &format!("{} HTTP {}{said}", Styles::dab(Styles::FAINT, "received "), response.status));
    }
    if !cause.faults.is_empty() {
        let most = if verbose { usize::MAX } else { MAX_FAULTS };
        let mut faults: Vec<String> = cause.faults.iter().take(most).map(ToString::to_string).collect();
        if cause.faults.len() > faults.len() {
            faults.push(format!("and {} more kinds (-v lists them)", cause.faults.len() - faults.len()));
        }
        line(20, &format!("{} {}", Styles::dab(Styles::FAINT, "faults   "), visible(&faults.join(", "))));
    }
    let is_named = cause.operation.is_some() && cause.operations.len() == 1;
    if !cause.operations.is_empty() && !is_named {
        let most = if verbose { usize::MAX } else { MAX_OPERATIONS };
        let mut operations: Vec<&str> = cause.operations.iter().map(|it| &**it).take(most).collect();
        let more = format!("and {} more (-v lists them)", cause.operations.len() - operations.len());
        if cause.operations.len() > operations.len() {
            operations.push(&more);
        }
        line(20, &format!("{} {}", Styles::dab(Styles::FAINT, "in       "), visible(&operations.join(", "))));
    }
    if let Some(logs) = example.and_then(|case| case.logs.as_ref()) {
        line(20, &format!("{} {}", Styles::dab(Styles::FAINT, "logs     "), visible(&logs.to_string())));
    }
    let place = example.map(|case| format!("  {}", place(case, is_built_in(run, case)))).unwrap_or_default();
    line(
        20,
        &format!(
            "{} {}{}",
            Styles::dab(Styles::FAINT, "case     "),
            visible(&cause.example),
            Styles::dab(Styles::FAINT, place)
        ),
    );
    let exchange = example.zip(cause.exchange).and_then(|(case, index)| case.exchanges.get(index));
    if let Some(exchange) = exchange {
        let label = format!("          {} ", Styles::dab(Styles::FAINT, "reproduce"));
        reproduce(text, &label, 20, exchange);
    }
}

/// Returns the ids of the checks that report a cause.
fn checks(cause: &FindingGroup) -> String {
    let all: Vec<&str> = std::iter::once(&cause.check).chain(&cause.also).map(String::as_str).collect();
    all.join(", ")
}

/// Writes the number of declared errors that were seen, and those of each operation that were not.
pub(super) fn operations(text: &mut Screen, report: &RunReport, verbose: bool) {
    let several = report.packs.len() > 1;
    for pack in report.packs.iter().filter(|pack| !pack.operations.is_empty()) {
        let (mut seen, mut declared) = (0, 0);
        for operation in &pack.operations {
            let (of_one, all) = operation.seen();
            (seen, declared) = (seen + of_one, declared + all);
        }
        let name = if several { format!("{:<11} ", pack.header.label()) } else { String::new() };
        let more = if verbose || seen == declared { "" } else { " (-v shows which)" };
        text.line(
            11,
            format_args!(
                "{} {name}{seen} of {declared} declared error responses seen ({} operations){}",
                label("openapi"),
                pack.operations.len(),
                Styles::dab(Styles::FAINT, more)
            ),
        );
        for operation in pack.operations.iter().filter(|_| verbose) {
            let errors = operation.errors.iter().map(|error| match error.cases {
                0 => Styles::dab(Styles::WARN, format_args!("{} –", error.status)),
                cases => Styles::dab(Styles::GOOD, format_args!("{} ×{cases}", error.status)),
            });
            let errors: Vec<String> = errors.collect();
            text.line(
                17,
                format_args!("             {}  {}", visible(&operation.operation), errors.join("  ")),
            );
        }
    }
}

/// Maximum number of operations without a response that are named, unless all are.
const MAX_NOT_CALLED: usize = 3;

/// Writes the operations of which no request got a response.
pub(super) fn not_called(text: &mut Screen, report: &RunReport, verbose: bool) {
    let several = report.packs.len() > 1;
    for pack in report.packs.iter().filter(|pack| !pack.operations_not_called.is_empty()) {
        let all = &pack.operations_not_called;
        let name = if several { format!("{:<11} ", pack.header.label()) } else { String::new() };
        let most = if verbose { usize::MAX } else { MAX_NOT_CALLED };
        let named: Vec<_> = all.iter().take(most).map(|operation| visible(operation).to_string()).collect();
        let more = match all.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more (-v lists them)"),
        };
        text.line(
            11,
            format_args!(
                "{} {name}{}: {}{}",
                label("not called"),
                count(all.len(), "operation"),
                named.join(", "),
                Styles::dab(Styles::FAINT, more)
            ),
        );
    }
}

/// Writes what each role got from each operation.
pub(super) fn access(text: &mut Screen, report: &RunReport) {
    for pack in report.packs.iter().filter(|pack| OperationAccess::is_comparable(&pack.access)) {
        text.line(
            11,
            format_args!("{} {} (operations × roles)", label("access"), visible(&pack.header.label())),
        );
        for row in &pack.access {
            let roles = row.roles.iter().map(|access| {
                let role = Styles::dab(Styles::FAINT, visible(role_name(access.role.as_deref())));
                format!("{role} {}", statuses(&access.statuses))
            });
            let roles: Vec<String> = roles.collect();
            text.line(17, format_args!("             {}  {}", visible(&row.operation), roles.join("  ")));
        }
    }
}
