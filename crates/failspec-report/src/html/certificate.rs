//! A page about a certificate, for people who do not use a terminal.

use crate::certificate::{CertificateSummary, Confidence, ListOfIssues};

use super::{document::static_head, page::Page};

/// Returns the page. It has no script, and a policy forbids every request.
pub fn certificate_page(summary: &CertificateSummary) -> String {
    let mut page = Page::default();
    static_head(&mut page, &format!("{} · certificate · failspec", summary.verdict), "");
    let (class, icon) = match summary.confidence {
        Confidence::Good => ("<header class=\"verdict good\">", "passed"),
        Confidence::Open => ("<header class=\"verdict open\">", "inconclusive"),
        Confidence::Bad => ("<header class=\"verdict bad\">", "failed"),
    };
    page.raw(class).raw("\n<div class=\"wide\">\n<p class=\"brand\">failspec certificate</p>\n<h1>");
    page.icon(icon).raw("<span>").text(&summary.verdict).raw("</span></h1>\n");
    let explanation = summary.explanation.trim_start_matches([',', ':', ' ']);
    if !explanation.is_empty() {
        page.raw("<p class=\"because\">").text(explanation).raw("</p>\n");
    }
    page.raw("<p>&nbsp;</p>\n</div>\n</header>\n<main>\n");
    // What is wrong comes first.
    for list in summary.lists.iter().rev().filter(|list| !list.items.is_empty()) {
        issues(&mut page, list);
    }
    page.raw("<section class=\"wide\">\n<h2>What the certificate says</h2>\n<dl class=\"facts\">\n");
    for fact in &summary.facts {
        page.raw("<div><dt>").text(fact.name).raw("</dt><dd>").text(&fact.value).raw("</dd></div>\n");
    }
    page.raw("</dl>\n</section>\n<section class=\"wide\">\n<h2>What was checked</h2>\n<p>Checked: ");
    page.text(crate::certificate::CHECKED).raw(".</p>\n<p>Not proven: ");
    page.text(crate::certificate::NOT_PROVEN).raw(".</p>\n</section>\n</main>\n</body>\n</html>\n");
    page.take()
}

fn issues(page: &mut Page, list: &ListOfIssues) {
    let (class, icon) = match list.confidence {
        Confidence::Good => ("<li class=\"skipped\">", "skipped"),
        Confidence::Open => ("<li class=\"warned\">", "warned"),
        Confidence::Bad => ("<li class=\"failed\">", "failed"),
    };
    page.raw("<section class=\"wide\">\n<h2>").text(list.title).raw(" <span class=\"number\">");
    page.count(list.items.len()).raw("</span></h2>\n<ul class=\"findings\">\n");
    for item in &list.items {
        page.raw(class).icon(icon).raw("<div>").text(item).raw("</div></li>\n");
    }
    page.raw("</ul>\n</section>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_text_of_a_certificate_is_never_markup() {
        let mut summary =
            CertificateSummary { verdict: "verified".to_owned(), ..CertificateSummary::default() };
        let hostile = "</dd><script>alert(1)</script>\u{202e}";
        summary.fact("nonce", hostile);
        summary.lists.push(ListOfIssues {
            title: "problems",
            confidence: Confidence::Bad,
            items: vec![hostile.to_owned()],
        });
        let html = certificate_page(&summary);
        assert!(!html.contains("<script") && !html.contains('\u{202e}'), "{html}");
        assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 2);
    }
}
