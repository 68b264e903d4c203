//! Comparisons as Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use crate::markdown::escape::{cell, prose};
use failspec_diff::Comparison;

/// Maximum number of differences that a group shows: GitHub rejects comments of more than 65,536 characters.
const MAX_COUNT: usize = 100;

/// Maximum length of a message, in characters.
const MAX_LEN: usize = 300;

/// Formats a comparison as Markdown.
pub fn markdown(comparison: &Comparison) -> String {
    let count = comparison.counting();
    let verdict = match (comparison.is_empty(), count) {
        (true, _) => "no difference".to_owned(),
        (false, 0) => "no difference that counts".to_owned(),
        (false, 1) => "1 difference that counts".to_owned(),
        (false, count) => format!("{count} differences that count"),
    };
    let mark = if count > 0 { "❌" } else { "✅" };
    let mut text = format!("### {mark} {}: {verdict}\n", prose(&comparison.title));
    for note in &comparison.notes {
        let _ = writeln!(text, "\n{}", prose(note));
    }
    for group in &comparison.groups {
        let _ = writeln!(
            text,
            "\n#### {} ({})\n\n| | | |\n|---|---|---|",
            prose(&group.title),
            group.differences.len()
        );
        for difference in group.differences.iter().take(MAX_COUNT) {
            let place = match (&difference.file, difference.line) {
                (Some(file), Some(line)) => cell(&format!("{file}:{line}")),
                _ => String::new(),
            };
            let message: String = difference.message.chars().take(MAX_LEN).collect();
            let _ = writeln!(
                text,
                "| {} | {} | {place} |",
                cell(&difference.subject),
                prose(&message).replace('|', "&#124;")
            );
        }
        if group.differences.len() > MAX_COUNT {
            let _ = writeln!(text, "\n… and {} more", group.differences.len() - MAX_COUNT);
        }
    }
    text
}
