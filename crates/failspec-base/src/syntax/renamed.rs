//! Renamed names of the file formats: one table for the hints of all decoders and for `failspec lint --fix`.

use std::{collections::BTreeSet, sync::Arc};

use super::{Entry, MappingSchema, Node, NodeValue, Source, Span, ValueType};

/// Renamed keys: the old and the new name. A key was renamed in every mapping that has a key with the new name.
const KEYS: &[(&str, &str)] = &[
    ("again", "resend"),
    ("canary", "health_check"),
    ("ours", "inferred"),
    ("sweep", "cleanup"),
    ("twin", "indistinguishable_from"),
];

/// Renamed values: the key of the value, its old and its new name.
const VALUES: &[(&str, &str, &str)] = &[
    ("source", "elsewhere", "published"),
    ("source", "ours", "inferred"),
    ("check", "accepted", "not-rejected"),
    ("check", "document", "well-formed"),
    ("check", "item", "bulk-item"),
    ("check", "twin", "indistinguishable"),
];

/// Renamed commands of the command line: the old and the new name.
const COMMANDS: &[(&str, &str)] = &[("sweep", "cleanup")];

/// Removed keys: the name of the mapping, the key, and what to do instead.
const REMOVED: &[(&str, &str, &str)] = &[(
    "revoked key",
    "since",
    "it was removed: nothing proves when a run was made, so whoever has the key could date a certificate back. Without \
     `since`, no certificate with the key counts; have those that should stay valid signed again with a new key",
)];

/// Returns the hint for a key of `shape` that was removed.
pub fn removed(old: &str, shape: &MappingSchema) -> Option<&'static str> {
    REMOVED.iter().find(|(name, key, _)| *name == shape.name && *key == old).map(|(.., hint)| *hint)
}

/// Returns the new name of a key of `shape`.
pub fn key(old: &str, shape: &MappingSchema) -> Option<&'static str> {
    let new = KEYS.iter().find(|(known, _)| *known == old)?.1;
    shape.keys().any(|field| field.name == new).then_some(new)
}

/// Returns the new name of a value under `key`.
pub fn value(key: &str, old: &str) -> Option<&'static str> {
    VALUES.iter().find(|(under, known, _)| *under == key && *known == old).map(|(.., new)| *new)
}

/// Returns the new name of a value for which one of `words` is expected.
pub(super) fn word(old: &str, words: &[&str]) -> Option<&'static str> {
    let names = VALUES.iter().filter(|(_, known, new)| *known == old && words.contains(new));
    names.map(|(.., new)| *new).next()
}

/// Returns the new name of a check.
pub fn check(old: &str) -> Option<&'static str> {
    value("check", old)
}

/// Returns the new name of a command.
pub fn command(old: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(known, _)| *known == old).map(|(_, new)| *new)
}

/// Returns the hint for an old name that was renamed to `new`.
pub fn hint(new: &str) -> String {
    format!("it was renamed: write `{new}`, or let `failspec lint --fix` rename everything")
}

/// Returns `source` with every old name replaced by the new one, and the number of replacements. Everything else is
/// unchanged, comments included. A mapping with a key of both names is not changed: only its author can decide which
/// of the two applies.
pub fn rename(source: &Arc<Source>, node: &Node, shape: &'static MappingSchema) -> (String, usize) {
    let mut renames = BTreeSet::new();
    of_shape(node, shape, &mut renames);
    let mut text = source.text().to_owned();
    let mut count = 0;
    for (span, old, new) in renames.into_iter().rev() {
        let (start, end) = (span.start as usize, span.end as usize);
        // The span may include quotes. A name that is written with escapes is not changed.
        let Some(at) = source.text().get(start..end).and_then(|written| written.find(&old)) else { continue };
        text.replace_range(start + at..start + at + old.len(), new);
        count += 1;
    }
    (text, count)
}

