//! Comparisons in a terminal.

use std::fmt::Write as _;

use crate::terminal::Styles;
use failspec_base::sanitize::one_line;
use failspec_diff::Comparison;

/// Formats a comparison, with colours that the stream removes if they are not wanted.
pub fn terminal(comparison: &Comparison) -> String {
    let mut text = format!("{}\n", Styles::dab(Styles::STRONG, one_line(&comparison.title)));
    for note in &comparison.notes {
        let _ = writeln!(text, "{}", Styles::dab(Styles::FAINT, one_line(note)));
    }
    for group in &comparison.groups {
        let style = if group.counts { Styles::BAD } else { Styles::WARN };
        let heading = format!("{} ({})", group.title, group.differences.len());
        let _ = writeln!(text, "\n{}", Styles::dab(style, heading));
        for difference in &group.differences {
            let place = match (&difference.file, difference.line) {
                (Some(file), Some(line)) => {
                    format!("   {}", Styles::dab(Styles::FAINT, format!("{}:{line}", one_line(file))))
                }
                _ => String::new(),
            };
            let _ = writeln!(text, "  {}{place}", one_line(&difference.message));
        }
    }
    let _ = match (comparison.is_empty(), comparison.counting()) {
        (true, _) => writeln!(text, "{}", Styles::dab(Styles::GOOD, "no difference")),
        (false, 0) => writeln!(text, "\n{}", Styles::dab(Styles::GOOD, "no difference that counts")),
        (false, 1) => writeln!(text, "\n{}", Styles::dab(Styles::BAD, "1 difference that counts")),
        (false, count) => {
            writeln!(text, "\n{}", Styles::dab(Styles::BAD, format!("{count} differences that count")))
        }
    };
    text
}
