//! Parses JSON into the same nodes as YAML.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use super::{Diagnostic, Diagnostics, Entry, Location, Node, NodeValue, Source, Span, diagnostic::MAX_KEPT};

/// Parses one JSON document.
///
/// # Errors
/// The first syntax error, or every key that appears twice in its object.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    let place = |span: Span| Location { source: Arc::clone(source), span };
    // Spreadsheets and editors of Windows begin files with a byte order mark.
    let start = source.text().len() - source.text().trim_start_matches('\u{feff}').len();
    let text = &source.text()[start..];
    // Bounds the depth, too.
    if let Err(error) = serde_json::from_str::<Value>(text) {
        let line =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = (start + line + error.column().saturating_sub(1)).min(source.text().len());
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
        let diagnostic = Diagnostic::error(place(Span::new(at, at + 1)), "this is not well-formed JSON");
        return Err(diagnostic.label(message).into());
    }
    let mut builder = Builder { text: source.text(), at: start, twice: Vec::new() };
    let node = builder.value();
    if builder.twice.is_empty() {
        return Ok(node);
    }
    let twice = builder.twice.into_iter().take(MAX_KEPT);
    Err(Diagnostics(
        twice.map(|(key, span)| Diagnostic::error(place(span), format!("`{key}` appears twice"))).collect(),
    ))
}

/// Walks a text that is known to be JSON.
struct Builder<'t> {
    text: &'t str,
    /// The offset of the next byte.
    at: usize,
    /// Keys that their object has already.
    twice: Vec<(String, Span)>,
}

impl Builder<'_> {
    fn next(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) {
        while self.at < self.text.len() && is_skipped(self.next()) {
            self.at += 1;
        }
    }

    /// Skips white space and the punctuation between values.
    fn between(&mut self) {
        self.skip(|byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b':'));
    }

    fn value(&mut self) -> Node {
        self.between();
        let start = self.at;
        let value = match self.next() {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => NodeValue::Text(self.string()),
            _ => {
                self.skip(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b',' | b']' | b'}'));
                match serde_json::from_str(&self.text[start..self.at]) {
                    Ok(Value::Bool(value)) => NodeValue::Bool(value),
                    Ok(Value::Number(number)) => NodeValue::Number(number),
                    _ => NodeValue::Null,
                }
            }
        };
        Node { span: Span::new(start, self.at), value }
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while self.at < self.text.len() && self.next() != b'"' {
            self.at += if self.next() == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.text.len());
        serde_json::from_str(&self.text[start..self.at]).unwrap_or_default()
    }

    fn array(&mut self) -> NodeValue {
        let mut items = Vec::new();
        self.at += 1;
        self.between();
        while self.at < self.text.len() && self.next() != b']' {
            items.push(self.value());
            self.between();
        }
        self.at += 1;
        NodeValue::List(items)
    }

    fn object(&mut self) -> NodeValue {
        let (mut entries, mut known) = (Vec::new(), HashSet::new());
        self.at += 1;
        self.between();
        while self.at < self.text.len() && self.next() != b'}' {
            let start = self.at;
            let key = self.string();
            let key_span = Span::new(start, self.at);
            let value = self.value();
            if known.insert(key.clone()) {
                entries.push(Entry { key, key_span, value });
            } else {
                self.twice.push((key, key_span));
            }
            self.between();
        }
        self.at += 1;
        NodeValue::Map(entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Node, String> {
        parse(&Source::new("rows.json", text)).map_err(|mistakes| mistakes.render(false))
    }

    #[test]
    fn values_are_those_of_the_text_with_their_places() {
        let text = r#"{ "a": [1, -2.5e3, "x\"]}\u00e4\ud83d\ude00", null, true, {}, []], "b" : {"c":"d"},"e":10000000000000000 }"#;
        for text in [text.to_owned(), format!("\u{feff}\n {text}\n")] {
            let node = read(&text).unwrap();
            let plain: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            assert_eq!(node.to_json(), plain);
            let at = |pointer: &str| {
                let span = node.find(pointer).unwrap().span;
                &text[span.start as usize..span.end as usize]
            };
            assert_eq!(at("/a/1"), "-2.5e3");
            assert_eq!(at("/a/2"), r#""x\"]}\u00e4\ud83d\ude00""#);
            assert_eq!(at("/a/5"), "{}");
            assert_eq!(at("/b/c"), "\"d\"");
            assert_eq!(at("/b"), "{\"c\":\"d\"}");
        }
        assert_eq!(read(" [ ] ").unwrap().to_json(), json!([]));
        assert_eq!(read("7").unwrap().to_json(), json!(7));
    }

    #[test]
    fn errors_have_their_line_and_column() {
        for (text, place, message) in [
            ("{\n  \"a\": 1,\n  \"b\": }\n", "rows.json:3:8", "expected value"),
            ("[1, 2", "rows.json:1:5", "EOF"),
            ("{\n \"a\": 1,\n \"a\": 2}", "rows.json:3:2", "`a` appears twice"),
            ("", "rows.json:1:1", "EOF"),
            ("[1] 2", "rows.json:1:5", "trailing"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(place) && error.contains(message), "{text}: {error}");
        }
        let deep = "[".repeat(100_000);
        assert!(read(&deep).unwrap_err().contains("recursion limit"));
    }
}
