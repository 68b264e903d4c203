//! One case as plain lines, for reports that are read as text.

use std::{borrow::Cow, fmt::Write as _};

use failspec_base::secret::RedactedText;
use failspec_judge::{
    check::{Finding, Phase},
    report_model::{CaseReport, ExchangeReport, FindingGroup, Outcome, SnapshotState},
};

use super::summary::source_of_warning;
use failspec_base::sanitize::{shortened, visible};

/// Maximum length of a sentence about a problem, in characters: it may quote the response.
const MAX_MESSAGE_LEN: usize = 600;

/// Maximum number of lines of a difference.
const MAX_DIFF_LINES: usize = 60;

/// Describes what is documented, what was sent, what was received, and what is wrong with it. Bodies and command
/// lines have at most `longest` characters: a report of many cases has no space for a whole body.
pub(super) fn account(case: &CaseReport, longest: usize) -> String {
    let mut text = String::new();
    row(&mut text, "documented", &documented(case));
    let judged = judged(case);
    if let Some(exchange) = judged {
        let request = &exchange.request;
        row(&mut text, "sent", &format!("{} {} {}", request.method, request.url, who(case, exchange)));
        row(&mut text, "received", &received(case, exchange));
    }
    if let Some(logs) = &case.logs {
        row(&mut text, "logs", &logs.to_string());
    }
    if let Some(reason) =
        case.reason.as_ref().filter(|_| case.violations.is_empty() || case.outcome == Outcome::Unstable)
    {
        row(&mut text, "reason", &reason.to_string());
    }
    if let Some(rerun) = case.rerun {
        row(&mut text, "note", &rerun.to_string());
    }
    findings(&mut text, case);
    snapshot(&mut text, case);
    for left in &case.left_behind {
        row(&mut text, "left over", &format!("the teardown could not remove: {left}"));
    }
    if let Some(exchange) = judged {
        if let Some(response) = exchange.response.as_ref().filter(|response| !response.body.is_empty()) {
            row(&mut text, "body", &shortened(&response.body, longest));
        }
        // A command line that is cut would send something else.
        let curl = exchange.request.curl().to_string();
        if curl.chars().count() <= longest {
            row(&mut text, "reproduce", &curl);
        }
    }
    match &case.recorded {
        Some(recorded) => row(&mut text, "recorded", &recorded.place.to_string()),
        None => row(&mut text, "scenario", &case.location.to_string()),
    }
    text
}

/// Returns the exchange that is judged; if there is none, the last one, at which the case ended. If all that is wrong is about
/// other ones, such as the removal of what was made, it is the first of these.
pub(super) fn judged(report: &CaseReport) -> Option<&ExchangeReport> {
    let others = report.violations.iter().map(|finding| {
        let exchange = report.exchanges.get(finding.record()?)?;
        (exchange.phase != Phase::Request).then_some(exchange)
    });
    if let Some(others) = others.collect::<Option<Vec<&ExchangeReport>>>()
        && let Some(first) = others.first()
    {
        return Some(first);
    }
    let of = |phase| report.exchanges.iter().find(|exchange| exchange.phase == phase);
    let teardown = |exchange: &&ExchangeReport| !exchange.phase.is_teardown();
    of(Phase::Request).or_else(|| report.exchanges.iter().rfind(teardown))
}

/// Returns true if the response differs from the approved one.
pub(super) fn differs(case: &CaseReport) -> bool {
    case.snapshot.as_ref().is_some_and(|snapshot| snapshot.state == SnapshotState::Changed)
}

/// Describes the credentials that were sent; a scenario may contain wrong ones itself.
pub(super) fn who(case: &CaseReport, exchange: &ExchangeReport) -> String {
    let own = |(name, _): &(String, RedactedText)| {
        name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("cookie")
    };
    match &exchange.role {
        Some(role) => format!("as {role}"),
        None if exchange.request.headers.iter().any(own) => match &case.recorded {
            Some(_) => "with the credentials of the recording".to_owned(),
            None => "with credentials written in the scenario".to_owned(),
        },
        None => "without credentials".to_owned(),
    }
}

