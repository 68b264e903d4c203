//! The second pass: decodes nodes and collects all errors.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};

use crate::{clock::FOREVER, template::RESERVED_NAMES};

use super::{
    Diagnostic, Diagnostics, Entry, Location, MappingSchema, Node, NodeValue, Severity, Source, Span,
    diagnostic::MAX_KEPT, renamed,
};

/// Decodes the nodes of one file and collects errors and warnings.
///
/// Methods return `None` after they have reported an error; the caller continues with the rest.
#[derive(Debug)]
pub struct Decoder {
    source: Arc<Source>,
    mistakes: RefCell<Vec<Diagnostic>>,
    /// Number of all diagnostics, including those that are not kept.
    count: Cell<usize>,
}

impl Decoder {
    /// Creates a decoder for one file.
    pub fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), mistakes: RefCell::default(), count: Cell::new(0) }
    }

    /// Returns the collected diagnostics.
    pub fn finish(self) -> Diagnostics {
        Diagnostics(self.mistakes.into_inner())
    }

    /// Returns true if an error was reported so far.
    pub fn failed(&self) -> bool {
        self.mistakes.borrow().iter().any(|mistake| mistake.severity == Severity::Error)
    }

    /// Returns a location in this file.
    pub fn place(&self, span: Span) -> Location {
        Location { source: Arc::clone(&self.source), span }
    }

    /// Adds a diagnostic.
    pub fn report(&self, diagnostic: Diagnostic) {
        // The first error is always kept, even if there are too many warnings: it makes the file unusable.
        let wanted = !self.is_full() || (diagnostic.severity == Severity::Error && !self.failed());
        self.count.set(self.count.get() + 1);
        if wanted {
            self.mistakes.borrow_mut().push(diagnostic);
        }
    }

    /// Returns true if further diagnostics are no longer kept.
    fn is_full(&self) -> bool {
        self.mistakes.borrow().len() >= MAX_KEPT
    }

    /// Returns the number of diagnostics reported so far.
    pub fn count_mistakes(&self) -> usize {
        self.count.get()
    }

    /// Reports an error at a location in this file.
    pub fn error(&self, span: Span, title: impl Into<String>) {
        self.report(Diagnostic::error(self.place(span), title));
    }

    /// Reports an error with a hint.
    pub fn error_hint(&self, span: Span, title: impl Into<String>, hint: impl Into<String>) {
        self.report(Diagnostic::error(self.place(span), title).hint(hint));
    }

    /// Reports that `name` is unknown, and suggests a name of `known`.
    pub fn unknown<'k>(&self, span: Span, what: &str, name: &str, known: impl IntoIterator<Item = &'k str>) {
        self.unknown_in(span, format!("there is no {what} `{name}`"), what, name, known);
    }

    /// Reports an unknown name under the given `title`.
    pub fn unknown_in<'k>(
        &self,
        span: Span,
        title: String,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let diagnostic = Diagnostic::error(self.place(span), title);
        if self.is_full() {
            // The search for a suggestion is what takes the time.
            return self.report(diagnostic);
        }
        let hint = match closest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            // Generated stubs have it where something must be filled in.
            None if name.contains('…') => "write it in place of `…`".to_owned(),
            None if known.is_empty() => format!("no {what} is declared"),
            None if known.len() <= 40 => format!("use one of: {}", known.join(", ")),
            None => format!("there are {} of them; `failspec list` lists them", known.len()),
        };
        self.report(diagnostic.hint(hint));
    }

    /// Returns the fields of a mapping, which may only have the keys of `shape`.
    pub fn fields<'n>(&self, node: &'n Node, shape: &'static MappingSchema) -> Option<Fields<'n>> {
        let Some(entries) = node.as_map() else {
            self.wrong_kind(node, &format!("a mapping ({})", shape.about));
            return None;
        };
        for entry in entries {
            if !shape.keys().any(|field| field.name == entry.key) {
                let title = format!("unknown key `{}` ({})", entry.key, shape.name);
                match (renamed::key(&entry.key, shape), renamed::removed(&entry.key, shape)) {
                    (Some(new), _) => self.error_hint(entry.key_span, title, renamed::hint(new)),
                    (None, Some(hint)) => self.error_hint(entry.key_span, title, hint),
                    (None, None) => {
                        let known = shape.keys().map(|field| field.name);
                        self.unknown_in(entry.key_span, title, "key", &entry.key, known);
                    }
                }
            }
        }
        for field in shape.keys().filter(|field| field.required) {
            if !entries.iter().any(|entry| entry.key == field.name) {
                self.error_hint(
                    first_line(node.span, self.source.text()),
                    format!("`{}` is missing", field.name),
                    format!("{}: {}", field.name, field.about),
                );
            }
        }
        Some(Fields { span: node.span, entries, shape })
    }

    /// Returns the entries of a mapping with freely chosen keys.
    pub fn entries<'n>(&self, node: &'n Node) -> &'n [Entry] {
        node.as_map().unwrap_or_else(|| {
            if !node.is_null() {
                self.wrong_kind(node, "a mapping");
            }
            &[]
        })
    }

    /// Returns the entries of a mapping with names as keys (see [`Self::check_name`]); other entries are reported and
    /// skipped.
    pub fn named<'n>(&self, node: &'n Node) -> impl Iterator<Item = &'n Entry> {
        self.entries(node).iter().filter(|entry| self.check_name(&entry.key, entry.key_span))
    }

    /// Returns true if `name` matches `[a-z0-9][a-z0-9_-]*`; reports an error if not.
    pub fn check_name(&self, name: &str, span: Span) -> bool {
        let fits = is_name(name);
        if !fits {
            self.error_hint(
                span,
                format!("`{}` is not a valid name", name.escape_debug()),
                "use lower-case letters, digits, `_` and `-`, and begin with a letter or a digit",
            );
        }
        fits
    }

    /// Returns the items of a list; a single value counts as a list of one.
    pub fn items<'n>(&self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            NodeValue::List(items) => items,
            _ => std::slice::from_ref(node),
        }
    }

    /// Returns the items of a value that must be a list.
    pub fn list<'n>(&self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            NodeValue::List(items) => items,
            NodeValue::Null => &[],
            _ => {
                self.wrong_kind(node, "a list");
                &[]
            }
        }
    }

    /// Decodes text.
    pub fn text<'n>(&self, node: &'n Node) -> Option<&'n str> {
        let text = node.as_text();
        if text.is_none() {
            self.wrong_kind(node, "text");
        }
        text
    }

    /// Decodes a reason: text that is not empty. A reason that says nothing excuses nothing.
    pub fn reason(&self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        if text.trim().is_empty() {
            self.error_hint(node.span, "this reason is empty", "say why, for those who read the report");
            return None;
        }
        Some(text.to_owned())
    }

    /// Returns true if a template can use a value under this name; reports a name that the template language owns.
    pub fn check_free_name(&self, name: &str, span: Span) -> bool {
        let is_free = !RESERVED_NAMES.contains(&name);
        if !is_free {
            self.error_hint(
                span,
                format!("`{name}` is built in: `${{{name}}}` would never be this value"),
                "choose another name",
            );
        }
        is_free
    }

    /// Decodes `true` or `false`.
    pub fn bool(&self, node: &Node) -> Option<bool> {
        if let NodeValue::Bool(value) = node.value {
            return Some(value);
        }
        self.wrong_kind(node, "true or false");
        None
    }

    /// Decodes a whole number (0 or more).
    pub fn count(&self, node: &Node) -> Option<u64> {
        if let NodeValue::Number(number) = &node.value
            && let Some(count) = number.as_u64()
        {
            return Some(count);
        }
        self.wrong_kind(node, "a whole number (0 or more)");
        None
    }

    /// Decodes an HTTP status: a number from 100 to 599.
    pub fn status(&self, node: &Node) -> Option<u16> {
        if let NodeValue::Number(number) = &node.value
            && let Some(status @ 100..=599) = number.as_u64()
        {
            return u16::try_from(status).ok();
        }
        self.wrong_kind(node, "an HTTP status (100 to 599)");
        None
    }

    /// Decodes a duration such as `500ms`, `30s`, `2m`.
    pub fn duration(&self, node: &Node) -> Option<Duration> {
        let duration = self.text(node).map(parse_duration)?;
        if duration.is_none() {
            self.error_hint(node.span, "this is not a time span", "write it like `500ms`, `30s` or `2m`");
        }
        duration
    }

    /// Decodes a date such as `2026-11-20`.
    pub fn date(&self, node: &Node) -> Option<jiff::civil::Date> {
        let date = self.text(node)?.parse().ok();
        if date.is_none() {
            self.error_hint(node.span, "this is not a date", "write it like `2026-11-20`");
        }
        date
    }

    /// Decodes one of `words`; returns its index.
    pub fn word(&self, node: &Node, words: &'static [&'static str]) -> Option<usize> {
        let text = self.text(node)?;
        let index = words.iter().position(|word| *word == text);
        if index.is_none() {
            let title = format!("`{text}` is not a valid value here");
            match renamed::word(text, words) {
                Some(new) => self.error_hint(node.span, title, renamed::hint(new)),
                None => self.unknown_in(node.span, title, "value", text, words.iter().copied()),
            }
        }
        index
    }

    /// Reports that a value has the wrong type.
    pub fn wrong_kind(&self, node: &Node, wanted: &str) {
        self.report(
            Diagnostic::error(
                self.place(first_line(node.span, self.source.text())),
                format!("expected {wanted}"),
            )
            .label(format!("found {}", node.kind())),
        );
    }
}

