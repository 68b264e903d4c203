//! The whole page: its head, the verdict, and the order of its sections.

use std::io::{self, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use crate::summary::{MOCK, REFERENCE, because, counts, selection, target, undecided, verdict_in_words};
use failspec_judge::report_model::{Outcome, RunReport, Verdict};

use super::{cases, causes, coverage, issues, latency, page::Page, recording};

pub(super) const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");
pub(super) const ICONS: &str = include_str!("icons.svg");

/// Writes the report.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, out: impl Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let mut page = Page::default();
    head(&mut page, report);
    verdict(&mut page, report);
    page.raw("<main>\n");
    let places = coverage::OperationPlaces::of(report);
    causes::section(&mut page, report, &places);
    out.write_all(page.take().as_bytes())?;
    cases::section(&mut page, report, &mut out)?;
    issues::section(&mut page, report);
    recording::section(&mut page, report);
    coverage::section(&mut page, report);
    latency::section(&mut page, report);
    issues::errata(&mut page, report);
    page.raw("</main>\n");
    foot(&mut page, report);
    out.write_all(page.take().as_bytes())?;
    out.flush()
}

fn head(page: &mut Page, report: &RunReport) {
    let packs: Vec<String> = report.packs.iter().map(|pack| pack.header.label()).collect();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"").text(&policy()).raw("\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">\n")
        .raw("<meta name=\"referrer\" content=\"no-referrer\">\n")
        .raw("<meta name=\"robots\" content=\"noindex\">\n<title>")
        .text(report.verdict.as_str())
        .raw(" · ")
        .text(&packs.join(", "))
        .raw(" · failspec</title>\n<style>")
        .raw(STYLE)
        .raw("</style>\n</head>\n<body>\n")
        .raw(ICONS)
        .raw("<a class=\"skip\" href=\"#cases\">Skip to the cases</a>\n");
}

/// Begins a page without a script: a policy forbids every request and every style but its own. `more` is style that follows
/// that of all pages.
pub(super) fn static_head(page: &mut Page, title: &str, more: &'static str) {
    let mut digest = Sha256::new_with_prefix(STYLE.as_bytes());
    digest.update(more.as_bytes());
    let hash = STANDARD.encode(digest.finalize());
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-")
        .text(&hash)
        .raw("'; base-uri 'none'; form-action 'none'\">\n")
        .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .raw("<meta name=\"color-scheme\" content=\"light dark\">\n")
        .raw("<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
        .text(title)
        .raw("</title>\n<style>")
        .raw(STYLE)
        .raw(more)
        .raw("</style>\n</head>\n<body>\n")
        .raw(ICONS);
}

/// Returns the content security policy: nothing is loaded, and the only script and style that apply are the two in
/// the page.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn verdict(page: &mut Page, report: &RunReport) {
    let (class, icon) = match report.verdict {
        Verdict::Conforms | Verdict::NoViolationsSeen => ("<header class=\"verdict good\">", "passed"),
        Verdict::Violations => ("<header class=\"verdict bad\">", "failed"),
        _ => ("<header class=\"verdict open\">", "inconclusive"),
    };
    page.raw(class).raw("\n<div class=\"wide\">\n<p class=\"brand\">failspec</p>\n<h1>").icon(icon);
    page.raw("<span>").text(&verdict_in_words(report)).raw("</span></h1>\n<p class=\"because\">");
    page.text(&because(report)).raw("</p>\n");
    about(page, report);
    if report.reference {
        page.raw("<p class=\"notice\">").icon("note").raw("<span>This ran on ").text(REFERENCE);
        page.raw(".</span></p>\n");
    }
    if report.is_of_mock() {
        page.raw("<p class=\"notice\">").icon("note").raw("<span>This ran on ").text(MOCK);
        page.raw(".</span></p>\n");
    }
    if let Some(selection) = selection(report) {
        page.raw("<p class=\"notice\">").icon("note").raw("<span>").text(&selection).raw(".</span></p>\n");
    }
    if let Some(diagnosis) = &report.diagnosis {
        page.raw("<pre class=\"diagnosis\">").text(diagnosis).raw("</pre>\n");
    }
    if let Some(undecided) = undecided(report) {
        page.raw("<p class=\"notice\">").icon("note").raw("<span>").text(&undecided.to_string());
        page.raw(".</span></p>\n");
    }
    outcomes(page, report);
    page.raw("<nav aria-label=\"Parts of this report\">");
    if causes::has_findings(report) {
        page.raw("<a href=\"#findings\">Findings</a> ");
    }
    page.raw("<a href=\"#cases\">Cases</a> <a href=\"#coverage\">Coverage</a> <a href=\"#times\">Times</a> ");
    if !report.errata.is_empty() {
        page.raw("<a href=\"#errata\">Errata</a>");
    }
    page.raw("</nav>\n</div>\n</header>\n");
}

/// Writes what was tested, where, and when.
fn about(page: &mut Page, report: &RunReport) {
    page.raw("<ul class=\"about\">\n");
    for pack in &report.packs {
        page.raw("<li><code>").text(&pack.header.label()).raw("</code> on <span>");
        page.text(&target(&pack.header)).raw("</span></li>\n");
    }
    page.raw("<li><time datetime=\"").text(&report.started).raw("\">").text(&minute(&report.started));
    page.raw("</time>, ").text(&format!("{:.1} s", report.duration_ms as f64 / 1000.0));
    page.raw("</li>\n</ul>\n");
}

/// Formats a time to the minute, if it is one: a report that is read back may contain anything.
fn minute(time: &str) -> String {
    let parsed = time.parse::<jiff::Timestamp>();
    parsed.map_or_else(|_| time.to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// Writes the counts with a bar above them; only the counts are read to a screen reader.
fn outcomes(page: &mut Page, report: &RunReport) {
    let counts = counts(report);
    let total: usize = counts.iter().map(|(count, _)| count).sum();
    if total > 0 {
        page.raw("<svg class=\"bar\" height=\"10\" aria-hidden=\"true\" preserveAspectRatio=\"none\" viewBox=\"0 0 ");
        page.count(total).raw(" 1\">");
        let mut at = 0;
        for (count, outcome) in &counts {
            page.raw("<rect class=\"").raw(class(*outcome)).raw("\" x=\"").count(at).raw("\" width=\"");
            page.count(*count).raw("\" height=\"1\"/>");
            at += count;
        }
        page.raw("</svg>\n");
    }
    page.raw("<ul class=\"counts\">\n");
    for (count, outcome) in counts {
        page.raw("<li class=\"").raw(class(outcome)).raw("\">").icon(class(outcome)).raw("<b>").count(count);
        page.raw("</b> ").raw(word(outcome)).raw("</li>\n");
    }
    if report.summary.warned > 0 {
        page.raw("<li class=\"warned\">").icon("warned").raw("<b>").count(report.summary.warned);
        page.raw("</b> with warnings</li>\n");
    }
    page.raw("</ul>\n");
}

/// Returns the word of an outcome, which is also the name of its class and its icon.
pub(super) fn word(outcome: Outcome) -> &'static str {
    outcome.as_str()
}

/// Returns the name of an outcome in classes and icons: one word.
pub(super) fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "inapplicable",
        other => word(other),
    }
}

fn foot(page: &mut Page, report: &RunReport) {
    page.raw("<footer class=\"wide\"><p>failspec ").text(&report.failspec).raw(" · <time datetime=\"");
    page.text(&report.started).raw("\">").text(&report.started).raw("</time> · took ");
    page.text(&format!("{:.2} s", report.duration_ms as f64 / 1000.0));
    page.raw("</p></footer>\n<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
}
