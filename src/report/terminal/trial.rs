//! One trial that did not simply pass.

use std::fmt::Write as _;

use crate::{
    check::Finding,
    verdict::{ExchangeReport, Outcome, SnapshotState, TrialReport},
};

use super::paint::{Paint, visible};

/// The longest body that is shown in a terminal, in characters.
const LONGEST_BODY: usize = 600;

/// What is documented, what was sent, what came back, what is wrong with it.
pub fn trial(report: &TrialReport) -> String {
    let mut text = String::new();
    let style = match report.outcome {
        Outcome::Failed => Paint::BAD,
        Outcome::Passed => Paint::GOOD,
        _ => Paint::WARN,
    };
    let _ = writeln!(
        text,
        "{} {}  {}",
        Paint::dab(style, report.outcome.word().to_uppercase()),
        Paint::dab(Paint::STRONG, &report.name),
        Paint::dab(Paint::FAINT, &report.location),
    );
    row(&mut text, "documented", &documented(report));
    if let Some(exchange) = judged(report) {
        let who =
            exchange.role.as_deref().map_or("without credentials".to_owned(), |role| format!("as {role}"));
        let sent =
            format!("{} {} {}", exchange.request.method, exchange.request.url, Paint::dab(Paint::FAINT, who));
        row(&mut text, "sent", &sent);
        row(&mut text, "received", &received(report, exchange));
    }
    if let Some(reason) = &report.reason {
        row(&mut text, "because", reason);
    }
    for finding in &report.violations {
        finding_row(&mut text, Paint::dab(Paint::BAD, "✗"), finding, "");
    }
    for waived in &report.waived {
        let why = format!(" (waived until {}: {})", waived.expires, waived.reason);
        finding_row(&mut text, Paint::dab(Paint::WARN, "~"), &waived.finding, &why);
    }
    for finding in &report.warnings {
        finding_row(&mut text, Paint::dab(Paint::WARN, "!"), finding, "");
    }
    snapshot(&mut text, report);
    for left in &report.left_behind {
        row(&mut text, "left", &format!("teardown could not remove: {}", visible(left)));
    }
    if let Some(exchange) = judged(report) {
        if let Some(answer) = exchange.answer.as_ref().filter(|answer| !answer.body.is_empty()) {
            row(&mut text, "body", &short(&answer.body));
        }
        row(&mut text, "again", &Paint::dab(Paint::FAINT, visible(&exchange.request.curl)));
    }
    text
}

/// The exchange that is judged; where there is none, the last one, at which the trial ended.
pub(super) fn judged(report: &TrialReport) -> Option<&ExchangeReport> {
    let of = |phase: &str| report.exchanges.iter().find(|exchange| exchange.phase == phase);
    let teardown = |exchange: &&ExchangeReport| !exchange.phase.starts_with("teardown");
    of("request").or_else(|| report.exchanges.iter().rfind(teardown))
}

fn documented(report: &TrialReport) -> String {
    let documented = &report.documented;
    let status = documented.status.map(|status| format!("HTTP {status} · ")).unwrap_or_default();
    let code = documented.code.as_ref().map(|code| format!("{code} · ")).unwrap_or_default();
    let link = documented.link.as_ref().map(|link| format!("\n{link}")).unwrap_or_default();
    format!("{status}{code}{}{}", documented.summary, Paint::dab(Paint::FAINT, link))
}

fn received(report: &TrialReport, exchange: &ExchangeReport) -> String {
    let Some(answer) = &exchange.answer else {
        return exchange.error.clone().unwrap_or_default();
    };
    let mut text = format!("HTTP {}", answer.status);
    if let Some(observed) = report.observed.as_ref().filter(|_| exchange.phase == "request") {
        if let Some(code) = &observed.code {
            let _ = write!(text, " · {code}");
        }
        if let Some(id) = &observed.request_id {
            let _ = write!(text, " · request id {id}");
        }
    }
    let _ = write!(text, " · {:.1} ms", exchange.ms);
    text
}

fn finding_row(text: &mut String, sign: String, finding: &Finding, suffix: &str) {
    let source = if finding.is_violation() { "" } else { " (not documented)" };
    let line = format!("{} {}{source}{suffix}", Paint::dab(Paint::STRONG, finding.check), finding.message);
    let _ = writeln!(text, "  {sign} {}", indent(&line, 4));
}

fn snapshot(text: &mut String, report: &TrialReport) {
    let Some(snapshot) = &report.snapshot else { return };
    let (what, diff) = match (snapshot.state, &snapshot.diff) {
        (SnapshotState::Changed, Some(diff)) => ("differs from the approved answer", diff),
        _ => return,
    };
    row(text, "snapshot", &format!("{what}: {}", snapshot.file));
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            Some(b'-') => Paint::BAD,
            Some(b'+') => Paint::GOOD,
            _ => Paint::FAINT,
        };
        let _ = writeln!(text, "             {}", Paint::dab(style, visible(line)));
    }
}

/// A label and what it is about; further lines are indented under the first.
fn row(text: &mut String, label: &str, value: &str) {
    let _ =
        writeln!(text, "  {} {}", Paint::dab(Paint::FAINT, format_args!("{label:<10}")), indent(value, 13));
}

fn indent(value: &str, columns: usize) -> String {
    // Escape codes of our own are inside already: only what came from elsewhere was made visible before.
    value.lines().collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(columns)))
}

fn short(body: &str) -> String {
    let body = visible(body);
    if body.chars().count() <= LONGEST_BODY {
        return body.into_owned();
    }
    let head: String = body.chars().take(LONGEST_BODY).collect();
    format!("{head}…")
}
