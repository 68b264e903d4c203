//! The list of cases, the worst first, each with details that the script unfolds.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::{
    case_text::{differs, judged, sentence, who},
    summary::source_of_warning,
};
use failspec_base::secret::RedactedText;
use failspec_judge::{
    check::{Finding, Phase},
    report_model::{
        CaseReport, CurlCommand, Documented, ExchangeReport, Outcome, ResponseReport, RunReport,
        ScenarioLocation, SnapshotReport,
    },
};

use super::{document::word, page::Page};

/// Headings in the order of relevance to the user.
const GROUPS: [(Outcome, &str); 6] = [
    (Outcome::Failed, "Failed"),
    (Outcome::Inconclusive, "Inconclusive"),
    (Outcome::Waived, "Waived"),
    (Outcome::Unconfirmed, "Unconfirmed"),
    (Outcome::Skipped, "Skipped"),
    (Outcome::Passed, "Passed"),
];

/// Number of rows that a browser lays out at once; the style sheet contains their height. Measured with 10,000 rows:
/// one by one takes three times as long to open, and all at once ten times.
const LOT: usize = 100;

/// The details of a case that the script shows in addition to the page.
#[derive(Serialize)]
struct Details<'t> {
    documented: &'t Documented,
    location: &'t ScenarioLocation,
    snapshot: Option<&'t SnapshotReport>,
    left_behind: &'t [String],
    /// Index of the exchange that is judged.
    judged: Option<usize>,
    exchanges: Vec<Exchange<'t>>,
}

#[derive(Serialize)]
struct Exchange<'t> {
    /// The credentials that were sent, in words.
    who: String,
    phase: Phase,
    role: Option<&'t str>,
    request: Request<'t>,
    response: Option<&'t ResponseReport>,
    error: Option<&'t str>,
    ms: f64,
    /// The case in whose report it stands, if it was sent once for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    same_as: Option<&'t str>,
}

/// A request as the script shows it: in words.
#[derive(Serialize)]
struct Request<'t> {
    method: &'t str,
    url: InWords<'t>,
    headers: Headers<'t>,
    body: Option<InWords<'t>>,
    curl: CurlCommand<'t>,
}

/// Headers with their replacements in words.
struct Headers<'t>(&'t [(String, RedactedText)]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, value)| (name, InWords(value))))
    }
}

/// A text with its replacements in words.
struct InWords<'t>(&'t RedactedText);

impl Serialize for InWords<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            RedactedText::Plain(text) => serializer.serialize_str(text),
            RedactedText::Parts(_) => serializer.collect_str(self.0),
        }
    }
}

impl<'t> Exchange<'t> {
    fn of(exchange: &'t ExchangeReport) -> Self {
        let request = &exchange.request;
        Self {
            who: who(exchange),
            phase: exchange.phase,
            role: exchange.role.as_deref(),
            request: Request {
                method: &request.method,
                url: InWords(&request.url),
                headers: Headers(&request.headers),
                body: request.body.as_ref().map(InWords),
                curl: request.curl(),
            },
            response: exchange.response.as_ref(),
            error: exchange.error.as_deref(),
            ms: exchange.ms,
            same_as: exchange.same_as.as_deref(),
        }
    }
}

