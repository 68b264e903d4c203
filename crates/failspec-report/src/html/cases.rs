//! The list of cases, the worst first, each with details that the script unfolds.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    case_text::{differs, judged, sentence},
    summary::source_of_warning,
};
use failspec_judge::{
    check::Finding,
    report_model::{
        CaseReport, Documented, ExchangeReport, LogReference, Outcome, RunReport, ScenarioLocation,
        SnapshotReport,
    },
};

use super::{
    causes::statuses,
    document::{class, word},
    exchange::{self, ExchangeData},
    page::Page,
};

/// Headings in the order of relevance to the user.
const GROUPS: [(Outcome, &str); 9] = [
    (Outcome::Failed, "Failed"),
    (Outcome::Unstable, "Unstable"),
    (Outcome::Inconclusive, "Inconclusive"),
    (Outcome::Waived, "Waived"),
    (Outcome::Unconfirmed, "Unconfirmed"),
    (Outcome::Skipped, "Skipped"),
    (Outcome::NotApplicable, "Not applicable"),
    (Outcome::Seen, "Seen"),
    (Outcome::Passed, "Passed"),
];

/// Number of rows that a browser lays out at once; the style sheet contains their height. Measured with 10,000 rows:
/// one by one takes three times as long to open, and all at once ten times.
const LOT: usize = 100;

/// The details of a case that the script shows in addition to the page.
#[derive(Serialize)]
struct Details<'t> {
    /// Absent if the page itself shows it, like the exchange that is judged.
    documented: Option<&'t Documented>,
    location: Option<&'t ScenarioLocation>,
    snapshot: Option<&'t SnapshotReport>,
    left_behind: &'t [String],
    /// Index of the exchange that is judged.
    judged: Option<usize>,
    exchanges: Vec<ExchangeData<'t>>,
}

pub(super) fn section(page: &mut Page, report: &RunReport, out: &mut impl Write) -> io::Result<()> {
    page.raw("<section class=\"wide\" id=\"cases\">\n<h2>Cases <span class=\"number\">");
    page.count(report.cases.len()).raw("</span></h2>\n");
    filters(page, report);
    page.raw(
        "<noscript><p class=\"notice\"><span>Without JavaScript there are no filters, and of the requests and ",
    )
    .raw("responses only those that are judged, of cases that did not simply pass. The JSON report has all.")
    .raw("</span></p></noscript>\n");
    let mut is_first = true;
    for (outcome, title) in GROUPS {
        let count = report.cases.iter().filter(|case| case.outcome == outcome).count();
        if count == 0 {
            continue;
        }
        page.raw("<section class=\"group\" data-outcome=\"").raw(class(outcome)).raw("\">\n<h3 class=\"");
        page.raw(class(outcome)).raw("\">").icon(class(outcome)).raw("<span>").raw(title);
        page.raw("</span> <span class=\"number\">").count(count).raw("</span></h3>\n");
        let of_outcome = report.cases.iter().filter(|case| case.outcome == outcome);
        for (at, case) in of_outcome.enumerate() {
            if at % LOT == 0 {
                page.raw(if at == 0 { "<div class=\"chunk\">\n" } else { "</div>\n<div class=\"chunk\">\n" });
            }
            row(page, case, is_first && case.outcome == Outcome::Failed);
            is_first = false;
            if page.is_large() {
                out.write_all(page.take().as_bytes())?;
            }
        }
        page.raw("</div>\n");
        page.raw("</section>\n");
    }
    page.raw("</section>\n");
    out.write_all(page.take().as_bytes())
}

/// Writes the filters. They do nothing without the script, which makes them visible.
fn filters(page: &mut Page, report: &RunReport) {
    page.raw("<form class=\"filters\" id=\"filters\" hidden role=\"search\" aria-label=\"Filter cases\">\n")
        .raw("<label class=\"find\"><span class=\"hidden\">Text in a case</span>")
        .raw("<input type=\"search\" id=\"text\" placeholder=\"Filter by name, code, check …  ( / )\" ")
        .raw("autocomplete=\"off\" spellcheck=\"false\"></label>\n");
    if report.packs.len() > 1 {
        page.raw("<label class=\"choose\"><span class=\"hidden\">Pack</span><select id=\"pack\">")
            .raw("<option value=\"\">all packs</option>");
        for pack in &report.packs {
            let name = &pack.header.name;
            page.raw("<option value=\"").text(name).raw("\">").text(name).raw("</option>");
        }
        page.raw("</select></label>\n");
    }
    page.raw("<div class=\"chips\" role=\"group\" aria-label=\"Outcomes\">");
    for (outcome, _) in GROUPS {
        if report.cases.iter().any(|case| case.outcome == outcome) {
            page.raw("<button type=\"button\" class=\"chip ")
                .raw(class(outcome))
                .raw("\" aria-pressed=\"false\" ");
            page.raw("data-outcome=\"")
                .raw(class(outcome))
                .raw("\">")
                .icon(class(outcome))
                .raw(word(outcome));
            page.raw("</button>");
        }
    }
    if report.summary.warned > 0 {
        page.raw("<button type=\"button\" class=\"chip warned\" aria-pressed=\"false\" data-warned>");
        page.icon("warned").raw("with warnings</button>");
    }
    if report.cases.iter().any(differs) {
        page.raw("<button type=\"button\" class=\"chip warned\" aria-pressed=\"false\" data-changed>");
        page.icon("alternative").raw("response differs</button>");
    }
    page.raw("</div>\n<p class=\"faint\" id=\"shown\" role=\"status\" aria-live=\"polite\"></p>\n</form>\n");
}

