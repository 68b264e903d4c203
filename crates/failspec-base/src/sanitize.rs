//! Text of unknown origin, made safe to show.

use std::borrow::Cow;

/// Returns text of unknown origin without anything that could mislead a terminal, an XML parser or a person: control
/// characters, escape codes, marks that change the direction of text, and code points that are not characters are
/// escaped. Line breaks and tabs are kept.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly all text is plain ASCII: checking its bytes is faster than checking each character.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) || !text.chars().any(is_unsafe) {
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

/// Returns text on one line: whitespace of any kind, line breaks too, becomes one space.
pub fn one_line(text: &str) -> String {
    let is_one = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !text.contains("  ")
        && text.trim_ascii().len() == text.len();
    if is_one {
        return text.to_owned();
    }
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the beginning of a text, at most `longest` characters of it.
pub fn shortened(text: &str, longest: usize) -> Cow<'_, str> {
    match text.char_indices().nth(longest) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Returns true if a character must be escaped.
pub fn is_unsafe(character: char) -> bool {
    let is_break = matches!(character, '\n' | '\t');
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    // XML 1.0, section 2.2, excludes U+FFFE and U+FFFF; the last two code points of every plane are noncharacters,
    // too.
    let is_none = u32::from(character) & 0xfffe == 0xfffe || matches!(character, '\u{fdd0}'..='\u{fdef}');
    // Tags: letters that are never displayed.
    let is_tag = matches!(character, '\u{e0000}'..='\u{e007f}');
    (character.is_control() && !is_break)
        || turns
        || is_none
        || is_tag
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::{one_line, visible};

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(visible("a\u{1b}[31mb\rc\u{202e}d\n"), "a\\u{1b}[31mb\\u{d}c\\u{202e}d\n");
        assert_eq!(visible("\u{9b}0m"), "\\u{9b}0m");
        assert_eq!(visible("ünïcödé 日本"), "ünïcödé 日本");
    }

    #[test]
    fn nothing_that_xml_forbids_gets_through() {
        assert_eq!(visible("\0\u{fffe}\u{ffff}\u{1fffe}\u{e0041}"), {
            "\\u{0}\\u{fffe}\\u{ffff}\\u{1fffe}\\u{e0041}"
        });
        assert_eq!(visible("\u{fffd}\u{1f600}"), "\u{fffd}\u{1f600}");
    }

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line(" a\n\tb  c\u{85}"), "a b c\\u{85}");
    }
}
