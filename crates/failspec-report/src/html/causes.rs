//! The causes, before everything else: findings about the whole run, and the findings of all cases by rule and cause.

use std::collections::HashSet;

use crate::{count, summary::count_cases};
use failspec_base::sanitize::one_line;
use failspec_judge::{
    check::find,
    report_model::{CaseReport, FindingGroup, RunReport},
};

use super::{coverage::OperationPlaces, issues::names, page::Page};

/// Maximum number of cases and of operations that a cause links to. Its rule, entered as a filter, shows all.
const MAX_LINKS: usize = 20;

/// Maximum number of causes listed; each case shows its own findings all the same.
const MAX_CAUSES: usize = 100;

/// Number of causes of a rule that are seen at once; the others are folded.
const FEW_CAUSES: usize = 10;

/// Returns true if there is something to show.
pub(super) fn has_findings(report: &RunReport) -> bool {
    !report.run_findings.is_empty() || !report.finding_groups.is_empty()
}

pub(super) fn section(page: &mut Page, report: &RunReport, places: &OperationPlaces<'_>) {
    if !has_findings(report) {
        return;
    }
    page.raw("<section class=\"wide\" id=\"findings\">\n");
    run_findings(page, report);
    causes(page, report, places);
    page.raw("</section>\n");
}

fn run_findings(page: &mut Page, report: &RunReport) {
    if report.run_findings.is_empty() {
        return;
    }
    page.raw("<h2>The whole run</h2>\n<ul class=\"findings\">\n");
    for finding in &report.run_findings {
        if finding.violation {
            page.raw("<li class=\"failed\">").icon("failed").raw("<div><b class=\"kind\">violation</b> ");
        } else {
            page.raw("<li class=\"warned\">").icon("warned").raw("<div><b class=\"kind\">warning</b> ");
        }
        page.prose(&finding.message).raw(" <code class=\"check\">").text(&finding.check).raw("</code>");
        names(page, finding.cases.iter().map(String::as_str));
        page.raw("</div></li>\n");
    }
    page.raw("</ul>\n");
}