/// Writes a case, folded; the first one that failed is open, because it is what the reader looks for.
fn row(page: &mut Page, case: &CaseReport, open: bool) {
    let only = only_violation(case);
    page.raw("<details class=\"case ").raw(class(case.outcome));
    page.raw(if only.is_some() { " one" } else { "" }).raw("\" id=\"").text(&case.name);
    page.raw(if case.warnings.is_empty() { "\"" } else { "\" data-warned" });
    page.raw(if differs(case) { " data-changed" } else { "" });
    page.raw(if open { " open" } else { "" });
    page.raw("><summary><span class=\"name\">");
    let (path, name) = match case.name.match_indices("::").nth(1) {
        Some((at, colons)) => case.name.split_at(at + colons.len()),
        None => ("", &*case.name),
    };
    page.raw("<span class=\"path\">").text(path).raw("</span>").text(name).raw("</span>");
    page.raw(" <span class=\"status\">");
    statuses(page, case);
    page.raw("</span>");
    if differs(case) || !case.warnings.is_empty() {
        badge(page, case);
    }
    page.raw(" <span class=\"ms\">").text(&case.duration_ms.to_string()).raw(" ms</span>");
    if case.outcome != Outcome::Passed {
        page.raw(" <span class=\"why\">").prose(&sentence(case));
        if let Some(finding) = only {
            page.raw(" <code class=\"check\">").content(finding.check).raw("</code>");
        }
        page.raw("</span>");
    }
    page.raw("</summary><div class=\"inside\">");
    if is_shown_without_script(case) {
        documented(page, case);
    }
    findings(page, case);
    if let Some(exchange) = judged(case).filter(|_| is_shown_without_script(case)) {
        exchange::pair(page, case, exchange);
        if let Some(reference) = &case.logs {
            logs(page, reference);
        }
        exchange::command(page, exchange);
    }
    page.raw("</div>");
    let details = details(case);
    if !details.is_empty() {
        page.raw("<script type=\"application/json\">").json(&details).raw("</script>");
    }
    page.raw("</details>\n");
}

/// Writes what is remarkable about a case besides its outcome.
fn badge(page: &mut Page, case: &CaseReport) {
    page.raw(" <span class=\"badge warned\">");
    if differs(case) {
        page.raw("<span>response differs</span> ");
    }
    if !case.warnings.is_empty() {
        page.icon("warned").raw("<span class=\"hidden\">with </span>");
        page.count(case.warnings.len()).raw("<span class=\"hidden\"> warnings</span>");
    }
    page.raw("</span>");
}

/// Returns the violation that is all there is to say of a case: its line says it, and says it once. A page with thousands
/// of them stays small.
fn only_violation(case: &CaseReport) -> Option<&Finding> {
    let [finding] = case.violations.as_slice() else { return None };
    let is_all = case.waived.is_empty()
        && case.warnings.is_empty()
        && case.outcome != Outcome::Unstable
        && case.rerun.is_none()
        && finding.details.is_empty()
        && sentence(case) == finding.message;
    is_all.then_some(finding)
}

/// Writes the findings into the page itself: they must be readable without a script.
fn findings(page: &mut Page, case: &CaseReport) {
    let reason =
        case.reason.as_ref().filter(|_| case.violations.is_empty() || case.outcome == Outcome::Unstable);
    if only_violation(case).is_some() {
        return;
    }
    let any = !case.violations.is_empty() || !case.waived.is_empty() || !case.warnings.is_empty();
    if !any && reason.is_none() && case.rerun.is_none() {
        return;
    }
    // Many cases have findings: without icons and boxes of their own, a page of thousands stays small.
    page.raw("<ul class=\"told\">");
    if let Some(rerun) = case.rerun {
        page.raw("<li>").content(&rerun.to_string()).raw("</li>");
    }
    if let Some(reason) = reason {
        page.raw("<li class=\"").raw(class(case.outcome)).raw("\">").prose(&reason.to_string()).raw("</li>");
    }
    for finding in &case.violations {
        page.raw("<li class=\"failed\"><b>violation</b> ");
        told(page, finding);
        page.raw("</li>");
    }
    for waived in &case.waived {
        page.raw("<li class=\"waived\"><b>waived until ").content(&waived.expires).raw("</b> ");
        told(page, &waived.finding);
        page.raw("<p>").content(&waived.reason);
        if let Some(issue) = &waived.issue {
            page.raw(" ").link(issue);
        }
        page.raw("</p></li>");
    }
    for finding in &case.warnings {
        page.raw("<li class=\"warned\"><b>warning, ").raw(source_of_warning(finding)).raw("</b> ");
        told(page, finding);
        page.raw("</li>");
    }
    page.raw("</ul>");
}

