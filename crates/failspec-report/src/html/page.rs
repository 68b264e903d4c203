//! Builder for pages, which keeps markup and text apart.

use serde::Serialize;

use failspec_base::sanitize::{is_unsafe, visible};

/// HTML under construction.
#[derive(Debug, Default)]
pub(super) struct Page {
    html: String,
}

impl Page {
    /// Appends markup of this module: a literal, so that nothing of unknown origin can get here.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.html.push_str(markup);
        self
    }

    /// Appends text of unknown origin, in an element or between the quotes of an attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.escaped(text, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'>' => Some("&gt;"),
            b'"' => Some("&quot;"),
            b'\'' => Some("&#39;"),
            _ => None,
        })
    }

    /// Appends text of unknown origin in an element, never in an attribute: quotes are kept, which in JSON are many.
    pub(super) fn content(&mut self, text: &str) -> &mut Self {
        self.escaped(text, |byte| match byte {
            b'&' => Some("&amp;"),
            b'<' => Some("&lt;"),
            b'>' => Some("&gt;"),
            _ => None,
        })
    }

    /// Appends a sentence in an element. In sentences, code stands between backticks; one without its fellow is kept.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while let Some((before, (code, after))) =
            rest.split_once('`').and_then(|(before, behind)| Some((before, behind.split_once('`')?)))
        {
            self.content(before);
            match code.is_empty() || code.contains('\n') {
                true => self.raw("`").content(code).raw("`"),
                false => self.raw("<code>").content(code).raw("</code>"),
            };
            rest = after;
        }
        self.content(rest)
    }

    fn escaped(&mut self, text: &str, entity: impl Fn(u8) -> Option<&'static str>) -> &mut Self {
        let text = visible(text);
        let mut done = 0;
        // All characters that must be escaped are ASCII, and few texts contain any of them.
        for (at, byte) in text.bytes().enumerate() {
            let Some(entity) = entity(byte) else { continue };
            self.html.push_str(&text[done..at]);
            self.html.push_str(entity);
            done = at + 1;
        }
        self.html.push_str(&text[done..]);
        self
    }

    /// Appends a whole number.
    pub(super) fn count(&mut self, count: usize) -> &mut Self {
        self.text(&count.to_string())
    }

    /// Appends an icon that screen readers ignore: a word must be next to it.
    pub(super) fn icon(&mut self, name: &'static str) -> &mut Self {
        self.raw("<svg class=\"icon\" width=\"16\" height=\"16\" aria-hidden=\"true\"><use href=\"#i-")
            .raw(name)
            .raw("\"/></svg>")
    }

    /// Appends a link, if the text is one that a browser may follow; otherwise text.
    pub(super) fn link(&mut self, link: &str) -> &mut Self {
        self.link_as(link, link)
    }

    /// Appends a link with another text, if it is one that a browser may follow; otherwise the link as text.
    pub(super) fn link_as(&mut self, link: &str, text: &str) -> &mut Self {
        let is_web = ["https://", "http://"].iter().any(|scheme| link.starts_with(scheme));
        let is_plain = link.chars().all(|character| !character.is_whitespace() && !is_unsafe(character));
        if is_web && is_plain {
            self.raw("<a rel=\"noopener noreferrer\" href=\"").text(link).raw("\">").text(text).raw("</a>")
        } else {
            self.text(link)
        }
    }

    /// Appends a value for a script to read. Nothing in it can end the element that contains it, and nothing in it is
    /// a character that an editor or a terminal would interpret: the script gets the original characters.
    pub(super) fn json(&mut self, value: &impl Serialize) -> &mut Self {
        // The types of reports have text as keys, so that they can always be serialized.
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'>' | b'&');
        let mut units = [0; 2];
        let mut rest = json.as_str();
        loop {
            let plain = rest.bytes().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
            self.html.push_str(&rest[..plain]);
            let mut others = rest[plain..].chars();
            let Some(character) = others.next() else { break };
            rest = others.as_str();
            if matches!(character, '<' | '>' | '&') || is_unsafe(character) {
                for unit in character.encode_utf16(&mut units) {
                    self.html.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                self.html.push(character);
            }
        }
        self
    }

    /// Appends another page between two pieces of markup, if it is not empty.
    pub(super) fn parts(&mut self, begin: &'static str, mut parts: Self, end: &'static str) -> &mut Self {
        if parts.html.is_empty() {
            return self;
        }
        self.raw(begin);
        self.html.push_str(&parts.take());
        self.raw(end)
    }

    /// Returns the HTML so far and leaves the page empty.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.html)
    }

    /// Returns true if there is enough HTML to write it out.
    pub(super) fn is_large(&self) -> bool {
        self.html.len() > 1 << 16
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn text_is_never_markup() {
        let html = Page::default().text("<a b='\"'>&\u{0}\u{202e}").take();
        assert_eq!(html, "&lt;a b=&#39;&quot;&#39;&gt;&amp;\\u{0}\\u{202e}");
        let html = Page::default().content("<a b='\"'>&\u{0}\u{202e}").take();
        assert_eq!(html, "&lt;a b='\"'&gt;&amp;\\u{0}\\u{202e}");
    }

    #[test]
    fn code_in_a_sentence_is_an_element() {
        let html = |text: &str| Page::default().prose(text).take();
        assert_eq!(html("is `a<b` and `c`."), "is <code>a&lt;b</code> and <code>c</code>.");
        for plain in ["one ` alone", "``", "`a\nb`", "none"] {
            assert_eq!(html(plain), plain);
        }
    }

    #[test]
    fn a_script_element_cannot_be_left() {
        let hostile = "</script><!--\u{2028}\u{202e}\u{1b}\u{e0041}é";
        let html = Page::default().json(&hostile).take();
        assert!(!html.contains(['<', '>', '\u{2028}', '\u{202e}', '\u{1b}', '\u{e0041}']), "{html}");
        assert_eq!(serde_json::from_str::<String>(&html).unwrap(), hostile);
    }

    #[test]
    fn only_web_links_are_links() {
        assert!(Page::default().link("https://a.example/b").take().contains("href=\"https://a.example/b\""));
        for other in ["javascript:alert(1)", "https://a\n.example", "data:text/html,x"] {
            assert!(!Page::default().link(other).take().contains("href"), "{other}");
        }
    }
}
