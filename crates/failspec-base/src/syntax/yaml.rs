//! Parses YAML into nodes, strictly.
//!
//! YAML changes what people type: `no` becomes false, `1.10` becomes 1.1, `0o17` becomes 15. In a file about exact
//! requests this could make a run pass for the wrong reason. Therefore only `true` and `false` are booleans, a plain
//! scalar is a number only if JSON would write it back the same way, and a scalar that another YAML parser would read
//! as something else must be quoted.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Mark};

pub use super::yaml_scalar::is_text;
use super::{Diagnostic, Diagnostics, Entry, Location, Node, NodeValue, Source, Span, diagnostic::MAX_KEPT};
use super::{
    yaml_repair::indented,
    yaml_scalar::{core, plain},
};

/// The strictness and the limits of parsing.
#[derive(Debug, Clone, Copy)]
struct Dialect {
    /// True if a scalar about which YAML parsers disagree is an error.
    strict: bool,
    /// Maximum nesting depth; deeper nesting could only serve to overflow a stack.
    deepest: usize,
    /// Maximum number of nodes that aliases may add to a file in total: enough for any honest use, too few for an
    /// alias bomb.
    most_aliased: usize,
}

/// Files of failspec, none of which comes near these limits.
const FAILSPEC: Dialect = Dialect { strict: true, deepest: 64, most_aliased: 10_000 };

/// Files that were written for other programs, which can have several megabytes.
const THEIRS: Dialect = Dialect { strict: false, deepest: 200, most_aliased: 500_000 };

/// Mappings with at least this many entries use a hash index.
const HASH_INDEX_THRESHOLD: usize = 16;

/// Parses one YAML document.
///
/// # Errors
/// All errors that could be found: a syntax error ends the parsing, all others are collected.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    match read(source) {
        (Some(node), mistakes) if mistakes.0.is_empty() => Ok(node),
        (_, mistakes) => Err(mistakes),
    }
}

/// Parses one YAML document as far as possible: a file with an ambiguous scalar still has nodes in which further
/// errors can be found. The value of such a scalar is the text as written.
pub fn read(source: &Arc<Source>) -> (Option<Node>, Diagnostics) {
    build(source, FAILSPEC)
}

/// Parses one YAML or JSON document that was written for other programs: plain scalars follow the core schema of YAML
/// 1.2, tags other than `!!str` are ignored, merge keys (`<<`) are followed, and of a duplicate key the first value is
/// used. The diagnostics do not prevent the rest from being parsed; if no node is returned, nothing could be parsed.
///
/// Flow collections and quoted scalars need no indentation, as for most other parsers.
pub fn read_foreign(source: &Arc<Source>) -> (Option<Node>, Diagnostics) {
    let read = build(source, THEIRS);
    if read.0.is_some() {
        return read;
    }
    match indented(source.text()) {
        Some(text) => build(&Source::new(source.name(), text), THEIRS),
        None => read,
    }
}

fn build(source: &Arc<Source>, dialect: Dialect) -> (Option<Node>, Diagnostics) {
    let mut builder = Builder {
        dialect,
        source,
        bytes: byte_offsets(source.text()),
        anchors: HashMap::new(),
        wanted: aliased_anchors(source.text()),
        anchored: 0,
        aliased: 0,
        mistakes: Vec::new(),
        depth: 0,
    };
    let mut parser = Parser::new_from_str(source.text());
    let root = builder.document(&mut parser);
    (root, Diagnostics(builder.mistakes))
}

type Events<'input> = Parser<'input, saphyr_parser::StrInput<'input>>;

struct Builder<'a> {
    dialect: Dialect,
    source: &'a Arc<Source>,
    /// Byte offset of each character, if the text is not ASCII: the parser counts characters.
    bytes: Option<Vec<u32>>,
    anchors: HashMap<usize, Node>,
    /// The anchors that an alias names: only their nodes are kept.
    wanted: HashSet<usize>,
    /// Number of nodes below these anchors.
    anchored: usize,
    /// Number of nodes that aliases added.
    aliased: usize,
    mistakes: Vec<Diagnostic>,
    depth: usize,
}