/// Position, old and new name of each rename; each occurs once, even if several aliases lead to it.
type Renames = BTreeSet<(Span, String, &'static str)>;

fn of_shape(node: &Node, shape: &'static MappingSchema, renames: &mut Renames) {
    let entries = node.as_map().unwrap_or_default();
    for entry in entries {
        let name = match key(&entry.key, shape) {
            Some(new) if !entries.iter().any(|other| other.key == new) => {
                renames.insert((entry.key_span, entry.key.clone(), new));
                new
            }
            _ => entry.key.as_str(),
        };
        let Some(field) = shape.keys().find(|field| field.name == name) else { continue };
        of_value(entry, field.name, renames);
        of_kind(&entry.value, &field.kind, renames);
    }
}

fn of_value(entry: &Entry, key: &str, renames: &mut Renames) {
    let Some(old) = entry.value.as_text() else { return };
    if let Some(new) = value(key, old) {
        renames.insert((entry.value.span, old.to_owned(), new));
    }
}

fn of_kind(node: &Node, kind: &'static ValueType, renames: &mut Renames) {
    match kind {
        ValueType::MappingSchema(shape) => of_shape(node, shape, renames),
        ValueType::Either(kinds) => kinds.iter().for_each(|kind| of_kind(node, kind, renames)),
        ValueType::List(kind) => match &node.value {
            NodeValue::List(items) => items.iter().for_each(|item| of_kind(item, kind, renames)),
            // A single value counts as a list of one.
            _ => of_kind(node, kind, renames),
        },
        ValueType::Map(kind) => {
            node.as_map().unwrap_or_default().iter().for_each(|entry| of_kind(&entry.value, kind, renames));
        }
        // Other values are free: a JSON body may have a key of any name.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Field, yaml};

    static INNER: MappingSchema = MappingSchema {
        name: "inner",
        about: "",
        fields: &[
            Field::optional("resend", ValueType::Bool, ""),
            Field::optional("source", ValueType::Words(&["documented", "inferred"]), ""),
            Field::optional("json", ValueType::Any, ""),
        ],
        also: &[],
    };
    static OUTER: MappingSchema = MappingSchema {
        name: "outer",
        about: "",
        fields: &[
            Field::optional("cleanup", ValueType::List(&ValueType::MappingSchema(&INNER)), ""),
            Field::optional(
                "all",
                ValueType::Map(&ValueType::Either(&[ValueType::Text, ValueType::MappingSchema(&INNER)])),
                "",
            ),
        ],
        also: &[],
    };

    fn renamed(text: &str) -> (String, usize) {
        let source = Source::new("file.yaml", text);
        rename(&source, &yaml::parse(&source).unwrap(), &OUTER)
    }

    #[test]
    fn rename_replaces_old_names_and_nothing_else() {
        for (text, expected, count) in [
            ("sweep: [] # sweep\n", "cleanup: [] # sweep\n", 1),
            ("sweep:\n  - again: true\n", "cleanup:\n  - resend: true\n", 2),
            ("'sweep': { \"again\": true }", "'cleanup': { \"resend\": true }", 2),
            (
                "all: { a: { source: \"ours\" }, b: again }",
                "all: { a: { source: \"inferred\" }, b: again }",
                1,
            ),
            // A JSON body of the author.
            ("all: { a: { json: { again: 1, source: ours } } }", "", 0),
            // Names that the author gave.
            ("all: { again: x, sweep: z }", "", 0),
            // Both names: one of them must be removed, and only the author knows which.
            ("sweep: []\ncleanup: []\n", "", 0),
            // Through an alias, once.
            ("all: { a: &x { again: true }, b: *x }", "all: { a: &x { resend: true }, b: *x }", 1),
            ("ünïcode: 1\nsweep: []\n", "ünïcode: 1\ncleanup: []\n", 1),
            ("again: true\n", "", 0),
        ] {
            let expected = if expected.is_empty() { text } else { expected };
            assert_eq!(renamed(text), (expected.to_owned(), count), "{text}");
        }
    }
}