/// The fields of one mapping.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n> {
    /// The position of the mapping.
    pub span: Span,
    entries: &'n [Entry],
    shape: &'static MappingSchema,
}

impl<'n> Fields<'n> {
    /// Returns the value under `key`.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&'n Entry> {
        debug_assert!(
            self.shape.keys().any(|field| field.name == key),
            "`{key}` is read but not declared in the shape {}",
            self.shape.name
        );
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Returns true if `key` is present, even with the value `null`.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }
}

/// Returns true if `name` matches `[a-z0-9][a-z0-9_-]*`, as the names of packs, failures, scenarios and rows do.
pub fn is_name(name: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(is_first)
        && name.bytes().all(|byte| is_first(byte) || matches!(byte, b'_' | b'-'))
}

/// Returns the name in `known` that is most similar to `name`, if `name` can be a typing error for it.
pub fn closest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A name of this length is not a typing error, and a comparison takes memory proportional to the product of both
    // lengths.
    const MAX_LEN: usize = 200;
    known
        .into_iter()
        .filter(|candidate| name.len().max(candidate.len()) <= MAX_LEN)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().max(name.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Parses a duration such as `500ms`, `30s`, `2m`; one of more than a hundred years is none.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.find(|character: char| !character.is_ascii_digit())?;
    let number: u64 = text[..unit].parse().ok()?;
    let duration = match &text[unit..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    };
    duration.filter(|duration| *duration <= FOREVER)
}

fn first_line(span: Span, text: &str) -> Span {
    let (start, end) = (span.start as usize, (span.end as usize).min(text.len()));
    let end = text.get(start..end).and_then(|part| part.find('\n')).map_or(end, |line| start + line);
    Span::new(start, end)
}
