//! The pages of a board: products × failures, and the history of one product. They need no scripts.

use std::collections::BTreeSet;

use crate::board::{Board, BoardCertificate, BoardOutcome, BoardPack, BoardProduct};

use super::{document::static_head, page::Page};

const STYLE: &str = include_str!("board.css");

/// One column of a table: its head, and the pack that its cells are of.
struct Column<'b> {
    /// The product whose page it leads to; `None` on that page.
    product: Option<&'b BoardProduct>,
    certificate: &'b BoardCertificate,
    pack: &'b BoardPack,
}

/// Returns the first page: the latest certificate of each product.
pub fn board_index(board: &Board) -> String {
    let mut page = Page::default();
    static_head(&mut page, &format!("{} · board", board.programme), STYLE);
    head(&mut page, &board.programme, None);
    page.raw("<p class=\"because\">Products whose failures were held against their documentation. As of ");
    day(&mut page, &board.as_of);
    page.raw(".</p>\n<ul class=\"products\">\n");
    for product in &board.products {
        page.raw("<li>");
        product_link(&mut page, product, "");
        if let Some(certificate) = product.certificates.first() {
            page.raw(" ");
            result(&mut page, certificate);
        }
        page.raw("</li>\n");
    }
    page.raw("</ul>\n</div>\n</header>\n<main>\n");
    let packs: BTreeSet<&str> =
        certificates(board).flat_map(|it| &it.packs).map(|it| it.pack.as_str()).collect();
    for name in packs {
        let columns = board.products.iter().filter_map(|product| {
            let (certificate, pack) = product.latest(name)?;
            Some(Column { product: Some(product), certificate, pack })
        });
        table(&mut page, name, &columns.collect::<Vec<_>>());
    }
    legend(&mut page);
    foot(&mut page, "board.json");
    page.take()
}

/// Returns the page of one product: all its certificates, the latest first.
pub fn board_product(board: &Board, product: &BoardProduct) -> String {
    let mut page = Page::default();
    static_head(&mut page, &format!("{} · {}", product.name, board.programme), STYLE);
    head(&mut page, &product.name, Some(&board.programme));
    if let Some(latest) = product.certificates.first() {
        page.raw("<p class=\"because\">");
        result(&mut page, latest);
        page.raw(" As of ");
        day(&mut page, &board.as_of);
        page.raw(".</p>\n");
    }
    page.raw("<p>&nbsp;</p>\n</div>\n</header>\n<main>\n");
    let all = product.certificates.iter();
    let packs: BTreeSet<&str> = all.flat_map(|it| &it.packs).map(|it| it.pack.as_str()).collect();
    for name in packs {
        let columns = product.certificates.iter().filter_map(|certificate| {
            Some(Column { product: None, certificate, pack: certificate.pack(name)? })
        });
        table(&mut page, name, &columns.collect::<Vec<_>>());
    }
    for certificate in &product.certificates {
        details(&mut page, certificate);
    }
    legend(&mut page);
    foot(&mut page, "../board.json");
    page.take()
}

fn certificates(board: &Board) -> impl Iterator<Item = &BoardCertificate> {
    board.products.iter().flat_map(|product| &product.certificates)
}

fn head(page: &mut Page, title: &str, above: Option<&str>) {
    page.raw("<header class=\"verdict\">\n<div class=\"wide\">\n<p class=\"brand\">");
    match above {
        Some(programme) => page.raw("<a href=\"../index.html\">").text(programme).raw("</a>"),
        None => page.raw("failspec board"),
    };
    page.raw("</p>\n<h1>").text(title).raw("</h1>\n");
}

fn product_link(page: &mut Page, product: &BoardProduct, folder: &'static str) {
    page.raw("<a href=\"")
        .raw(folder)
        .raw("products/")
        .text(&product.slug)
        .raw(".html\">")
        .text(&product.name);
    page.raw("</a>");
}

/// Writes the result of a certificate in a word, with the day of its run.
fn result(page: &mut Page, certificate: &BoardCertificate) {
    let (class, icon, word) = match (certificate.outdated.is_some(), certificate.passed) {
        (true, _) => ("<span class=\"pill skipped\">", "skipped", "outdated"),
        (false, true) => ("<span class=\"pill passed\">", "passed", "certified"),
        (false, false) => ("<span class=\"pill failed\">", "failed", "not passed"),
    };
    page.raw(class).icon(icon).raw("<span>").raw(word).raw("</span></span> <span class=\"faint\">");
    page.text(&certificate.profile).raw(", ");
    day(page, &certificate.run);
    page.raw("</span>");
}

/// Writes a day, which stays in one line.
fn day(page: &mut Page, day: &str) {
    page.raw("<time>").text(day).raw("</time>");
}

