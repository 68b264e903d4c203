//! Parses an XML document into the members of a [`Document`].

use std::borrow::Cow;

use quick_xml::{
    XmlVersion,
    events::{BytesRef, BytesStart, Event},
    name::{NamespaceResolver, ResolveResult},
    reader::Reader,
};
use serde_json::Value;

use super::{Defect, Document, XmlDefect, json::BodyFormat, xml::XmlElement};

/// Maximum nesting depth, as for JSON: what is parsed is walked by recursion.
const DEPTH: usize = 127;

/// Maximum number of elements and attributes, as for JSON: 8 MiB of `<a/>` would take hundreds of MiB in memory.
const MAX_PARTS: usize = 200_000;

/// Maximum number of attributes of one element: each is compared with all others.
const MAX_ATTRIBUTES: usize = 200;

/// Maximum length of a name or a reason that is reported, in bytes: both can be as long as the body. Longer ones are not
/// cut, because a part of a secret in them would not be masked.
const MAX_SHOWN_LEN: usize = 200;

impl Document {
    /// Parses `bytes` as exactly one XML document. `charset` is that of the media type, which counts before what the
    /// document says of itself (RFC 7303, section 3).
    pub fn read_xml(bytes: &[u8], charset: Option<&str>) -> Self {
        let (members, asides, defects) = match Builder::read(bytes, charset) {
            Ok(builder) => (Some(Value::Object(builder.root.members)), builder.asides, Vec::new()),
            Err(defect) => (None, Vec::new(), vec![defect]),
        };
        Self { value: members, defects, format: BodyFormat::Xml, asides }
    }

    /// Returns true if a value that was read from XML is an HTML page: `html` is its root.
    pub(super) fn is_page(&self) -> bool {
        let root = self.value.as_ref().and_then(Value::as_object).and_then(|root| root.keys().next_back());
        root.is_some_and(|root| root.eq_ignore_ascii_case("html"))
    }
}

/// Returns the text of a document, if it is in UTF-8.
fn text_of<'t>(bytes: &'t [u8], charset: Option<&str>) -> Result<&'t str, Defect> {
    let unread = |encoding: &str| Defect::Xml(XmlDefect::Encoding { encoding: shown(encoding) });
    if matches!(bytes, [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'<', ..] | [b'<', 0, ..]) {
        return Err(unread("UTF-16"));
    }
    let (bytes, has_mark) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let declared = if has_mark { None } else { charset.map(Cow::Borrowed).or_else(|| declared(bytes)) };
    let is_utf8 = declared.as_ref().is_none_or(|it| {
        let own = it.to_ascii_lowercase();
        matches!(own.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii")
    });
    match declared {
        // ASCII is the same in most encodings, and what is written in ASCII is no other one.
        Some(encoding) if !is_utf8 && !bytes.is_ascii() => Err(unread(&encoding)),
        _ => std::str::from_utf8(bytes)
            .map_err(|error| Defect::NotUtf8 { offset: error.valid_up_to() + if has_mark { 3 } else { 0 } }),
    }
}

/// Returns the encoding that the XML declaration names. It stands in ASCII before anything else.
fn declared(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let end = bytes.iter().take(MAX_SHOWN_LEN).position(|byte| *byte == b'>')?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let rest = head.strip_prefix("<?xml")?.split_once("encoding")?.1;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Some(rest[1..].split(quote).next()?.to_owned().into())
}

/// Returns a name as it is reported: whole, or only its length.
fn shown(name: &str) -> String {
    if name.len() <= MAX_SHOWN_LEN { name.to_owned() } else { format!("({} bytes)", name.len()) }
}

/// A document that is being read.
struct Builder {
    /// The document, with its root element inside.
    root: XmlElement,
    /// The elements that have begun and not ended, the innermost last.
    open: Vec<XmlElement>,
    /// Comments and processing instructions: they have no place among the members.
    asides: Vec<String>,
    namespaces: NamespaceResolver,
    left: usize,
}

/// Reason why reading ended: a defect, or a violation of the grammar at the place that the parser reached.
enum Broken {
    Defect(Defect),
    Grammar(String),
}

