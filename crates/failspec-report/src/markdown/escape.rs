//! Escapes text of unknown origin in Markdown.

use failspec_base::sanitize::{one_line, visible};

/// Escapes a sentence so that it has no meaning in Markdown, in HTML and for the notifications of a forge:
/// punctuation is escaped, and `@name` and `#123` are not mentions.
pub(crate) fn prose(text: &str) -> String {
    let text = one_line(text);
    let mut safe = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // An empty comment separates the sign from the name.
            '@' | '#' => {
                safe.push('\\');
                safe.push(character);
                safe.push_str("<!-- -->");
            }
            // Links and `:names:` of emoji have something after the colon.
            ':' if characters.peek().is_none_or(|next| next.is_whitespace()) => safe.push(':'),
            // These have no meaning inside a line, and escaping them would only make the source hard to read.
            '.' | ',' | ';' | '"' | '\'' | '/' | '(' | ')' | '{' | '}' | '?' | '=' | '%' | '-' | '+' => {
                safe.push(character);
            }
            _ if character.is_ascii_punctuation() => {
                safe.push('\\');
                safe.push(character);
            }
            _ => safe.push(character),
        }
    }
    // `www.` begins a link without any other sign.
    safe.replace("www.", "www\\.")
}

/// Formats text on one line, in code font.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = fence(&text, 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Formats text on one line in code font, inside a table.
pub(crate) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Formats lines as a code block.
pub(super) fn block(text: &str) -> String {
    let text = visible(text);
    let fence = fence(&text, 3);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

/// Escapes text inside HTML, where Markdown is not interpreted.
pub(super) fn html(text: &str) -> String {
    one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Formats a link, if the text is one that a browser may follow; otherwise text in code font.
pub(super) fn link(text: &str) -> String {
    let plain = |character: char| character.is_ascii_graphic() && !"<>\"`\\|".contains(character);
    let is_link = (text.starts_with("https://") || text.starts_with("http://")) && text.chars().all(plain);
    if is_link { format!("<{text}>") } else { code(text) }
}

/// Returns so many backticks that the text cannot end the code.
fn fence(text: &str, least: usize) -> String {
    let (mut longest, mut current) = (0, 0);
    for character in text.chars() {
        current = if character == '`' { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    "`".repeat(least.max(longest + 1))
}

#[cfg(test)]
mod tests {
    use super::{block, cell, code, link, prose};

    #[test]
    fn prose_is_only_prose() {
        assert_eq!(prose("<b>*x*</b>\n@me #1"), "&lt;b&gt;\\*x\\*&lt;/b&gt; \\@<!-- -->me \\#<!-- -->1");
        assert_eq!(prose("[a](http://b) www.c"), "\\[a\\](http\\://b) www\\.c");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(block("x\n```\n<b>\u{1b}"), "````text\nx\n```\n<b>\\u{1b}\n````\n");
    }

    #[test]
    fn only_web_links_are_links() {
        assert_eq!(link("https://a/b?c=d"), "<https://a/b?c=d>");
        assert_eq!(link("javascript:alert(1)"), "`javascript:alert(1)`");
        assert_eq!(link("https://a b"), "`https://a b`");
    }
}
