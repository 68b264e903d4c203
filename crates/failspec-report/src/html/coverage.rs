//! The matrix of documented failures and causes: those that are covered, and the reasons for the others.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::summary::{state_word, target};
use failspec_judge::report_model::{
    CaseReport, FailureCoverage, NotCovered, Outcome, PackReport, RunReport, State,
};

use super::{
    access,
    document::{class, word},
    page::Page,
};

/// Maximum number of cases of one failure that get a mark of their own.
const MAX_MARKS: usize = 12;

/// A cell of the matrix: one failure or cause.
struct Cell<'r> {
    /// The word, also for screen readers.
    word: &'static str,
    /// CSS class and icon.
    look: (&'static str, &'static str),
    why: Option<Cow<'r, str>>,
}

/// The cases of each failure.
struct Cases<'r>(HashMap<(&'r str, &'r str), Vec<&'r CaseReport>>);

impl<'r> Cases<'r> {
    fn of(report: &'r RunReport) -> Self {
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        for case in &report.cases {
            all.entry((&*case.pack, &*case.failure)).or_default().push(case);
        }
        Self(all)
    }

    fn get<'s>(&'s self, pack: &'s PackReport, failure: &'s FailureCoverage) -> &'s [&'r CaseReport] {
        let found = self.0.get(&(pack.header.name.as_str(), failure.failure.as_str()));
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

/// The places of the operations in the tables of declared errors, by method and path.
pub(super) struct OperationPlaces<'r>(HashMap<&'r str, String>);

impl<'r> OperationPlaces<'r> {
    /// Returns the places in a report.
    pub(super) fn of(report: &'r RunReport) -> Self {
        let mut places = HashMap::new();
        for (pack, of_pack) in report.packs.iter().enumerate() {
            for (at, row) in of_pack.operations.iter().enumerate() {
                // Names of operations contain spaces, which an id must not.
                places.entry(row.operation.as_str()).or_insert_with(|| operation_id(pack, at));
            }
        }
        Self(places)
    }

    /// Writes the name of an operation, with a link to its row if there is one.
    pub(super) fn link(&self, page: &mut Page, operation: &str) {
        match self.0.get(operation) {
            Some(id) => page.raw("<a href=\"#").text(id).raw("\"><code>").text(operation).raw("</code></a>"),
            None => page.raw("<code>").text(operation).raw("</code>"),
        };
    }
}

fn operation_id(pack: usize, operation: usize) -> String {
    format!("operation-{pack}-{operation}")
}