impl From<XmlDefect> for Broken {
    fn from(defect: XmlDefect) -> Self {
        Self::Defect(Defect::Xml(defect))
    }
}

impl From<&str> for Broken {
    fn from(reason: &str) -> Self {
        Self::Grammar(reason.to_owned())
    }
}

/// Turns an error of the parser into a violation of the grammar.
fn grammar(error: impl std::fmt::Display) -> Broken {
    Broken::Grammar(error.to_string())
}

impl Builder {
    fn read(bytes: &[u8], charset: Option<&str>) -> Result<Self, Defect> {
        let text = text_of(bytes, charset)?;
        if text.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
            return Err(Defect::Empty);
        }
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_comments = true;
        config.allow_dangling_amp = false;
        let mut builder = Self {
            root: XmlElement::default(),
            open: Vec::new(),
            asides: Vec::new(),
            namespaces: NamespaceResolver::default(),
            left: MAX_PARTS,
        };
        loop {
            let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event();
            let at = match &event {
                Err(_) => usize::try_from(reader.error_position()).unwrap_or(start),
                Ok(_) => start,
            };
            let result = match event {
                Ok(Event::Eof) => match builder.end() {
                    Ok(()) => return Ok(builder),
                    Err(broken) => Err(broken),
                },
                Ok(event) => builder.take(&event, start == 0),
                Err(quick_xml::Error::IllFormed(error)) => Err(grammar(error)),
                Err(quick_xml::Error::Syntax(error)) => Err(grammar(error)),
                Err(error) => Err(grammar(error)),
            };
            match result {
                Ok(()) => {}
                Err(Broken::Defect(defect)) => return Err(defect),
                Err(Broken::Grammar(reason)) => {
                    let (line, column) = position(text, at);
                    let reason =
                        if reason.len() <= MAX_SHOWN_LEN { reason } else { "a syntax error".to_owned() };
                    return Err(XmlDefect::NotXml { line, column, reason }.into());
                }
            }
        }
    }

    fn end(&self) -> Result<(), Broken> {
        match (self.open.last(), self.root.members.is_empty()) {
            (Some(_), _) => Err("the body ends inside an element".into()),
            (None, true) => Err("there is no element".into()),
            (None, false) => Ok(()),
        }
    }

    fn take(&mut self, event: &Event<'_>, is_first: bool) -> Result<(), Broken> {
        match event {
            Event::Start(start) => self.start(start),
            Event::Empty(start) => {
                self.start(start)?;
                self.close();
                Ok(())
            }
            // The parser compares the names of both tags.
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => {
                let text = text.xml10_content().map_err(grammar)?;
                if text.contains("]]>") {
                    return Err("`]]>` in a text".into());
                }
                self.text(&text)
            }
            Event::CData(text) => {
                if self.open.is_empty() {
                    return Err("a text outside the root element".into());
                }
                self.text(&text.xml10_content().map_err(grammar)?)
            }
            Event::GeneralRef(reference) => {
                if self.open.is_empty() {
                    return Err("a reference outside the root element".into());
                }
                let resolved = resolve(reference)?;
                self.text(resolved.encode_utf8(&mut [0; 4]))
            }
            Event::Decl(declaration) => {
                declaration.version().map_err(grammar)?;
                if is_first { Ok(()) } else { Err("an XML declaration that is not at the beginning".into()) }
            }
            Event::DocType(declared) => {
                if !self.open.is_empty() || !self.root.members.is_empty() {
                    return Err("a document type declaration after the root element".into());
                }
                // What is declared elsewhere is never fetched, and what is not there cannot be used.
                if declared.contains(&b'[') { Err(XmlDefect::DocumentType.into()) } else { Ok(()) }
            }
            Event::Comment(text) => self.aside(text),
            Event::PI(text) => self.aside(text),
            Event::Eof => Ok(()),
        }
    }

    fn aside(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.count(1)?;
        let text = String::from_utf8_lossy(bytes);
        check_characters(&text)?;
        self.asides.push(text.into_owned());
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Broken> {
        check_characters(text)?;
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.chars().all(|letter| matches!(letter, ' ' | '\t' | '\n' | '\r')) => {}
            None => return Err("a text outside the root element".into()),
        }
        Ok(())
    }

    fn count(&mut self, parts: usize) -> Result<(), Broken> {
        self.left = self.left.checked_sub(parts).ok_or(XmlDefect::TooManyParts { limit: MAX_PARTS })?;
        Ok(())
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Broken> {
        if self.open.is_empty() && !self.root.members.is_empty() {
            return Err("a second root element".into());
        }
        if self.open.len() >= DEPTH {
            return Err(XmlDefect::TooDeep { limit: DEPTH }.into());
        }
        // Counted before they are compared with each other.
        let attributes = start.attributes().with_checks(false).take(MAX_ATTRIBUTES + 1).count();
        if attributes > MAX_ATTRIBUTES {
            return Err(XmlDefect::TooManyAttributes { limit: MAX_ATTRIBUTES }.into());
        }
        self.count(attributes + 1)?;
        self.namespaces.push(start).map_err(grammar)?;
        let (resolved, local) = self.namespaces.resolve_element(start.name());
        let namespace = match resolved {
            ResolveResult::Bound(namespace) => namespace.into_inner().to_vec(),
            ResolveResult::Unbound => Vec::new(),
            ResolveResult::Unknown(_) => {
                return Err("an element with a prefix that is bound to no namespace".into());
            }
        };
        check_name(start.name().into_inner())?;
        let local = String::from_utf8_lossy(local.into_inner()).into_owned();
        let parent = self.open.last_mut().unwrap_or(&mut self.root);
        let key = parent.next_key(&local);
        let attributes = self.attributes(start)?;
        self.open.push(XmlElement { key, attributes, namespace, ..XmlElement::default() });
        Ok(())
    }

    /// Returns the attributes by their local names, without the declarations of namespaces.
    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Broken> {
        let mut found = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(grammar)?;
            check_name(attribute.key.into_inner())?;
            if attribute.value.contains(&b'<') {
                return Err("`<` in the value of an attribute".into());
            }
            let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(grammar)?;
            check_characters(&value)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            if let (ResolveResult::Unknown(_), _) = self.namespaces.resolve_attribute(attribute.key) {
                return Err("an attribute with a prefix that is bound to no namespace".into());
            }
            let local = String::from_utf8_lossy(attribute.key.local_name().into_inner()).into_owned();
            found.push((local, value.into_owned()));
        }
        Ok(found)
    }

    fn close(&mut self) {
        self.namespaces.pop();
        if let Some(element) = self.open.pop() {
            self.open.last_mut().unwrap_or(&mut self.root).add(element);
        }
    }
}