impl Builder<'_> {
    fn document(&mut self, parser: &mut Events<'_>) -> Option<Node> {
        loop {
            match self.next(parser)? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::StreamEnd, mark) => {
                    let span = self.span(mark);
                    self.mistake(span, "the file is empty", "");
                    return None;
                }
                (event, mark) => {
                    let root = self.node(event, mark, parser)?;
                    self.end_of_stream(parser);
                    return Some(root);
                }
            }
        }
    }

    fn end_of_stream(&mut self, parser: &mut Events<'_>) {
        while let Some((event, mark)) = self.next(parser) {
            match event {
                Event::DocumentEnd => {}
                Event::StreamEnd => return,
                _ => {
                    let span = self.span(mark);
                    self.mistake(span, "the file contains a second document", "write one document per file");
                    return;
                }
            }
        }
    }

    /// Returns the next event; `None` after a syntax error, which is reported.
    fn next<'input>(&mut self, parser: &mut Events<'input>) -> Option<(Event<'input>, Mark)> {
        match parser.next_event()? {
            Ok(event) => Some(event),
            Err(error) => {
                let at = self.offset(error.marker().index());
                self.note(
                    Diagnostic::error(self.place(Span::new(at, at + 1)), "this is not well-formed YAML")
                        .label(error.info().to_owned()),
                );
                None
            }
        }
    }

    fn node(&mut self, event: Event<'_>, mark: Mark, parser: &mut Events<'_>) -> Option<Node> {
        let span = self.span(mark);
        let deepest = self.dialect.deepest;
        if self.depth >= deepest {
            self.mistake(span, format!("nested deeper than {deepest} levels"), "");
            return None;
        }
        self.depth += 1;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() && self.dialect.strict {
                    self.mistake(span, "YAML tags are not allowed here", "remove the tag");
                }
                // `!!str 1` is text; other tags do not change the value.
                let quoted = tag.as_ref().is_some_and(|tag| tag.suffix == "str");
                let style = if quoted { ScalarStyle::DoubleQuoted } else { style };
                (self.scalar(&text, style, span), anchor)
            }
            Event::SequenceStart(anchor, _) => (self.list(span, parser)?, anchor),
            Event::MappingStart(anchor, _) => (self.map(span, parser)?, anchor),
            Event::Alias(anchor) => (self.alias(anchor, span)?, 0),
            _ => {
                self.mistake(span, "this is not well-formed YAML", "");
                return None;
            }
        };
        self.depth -= 1;
        if anchor != 0 && self.wanted.contains(&anchor) {
            // Its alias would be one too many.
            self.anchored += size(&node);
            self.check_aliases(self.anchored, span)?;
            self.anchors.insert(anchor, node.clone());
        }
        Some(node)
    }

    /// Reports an error if the nodes that aliases add are too many.
    fn check_aliases(&mut self, nodes: usize, span: Span) -> Option<()> {
        let most = self.dialect.most_aliased;
        if nodes > most {
            self.mistake(span, format!("aliases repeat more than {most} values"), "write the values out");
            return None;
        }
        Some(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Option<Node> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            self.mistake(span, "this alias has no anchor above it", "");
            return None;
        };
        self.aliased += size(&node);
        self.check_aliases(self.aliased, span)?;
        Some(node)
    }

    fn list(&mut self, start: Span, parser: &mut Events<'_>) -> Option<Node> {
        let mut items = Vec::new();
        loop {
            let (event, mark) = self.next(parser)?;
            if event == Event::SequenceEnd {
                let end = self.span(mark).end;
                return Some(Node { span: Span { start: start.start, end }, value: NodeValue::List(items) });
            }
            items.push(self.node(event, mark, parser)?);
        }
    }

    fn map(&mut self, start: Span, parser: &mut Events<'_>) -> Option<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        // Index by key. In a short mapping, as nearly all are, a linear search is faster.
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut merged: Vec<(Span, Node)> = Vec::new();
        loop {
            let (event, mark) = self.next(parser)?;
            let key_span = self.span(mark);
            let key = match event {
                Event::MappingEnd => {
                    merged.into_iter().for_each(|(span, node)| self.merge(span, node, &mut entries));
                    return Some(Node {
                        span: Span { start: start.start, end: key_span.end },
                        value: NodeValue::Map(entries),
                    });
                }
                Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
                    let (event, mark) = self.next(parser)?;
                    merged.push((key_span, self.node(event, mark, parser)?));
                    continue;
                }
                Event::Scalar(text, ..) => text.into_owned(),
                _ => {
                    self.mistake(key_span, "a key must be plain text", "");
                    return None;
                }
            };
            let (event, mark) = self.next(parser)?;
            let value = self.node(event, mark, parser)?;
            let first = match entries.len() {
                0..HASH_INDEX_THRESHOLD => entries.iter().find(|entry| entry.key == key),
                _ => places.get(&key).map(|place| &entries[*place]),
            };
            if let Some(first) = first {
                let line = self.place(first.key_span).line();
                self.note(
                    Diagnostic::error(self.place(key_span), format!("`{key}` appears twice"))
                        .label(format!("first on line {line}")),
                );
                continue;
            }
            entries.push(Entry { key, key_span, value });
            match entries.len() {
                0..HASH_INDEX_THRESHOLD => {}
                HASH_INDEX_THRESHOLD => {
                    places = entries.iter().enumerate().map(|(at, entry)| (entry.key.clone(), at)).collect();
                }
                more => places.extend(entries.last().map(|entry| (entry.key.clone(), more - 1))),
            }
        }
    }

    /// Adds the entries of the value of a merge key (<https://yaml.org/type/merge.html>): a mapping, or a list of
    /// mappings of which the first with a key counts. Keys that the mapping itself has are kept.
    fn merge(&mut self, span: Span, node: Node, entries: &mut Vec<Entry>) {
        let maps = match node.value {
            NodeValue::List(items) => items,
            value => vec![Node { span: node.span, value }],
        };
        let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        for map in maps {
            let NodeValue::Map(more) = map.value else {
                self.mistake(span, "`<<` must have a mapping or a list of mappings", "");
                continue;
            };
            entries.extend(more.into_iter().filter(|entry| known.insert(entry.key.clone())));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: Span) -> Node {
        let value = if style == ScalarStyle::Plain {
            match if self.dialect.strict { plain(text) } else { Ok(core(text)) } {
                Ok(value) => value,
                Err(why) => {
                    self.mistake(span, why, format!("if it is text, quote it: \"{text}\""));
                    NodeValue::Text(text.to_owned())
                }
            }
        } else {
            NodeValue::Text(text.to_owned())
        };
        Node { span, value }
    }

    fn note(&mut self, diagnostic: Diagnostic) {
        if self.mistakes.len() < MAX_KEPT {
            self.mistakes.push(diagnostic);
        }
    }

    fn mistake(&mut self, span: Span, title: impl Into<String>, hint: impl Into<String>) {
        let diagnostic = Diagnostic::error(self.place(span), title);
        let hint = hint.into();
        self.note(if hint.is_empty() { diagnostic } else { diagnostic.hint(hint) });
    }

    fn place(&self, span: Span) -> Location {
        Location { source: Arc::clone(self.source), span }
    }

    fn span(&self, mark: Mark) -> Span {
        Span::new(self.offset(mark.start.index()), self.offset(mark.end.index()))
    }

    fn offset(&self, characters: usize) -> usize {
        match &self.bytes {
            None => characters.min(self.source.text().len()),
            Some(bytes) => bytes.get(characters).map_or(self.source.text().len(), |offset| *offset as usize),
        }
    }
}

