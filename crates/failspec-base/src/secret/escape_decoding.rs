//! Decodes one kind of escapes in a text, and maps positions back to the original text.

use std::ops::Range;

/// A syntax of escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EscapeSyntax {
    /// `%41` (RFC 3986, section 2.1).
    Percent,
    /// `%41`, and `+` for a space (the WHATWG's `application/x-www-form-urlencoded`).
    Form,
    /// `\"`, `\/`, `\n`, `\u0041` (RFC 8259, section 7), and what programming languages add to it: `\'`, `\x41`.
    Json,
    /// `&amp;`, `&#65;`, `&#x41;` (HTML, and XML, which has five of the names).
    Html,
    /// `~0`, `~1` (JSON Pointer, RFC 6901, section 3).
    Pointer,
}

impl EscapeSyntax {
    pub(super) const ALL: [Self; 5] = [Self::Percent, Self::Form, Self::Json, Self::Html, Self::Pointer];

    /// Returns the bytes of which a text must contain at least one for its decoded form to differ.
    fn marks(self) -> &'static [u8] {
        match self {
            Self::Percent => b"%",
            Self::Form => b"%+",
            Self::Json => b"\\",
            Self::Html => b"&",
            Self::Pointer => b"~",
        }
    }

    /// Decodes the escape at the start of `text`; returns the decoded value and the length of the escape.
    fn read(self, text: &[u8]) -> Option<(Plain, usize)> {
        match (self, text) {
            (Self::Form, [b'+', ..]) => Some((Plain::Byte(b' '), 1)),
            (Self::Percent | Self::Form, [b'%', high, low, ..]) => {
                Some((Plain::Byte(hex(*high)? << 4 | hex(*low)?), 3))
            }
            (Self::Json, [b'\\', kind, ..]) => read_json(*kind, text),
            (Self::Html, [b'&', ..]) => read_html(text),
            (Self::Pointer, [b'~', b'0', ..]) => Some((Plain::Byte(b'~'), 2)),
            (Self::Pointer, [b'~', b'1', ..]) => Some((Plain::Byte(b'/'), 2)),
            _ => None,
        }
    }
}

/// Decoded value of an escape. A percent escape is one byte, possibly of several that form a character.
enum Plain {
    Byte(u8),
    Char(char),
}

/// A text with one kind of escapes decoded.
pub(super) struct DecodedText {
    pub(super) bytes: Vec<u8>,
    /// The escapes in order. The text between them is the same in both forms.
    escapes: Vec<Escape>,
}

/// Position of an escape in the decoded text (`seen`) and in the original text (`source`).
struct Escape {
    seen: Range<usize>,
    source: Range<usize>,
}

impl DecodedText {
    /// Decodes `text`; returns `None` if there is nothing to decode.
    pub(super) fn of(text: &[u8], kind: EscapeSyntax) -> Option<Self> {
        let marks = kind.marks();
        let mut next = text.iter().position(|byte| marks.contains(byte))?;
        let mut view = Self { bytes: Vec::with_capacity(text.len()), escapes: Vec::new() };
        let mut done = 0;
        loop {
            view.bytes.extend_from_slice(&text[done..next]);
            let start = view.bytes.len();
            done = match kind.read(&text[next..]) {
                Some((decoded, length)) => {
                    match decoded {
                        Plain::Byte(byte) => view.bytes.push(byte),
                        Plain::Char(c) => {
                            view.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                        }
                    }
                    let (seen, source) = (start..view.bytes.len(), next..next + length);
                    view.escapes.push(Escape { seen, source });
                    next + length
                }
                None => {
                    view.bytes.push(text[next]);
                    next + 1
                }
            };
            match text[done..].iter().position(|byte| marks.contains(byte)) {
                Some(offset) => next = done + offset,
                None => break,
            }
        }
        view.bytes.extend_from_slice(&text[done..]);
        (!view.escapes.is_empty()).then_some(view)
    }

    /// Maps a range of the decoded text to the original text. A part of an escape maps to the whole escape.
    pub(super) fn source(&self, seen: Range<usize>) -> Range<usize> {
        let start = match self.escape_before(seen.start) {
            Some(escape) if seen.start < escape.seen.end => escape.source.start,
            Some(escape) => escape.source.end + (seen.start - escape.seen.end),
            None => seen.start,
        };
        let last = seen.end.saturating_sub(1);
        let end = match self.escape_before(last) {
            Some(escape) if last < escape.seen.end => escape.source.end,
            Some(escape) => escape.source.end + (seen.end - escape.seen.end),
            None => seen.end,
        };
        start..end
    }

