//! A comparison in a terminal.

use std::fmt::Write as _;

use crate::{terminal::Paint, visible::one_line};
use failspec_diff::Comparison;

/// A comparison, with colours that the stream takes out where they are not wanted.
pub fn terminal(comparison: &Comparison) -> String {
    let mut text = format!("{}\n", Paint::dab(Paint::STRONG, one_line(&comparison.title)));
    for note in &comparison.notes {
        let _ = writeln!(text, "{}", Paint::dab(Paint::FAINT, one_line(note)));
    }
    for group in &comparison.groups {
        let style = if group.counts { Paint::BAD } else { Paint::WARN };
        let heading = format!("{} ({})", group.title, group.differences.len());
        let _ = writeln!(text, "\n{}", Paint::dab(style, heading));
        for difference in &group.differences {
            let place = match (&difference.file, difference.line) {
                (Some(file), Some(line)) => {
                    format!("   {}", Paint::dab(Paint::FAINT, format!("{}:{line}", one_line(file))))
                }
                _ => String::new(),
            };
            let _ = writeln!(text, "  {}{place}", one_line(&difference.message));
        }
    }
    let _ = match (comparison.is_empty(), comparison.counting()) {
        (true, _) => writeln!(text, "{}", Paint::dab(Paint::GOOD, "no difference")),
        (false, 0) => writeln!(text, "\n{}", Paint::dab(Paint::GOOD, "no difference that counts")),
        (false, 1) => writeln!(text, "\n{}", Paint::dab(Paint::BAD, "1 difference that counts")),
        (false, count) => {
            writeln!(text, "\n{}", Paint::dab(Paint::BAD, format!("{count} differences that count")))
        }
    };
    text
}
