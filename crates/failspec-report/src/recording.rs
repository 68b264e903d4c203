//! Things seen in recorded traffic, in words that all formats share.

use failspec_judge::report_model::{
    RecordedExample, RecordingReport, RunReport, SeenOperation, SeenUndocumented, Verdict,
};

use super::count;

/// Maximum number of operations named for one failure.
pub(super) const MAX_OPERATIONS: usize = 3;

/// Returns where traffic was recorded, and how much of it was judged.
pub(super) fn head(recording: &RecordingReport) -> String {
    let RecordingReport { exchanges, judged, successes, failures, .. } = recording;
    let of_successes = if *successes == 1 { "success" } else { "successes" };
    let of_failures = if *failures == 1 { "failure" } else { "failures" };
    format!(
        "{}: {exchanges} recorded, {judged} judged: {successes} {of_successes}, {failures} {of_failures}",
        recording.sources.join(", ")
    )
}

/// Returns how many documented failures were seen: `3 of 8 documented failures seen, none exercised`.
pub(super) fn seen(recording: &RecordingReport) -> String {
    let (seen, documented) = (recording.seen(), recording.documented.len());
    format!("{seen} of {} seen, none exercised", count(documented, "documented failure"))
}

/// Returns the numbers of what was not judged, with the reasons.
pub(super) fn not_judged(recording: &RecordingReport) -> Vec<String> {
    recording.not_judged.iter().map(|it| format!("{} {}", it.exchanges, it.reason)).collect()
}

/// Returns the operations, the most frequent first, at most so many: `GET /notes/{id} ×80, DELETE /notes/{id} ×10`.
pub(super) fn operations(operations: &[SeenOperation], most: usize) -> String {
    let shown = operations.iter().take(most);
    let mut shown: Vec<String> = shown.map(|it| format!("{} ×{}", it.operation, it.exchanges)).collect();
    if operations.len() > shown.len() {
        shown.push(format!("{} more", operations.len() - shown.len()));
    }
    shown.join(", ")
}

/// Returns the request of an example and its place.
pub(super) fn example(example: &RecordedExample) -> String {
    format!("{} ({})", example.request, example.place)
}

/// Returns an undocumented failure in short: `HTTP 418 teapot`.
pub(super) fn undocumented(seen: &SeenUndocumented) -> String {
    match &seen.code {
        Some(code) => format!("HTTP {} {code}", seen.status),
        None => format!("HTTP {}", seen.status),
    }
}

/// Returns the documented failures that were not seen.
pub(super) fn not_seen(recording: &RecordingReport) -> Vec<&str> {
    let unseen = recording.documented.iter().filter(|failure| failure.exchanges == 0);
    unseen.map(|failure| failure.failure.as_str()).collect()
}

/// Returns the reason for the verdict about recorded traffic alone, if nothing else gives it.
pub(super) fn reason(report: &RunReport) -> Option<String> {
    if !report.is_observation() {
        return None;
    }
    let judged: u64 = report.recordings.iter().map(|recording| recording.judged).sum();
    match report.verdict {
        Verdict::NoViolationsSeen => Some(format!(
            "No violation in {judged} recorded responses. Nothing was sent, so no failure was exercised."
        )),
        Verdict::Incomplete => {
            let below = report.recordings.iter().find(|recording| recording.is_below_min_coverage())?;
            let required = below.min_coverage?;
            Some(format!(
                "{} of {} were seen, less than the required {required} %.",
                below.seen(),
                count(below.documented.len(), "documented failure")
            ))
        }
        _ => None,
    }
}

/// Returns everything that was seen as lines with a label, for formats of plain text.
pub(super) fn lines(report: &RunReport) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for recording in &report.recordings {
        lines.push(("recording", head(recording)));
        lines.extend(not_judged(recording).into_iter().map(|line| ("not judged", line)));
        lines.push(("seen", seen(recording)));
        for failure in recording.documented.iter().filter(|failure| failure.exchanges > 0) {
            let example = failure.example.as_ref().map(example).unwrap_or_default();
            let operations = operations(&failure.operations, MAX_OPERATIONS);
            lines
                .push(("", format!("{} ×{} · {operations} · {example}", failure.failure, failure.exchanges)));
        }
        let unseen = not_seen(recording);
        if !unseen.is_empty() {
            lines.push(("not seen", unseen.join(", ")));
        }
        for it in &recording.undocumented {
            let (what, operations) = (undocumented(it), operations(&it.operations, MAX_OPERATIONS));
            let example = example(&it.example);
            lines.push(("undocumented", format!("{what} ×{} · {operations} · {example}", it.exchanges)));
        }
    }
    lines
}