    /// Returns the last escape that begins at `at` or before it.
    fn escape_before(&self, at: usize) -> Option<&Escape> {
        let count = self.escapes.partition_point(|escape| escape.seen.start <= at);
        self.escapes[..count].last()
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn read_json(kind: u8, text: &[u8]) -> Option<(Plain, usize)> {
    let plain = match kind {
        b'"' | b'\\' | b'/' | b'\'' => kind,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return read_utf16(text),
        b'x' => return Some((Plain::Byte(hex(*text.get(2)?)? << 4 | hex(*text.get(3)?)?), 4)),
        _ => return None,
    };
    Some((Plain::Byte(plain), 2))
}

/// Decodes `\u0041`, or two such escapes that form a surrogate pair.
fn read_utf16(text: &[u8]) -> Option<(Plain, usize)> {
    let unit = |text: &[u8]| {
        let digits = text.strip_prefix(b"\\u")?.get(..4)?;
        digits.iter().try_fold(0, |value, digit| Some(value << 4 | u16::from(hex(*digit)?)))
    };
    let first = unit(text)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some((Plain::Char(c), 6));
    }
    let second = unit(&text[6..])?;
    let c = char::decode_utf16([first, second]).next()?.ok()?;
    Some((Plain::Char(c), 12))
}

fn read_html(text: &[u8]) -> Option<(Plain, usize)> {
    // The longest escape that is decoded is `&#x0010FFFF;`. Without a limit, many `&` would take quadratic time.
    let end = text.iter().take(12).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let c = match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "sol" => '/',
        "bsol" => '\\',
        "plus" => '+',
        "equals" => '=',
        "nbsp" => '\u{a0}',
        "colon" => ':',
        "comma" => ',',
        "num" => '#',
        "percnt" => '%',
        "excl" => '!',
        "quest" => '?',
        "commat" => '@',
        "dollar" => '$',
        "lowbar" => '_',
        "grave" => '`',
        "lpar" => '(',
        "rpar" => ')',
        "ast" => '*',
        "semi" => ';',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((Plain::Char(c), end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, kind: EscapeSyntax) -> Option<String> {
        DecodedText::of(text.as_bytes(), kind).map(|view| String::from_utf8_lossy(&view.bytes).into_owned())
    }

    #[test]
    fn each_kind_is_decoded() {
        for (kind, text, plain) in [
            (EscapeSyntax::Percent, "a%2Fb%2fc+d%zz%", "a/b/c+d%zz%"),
            (EscapeSyntax::Form, "a+b%20c", "a b c"),
            (EscapeSyntax::Json, r"a\/b\u0041\ud83d\ude00\n\x\ud83d", "a/bA😀\n\\x\\ud83d"),
            (EscapeSyntax::Json, r"it\'s \x41\xc3\xa9\x4", "it's Aé\\x4"),
            (EscapeSyntax::Pointer, "/a~1b~0c~2~", "/a/b~c~2~"),
            (EscapeSyntax::Html, "&lt;a&#65;&#x42;&amp;amp;&nope;&", "<aAB&amp;&nope;&"),
        ] {
            assert_eq!(decoded(text, kind).as_deref(), Some(plain), "{text}");
        }
    }

    #[test]
    fn a_text_without_escapes_has_no_view() {
        for kind in EscapeSyntax::ALL {
            assert_eq!(decoded("abc", kind), None);
            assert_eq!(decoded("", kind), None);
        }
        assert_eq!(decoded("100 %", EscapeSyntax::Percent), None);
    }

    #[test]
    fn every_part_finds_its_way_back() {
        let text = r"ab\u00e9c\/d\ud83d\ude00";
        let view = DecodedText::of(text.as_bytes(), EscapeSyntax::Json).expect("there are escapes");
        for (part, source) in
            [("ab", "ab"), ("é", r"\u00e9"), ("bé", r"b\u00e9"), ("c/", r"c\/"), ("d😀", r"d\ud83d\ude00")]
        {
            let seen = String::from_utf8(view.bytes.clone()).expect("UTF-8");
            let start = seen.find(part).expect(part);
            assert_eq!(&text[view.source(start..start + part.len())], source);
        }
    }
}
