//! Issues other than findings: what was not exercised, missing requirements, waivers,
//! resources that were left behind, and errors in the documentation itself.

use std::{borrow::Cow, collections::BTreeMap};

use crate::summary::{count_cases, features, health_checks, reruns, snapshots, unexercised, waivers};
use failspec_judge::report_model::RunReport;

use super::page::Page;

/// Maximum number of names listed; the rest is only counted.
const MAX_NAMES: usize = 12;

pub(super) fn section(page: &mut Page, report: &RunReport) {
    let mut parts = Page::default();
    not_exercised(&mut parts, report);
    missing_requirements(&mut parts, report);
    waived(&mut parts, report);
    for line in reruns(report) {
        parts.raw("<p>").text(&line).raw(".</p>\n");
    }
    for line in features(report) {
        parts.raw("<p><b>Feature</b> ").text(&line).raw(".</p>\n");
    }
    for line in health_checks(report) {
        parts.raw("<p><b>Health check:</b> ").text(&line).raw(".</p>\n");
    }
    left_behind(&mut parts, report);
    differences(&mut parts, report);
    page.parts("<section class=\"wide\" id=\"attention\" aria-label=\"Attention\">\n", parts, "</section>\n");
}

fn not_exercised(page: &mut Page, report: &RunReport) {
    // A reason for many failures is shown once; reasons that keep the run from being complete come first.
    let mut by_why: BTreeMap<(bool, &'static str, Cow<'_, str>), Vec<String>> = BTreeMap::new();
    for it in unexercised(report) {
        let name = format!("{}::{}", it.pack, it.name);
        by_why.entry((!it.missing, it.state, it.why)).or_default().push(name);
    }
    if by_why.is_empty() {
        return;
    }
    let count: usize = by_why.values().map(Vec::len).sum();
    page.raw("<details class=\"fold\"><summary><h2>Coverage exceptions <span class=\"number\">").count(count);
    page.raw("</span></h2></summary>\n<dl class=\"reasons\">\n");
    for ((_, state, why), all) in by_why {
        page.raw("<div><dt><b>").raw(state).raw("</b> <span>").text(&why).raw("</span></dt><dd>");
        names(page, all.iter().map(String::as_str));
        page.raw("</dd></div>\n");
    }
    page.raw("</dl></details>\n");
}

fn missing_requirements(page: &mut Page, report: &RunReport) {
    let mut missing_requirements = report.packs.iter().flat_map(|pack| &pack.missing_requirements).peekable();
    if missing_requirements.peek().is_none() {
        return;
    }
    page.raw("<h2>What is missing on the target</h2>\n<dl class=\"reasons\">\n");
    for missing in missing_requirements {
        page.raw("<div><dt><b>").raw(missing.kind.as_str()).raw("</b> <code>").text(&missing.name);
        page.raw("</code> <span>").text(&count_cases(missing.cases)).raw(" skipped</span></dt><dd>");
        page.text(&missing.about).raw("</dd></div>\n");
    }
    page.raw("</dl>\n");
}

fn waived(page: &mut Page, report: &RunReport) {
    let waivers = waivers(report);
    if waivers.is_empty() {
        return;
    }
    page.raw("<h2>Waived</h2>\n<ul class=\"findings\">\n");
    for it in waivers {
        let waived = it.waived;
        page.raw("<li class=\"waived\">").icon("waived").raw("<div><b class=\"kind\">until ");
        page.text(&waived.expires).raw("</b> ").text(&waived.reason);
        page.raw(" <code class=\"check\">").text(waived.finding.check).raw("</code>");
        if let Some(issue) = &waived.issue {
            page.raw(" ").link(issue);
        }
        names(page, it.cases.iter().copied());
        page.raw("</div></li>\n");
    }
    page.raw("</ul>\n");
}

fn left_behind(page: &mut Page, report: &RunReport) {
    let mut all = report.cases.iter().flat_map(|case| &case.left_behind).peekable();
    if all.peek().is_none() {
        return;
    }
    page.raw(
        "<h2>Left behind</h2>\n<p>Resources that a teardown could not remove:</p>\n<ul class=\"plain\">\n",
    );
    for left in all {
        page.raw("<li><code>").text(left).raw("</code></li>\n");
    }
    page.raw("</ul>\n");
}

fn differences(page: &mut Page, report: &RunReport) {
    let counts = snapshots(report);
    if !counts.is_empty() {
        page.raw("<p><b>Approved responses:</b> ").text(&counts.join(" · ")).raw(".</p>\n");
    }
}

/// Writes the contradictions and gaps in the documentation itself.
pub(super) fn errata(page: &mut Page, report: &RunReport) {
    if report.errata.is_empty() {
        return;
    }
    page.raw("<section class=\"wide\" id=\"errata\">\n<h2>Errata <span class=\"number\">");
    page.count(report.errata.len());
    page.raw("</span></h2>\n<p class=\"lead\">Contradictions and gaps in the documentation itself.</p>\n");
    for pack in report.packs.iter().filter(|pack| !pack.errata.is_empty()) {
        page.raw("<h3><code>").text(&pack.header.name).raw("</code></h3>\n<ol class=\"errata\">\n");
        for erratum in &pack.errata {
            page.raw("<li><p>").text(&erratum.about).raw("</p>");
            for link in &erratum.links {
                page.raw("<p class=\"faint\">").link(link).raw("</p>");
            }
            page.raw("</li>\n");
        }
        page.raw("</ol>\n");
    }
    page.raw("</section>\n");
}

pub(super) fn names<'n>(page: &mut Page, all: impl ExactSizeIterator<Item = &'n str>) {
    let count = all.len();
    if count == 0 {
        return;
    }
    page.raw("<ul class=\"names\">");
    for name in all.take(MAX_NAMES) {
        page.raw("<li><code>").text(name).raw("</code></li>");
    }
    if count > MAX_NAMES {
        page.raw("<li>and ").count(count - MAX_NAMES).raw(" more</li>");
    }
    page.raw("</ul>");
}