/// Returns the character that a reference stands for: one of the five entities of XML, or a number.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Broken> {
    if let Some(letter) = reference.resolve_char_ref().map_err(grammar)? {
        return Ok(letter);
    }
    let name = reference.decode().map_err(grammar)?;
    match name.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        other => Err(XmlDefect::UnknownEntity { name: shown(other) }.into()),
    }
}

/// Refuses characters that no XML document has (XML 1.0, production `Char`).
fn check_characters(text: &str) -> Result<(), Broken> {
    let is_forbidden = |letter: char| matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_forbidden) { Err("a character that XML does not allow".into()) } else { Ok(()) }
}

/// Refuses what is no name with at most one prefix.
fn check_name(name: &[u8]) -> Result<(), Broken> {
    let name = String::from_utf8_lossy(name);
    let is_start = |letter: char| letter.is_alphabetic() || letter == '_' || !letter.is_ascii();
    let is_part = |part: &str| {
        part.starts_with(is_start)
            && part.chars().all(|it| is_start(it) || it.is_ascii_digit() || matches!(it, '-' | '.'))
    };
    let parts: Vec<&str> = name.split(':').collect();
    if parts.len() <= 2 && parts.into_iter().all(is_part) { Ok(()) } else { Err("a malformed name".into()) }
}

/// Returns the line and the column of a byte, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}
