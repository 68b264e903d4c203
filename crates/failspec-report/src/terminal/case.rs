//! One case in a terminal.

use std::fmt::Write as _;

use failspec_base::sanitize::shortened;

use crate::{
    case_text::{judged, who},
    summary::source_of_warning,
};
use failspec_base::sanitize::one_line;
use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, ExchangeReport, Outcome, RunReport, SnapshotState},
};

use super::{screen::Screen, styles::Styles, visible};

/// Maximum length of a body in a terminal, in characters.
const MAX_BODY_LEN: usize = 600;

/// Maximum length of a sentence about a problem, in characters: it may quote the response.
const MAX_MESSAGE_LEN: usize = 400;

/// Maximum number of lines of a difference.
const MAX_DIFF_LINES: usize = 100;

/// Maximum length of a code or request id, in characters.
const MAX_VALUE_LEN: usize = 100;

/// Maximum length of a command line, in characters: it contains the body that was sent.
const MAX_COMMAND_LEN: usize = 2000;

/// Describes what is documented, what was sent, what was received, and what is wrong with it, without line breaks for a
/// terminal. `built_in` is true for a case of a built-in pack.
pub fn case(report: &CaseReport, built_in: bool) -> String {
    let mut text = Screen::default();
    case_on(&mut text, report, built_in);
    text.finish()
}

/// Writes what [`case`] returns.
pub(super) fn case_on(text: &mut Screen, report: &CaseReport, built_in: bool) {
    title(text, report, built_in);
    row(text, "documented", &documented(report));
    if let Some(exchange) = judged(report) {
        let request = &exchange.request;
        let sent = format!(
            "{} {} {}",
            visible(&request.method),
            visible(&request.url.to_string()),
            Styles::dab(Styles::FAINT, who(report, exchange))
        );
        row(text, "sent", &sent);
        row(text, "received", &received(report, exchange));
    }
    if let Some(logs) = &report.logs {
        row(text, "logs", &Styles::dab(Styles::FAINT, visible(&logs.to_string())));
    }
    // Violations, if there are any, are clearer than the reason.
    if let Some(reason) =
        report.reason.as_ref().filter(|_| report.violations.is_empty() || report.outcome == Outcome::Unstable)
    {
        row(text, "reason", &visible(&reason.to_string()));
    }
    findings(text, report);
    if let Some(rerun) = report.rerun {
        row(text, "note", &rerun.to_string());
    }
    snapshot(text, report);
    for left in &report.left_behind {
        row(text, "left over", &format!("the teardown could not remove: {}", visible(left)));
    }
    let response = judged(report).and_then(|exchange| exchange.response.as_ref());
    if let Some(response) = response.filter(|response| !response.body.is_empty()) {
        row(text, "body", &visible(&shortened(&response.body, MAX_BODY_LEN)));
    }
    if let Some(exchange) = judged(report) {
        let label = format!("  {} ", Styles::dab(Styles::FAINT, format_args!("{:<10}", "reproduce")));
        reproduce(text, &label, 13, exchange);
    }
}

/// Writes the command line that sends the request of an exchange again, after a label.
pub(super) fn reproduce(text: &mut Screen, label: &str, indent: usize, exchange: &ExchangeReport) {
    let words = exchange.request.curl().words();
    // A command line that is cut would send something else: the report contains it whole.
    if words.iter().map(|word| word.chars().count() + 1).sum::<usize>() > MAX_COMMAND_LEN {
        let note = "(the command line is too long for a terminal; `--report json=PATH` contains it)";
        return text.line(indent, format_args!("{label}{}", Styles::dab(Styles::FAINT, note)));
    }
    let words: Vec<String> = words.iter().map(|word| visible(word).into_owned()).collect();
    text.command(label, indent, &words, Styles::FAINT);
}

/// Describes a case in a few lines, if similar ones were shown in full: its name and what is wrong with it.
pub(super) fn in_short(text: &mut Screen, report: &CaseReport, built_in: bool) {
    title(text, report, built_in);
    findings(text, report);
}

/// Returns true if a case is one of a built-in pack: its file is in no folder of the user.
pub(super) fn is_built_in(run: &RunReport, case: &CaseReport) -> bool {
    run.packs.iter().any(|pack| pack.header.name == *case.pack && pack.header.built_in)
}

/// Returns the place of the scenario. A file of a built-in pack cannot be opened; the command that shows it is named.
pub(super) fn place(report: &CaseReport, built_in: bool) -> String {
    let place = one_line(&report.location.to_string());
    if !built_in {
        return place;
    }
    format!("{place} (built in: failspec explain {}::{})", one_line(&report.pack), one_line(&report.failure))
}

