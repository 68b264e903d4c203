//! The section about what was seen in recorded traffic.

use failspec_judge::report_model::{RecordingReport, RunReport, SeenOperation};

use crate::recording::{MAX_OPERATIONS, example, head, not_judged, not_seen, operations, seen, undocumented};

use super::page::Page;

/// Writes a table for each recording: its failures with their operations and the shortest example, and what was not judged.
pub(super) fn section(page: &mut Page, report: &RunReport) {
    if report.recordings.is_empty() {
        return;
    }
    page.raw("<section class=\"wide\" id=\"recording\">\n<h2>Recorded traffic: seen, never exercised</h2>\n");
    for recording in &report.recordings {
        page.raw("<p>").text(&head(recording)).raw("; <b>").text(&seen(recording)).raw("</b>.</p>\n");
        failures(page, recording);
        let unseen = not_seen(recording);
        if !unseen.is_empty() {
            page.raw("<p><b>Not seen:</b> ").text(&unseen.join(", ")).raw(".</p>\n");
        }
        let not_judged = not_judged(recording);
        if !not_judged.is_empty() {
            page.raw("<p><b>Not judged:</b></p>\n<ul>");
            for line in &not_judged {
                page.raw("<li>").text(line).raw("</li>");
            }
            page.raw("</ul>\n");
        }
    }
    page.raw("</section>\n");
}

fn failures(page: &mut Page, recording: &RecordingReport) {
    page.raw(
        "<table class=\"matrix\">\n<thead><tr><th scope=\"col\">failure</th><th scope=\"col\">seen</th>",
    )
    .raw("<th scope=\"col\">operations</th><th scope=\"col\">shortest example</th></tr></thead>\n<tbody>\n");
    for failure in recording.documented.iter().filter(|failure| failure.exchanges > 0) {
        let example = failure.example.as_ref().map(example).unwrap_or_default();
        row(page, &failure.failure, failure.exchanges, &failure.operations, &example);
    }
    for it in &recording.undocumented {
        let name = format!("undocumented: {}", undocumented(it));
        row(page, &name, it.exchanges, &it.operations, &example(&it.example));
    }
    page.raw("</tbody></table>\n");
}

fn row(page: &mut Page, name: &str, exchanges: u64, of: &[SeenOperation], example: &str) {
    page.raw("<tr><th scope=\"row\"><code>").text(name).raw("</code></th><td>").text(&exchanges.to_string());
    page.raw("</td><td>")
        .text(&operations(of, MAX_OPERATIONS))
        .raw("</td><td><code>")
        .text(example)
        .raw("</code></td></tr>\n");
}