pub(super) fn section(page: &mut Page, report: &RunReport, out: &mut impl Write) -> io::Result<()> {
    page.raw("<section class=\"wide\" id=\"cases\">\n<h2>Cases <span class=\"number\">");
    page.count(report.cases.len()).raw("</span></h2>\n");
    filters(page, report);
    page.raw(
        "<noscript><p class=\"notice\"><span>Filters, and what was sent and received, need JavaScript. ",
    )
    .raw("The JSON report holds all of it.</span></p></noscript>\n");
    for (outcome, title) in GROUPS {
        let count = report.cases.iter().filter(|case| case.outcome == outcome).count();
        if count == 0 {
            continue;
        }
        page.raw("<section class=\"group\" data-outcome=\"").raw(word(outcome)).raw("\">\n<h3 class=\"");
        page.raw(word(outcome)).raw("\">").icon(word(outcome)).raw("<span>").raw(title);
        page.raw("</span> <span class=\"number\">").count(count).raw("</span></h3>\n");
        let of_outcome = report.cases.iter().filter(|case| case.outcome == outcome);
        for (at, case) in of_outcome.enumerate() {
            if at % LOT == 0 {
                page.raw(if at == 0 { "<div class=\"chunk\">\n" } else { "</div>\n<div class=\"chunk\">\n" });
            }
            row(page, case);
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
                .raw(word(outcome))
                .raw("\" aria-pressed=\"false\" ");
            page.raw("data-outcome=\"").raw(word(outcome)).raw("\">").icon(word(outcome)).raw(word(outcome));
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

fn row(page: &mut Page, case: &CaseReport) {
    page.raw("<details class=\"case ").raw(word(case.outcome)).raw("\" id=\"").text(&case.name);
    page.raw("\" data-pack=\"").text(&case.pack);
    page.raw(if case.warnings.is_empty() { "\"" } else { "\" data-warned" });
    page.raw(if differs(case) { " data-changed" } else { "" });
    page.raw("><summary>").icon(word(case.outcome));
    page.raw("<span class=\"hidden\">").raw(word(case.outcome)).raw(": </span><span class=\"name\">");
    let (path, name) = match case.name.match_indices("::").nth(1) {
        Some((at, colons)) => case.name.split_at(at + colons.len()),
        None => ("", &*case.name),
    };
    page.raw("<span class=\"path\">").text(path).raw("</span>").text(name).raw("</span>");
    page.raw("<span class=\"badge warned\">");
    if differs(case) {
        page.raw("<span>response differs</span> ");
    }
    if !case.warnings.is_empty() {
        page.icon("warned").raw("<span class=\"hidden\">with </span>");
        page.count(case.warnings.len()).raw("<span class=\"hidden\"> warnings</span>");
    }
    page.raw("</span>");
    page.raw("<span class=\"ms\">").text(&case.duration_ms.to_string()).raw(" ms</span>");
    if case.outcome != Outcome::Passed {
        page.raw("<span class=\"why\">").text(&sentence(case)).raw("</span>");
    }
    page.raw("</summary><div class=\"inside\">");
    findings(page, case);
    page.raw("</div><script type=\"application/json\">").json(&details(case)).raw("</script></details>\n");
}

/// Writes the findings into the page itself: they must be readable without a script.
fn findings(page: &mut Page, case: &CaseReport) {
    let reason = case.reason.as_ref().filter(|_| case.violations.is_empty());
    let any = !case.violations.is_empty() || !case.waived.is_empty() || !case.warnings.is_empty();
    if !any && reason.is_none() && case.rerun.is_none() {
        return;
    }
    page.raw("<ul class=\"findings\">");
    if let Some(rerun) = case.rerun {
        page.raw("<li>").icon("note").raw("<div>").text(&rerun.to_string()).raw("</div></li>");
    }
    if let Some(reason) = reason {
        page.raw("<li class=\"")
            .raw(word(case.outcome))
            .raw("\">")
            .icon("note")
            .raw("<div>")
            .text(&reason.to_string());
        page.raw("</div></li>");
    }
    for finding in &case.violations {
        page.raw("<li class=\"failed\">").icon("failed").raw("<div><b class=\"kind\">violation</b> ");
        told(page, finding);
        page.raw("</div></li>");
    }
    for waived in &case.waived {
        page.raw("<li class=\"waived\">").icon("waived").raw("<div><b class=\"kind\">waived until ");
        page.text(&waived.expires).raw("</b> ");
        told(page, &waived.finding);
        page.raw("<p>").text(&waived.reason);
        if let Some(issue) = &waived.issue {
            page.raw(" ").link(issue);
        }
        page.raw("</p></div></li>");
    }
    for finding in &case.warnings {
        page.raw("<li class=\"warned\">")
            .icon("warned")
            .raw("<div><b class=\"kind\">warning, ")
            .text(source_of_warning(finding))
            .raw("</b> ");
        told(page, finding);
        page.raw("</div></li>");
    }
    page.raw("</ul>");
}

fn told(page: &mut Page, finding: &Finding) {
    page.text(&finding.message).raw(" <code class=\"check\">").text(finding.check).raw("</code>");
    if finding.details.is_empty() {
        return;
    }
    page.raw("<ul>");
    for detail in &finding.details {
        page.raw("<li>").text(&detail.message).raw(" <code class=\"check\">").text(&detail.check);
        page.raw("</code></li>");
    }
    page.raw("</ul>");
}

fn details(case: &CaseReport) -> Details<'_> {
    let of_judged = judged(case);
    let place =
        |exchange: &ExchangeReport| case.exchanges.iter().position(|other| std::ptr::eq(other, exchange));
    Details {
        documented: &case.documented,
        location: &case.location,
        snapshot: case.snapshot.as_ref(),
        left_behind: &case.left_behind,
        judged: of_judged.and_then(place),
        exchanges: case.exchanges.iter().map(Exchange::of).collect(),
    }
}
