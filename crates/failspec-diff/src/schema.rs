//! Comparison of two JSON Schemas of a value that clients read.

use serde_json::{Map, Value};

use failspec_pack::pack::SchemaRegistry;

/// Maximum nesting depth that is compared. References may be circular.
const MAX_DEPTH: usize = 24;

/// Keywords that constrain nothing.
const WORDS: [&str; 9] =
    ["$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated", "$defs"];

/// Keywords that have a comparison of their own.
const KNOWN: [&str; 6] = ["type", "required", "properties", "items", "enum", "$ref"];

/// A schema and the registry that resolves its references.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub schema: &'a Value,
    pub library: &'a SchemaRegistry,
}

/// A change: the name of its kind, the location in the body, and a description.
pub(super) type SchemaChange = (&'static str, String, String);

/// Compares two schemas from the point of view of a client that reads such bodies. A new schema that guarantees more
/// is harmless; one that guarantees less is not.
pub(super) fn compare(old: Side<'_>, new: Side<'_>) -> Vec<SchemaChange> {
    let mut changes = Vec::new();
    let (old, new) =
        (resolve(old.schema, old.schema, old.library), resolve(new.schema, new.schema, new.library));
    let both = Both { old_library: old.2, new_library: new.2 };
    both.compare((&old.0, &old.1), (&new.0, &new.1), "", 0, &mut changes);
    changes
}

/// Follows the references of a schema. Returns the schema, the document that contains it, and the registry.
fn resolve<'a>(
    schema: &Value,
    root: &Value,
    library: &'a SchemaRegistry,
) -> (Value, Value, &'a SchemaRegistry) {
    let (mut schema, mut root) = (schema.clone(), root.clone());
    for _ in 0..MAX_DEPTH {
        let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let document = match file {
            "" => Some(root.clone()),
            _ => library.text(file).and_then(|text| serde_json::from_str::<Value>(text).ok()),
        };
        let Some(target) = document.as_ref().and_then(|document| document.pointer(pointer)).cloned() else {
            break;
        };
        // Keywords next to a reference also apply.
        let mut whole = target;
        if let (Some(whole), Some(beside)) = (whole.as_object_mut(), schema.as_object()) {
            for (key, value) in beside.iter().filter(|(key, _)| *key != "$ref") {
                whole.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        schema = whole;
        root = document.unwrap_or(root);
    }
    (schema, root, library)
}

struct Both<'a> {
    old_library: &'a SchemaRegistry,
    new_library: &'a SchemaRegistry,
}

impl Both<'_> {
    fn compare(
        &self,
        (old, old_root): (&Value, &Value),
        (new, new_root): (&Value, &Value),
        at: &str,
        depth: usize,
        changes: &mut Vec<SchemaChange>,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let (old, old_root, _) = resolve(old, old_root, self.old_library);
        let (new, new_root, _) = resolve(new, new_root, self.new_library);
        if old == new && !has_reference(&old) {
            return;
        }
        let empty = Map::new();
        let (old_keys, new_keys) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
        let place = || if at.is_empty() { "the body".to_owned() } else { at.to_owned() };
        types(&old, &new, &place(), changes);
        values(&old, &new, &place(), changes);
        let required = |schema: &Value| -> Vec<String> {
            let listed = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            listed.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let (was_required, is_required) = (required(&old), required(&new));
        let properties =
            |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let (had, has) = (properties(&old), properties(&new));
        for (name, schema) in &had {
            let own = format!("{at}/{name}");
            match has.get(name) {
                Some(now) => self.compare((schema, &old_root), (now, &new_root), &own, depth + 1, changes),
                None => {
                    changes.push(("field_removed", own.clone(), format!("{own} is no longer documented")));
                }
            }
        }
        for name in has.keys().filter(|name| !had.contains_key(*name)) {
            let own = format!("{at}/{name}");
            changes.push(("field_added", own.clone(), format!("{own} is new")));
        }
        for name in was_required.iter().filter(|name| !is_required.contains(name)) {
            let own = format!("{at}/{name}");
            if has.contains_key(name) || !had.contains_key(name) {
                changes.push((
                    "field_optional",
                    own.clone(),
                    format!("{own} was required and is now optional"),
                ));
            }
        }
        for name in is_required.iter().filter(|name| !was_required.contains(name)) {
            let own = format!("{at}/{name}");
            if had.contains_key(name) {
                changes.push((
                    "field_required",
                    own.clone(),
                    format!("{own} was optional and is now required"),
                ));
            }
        }
        if let (Some(old), Some(new)) = (old.get("items"), new.get("items")) {
            self.compare((old, &old_root), (new, &new_root), &format!("{at}/*"), depth + 1, changes);
        }
        let others = old_keys.keys().chain(new_keys.keys().filter(|key| !old_keys.contains_key(*key)));
        for key in others.filter(|key| !WORDS.contains(&key.as_str()) && !KNOWN.contains(&key.as_str())) {
            // An additional keyword guarantees more, which does not harm clients.
            let weaker = match (old_keys.get(key), new_keys.get(key)) {
                (Some(old), Some(new)) => old != new,
                (old, _) => old.is_some(),
            };
            if weaker {
                changes.push(("schema_changed", place(), format!("`{key}` of {} changed", place())));
            }
        }
        if old_keys.contains_key("items") && !new_keys.contains_key("items") {
            changes.push((
                "schema_changed",
                place(),
                format!("the items of {} are no longer documented", place()),
            ));
        }
    }
}

fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(entries) => entries.contains_key("$ref") || entries.values().any(has_reference),
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}

/// Returns the types that a schema allows. `None`: all of them.
fn type_names(schema: &Value) -> Option<Vec<&str>> {
    match schema.get("type")? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

fn types(old: &Value, new: &Value, place: &str, changes: &mut Vec<SchemaChange>) {
    let Some(before) = type_names(old) else { return };
    let now = type_names(new);
    // Every integer is a number.
    let known = |name: &str| before.contains(&name) || (name == "integer" && before.contains(&"number"));
    let fits = now.as_ref().is_some_and(|now| now.iter().all(|name| known(name)));
    if !fits {
        let now = now.map_or_else(|| "anything".to_owned(), |now| now.join(" or "));
        changes.push((
            "field_retyped",
            place.to_owned(),
            format!("{place} was {} and can now be {now}", before.join(" or ")),
        ));
    }
}

fn values(old: &Value, new: &Value, place: &str, changes: &mut Vec<SchemaChange>) {
    let Some(before) = old.get("enum").and_then(Value::as_array) else { return };
    let Some(now) = new.get("enum").and_then(Value::as_array) else {
        changes.push(("enum_value_added", place.to_owned(), format!("{place} can now have any value")));
        return;
    };
    for value in now.iter().filter(|value| !before.contains(value)) {
        changes.push(("enum_value_added", place.to_owned(), format!("{place} can now be {value}")));
    }
    for value in before.iter().filter(|value| !now.contains(value)) {
        changes.push(("enum_value_removed", place.to_owned(), format!("{place} can no longer be {value}")));
    }
}