/// Writes the causes by rule: the rules in the order of their first cause, violations before warnings.
fn causes(page: &mut Page, report: &RunReport, places: &OperationPlaces<'_>) {
    let groups = &report.finding_groups;
    if groups.is_empty() {
        return;
    }
    let cases: HashSet<&str> = report.cases.iter().map(|case| &*case.name).collect();
    page.raw("<h2>Findings by rule and cause <span class=\"number\">")
        .count(groups.len())
        .raw("</span></h2>\n");
    let shown = &groups[..groups.len().min(MAX_CAUSES)];
    let mut rules: Vec<(&str, bool)> = Vec::new();
    for group in shown {
        let rule = (group.check.as_str(), group.violation);
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    for (at, (check, violation)) in rules.into_iter().enumerate() {
        let of_rule = || shown.iter().filter(|group| group.check == check && group.violation == violation);
        rule(page, check, of_rule().count(), of_rule().map(|group| group.cases).sum());
        page.raw("<ul class=\"findings\">\n");
        for (of, group) in of_rule().enumerate().take(FEW_CAUSES) {
            cause(page, group, at + of == 0, &cases, places);
        }
        page.raw("</ul>\n");
        let others = of_rule().count().saturating_sub(FEW_CAUSES);
        if others > 0 {
            page.raw("<details class=\"fold\"><summary>").text(&count(others, "more cause"));
            page.raw("</summary>\n<ul class=\"findings\">\n");
            of_rule().skip(FEW_CAUSES).for_each(|group| cause(page, group, false, &cases, places));
            page.raw("</ul></details>\n");
        }
    }
    if groups.len() > MAX_CAUSES {
        page.raw("<p class=\"faint\">and ").count(groups.len() - MAX_CAUSES);
        page.raw(" more causes, the least frequent: each case below shows its own.</p>\n");
    }
}

fn rule(page: &mut Page, check: &str, causes: usize, cases: usize) {
    page.raw("<h3 class=\"rule\"><code>").text(check).raw("</code> <span class=\"number\">");
    page.text(&count(causes, "cause")).raw(", ").text(&count_cases(cases)).raw("</span></h3>\n");
    if let Some(check) = find(check) {
        page.raw("<p class=\"faint\">").text(check.summary).raw("</p>\n");
    }
}

/// Writes a cause, folded: in its first line what is wrong, below its response, its operations and its cases.
fn cause(
    page: &mut Page,
    cause: &FindingGroup,
    open: bool,
    cases: &HashSet<&str>,
    places: &OperationPlaces<'_>,
) {
    let (class, sign) = if cause.violation { ("failed", "failed") } else { ("warned", "warned") };
    page.raw("<li class=\"").raw(class).raw("\">").icon(sign).raw("<details");
    page.raw(if open { " open" } else { "" }).raw("><summary><b class=\"kind\">");
    match cause.exchanges {
        0 => page.text(&count_cases(cause.cases)),
        exchanges => page.text(&format!("seen {exchanges} ×")),
    };
    page.raw("</b> ");
    if let Some(response) = &cause.response {
        status(page, response.status);
    }
    if let Some(subject) = cause.subject() {
        page.raw("<code>").text(&subject).raw("</code> ");
    }
    page.prose(&cause.message);
    for check in &cause.also {
        page.raw(" <code class=\"check\">").text(check).raw("</code>");
    }
    page.raw("</summary>");
    if !cause.details.is_empty() {
        page.raw("<ul>");
        for detail in &cause.details {
            page.raw("<li>").prose(detail).raw("</li>");
        }
        page.raw("</ul>");
    }
    if let Some(body) = cause.response.as_ref().map(|response| one_line(&response.body))
        && !body.is_empty()
    {
        page.raw("<p>The server said: <code>").text(&body).raw("</code></p>");
    }
    if !cause.faults.is_empty() {
        let faults: Vec<String> = cause.faults.iter().map(ToString::to_string).collect();
        page.raw("<p>Faults: ").text(&faults.join(", ")).raw("</p>");
    }
    if !cause.operations.is_empty() {
        page.raw("<p class=\"faint\">").text(&count(cause.operations.len(), "operation")).raw("</p>");
        page.raw("<ul class=\"names\">");
        for operation in cause.operations.iter().take(MAX_LINKS) {
            page.raw("<li>");
            places.link(page, operation);
            page.raw("</li>");
        }
        more(page, cause.operations.len(), &cause.check);
    }
    // The example first: it has the shortest request.
    let others = cause.case_names.iter().map(|name| &**name).filter(|name| *name != cause.example);
    let names: Vec<&str> = std::iter::once(cause.example.as_str()).chain(others).collect();
    page.raw("<p class=\"faint\">").text(&count_cases(cause.cases)).raw("</p><ul class=\"names\">");
    for name in names.iter().take(MAX_LINKS) {
        // A report that is read back may name cases that it does not contain.
        match cases.contains(name) {
            true => {
                page.raw("<li><a href=\"#").text(name).raw("\"><code>").text(name).raw("</code></a></li>")
            }
            false => page.raw("<li><code>").text(name).raw("</code></li>"),
        };
    }
    more(page, names.len(), &cause.check);
    page.raw("</details></li>\n");
}

/// Ends a list of links, and says where the rest is.
fn more(page: &mut Page, all: usize, check: &str) {
    if all > MAX_LINKS {
        page.raw("<li>and ").count(all - MAX_LINKS).raw(" more: filter the cases by <code>").text(check);
        page.raw("</code></li>");
    }
    page.raw("</ul>");
}

/// Writes an HTTP status as a chip, coloured by its class.
pub(super) fn status(page: &mut Page, status: u16) {
    let class = match status {
        500.. => "s5",
        400..500 => "s4",
        300..400 => "s3",
        _ => "s2",
    };
    page.raw("<span class=\"http ").raw(class).raw("\">").text(&status.to_string()).raw("</span> ");
}

/// Writes the status that a case got, after the documented ones if it is none of them.
pub(super) fn statuses(page: &mut Page, case: &CaseReport) {
    let Some(observed) = &case.observed else { return };
    let documented = case.documented.status.iter().chain(&case.documented.other_statuses);
    let is_documented = documented.clone().any(|pattern| pattern.matches(observed.status));
    if !is_documented && documented.clone().next().is_some() {
        let all: Vec<String> = documented.map(ToString::to_string).collect();
        page.raw("<span class=\"http\">").text(&all.join(", ")).raw("</span> → ");
    }
    status(page, observed.status);
}
