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
        let of_place = if last == "schema" { place_of(&at.pointer) } else { None };
        let plain: String = of_place
            .as_deref()
            .unwrap_or(last)
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
    /// The keyword of a schema that lacks something that the document says: a reference to a schema that is lost.
    pub(super) const LACKS: &str = "x-failspec-lacks";

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

    /// Returns the reasons why parts of a schema are unknown: references that lead nowhere, and patterns that cannot
    /// be used.
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
                    let references =
                        ["$ref", Self::LACKS].iter().filter_map(|key| entries.get(*key)?.as_str());
                    for name in references.filter_map(|reference| reference.strip_prefix(INTO)) {
                        if let Some((name, target)) = self.definitions.get_key_value(name)
                            && needed.insert(name)
                        {
                            open.push(target);
                        }
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

/// Returns the name of a schema that has none of its own, from the place where it stands: `post_alerts_400` for that of a
/// response, `BadRequest` for that of a shared response.
fn place_of(pointer: &str) -> Option<String> {
    let steps: Vec<String> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps.as_slice() {
        ["paths", path, method, rest @ ..] => {
            let words = path.split(|it: char| !it.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
            let path = words.collect::<Vec<_>>().join("_");
            let part = match rest {
                ["responses", status, ..] => status,
                ["requestBody", ..] => "body",
                _ => "parameter",
            };
            let all = [method, path.as_str(), part];
            Some(all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_"))
        }
        ["components", "responses" | "requestBodies" | "parameters" | "headers", name, ..]
        | ["responses" | "parameters", name, ..] => Some((*name).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_schema_without_a_name_is_called_after_its_place() {
        for (pointer, expected) in [
            ("/paths/~1alerts/post/responses/400/content/application~1json/schema", Some("post_alerts_400")),
            ("/paths/~1a~1{id}.json/get/responses/200/schema", Some("get_a_id_json_200")),
            ("/paths/~1/put/requestBody/content/application~1json/schema", Some("put_body")),
            ("/paths/~1a/get/parameters/0/schema", Some("get_a_parameter")),
            ("/components/responses/Refused/content/text~1plain/schema", Some("Refused")),
            ("/responses/BadRequest/schema", Some("BadRequest")),
            ("/components/schemas/Pet/properties/schema", None),
        ] {
            assert_eq!(place_of(pointer).as_deref(), expected, "{pointer}");
        }
    }
}