/// Returns the anchors that aliases name. Each copy of what is below an anchor costs memory, and a file can nest them.
fn aliased_anchors(text: &str) -> HashSet<usize> {
    // Nearly no file has both, and parsing it twice would cost as much as all the rest.
    if !has_indicator(text, '&') || !has_indicator(text, '*') {
        return HashSet::new();
    }
    let events = Parser::new_from_str(text).map_while(Result::ok);
    events
        .filter_map(|(event, _)| if let Event::Alias(anchor) = event { Some(anchor) } else { None })
        .collect()
}

/// Returns true if a character that begins an anchor or an alias stands where one may begin.
fn has_indicator(text: &str, indicator: char) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize| {
        at == 0 || matches!(bytes[at - 1], b' ' | b'\t' | b'\n' | b'\r' | b'[' | b'{' | b',' | b':')
    };
    let goes_on = |at: usize| bytes.get(at + 1).is_some_and(|next| !next.is_ascii_whitespace());
    text.match_indices(indicator).any(|(at, _)| begins(at) && goes_on(at))
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::List(items) => items.iter().map(size).sum(),
        NodeValue::Map(entries) => entries.iter().map(|entry| size(&entry.value)).sum(),
        _ => 0,
    }
}

fn byte_offsets(text: &str) -> Option<Vec<u32>> {
    if text.is_ascii() {
        return None;
    }
    Some(text.char_indices().map(|(offset, _)| u32::try_from(offset).unwrap_or(u32::MAX)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<serde_json::Value, String> {
        parse(&Source::new("test.yaml", text))
            .map(|node| node.to_json())
            .map_err(|mistakes| mistakes.render(false))
    }

    #[test]
    fn values_are_what_is_written() {
        let value =
            read("a: 1\nb: -2.5\nc: \"1\"\nd: 1.2.3\ne: 2026-11-20\nf: 10s\ng: { h: [true, null, ~] }\n");
        assert_eq!(
            value.unwrap(),
            json!({"a": 1, "b": -2.5, "c": "1", "d": "1.2.3", "e": "2026-11-20", "f": "10s",
                   "g": {"h": [true, null, null]}})
        );
    }

    #[test]
    fn what_yaml_would_rewrite_must_be_quoted() {
        for text in [
            "no",
            "Yes",
            "TRUE",
            "off",
            "007",
            "1.10",
            "0x1F",
            "0o17",
            "1e3",
            ".inf",
            "+1",
            "1_000",
            "Null",
            "123456789012345678901234567890",
        ] {
            let error = read(&format!("key: {text}\n")).unwrap_err();
            assert!(error.contains(&format!("quote it: \"{text}\"")), "{text}: {error}");
        }
    }

    #[test]
    fn mistakes_are_collected_with_their_places() {
        let error = read("ü: no\nb: 1\nb: 2\nc: off\n").unwrap_err();
        assert!(error.contains("test.yaml:1:4"), "{error}");
        assert!(error.contains("first on line 2"), "{error}");
        assert!(error.contains("test.yaml:4:4"), "{error}");
    }

    #[test]
    fn merge_keys_are_followed() {
        let foreign = |text: &str| {
            let (node, mistakes) = read_foreign(&Source::new("test.yaml", text));
            (node.map(|node| node.to_json()), mistakes.0.len())
        };
        let bases = "a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\n";
        for (written, value) in [
            ("{ <<: *a, y: 3 }", json!({"y": 3, "x": 1})),
            ("{ y: 3, <<: *a }", json!({"y": 3, "x": 1})),
            ("{ <<: [*a, *b] }", json!({"x": 1, "y": 1, "z": 2})),
            ("{ <<: *b, <<: *a }", json!({"y": 2, "z": 2, "x": 1})),
            ("{ c: { <<: { <<: *b, y: 5 } } }", json!({"c": {"y": 5, "z": 2}})),
            ("{ '<<': *a }", json!({"<<": {"x": 1, "y": 1}})),
        ] {
            let (read, mistakes) = foreign(&format!("{bases}c: {written}\n"));
            assert_eq!(read.unwrap()["c"], value, "{written}");
            assert_eq!(mistakes, 0, "{written}");
        }
        let (found, mistakes) = foreign("c: { <<: 1, x: 2 }\n");
        assert_eq!((found.unwrap(), mistakes), (json!({"c": {"x": 2}}), 1));
        // So they are in files of failspec.
        assert_eq!(read("a: &a { x: 1, y: 1 }\nb: { <<: *a, y: 2 }").unwrap()["b"], json!({"x": 1, "y": 2}));
        assert_eq!(read("a: { '<<': { x: 1 } }").unwrap(), json!({"a": {"<<": {"x": 1}}}));
        assert!(read("a: { <<: [1] }").unwrap_err().contains("must have a mapping"));
    }

    #[test]
    fn alias_bombs_and_depth_are_refused() {
        let mut bomb = String::from("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for level in 1..9 {
            let previous = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
        }
        assert!(read(&bomb).unwrap_err().contains("aliases repeat more than"));
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        assert!(read(&deep).is_err());
    }
}