fn told(page: &mut Page, finding: &Finding) {
    page.prose(&finding.message).raw(" <code class=\"check\">").content(finding.check).raw("</code>");
    if finding.details.is_empty() {
        return;
    }
    page.raw("<ul>");
    for detail in &finding.details {
        page.raw("<li>").prose(&detail.message).raw(" <code class=\"check\">").content(&detail.check);
        page.raw("</code></li>");
    }
    page.raw("</ul>");
}

/// Returns true if the judged exchange of a case is in the page itself, readable without a script. Of cases that simply
/// passed it is not, for which nobody looks.
fn is_shown_without_script(case: &CaseReport) -> bool {
    case.outcome != Outcome::Passed || !case.violations.is_empty() || !case.warnings.is_empty()
}

/// Writes what is documented, and the place of the scenario.
fn documented(page: &mut Page, case: &CaseReport) {
    let documented = &case.documented;
    page.raw("<p class=\"documented\">Documented: <b>");
    let statuses = Some(documented.statuses()).filter(|statuses| !statuses.is_empty());
    let code = documented.code.as_ref().map(ToString::to_string);
    let parts: Vec<String> = statuses.into_iter().chain(code).chain([documented.summary.clone()]).collect();
    page.content(&parts.join(" · ")).raw("</b><br>").text(&case.location.to_string());
    if let Some(retry) = documented.retry {
        page.raw(" · retry: ").text(retry.as_str());
    }
    for link in documented.link.as_deref().into_iter().chain(case.documentation.as_deref()) {
        page.raw(" · ").link_as(link, "documentation");
    }
    page.raw("</p>");
}

/// Writes what leads to the server's own logs.
fn logs(page: &mut Page, logs: &LogReference) {
    page.raw("<p class=\"faint\">Logs:");
    if let Some(id) = &logs.request_id {
        page.raw(" request id ").content(id);
    }
    if let Some(id) = &logs.trace_id {
        page.raw(" trace ").content(id);
    }
    if let Some(url) = &logs.url {
        page.raw(" ").link(url);
    }
    page.raw("</p>");
}

impl Details<'_> {
    /// Returns true if the page itself shows everything.
    fn is_empty(&self) -> bool {
        self.documented.is_none()
            && self.snapshot.is_none()
            && self.left_behind.is_empty()
            && self.exchanges.is_empty()
    }
}

fn details(case: &CaseReport) -> Details<'_> {
    let of_judged = judged(case);
    let is_judged =
        |exchange: &ExchangeReport| of_judged.is_some_and(|judged| std::ptr::eq(judged, exchange));
    let is_shown = is_shown_without_script(case);
    // What the page itself shows is not embedded once more.
    let exchanges = || case.exchanges.iter().enumerate().filter(|(_, it)| !(is_shown && is_judged(it)));
    let judged = exchanges().position(|(_, exchange)| is_judged(exchange));
    let exchanges = exchanges();
    Details {
        documented: (!is_shown).then_some(&*case.documented),
        location: (!is_shown).then_some(&case.location),
        snapshot: case.snapshot.as_ref(),
        left_behind: &case.left_behind,
        judged,
        exchanges: exchanges.map(|(_, exchange)| ExchangeData::of(case, exchange)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::document::{ICONS, STYLE},
        GROUPS, Outcome, class,
    };

    #[test]
    fn every_outcome_has_an_icon_a_colour_and_a_mark() {
        for (outcome, _) in GROUPS {
            let class = class(outcome);
            assert!(ICONS.contains(&format!("id=\"i-{class}\"")), "no icon of {class}");
            let has_colour = STYLE.lines().any(|line| {
                let names = line.split('{').next().unwrap_or_default();
                line.contains("--tone:") && names.split(',').any(|name| name.trim() == format!(".{class}"))
            });
            assert!(has_colour, "no colour of {class}");
            // The mark of a failure is that of all others, too.
            let mark = format!(".case.{class} > summary::before");
            assert!(outcome == Outcome::Failed || STYLE.contains(&mark), "no mark of {class}");
        }
    }
}
