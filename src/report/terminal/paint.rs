//! Colours, and text that is safe to print.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

/// Styles by meaning. What is written goes through a stream that takes the codes out where they are not wanted
/// (`NO_COLOR`, no terminal).
#[derive(Debug, Clone, Copy)]
pub struct Paint;

impl Paint {
    /// Something is right.
    pub const GOOD: Style = AnsiColor::Green.on_default().bold();
    /// Something is wrong.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Something deserves attention.
    pub const WARN: Style = AnsiColor::Yellow.on_default();
    /// Something is beside the point.
    pub const FAINT: Style = Style::new().dimmed();
    /// Names and numbers that matter.
    pub const STRONG: Style = Style::new().bold();

    /// `text` in a style.
    pub fn dab(style: Style, text: impl std::fmt::Display) -> String {
        format!("{style}{text}{style:#}")
    }
}

/// Text of unknown origin without anything that a terminal could obey: control characters, escapes and marks that
/// turn the direction of writing are shown as what they are.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(character: char) -> bool {
    let is_break = matches!(character, '\n' | '\t');
    let turns = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (character.is_control() && !is_break)
        || turns
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(visible("a\u{1b}[31mb\rc\u{202e}d\n"), "a\\u{1b}[31mb\\u{d}c\\u{202e}d\n");
        assert_eq!(visible("\u{9b}0m"), "\\u{9b}0m");
        assert_eq!(visible("ünïcödé 日本"), "ünïcödé 日本");
    }
}
