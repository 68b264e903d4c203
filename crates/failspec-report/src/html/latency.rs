//! Response times.

use failspec_judge::report_model::RunReport;

use super::page::Page;

/// Upper bounds of the classes, in milliseconds: the steps look even although times differ by factors.
const ENDS: [(f64, &str); 14] = [
    (1.0, "under 1 ms"),
    (2.0, "1–2 ms"),
    (5.0, "2–5 ms"),
    (10.0, "5–10 ms"),
    (20.0, "10–20 ms"),
    (50.0, "20–50 ms"),
    (100.0, "50–100 ms"),
    (200.0, "100–200 ms"),
    (500.0, "200–500 ms"),
    (1000.0, "0.5–1 s"),
    (2000.0, "1–2 s"),
    (5000.0, "2–5 s"),
    (10000.0, "5–10 s"),
    (f64::INFINITY, "over 10 s"),
];

pub(super) fn section(page: &mut Page, report: &RunReport) {
    let exchanges = report.cases.iter().flat_map(|case| &case.exchanges);
    let mut times: Vec<f64> = exchanges.filter(|it| it.response.is_some()).map(|it| it.ms).collect();
    times.sort_by(f64::total_cmp);
    page.raw("<section class=\"wide\" id=\"times\">\n<h2>Times</h2>\n");
    let Some(longest) = times.last().copied() else {
        page.raw("<p class=\"lead\">There was no response.</p>\n</section>\n");
        return;
    };
    page.raw("<p class=\"lead\">How long ").count(times.len());
    page.raw(" responses took, from sending to the end of the response.</p>\n<dl class=\"figures\">\n");
    for (label, value) in
        [("median", at(&times, 0.5)), ("95th percentile", at(&times, 0.95)), ("longest", longest)]
    {
        page.raw("<div><dt>").raw(label).raw("</dt><dd>").text(&milliseconds(value)).raw("</dd></div>\n");
    }
    page.raw("</dl>\n");
    histogram(page, &times);
    page.raw("</section>\n");
}

/// Writes a table that looks like a chart: it needs no separate description.
fn histogram(page: &mut Page, times: &[f64]) {
    let mut counts = [0_usize; ENDS.len()];
    for time in times {
        let class = ENDS.iter().position(|(end, _)| time < end).unwrap_or(ENDS.len() - 1);
        counts[class] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let first = counts.iter().position(|count| *count > 0).unwrap_or(0);
    let last = counts.iter().rposition(|count| *count > 0).unwrap_or(0);
    page.raw("<table class=\"chart\"><caption class=\"hidden\">Responses by time</caption>\n<thead class=\"hidden\">")
        .raw("<tr><th scope=\"col\">time</th><th scope=\"col\">share</th><th scope=\"col\">responses</th></tr></thead>\n")
        .raw("<tbody>\n");
    for (count, (_, label)) in counts.iter().zip(ENDS).take(last + 1).skip(first) {
        page.raw("<tr><th scope=\"row\">").raw(label).raw("</th><td><svg aria-hidden=\"true\" ");
        page.raw("preserveAspectRatio=\"none\" viewBox=\"0 0 ").count(most).raw(" 1\"><rect width=\"");
        page.count(*count).raw("\" height=\"1\"/></svg></td><td>").count(*count).raw("</td></tr>\n");
    }
    page.raw("</tbody></table>\n");
}

/// Returns the time that a share of all times do not exceed; `times` is sorted and not empty.
fn at(times: &[f64], share: f64) -> f64 {
    let rank = (times.len() as f64 * share).ceil() as usize;
    times[rank.clamp(1, times.len()) - 1]
}

fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.2} s", ms / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::at;

    #[test]
    fn shares_are_taken_by_rank() {
        let times: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((at(&times, 0.5), at(&times, 0.95), at(&[7.0], 0.95)), (50.0, 95.0, 7.0));
    }
}
