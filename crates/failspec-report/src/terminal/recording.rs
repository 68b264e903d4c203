//! The lines about what was seen in recorded traffic.

use failspec_base::sanitize::one_line;
use failspec_judge::report_model::{RecordingReport, RunReport};

use crate::recording::{MAX_OPERATIONS, example, head, not_judged, not_seen, operations, seen, undocumented};

use super::{screen::Screen, styles::Styles, summary::label};

/// Maximum number of undocumented failures, and of reasons for not judging, that are listed.
const MAX_LISTED: usize = 8;

/// Writes what was judged, what was seen with the shortest example of each, and what was not.
pub(super) fn recordings(text: &mut Screen, report: &RunReport, verbose: bool) {
    for recording in &report.recordings {
        text.line(11, format_args!("{} {}", label("recording"), one_line(&head(recording))));
        listed(text, "not judged", &not_judged(recording), verbose);
        documented(text, recording, verbose);
        let undocumented = recording.undocumented.iter().map(|it| {
            let (what, operations) = (undocumented(it), operations(&it.operations, 1));
            format!("{what} ×{}  {operations}  {}", it.exchanges, example(&it.example))
        });
        listed(text, "undocumented", &undocumented.collect::<Vec<String>>(), verbose);
    }
}

fn documented(text: &mut Screen, recording: &RecordingReport, verbose: bool) {
    let more = if verbose { "" } else { " (-v shows the shortest example of each)" };
    text.line(11, format_args!("{} {}{}", label("seen"), seen(recording), Styles::dab(Styles::FAINT, more)));
    let most = if verbose { MAX_OPERATIONS } else { 1 };
    for failure in recording.documented.iter().filter(|failure| failure.exchanges > 0) {
        text.line(
            15,
            format_args!(
                "             {} ×{}  {}",
                Styles::dab(Styles::GOOD, one_line(&failure.failure)),
                failure.exchanges,
                one_line(&operations(&failure.operations, most))
            ),
        );
        if let Some(shown) = failure.example.as_ref().filter(|_| verbose) {
            let shown = one_line(&example(shown));
            text.line(17, format_args!("               {}", Styles::dab(Styles::FAINT, shown)));
        }
    }
    let unseen = not_seen(recording);
    if !unseen.is_empty() {
        let unseen = one_line(&unseen.join(", "));
        text.line(15, format_args!("             {} {unseen}", Styles::dab(Styles::WARN, "not seen")));
    }
}

/// Writes a list in lines of their own, the first of them with a label.
fn listed(text: &mut Screen, word: &str, lines: &[String], verbose: bool) {
    let most = if verbose { usize::MAX } else { MAX_LISTED };
    for line in lines.iter().take(most) {
        let word = Styles::dab(Styles::WARN, word);
        text.line(15, format_args!("             {word} {}", one_line(line)));
    }
    if lines.len() > most {
        text.line(15, format_args!("             … and {} more (-v lists them)", lines.len() - most));
    }
}