fn title(text: &mut Screen, report: &CaseReport, built_in: bool) {
    let style = match report.outcome {
        Outcome::Failed | Outcome::Unstable => Styles::BAD,
        Outcome::Passed | Outcome::Seen => Styles::GOOD,
        _ => Styles::WARN,
    };
    text.line(
        4,
        format_args!(
            "{} {}  {}",
            Styles::dab(style, report.outcome.as_str().to_uppercase()),
            Styles::dab(Styles::STRONG, one_line(&report.name)),
            Styles::dab(Styles::FAINT, place(report, built_in)),
        ),
    );
}

fn findings(text: &mut Screen, report: &CaseReport) {
    for finding in &report.violations {
        finding_row(text, Styles::dab(Styles::BAD, "✗"), finding, "");
    }
    for waived in &report.waived {
        let why = format!(" (waived until {}: {})", waived.expires, waived.reason);
        finding_row(text, Styles::dab(Styles::WARN, "~"), &waived.finding, &why);
    }
    for finding in &report.warnings {
        let source = format!(" ({})", source_of_warning(finding));
        finding_row(text, Styles::dab(Styles::WARN, "!"), finding, &source);
    }
}

fn documented(report: &CaseReport) -> String {
    let documented = &report.documented;
    let status =
        Some(documented.statuses()).filter(|it| !it.is_empty()).map(|it| it + " · ").unwrap_or_default();
    let code = documented.code.as_ref().map(|code| format!("{code} · ")).unwrap_or_default();
    let links = documented.link.as_deref().into_iter().chain(report.documentation.as_deref());
    let links: String = links.map(|link| format!("\n{link}")).collect();
    format!("{status}{code}{}{}", documented.summary, Styles::dab(Styles::FAINT, links))
}

fn received(report: &CaseReport, exchange: &ExchangeReport) -> String {
    let Some(response) = &exchange.response else {
        return visible(exchange.error.as_deref().unwrap_or_default()).into_owned();
    };
    let mut text = format!("HTTP {}", response.status);
    let observed = report.observed.as_ref().filter(|_| exchange.phase == Phase::Request);
    if let Some(code) = observed.and_then(|observed| observed.code.as_ref()) {
        let _ = write!(text, " · {}", visible(&shortened(&code.to_string(), MAX_VALUE_LEN)));
    }
    let _ = write!(text, " · {:.1} ms", exchange.ms);
    text
}

/// Writes a finding: its message, then the check, which `failspec explain` explains.
fn finding_row(text: &mut Screen, sign: String, finding: &Finding, suffix: &str) {
    let check = Styles::dab(Styles::FAINT, format_args!("[{}]{}", finding.check, visible(suffix)));
    let line = format!("{} {check}", visible(&shortened(&finding.message, MAX_MESSAGE_LEN)));
    text.line(4, format_args!("  {sign} {}", indent(&line, 4)));
    for detail in &finding.details {
        let check = Styles::dab(Styles::FAINT, format_args!("[{}]", detail.check));
        let message = shortened(&detail.message, MAX_MESSAGE_LEN);
        text.line(8, format_args!("      - {}", indent(&format!("{} {check}", visible(&message)), 8)));
    }
}

fn snapshot(text: &mut Screen, report: &CaseReport) {
    let Some(snapshot) = &report.snapshot else { return };
    let (what, diff) = match (snapshot.state, &snapshot.diff) {
        (SnapshotState::Changed, Some(diff)) => ("differs from the approved response", diff),
        _ => return,
    };
    row(text, "snapshot", &format!("{what}: {}", snapshot.file));
    let all = diff.lines().count();
    for line in diff.lines().take(MAX_DIFF_LINES) {
        let style = match line.as_bytes().first() {
            Some(b'-') => Styles::BAD,
            Some(b'+') => Styles::GOOD,
            _ => Styles::FAINT,
        };
        let line = shortened(line, MAX_MESSAGE_LEN);
        text.line(15, format_args!("             {}", Styles::dab(style, visible(&line))));
    }
    if all > MAX_DIFF_LINES {
        text.line(15, format_args!("             … and {} more lines", all - MAX_DIFF_LINES));
    }
}

/// Writes a label and its value; further lines are indented below the first.
fn row(text: &mut Screen, label: &str, value: &str) {
    text.line(
        13,
        format_args!("  {} {}", Styles::dab(Styles::FAINT, format_args!("{label:<10}")), indent(value, 13)),
    );
}

fn indent(value: &str, columns: usize) -> String {
    // The value already contains our own escape codes: those of other origin were escaped before.
    value.lines().collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(columns)))
}
