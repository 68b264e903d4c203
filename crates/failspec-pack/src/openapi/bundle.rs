//! Named schemas of a document, converted to JSON Schema.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::{at::At, document::Document, lower::Lowering, warning::Warnings};

/// The schemas of a document that others refer to, by name, as JSON Schema 2020-12.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    definitions: Map<String, Value>,
    /// The reasons why schemas are unknown, by name; such a schema accepts any value.
    lost: BTreeMap<String, String>,
}

/// Names in the bundle for the targets of references.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    known: BTreeMap<(usize, String), String>,
    taken: BTreeSet<String>,
    pending: VecDeque<(String, At<'a>)>,
    lost: BTreeMap<String, String>,
}

impl<'a> Names<'a> {
    /// Returns the name of a schema. A new schema is converted later.
    pub fn of(&mut self, at: At<'a>, file: &str) -> String {
        if let Some(name) = self.known.get(&at.key()) {
            return name.clone();
        }
        // A reference to a whole file has no pointer, so the schema gets the name of the file: `envelope` for
        // `envelope.schema.json`.
        let stem = file.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
        let last = at.pointer.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(stem);
        let plain: String = last
            .chars()
            .map(|it| if it.is_ascii_alphanumeric() || "_-.".contains(it) { it } else { '_' })
            .collect();
        let name = self.free(if plain.is_empty() { "schema" } else { &plain });
        self.known.insert(at.key(), name.clone());
        self.pending.push_back((name.clone(), at));
        name
    }

    /// Returns the name of a schema that is unknown for a reason. It accepts any value, and [`Bundle::lost`] tells.
    pub fn lost(&mut self, reason: String) -> String {
        if let Some((name, _)) = self.lost.iter().find(|(_, known)| **known == reason) {
            return name.clone();
        }
        let name = self.free("unknown");
        self.lost.insert(name.clone(), reason);
        name
    }

    /// Returns a name that no other schema has.
    fn free(&mut self, plain: &str) -> String {
        let mut name = plain.to_owned();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{plain}-{number}");
            number += 1;
        }
        name
    }
}

/// Converts the schemas of a document one by one, and at the end all schemas that they refer to.
pub(super) struct SchemaCollector<'a> {
    document: &'a Document,
    names: Names<'a>,
}

impl<'a> SchemaCollector<'a> {
    pub fn new(document: &'a Document) -> Self {
        Self { document, names: Names::default() }
    }

    /// Converts one schema; its references point into the bundle.
    pub fn schema(&mut self, at: At<'a>, warnings: &mut Warnings) -> Value {
        Lowering { document: self.document, names: &mut self.names, warnings }.schema(&at, 0)
    }

    /// Converts all schemas that were referred to and returns them as a bundle.
    pub fn finish(mut self, warnings: &mut Warnings) -> Bundle {
        let mut definitions = Map::new();
        while let Some((name, at)) = self.names.pending.pop_front() {
            let schema = self.schema(at, warnings);
            definitions.insert(name, schema);
        }
        let lost = self.names.lost;
        // Accepts any value. An object has room for other keywords beside it, `true` has not.
        definitions.extend(lost.keys().map(|name| (name.clone(), json!({}))));
        Bundle { definitions, lost }
    }
}

/// The beginning of every reference into the bundle.
const INTO: &str = "#/$defs/";

impl Bundle {
    /// Returns a reference to a schema in the bundle.
    pub(super) fn reference(name: &str) -> String {
        format!("{INTO}{name}")
    }

    /// Returns the schema with this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.definitions.get(name)
    }

    /// Returns the target of a schema that is a reference; any other schema is returned unchanged.
    pub fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        // References can be circular, so the number of steps is limited. A cycle constrains nothing, so any of its
        // members can be returned.
        for _ in 0..self.definitions.len() {
            let target =
                schema.get("$ref").and_then(Value::as_str).and_then(|reference| self.target(reference));
            match target {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn target(&self, reference: &str) -> Option<&Value> {
        self.get(reference.strip_prefix(INTO)?)
    }

    /// Returns the reasons why parts of a schema are unknown: references that lead nowhere.
    pub fn lost(&self, schema: &Value) -> Vec<&str> {
        if self.lost.is_empty() {
            return Vec::new();
        }
        let needed = self.needed(schema);
        needed.into_iter().filter_map(|name| self.lost.get(name)).map(String::as_str).collect()
    }

    /// Returns the names of the definitions that a schema needs.
    fn needed(&self, schema: &Value) -> BTreeSet<&String> {
        let mut needed = BTreeSet::new();
        let mut open = vec![schema];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(entries) => {
                    if let Some(name) =
                        entries.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix(INTO))
                        && let Some((name, target)) = self.definitions.get_key_value(name)
                        && needed.insert(name)
                    {
                        open.push(target);
                    }
                    open.extend(entries.values());
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        needed
    }

    /// Returns the schema with those definitions that it needs, and no others, so that it is self-contained.
    pub fn complete(&self, schema: &Value) -> Value {
        let needed = self.needed(schema);
        let mut whole = match schema {
            Value::Object(entries) => entries.clone(),
            Value::Bool(false) => json!({ "not": {} }).as_object().cloned().unwrap_or_default(),
            _ => Map::new(),
        };
        if !needed.is_empty() {
            let definitions: Map<String, Value> = needed
                .into_iter()
                .filter_map(|name| Some((name.clone(), self.definitions.get(name)?.clone())))
                .collect();
            whole.insert("$defs".to_owned(), Value::Object(definitions));
        }
        Value::Object(whole)
    }
}