/// Writes the declared errors of each operation: how many cases got each, and those that none got.
fn declared_errors(page: &mut Page, at: usize, pack: &PackReport) {
    if pack.operations.is_empty() {
        return;
    }
    let (mut seen, mut declared) = (0, 0);
    for operation in &pack.operations {
        let (of_one, all) = operation.seen();
        (seen, declared) = (seen + of_one, declared + all);
    }
    page.raw("<details id=\"operations-").count(at).raw("\"><summary>Operations: ").count(seen).raw(" of ");
    page.count(declared)
        .raw(" declared error responses seen</summary>\n<table class=\"matrix operations\">\n");
    page.raw(
        "<thead><tr><th scope=\"col\">operation</th><th scope=\"col\">declared errors, and the cases that ",
    );
    page.raw("got each</th></tr></thead>\n<tbody>\n");
    for (row, operation) in pack.operations.iter().enumerate() {
        page.raw("<tr id=\"").text(&operation_id(at, row)).raw("\"><th scope=\"row\"><code>");
        page.text(&operation.operation).raw("</code></th><td>");
        for error in &operation.errors {
            match error.cases {
                0 => page
                    .raw("<span class=\"pill skipped\">")
                    .icon("none")
                    .text(&error.status)
                    .raw(" <span>not seen"),
                cases => {
                    page.raw("<span class=\"pill passed\">")
                        .icon("passed")
                        .text(&error.status)
                        .raw(" <span>×");
                    page.count(cases)
                }
            };
            page.raw("</span></span> ");
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody></table></details>\n");
}

/// Writes the operations of the document of which no request got a response.
fn not_called(page: &mut Page, pack: &PackReport) {
    let all = &pack.operations_not_called;
    if all.is_empty() {
        return;
    }
    page.raw("<details><summary>Operations that were not called: ")
        .count(all.len())
        .raw("</summary>\n<ul>\n");
    for operation in all {
        page.raw("<li><code>").text(operation).raw("</code></li>\n");
    }
    page.raw("</ul></details>\n");
}

pub(super) fn section(page: &mut Page, report: &RunReport) {
    page.raw("<section class=\"wide\" id=\"coverage\">\n<h2>Coverage</h2>\n");
    let cases = Cases::of(report);
    for (at, pack) in report.packs.iter().enumerate() {
        page.raw("<article class=\"pack\">\n");
        pack_head(page, pack);
        glance(page, pack, &cases);
        page.raw("<details><summary>Details: causes and cases</summary>\n<table class=\"matrix\">\n")
            .raw("<thead><tr><th scope=\"col\">failure</th><th scope=\"col\">HTTP</th>")
            .raw("<th scope=\"col\">result</th><th scope=\"col\">causes</th><th scope=\"col\">cases</th>")
            .raw("</tr></thead>\n<tbody>\n");
        for failure in &pack.coverage.failures {
            row(page, pack, failure, cases.get(pack, failure));
        }
        page.raw("</tbody></table></details>\n");
        declared_errors(page, at, pack);
        not_called(page, pack);
        access::table(page, pack);
        page.raw("</article>\n");
    }
    page.raw("</section>\n");
}

fn pack_head(page: &mut Page, pack: &PackReport) {
    let header = &pack.header;
    let exercised = pack.coverage.count(|state| *state == State::Exercised);
    let not_selected = pack.coverage.count(|state| *state == State::NotSelected);
    let (causes, causes_exercised) = pack.coverage.causes();
    page.raw("<h3><code>").text(&header.label()).raw("</code></h3>\n<p class=\"shown\"><b>").count(exercised);
    page.raw("</b> of ").count(header.failures).raw(" documented failures exercised");
    let seen = pack.coverage.count(|state| matches!(state, State::Missing(NotCovered::Seen { .. })));
    if seen > 0 {
        page.raw(", <b>").count(seen).raw("</b> only seen in recorded traffic");
    }
    if causes > 0 {
        page.raw(", <b>").count(causes_exercised).raw("</b> of ").count(causes).raw(" causes");
    }
    if not_selected > 0 {
        page.raw(", ").count(not_selected).raw(" not selected");
    }
    page.raw("</p>\n<dl class=\"facts\">\n<div><dt>target</dt><dd>");
    if header.reference {
        page.raw("embedded reference implementation, ");
    }
    page.text(&target(header)).raw("</dd></div>\n<div><dt>pack</dt><dd>").text(&header.origin);
    page.raw(" <code class=\"digest\">sha256:").text(&header.digest).raw("</code></dd></div>\n");
    if header.documentation.is_some() || header.as_of.is_some() {
        page.raw("<div><dt>documentation</dt><dd>");
        if let Some(link) = &header.documentation {
            page.link(link);
        }
        if let Some(day) = &header.as_of {
            page.raw(" <span class=\"faint\">as of ").text(day).raw("</span>");
        }
        page.raw("</dd></div>\n");
    }
    page.raw("</dl>\n");
}

/// Writes every failure in a word or two, each with a link to its row.
fn glance(page: &mut Page, pack: &PackReport, cases: &Cases<'_>) {
    // The legend of the colours and icons that occur.
    let mut legend: Vec<(Cell<'_>, usize)> = Vec::new();
    for failure in &pack.coverage.failures {
        let shown = Cell::of(&failure.state, cases.get(pack, failure));
        match legend.iter_mut().find(|(known, _)| known.word == shown.word) {
            Some((_, count)) => *count += 1,
            None => legend.push((shown, 1)),
        }
    }
    page.raw("<ul class=\"counts legend\">");
    for (Cell { word, look: (class, icon), .. }, count) in legend {
        page.raw("<li class=\"").raw(class).raw("\">").icon(icon).raw("<b>").count(count).raw("</b> ");
        page.raw(word).raw("</li>");
    }
    page.raw("</ul>\n<ul class=\"glance\">\n");
    for failure in &pack.coverage.failures {
        let shown = Cell::of(&failure.state, cases.get(pack, failure));
        let (class, icon) = shown.look;
        page.raw("<li><a class=\"").raw(class).raw("\" href=\"#").text(&pack.header.name).raw("::");
        page.text(&failure.failure).raw("\">").icon(icon).text(&failure.failure);
        page.raw("<span class=\"hidden\">: ").raw(shown.word).raw("</span></a></li>\n");
    }
    page.raw("</ul>\n");
}

fn row(page: &mut Page, pack: &PackReport, failure: &FailureCoverage, cases: &[&CaseReport]) {
    let shown = Cell::of(&failure.state, cases);
    page.raw("<tr id=\"").text(&pack.header.name).raw("::").text(&failure.failure);
    page.raw("\"><th scope=\"row\"><code>").text(&failure.failure).raw("</code>");
    let documented = cases.first().map(|case| &case.documented);
    if let Some(documented) = documented {
        page.raw("<span class=\"faint\">").text(&documented.summary).raw("</span>");
    }
    page.raw("</th><td class=\"status\" data-label=\"HTTP\">");
    if let Some(status) = documented.and_then(|documented| documented.status) {
        page.text(&status.to_string());
    }
    page.raw("</td><td data-label=\"result\">");
    shown.pill(page, None);
    if let Some(why) = &shown.why {
        page.raw("<span class=\"faint why\">").text(why).raw("</span>");
    }
    page.raw("</td><td data-label=\"causes\">");
    for cause in &failure.causes {
        let own: Vec<&CaseReport> =
            cases.iter().copied().filter(|case| case.cause.as_ref() == Some(&cause.cause)).collect();
        Cell::of(&cause.state, &own).pill(page, Some(&cause.cause));
    }
    page.raw("</td><td class=\"marks\" data-label=\"cases\">");
    marks(page, cases);
    page.raw("</td></tr>\n");
}

/// Writes one mark for each case, with a link to it.
fn marks(page: &mut Page, cases: &[&CaseReport]) {
    for case in cases.iter().take(MAX_MARKS) {
        let name = case.name.splitn(3, "::").nth(2).unwrap_or(&case.name);
        page.raw("<a class=\"mark ").raw(class(case.outcome)).raw("\" href=\"#").text(&case.name);
        page.raw("\" aria-label=\"").text(name).raw(": ").raw(word(case.outcome)).raw("\">");
        page.icon(class(case.outcome)).raw("</a>");
    }
    if cases.len() > MAX_MARKS {
        page.raw("<span class=\"faint\">and ").count(cases.len() - MAX_MARKS).raw(" more</span>");
    }
}

impl<'r> Cell<'r> {
    /// Creates the cell of a failure or cause. If one of its cases failed, it is shown as failed: that is what users
    /// look for.
    fn of(state: &'r State, cases: &[&'r CaseReport]) -> Self {
        let failed = cases.iter().find(|case| case.outcome == Outcome::Failed);
        if let Some(case) = failed {
            let why = case.violations.first().map(|finding| finding.message.as_str().into());
            return Self { word: "failed", look: ("failed", "failed"), why };
        }
        let (look, why) = match state {
            State::Exercised => (("passed", "passed"), None),
            State::CoveredByAlternative(code) => (("passed", "alternative"), Some(code.into())),
            State::Waived(why) => (("waived", "waived"), Some(why.into())),
            State::Excluded(why) => (("skipped", "out"), Some(why.into())),
            State::OutOfReach(why) | State::NotApplicable(why) => (("skipped", "out"), Some(why.into())),
            State::NotSelected => (("skipped", "none"), None),
            State::Missing(why) => (("inconclusive", "inconclusive"), Some(why.to_string().into())),
        };
        Self { word: state_word(state), look, why }
    }

    /// Writes icon and word, or the name of a cause with the word for those who do not see the icon.
    fn pill(&self, page: &mut Page, name: Option<&str>) {
        let (class, icon) = self.look;
        page.raw("<span class=\"pill ").raw(class).raw("\">").icon(icon);
        match name {
            Some(name) => {
                page.raw("<code>").text(name).raw("</code><span class=\"hidden\">: ").raw(self.word);
                page.raw("</span>")
            }
            None => page.raw("<span>").raw(self.word).raw("</span>"),
        };
        page.raw("</span> ");
    }
}