/// Describes the problem of a case in one sentence: the first violation, else the reason why there is no verdict,
/// else the first warning.
pub(super) fn sentence(case: &CaseReport) -> String {
    let first = case.violations.first().or_else(|| case.waived.first().map(|waived| &waived.finding));
    let first = first.filter(|_| case.outcome != Outcome::Unstable);
    let text = match (first, &case.reason) {
        (Some(finding), _) => Cow::Borrowed(finding.message.as_str()),
        (None, Some(reason)) => Cow::Owned(reason.to_string()),
        (None, None) => case.warnings.first().map_or("", |warning| warning.message.as_str()).into(),
    };
    shortened(&text, MAX_MESSAGE_LEN).into_owned()
}

/// Describes a cause in one sentence: what it belongs to, and the finding in its example.
pub(super) fn row_of(cause: &FindingGroup) -> String {
    match cause.subject() {
        Some(subject) => format!("{subject}: {}", cause.message),
        None => cause.message.clone(),
    }
}

fn documented(case: &CaseReport) -> String {
    let documented = &case.documented;
    let status =
        Some(documented.statuses()).filter(|it| !it.is_empty()).map(|it| it + " · ").unwrap_or_default();
    let code = documented.code.as_ref().map(|code| format!("{code} · ")).unwrap_or_default();
    let links = documented.link.as_deref().into_iter().chain(case.documentation.as_deref());
    let links: String = links.map(|link| format!("\n{link}")).collect();
    format!("{status}{code}{}{links}", documented.summary)
}

fn received(case: &CaseReport, exchange: &ExchangeReport) -> String {
    let Some(response) = &exchange.response else {
        return exchange.error.clone().unwrap_or_default();
    };
    let mut text = format!("HTTP {}", response.status);
    let observed = case.observed.as_ref().filter(|_| exchange.phase == Phase::Request);
    if let Some(code) = observed.and_then(|observed| observed.code.as_ref()) {
        let _ = write!(text, " · {}", shortened(&code.to_string(), MAX_MESSAGE_LEN));
    }
    let _ = write!(text, " · {:.1} ms", exchange.ms);
    text
}

fn findings(text: &mut String, case: &CaseReport) {
    for finding in &case.violations {
        row(text, "violation", &told(finding));
    }
    for waived in &case.waived {
        let issue = waived.issue.as_ref().map(|issue| format!(", {issue}")).unwrap_or_default();
        let why = format!("\nwaived until {}: {}{issue}", waived.expires, waived.reason);
        row(text, "waived", &format!("{}{why}", told(&waived.finding)));
    }
    for finding in &case.warnings {
        row(text, "warning", &format!("{} ({})", told(finding), source_of_warning(finding)));
    }
}

/// Formats a finding: its message, then the check, which `failspec explain` explains.
fn told(finding: &Finding) -> String {
    let mut text = format!("{} [{}]", shortened(&finding.message, MAX_MESSAGE_LEN), finding.check);
    for detail in &finding.details {
        let message = shortened(&detail.message, MAX_MESSAGE_LEN);
        let _ = write!(text, "\n- {message} [{}]", detail.check);
    }
    text
}

/// Writes the difference between the response and the approved one.
pub(super) fn snapshot(text: &mut String, case: &CaseReport) {
    let Some(snapshot) = case.snapshot.as_ref().filter(|it| it.state == SnapshotState::Changed) else {
        return;
    };
    row(text, "snapshot", &format!("differs from the approved response: {}", snapshot.file));
    let Some(diff) = &snapshot.diff else { return };
    for line in diff.lines().take(MAX_DIFF_LINES) {
        let _ = writeln!(text, "           {}", visible(&shortened(line, MAX_MESSAGE_LEN)));
    }
    let all = diff.lines().count();
    if all > MAX_DIFF_LINES {
        let _ = writeln!(text, "           … and {} more lines", all - MAX_DIFF_LINES);
    }
}

/// Writes a label and its value; further lines are indented below the first.
fn row(text: &mut String, label: &str, value: &str) {
    let value = visible(value).lines().collect::<Vec<_>>().join("\n           ");
    let _ = writeln!(text, "{label:<10} {value}");
}
