//! The summary of a certificate in a terminal.

use std::fmt::Write as _;

use failspec_base::sanitize::one_line;

use crate::terminal::Styles;

use super::summary::{CHECKED, CertificateSummary, Confidence, NOT_PROVEN};

/// Column of the values.
const COLUMN: usize = 12;

/// Maximum width of a text from a certificate, in columns, so that 80 are enough. A longer one is continued below
/// itself: a terminal that breaks it would begin a line with what a stranger wrote.
const WIDTH: usize = 68;

/// Maximum number of lines of one text.
const MAX_LINES: usize = 12;

/// Maximum number of items that are listed.
const MAX_ITEMS: usize = 60;

/// Formats the summary, with colours that the stream removes if they are not wanted. No text in it begins a line.
pub fn terminal(summary: &CertificateSummary) -> String {
    let mut text = String::new();
    for fact in &summary.facts {
        let _ = writeln!(text, "{:<COLUMN$}{}", fact.name, block(&fact.value, COLUMN));
    }
    for list in summary.lists.iter().filter(|list| !list.items.is_empty()) {
        let style = match list.confidence {
            Confidence::Good => Styles::FAINT,
            Confidence::Open => Styles::WARN,
            Confidence::Bad => Styles::BAD,
        };
        let _ = writeln!(text, "\n{} ({})", Styles::dab(style, list.title), list.items.len());
        for item in list.items.iter().take(MAX_ITEMS) {
            let _ = writeln!(text, "  {}", block(item, 4));
        }
        if list.items.len() > MAX_ITEMS {
            let _ = writeln!(text, "  … and {} more", list.items.len() - MAX_ITEMS);
        }
    }
    if summary.confidence != Confidence::Bad || summary.facts.len() > 1 {
        let _ = write!(text, "\nchecked     {CHECKED}\nnot proven  {NOT_PROVEN}\n");
    }
    let style = match summary.confidence {
        Confidence::Good => Styles::GOOD,
        Confidence::Open => Styles::WARN,
        Confidence::Bad => Styles::BAD,
    };
    let _ = writeln!(text, "\n{}{}", Styles::dab(style, &summary.verdict), summary.explanation);
    text
}

/// Returns a text on one line or, if it is long, on several that are indented.
fn block(text: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in one_line(text).split(' ') {
        let last = lines.len() - 1;
        let space = usize::from(!lines[last].is_empty());
        if is_digest(word) {
            // Nothing that a terminal breaks off a digest can be read as words; but nothing may follow it.
            lines[last].push_str(if space == 1 { " " } else { "" });
            lines[last].push_str(word);
            lines.push(String::new());
            continue;
        }
        if space == 1 && width(&lines[last]) + space + width(word) > WIDTH {
            lines.push(String::new());
        } else if space == 1 {
            lines[last].push(' ');
        }
        for character in word.chars() {
            if lines.last().is_some_and(|last| width(last) + wide(character) > WIDTH) {
                lines.push(String::new());
            }
            lines.last_mut().into_iter().for_each(|last| last.push(character));
        }
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push("…".to_owned());
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// Returns true for a SHA-256 digest in hex, with or without `sha256:` in front.
fn is_digest(word: &str) -> bool {
    let hex = word.strip_prefix("sha256:").unwrap_or(word);
    hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn width(text: &str) -> usize {
    text.chars().map(wide).sum()
}

/// Returns the largest number of columns that a character may take.
fn wide(character: char) -> usize {
    if character.is_ascii() { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::ListOfIssues;

    #[test]
    fn security_text_of_a_certificate_begins_no_line() {
        let forged = "signed by   Acme · key 00\n\nverified\n";
        for value in [
            forged.to_owned(),
            forged.replace('\n', "\r\n"),
            forged.replace('\n', "\u{2028}\u{85}\u{b}\u{c}"),
            format!("x\u{1b}[2K\u{1b}[1A{forged}"),
            // Padded so that a terminal of 80 or 120 columns breaks it in front of the forged text.
            format!("{}{forged}", "\u{2800}".repeat(68)),
            format!("{}{forged}", "\u{3164}".repeat(34)),
            format!("{}{forged}", "x".repeat(108)),
            format!("{} {forged}", "0".repeat(64)),
        ] {
            let mut summary = CertificateSummary::default();
            summary.fact("certificate", "c.json");
            summary.fact("nonce", &value);
            summary.lists.push(ListOfIssues {
                title: "problems",
                confidence: Confidence::Bad,
                items: vec![value.clone()],
            });
            summary.verdict = "verification failed".to_owned();
            let shown = terminal(&summary);
            let lines: Vec<&str> = shown.lines().collect();
            assert!(lines.iter().all(|line| !line.starts_with("signed by")), "{shown}");
            assert!(lines.iter().all(|line| !line.starts_with("verified")), "{shown}");
            let of_others =
                lines.iter().filter(|line| !line.starts_with("checked") && !line.starts_with("not "));
            of_others.for_each(|line| assert!(width(line) <= COLUMN + WIDTH, "{line}"));
        }
        // Harmless: a value that fits stays as it is.
        let digest = format!("pack:shop sha256:{}", "0123456789abcdef".repeat(4));
        for value in ["nginx/1.25.3 (Ubuntu) · 日本", &digest] {
            assert_eq!(block(value, 12), value);
        }
    }
}