fn table(page: &mut Page, name: &str, columns: &[Column<'_>]) {
    page.raw("<section class=\"board\">\n<h2><code>").text(name).raw("</code></h2>\n");
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"").text(name);
    page.raw("\">\n<table>\n<thead>\n<tr><th scope=\"col\">failure</th>");
    for column in columns {
        page.raw("<th scope=\"col\">");
        if let Some(product) = column.product {
            product_link(page, product, "");
            page.raw(" ");
        }
        let version = column.certificate.version.as_deref();
        page.text(version.unwrap_or(if column.product.is_none() { &column.certificate.run } else { "" }));
        page.raw("<br>");
        result(page, column.certificate);
        page.raw("<br><span class=\"faint\">");
        if let Some(as_of) = &column.pack.as_of {
            page.raw("contract of ");
            day(page, as_of);
            page.raw("<br>");
        }
        let counts = BoardOutcome::ALL.iter().map(|outcome| (column.pack.count(*outcome), outcome.as_str()));
        let counts = counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
        page.text(&counts.collect::<Vec<_>>().join(" · ")).raw("</span></th>");
    }
    page.raw("</tr>\n</thead>\n<tbody>\n");
    for id in rows(columns) {
        page.raw("<tr><th scope=\"row\">");
        match id.split_once('/') {
            Some((_, cause)) => page.raw("<code class=\"cause\">").text(cause).raw("</code>"),
            None => page.raw("<code>").text(id).raw("</code>"),
        };
        page.raw("</th>");
        for column in columns {
            cell(page, column.pack, id);
        }
        page.raw("</tr>\n");
    }
    features(page, columns);
    page.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

/// Returns the failures and causes of all columns, in the order of the latest contract; those that only older ones have
/// come last.
fn rows<'b>(columns: &[Column<'b>]) -> Vec<&'b str> {
    let mut newest: Vec<&Column<'b>> = columns.iter().collect();
    newest.sort_by(|one, other| other.pack.as_of.cmp(&one.pack.as_of));
    let mut rows: Vec<&str> = Vec::new();
    for requirement in newest.iter().flat_map(|column| &column.pack.requirements) {
        if !rows.contains(&requirement.id.as_str()) {
            rows.push(&requirement.id);
        }
    }
    rows
}

fn cell(page: &mut Page, pack: &BoardPack, id: &str) {
    let Some(requirement) = pack.requirements.iter().find(|it| it.id == id) else {
        page.raw("<td><span class=\"faint\">not in this contract</span></td>");
        return;
    };
    let (class, icon) = match requirement.outcome {
        BoardOutcome::Passed => ("<td><span class=\"pill passed\">", "passed"),
        BoardOutcome::Failed => ("<td><span class=\"pill failed\">", "failed"),
        BoardOutcome::Waived => ("<td><span class=\"pill waived\">", "waived"),
        BoardOutcome::NotApplicable => ("<td><span class=\"pill inapplicable\">", "inapplicable"),
        BoardOutcome::NotCovered => ("<td><span class=\"pill inconclusive\">", "inconclusive"),
    };
    page.raw(class).icon(icon).raw("<span>").raw(requirement.outcome.as_str()).raw("</span></span>");
    if !requirement.required {
        page.raw(" <span class=\"faint\">not required</span>");
    }
    if let Some(why) = &requirement.why {
        page.raw("<span class=\"faint why\">").text(why).raw("</span>");
    }
    page.raw("</td>");
}

fn features(page: &mut Page, columns: &[Column<'_>]) {
    let all = columns.iter().flat_map(|column| &column.pack.features);
    let names: BTreeSet<(&str, &str)> = all.map(|it| (it.name.as_str(), it.about.as_str())).collect();
    for (name, about) in names {
        page.raw("<tr class=\"feature\"><th scope=\"row\">optional: <code>").text(name);
        page.raw("</code><span class=\"faint why\">").text(about).raw("</span></th>");
        for column in columns {
            let own = column.pack.features.iter().find(|feature| feature.name == name);
            page.raw(match own.map(|feature| feature.present) {
                Some(true) => "<td>has it</td>",
                Some(false) => "<td class=\"faint\">does not have it</td>",
                None => "<td></td>",
            });
        }
        page.raw("</tr>\n");
    }
}

/// Writes the facts of one certificate.
fn details(page: &mut Page, certificate: &BoardCertificate) {
    page.raw("<section class=\"wide\">\n<h2>");
    page.text(certificate.version.as_deref().unwrap_or("Certificate")).raw(" <span class=\"number\">");
    page.text(&certificate.run).raw("</span></h2>\n<dl class=\"facts\">\n");
    let mut fact = |name: &'static str, value: &str| {
        page.raw("<div><dt>").raw(name).raw("</dt><dd>").text(value).raw("</dd></div>\n");
    };
    fact("result", &certificate.result);
    if let Some(outdated) = &certificate.outdated {
        fact("outdated", outdated);
    }
    fact("profile", &certificate.profile);
    fact("run", &certificate.run);
    fact("valid until", &certificate.valid_until);
    fact("signed by", &certificate.signer);
    fact("failspec", &certificate.failspec);
    for pack in &certificate.packs {
        fact("pack", &format!("{} sha256:{}", pack.pack, pack.digest));
    }
    for violation in &certificate.violations {
        fact("violation", violation);
    }
    page.raw("<div><dt>file</dt><dd><a href=\"../")
        .text(&certificate.file)
        .raw("\">")
        .text(&certificate.file);
    page.raw("</a></dd></div>\n</dl>\n</section>\n");
}

fn legend(page: &mut Page) {
    page.raw(
        "<section class=\"wide\">\n<h2>How to read it</h2>\n<p>Only certificates that <code>failspec verify</code> confirms \
         stand here: signed with a key that the programme trusts, with every result recomputed from the report of the \
         run. <b>Waived</b> is a known violation, and no pass. <b>Not applicable</b> belongs to an optional part of the API \
         that the product does not have. <b>Not covered</b>: no case showed the failure. What no signature proves: ",
    )
    .text(crate::certificate::NOT_PROVEN)
    .raw(".</p>\n</section>\n");
}

fn foot(page: &mut Page, json: &'static str) {
    page.raw("</main>\n<footer class=\"wide\"><p>Made with failspec · <a href=\"").raw(json);
    page.raw("\">as JSON</a></p></footer>\n</body>\n</html>\n");
}
