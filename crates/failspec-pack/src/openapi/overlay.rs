//! OpenAPI Overlays 1.0: changes to a document that is not one's own (<https://spec.openapis.org/overlay/v1.0.0>).

use std::sync::Arc;

use serde_json::Value;
use serde_json_path::JsonPath;

use failspec_base::encoding::unescape_pointer_step;
use failspec_base::syntax::{Location, Node, NodeValue, Source};

use crate::pack::Pack;

use super::{file_text::nodes, warning::Warnings};

/// An error that makes an overlay unusable.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{file}{}: {reason}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct OverlayError {
    /// The file.
    pub file: String,
    /// The line in the file, from 1; `None` if the error is about the whole file.
    pub line: Option<usize>,
    /// The reason.
    pub reason: String,
}

/// An overlay: a list of changes to a document.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The file, as messages show it.
    file: String,
    actions: Vec<Action>,
}

/// One change of the values that a JSONPath selects.
#[derive(Debug, Clone)]
struct Action {
    /// JSON Pointer to the action in its file.
    pointer: String,
    /// The line of its target, from 1.
    line: usize,
    target: String,
    path: JsonPath,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    Update(Value),
    Remove,
}

impl Overlay {
    /// Reads an overlay from its text.
    ///
    /// # Errors
    /// Fails if the text is not an overlay of version 1.0, or an action has no usable target or no change.
    pub fn parse(file: &str, text: &str) -> Result<Self, OverlayError> {
        let error =
            |line: Option<usize>, reason: String| OverlayError { file: file.to_owned(), line, reason };
        let (root, lost) = nodes(file, text).map_err(|reason| error(None, reason))?;
        if let Some(first) = lost.into_iter().next() {
            return Err(error(None, first));
        }
        let source = Source::new(file, text);
        let line = |node: &Node| Location { source: Arc::clone(&source), span: node.span }.line();
        let version = root.get("overlay");
        let text_of = |node: &Node| {
            let value = node.to_json();
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        match version.map(text_of) {
            Some(written) if written.starts_with("1.0") => {}
            Some(written) => {
                let reason = format!("overlay version `{}` is not supported; 1.0 is", written.escape_debug());
                return Err(error(version.map(line), reason));
            }
            None => {
                return Err(error(
                    None,
                    "this is not an OpenAPI overlay: it has no key `overlay`".to_owned(),
                ));
            }
        }
        let list = root.get("actions");
        let Some(NodeValue::List(items)) = list.map(|list| &list.value).filter(|list| !is_empty(list)) else {
            return Err(error(
                list.map(line),
                "an overlay needs `actions`, a list that is not empty".to_owned(),
            ));
        };
        let mut actions = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let action = Action::read(item, format!("/actions/{index}"), line(item));
            actions.push(action.map_err(|(node, reason)| error(Some(line(node)), reason))?);
        }
        Ok(Self { file: file.to_owned(), actions })
    }

    /// Reads the overlays that the contract of a pack names.
    ///
    /// # Errors
    /// Fails if one of them is not an overlay.
    pub fn of(pack: &Pack) -> Result<Vec<Self>, OverlayError> {
        let files = pack.contract.openapi_overlays.iter();
        let texts = files.filter_map(|file| Some((&file.path, pack.texts.get(&file.path)?)));
        texts.map(|(path, text)| Self::parse(path, text)).collect()
    }

    /// Applies the actions in their order to the root value of a document. Warns of each that changes nothing.
    pub(super) fn apply(&self, root: &mut Value, warnings: &mut Warnings) {
        let mut budget = Budget { visits: MAX_VISITS, added: MAX_ADDED };
        for action in &self.actions {
            if let Err(why) = action.apply(root, &mut budget) {
                let message = format!("line {}: {why}", action.line);
                warnings.lost(&self.file, action.pointer.clone(), message);
            }
        }
    }
}

fn is_empty(value: &NodeValue) -> bool {
    matches!(value, NodeValue::List(items) if items.is_empty())
}

impl Action {
    fn read(node: &Node, pointer: String, line: usize) -> Result<Self, (&Node, String)> {
        let target = node.get("target");
        let text = target.and_then(Node::as_text);
        let Some((target, text)) = target.zip(text) else {
            return Err((node, "an action needs a `target`, a JSONPath".to_owned()));
        };
        if text.len() > MAX_TARGET_LEN || text.matches(['[', '(']).count() > MAX_BRACKETS {
            let limits = format!("{MAX_TARGET_LEN} bytes and {MAX_BRACKETS} brackets");
            return Err((target, format!("a target has at most {limits}")));
        }
        let path = JsonPath::parse(text)
            .map_err(|error| (target, format!("`{}` is not a JSONPath: {error}", text.escape_debug())))?;
        let remove = node.get("remove").map(|remove| (remove, remove.to_json()));
        let change = match (remove, node.get("update")) {
            (Some((_, Value::Bool(true))), _) => Change::Remove,
            (Some((remove, other)), _) if !other.is_boolean() => {
                return Err((remove, "`remove` must be true or false".to_owned()));
            }
            (_, Some(update)) => Change::Update(update.to_json()),
            (_, None) => return Err((node, "an action needs `update` or `remove: true`".to_owned())),
        };
        Ok(Self { pointer, line, target: text.to_owned(), path, change })
    }

    /// Changes what the target selects.
    ///
    /// # Errors
    /// Returns the reason if nothing, or not all of it, was changed.
    fn apply(&self, root: &mut Value, budget: &mut Budget) -> Result<(), String> {
        let target = self.target.escape_debug();
        budget.visit(&self.target, root)?;
        let found: Vec<String> =
            self.path.query_located(root).locations().map(|place| place.to_json_pointer()).collect();
        if found.is_empty() {
            return Err(format!("the target `{target}` selects nothing; the action changes nothing"));
        }
        if let Change::Update(update) = &self.change {
            budget.add(found.len().saturating_mul(size(update)))?;
        }
        // From the last to the first: removing an item of a list moves those behind it.
        let mut failed = None;
        for pointer in found.iter().rev() {
            let changed = match &self.change {
                Change::Remove => remove(root, pointer),
                Change::Update(update) => {
                    root.pointer_mut(pointer).is_some_and(|value| change(value, update))
                }
            };
            if !changed {
                failed = Some(pointer);
            }
        }
        match (failed, &self.change) {
            (None, _) => Ok(()),
            (Some(pointer), Change::Remove) => {
                Err(format!("the target `{target}` selects `{pointer}`, which cannot be removed"))
            }
            (Some(pointer), Change::Update(_)) => Err(format!(
                "the target `{target}` selects `{pointer}`, which the update does not fit: \
                 an object is merged with an object, and an entry is added to a list"
            )),
        }
    }
}

/// The maximum length of a target, in bytes, and of its opening brackets: the parser calls itself for each.
const MAX_TARGET_LEN: usize = 2_000;
const MAX_BRACKETS: usize = 40;

/// The maximum number of values that the targets of one overlay visit.
const MAX_VISITS: u64 = 2_000_000_000;

/// The maximum number of values that the updates of one overlay add.
const MAX_ADDED: usize = 200_000;

/// The work that an overlay may still do: each action can multiply the document.
struct Budget {
    visits: u64,
    added: usize,
}

impl Budget {
    /// Counts the values that a target visits, at most: all of them once more for each `..` in it.
    fn visit(&mut self, target: &str, root: &Value) -> Result<(), String> {
        let nodes = size(root) as u64;
        let descents = u32::try_from(target.matches("..").count()).unwrap_or(u32::MAX);
        let visits = nodes.saturating_pow(descents.max(1));
        self.visits = self.visits.checked_sub(visits).ok_or_else(|| {
            format!(
                "the target `{}` would take too long in a document of {nodes} values",
                target.escape_debug()
            )
        })?;
        Ok(())
    }

    fn add(&mut self, values: usize) -> Result<(), String> {
        self.added = self.added.checked_sub(values).ok_or_else(|| {
            format!("the overlay adds more than {MAX_ADDED} values; the action changes nothing")
        })?;
        Ok(())
    }
}

/// Returns the number of values in a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum::<usize>(),
        Value::Object(entries) => entries.values().map(size).sum(),
        _ => 0,
    }
}

/// Removes the value at a pointer; returns false if there is none, or it is the whole document.
fn remove(root: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    match root.pointer_mut(parent) {
        Some(Value::Object(entries)) => entries.shift_remove(&*unescape_pointer_step(last)).is_some(),
        Some(Value::Array(items)) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// Applies an update to a selected value; returns false if it does not fit.
fn change(value: &mut Value, update: &Value) -> bool {
    match (value, update) {
        (Value::Array(items), entry) => {
            items.push(entry.clone());
            true
        }
        (Value::Object(entries), Value::Object(more)) => {
            more.iter().for_each(|(key, update)| merge(entries, key, update));
            true
        }
        _ => false,
    }
}

/// Merges one property: objects recursively, lists by adding the entries; any other value is replaced.
fn merge(entries: &mut serde_json::Map<String, Value>, key: &str, update: &Value) {
    match (entries.get_mut(key), update) {
        (Some(Value::Object(known)), Value::Object(more)) => {
            more.iter().for_each(|(key, update)| merge(known, key, update));
        }
        (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.iter().cloned()),
        _ => drop(entries.insert(key.to_owned(), update.clone())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(actions: &Value) -> (Value, Vec<String>) {
        let mut root = json!({
            "openapi": "3.0.3",
            "tags": [{ "name": "a" }, { "name": "b" }],
            "paths": {
                "/a/b": { "get": { "tags": ["x"], "x-internal": true }, "post": { "tags": ["y"] } },
                "/c": { "get": { "deprecated": false } },
            },
        });
        let text = json!({ "overlay": "1.0.0", "info": {}, "actions": actions }).to_string();
        let mut warnings = Warnings::default();
        Overlay::parse("o.json", &text).unwrap().apply(&mut root, &mut warnings);
        (root, warnings.losses().map(|warning| warning.message.clone()).collect())
    }

    #[test]
    fn updates_are_merged_and_lists_get_entries() {
        let (root, warnings) = applied(&json!([
            { "target": "$.paths['/a/b'].get", "update": { "tags": ["z"], "summary": "s", "x-internal": false } },
            { "target": "$.paths.*.get", "update": { "responses": { "404": { "description": "no" } } } },
            { "target": "$.tags", "update": { "name": "c" } },
            { "target": "$", "update": { "openapi": "3.0.4" } },
        ]));
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(root["openapi"], "3.0.4");
        assert_eq!(root["tags"], json!([{ "name": "a" }, { "name": "b" }, { "name": "c" }]));
        let get = &root["paths"]["/a/b"]["get"];
        assert_eq!(
            (&get["tags"], &get["summary"], &get["x-internal"]),
            (&json!(["x", "z"]), &json!("s"), &json!(false))
        );
        assert_eq!(root["paths"]["/c"]["get"]["responses"]["404"]["description"], "no");
    }

    #[test]
    fn removals_take_out_every_selected_value() {
        let (root, warnings) = applied(&json!([
            { "target": "$.paths.*[?@['x-internal'] == true]", "remove": true },
            { "target": "$.tags[*]", "remove": true },
            { "target": "$.paths['/c']", "remove": true, "update": { "get": {} } },
        ]));
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!(root["tags"], json!([]));
        assert_eq!(root["paths"], json!({ "/a/b": { "post": { "tags": ["y"] } } }));
    }

    #[test]
    fn actions_without_effect_are_named() {
        let (root, warnings) = applied(&json!([
            { "target": "$.paths['/none']", "remove": true },
            { "target": "$.openapi", "update": "4" },
            { "target": "$", "remove": true },
        ]));
        assert_eq!(root["openapi"], "3.0.3");
        assert!(warnings[0].contains("selects nothing"), "{warnings:?}");
        assert!(warnings[1].contains("does not fit"), "{warnings:?}");
        assert!(warnings[2].contains("cannot be removed"), "{warnings:?}");
        assert_eq!(warnings.len(), 3);
    }

    #[test]
    fn overlays_do_bounded_work() {
        let again = json!({ "target": "$..*", "update": { "a": { "b": {} }, "c": {} } });
        let (root, warnings) = applied(&Value::Array(vec![again; 12]));
        assert!(size(&root) < 2 * MAX_ADDED);
        assert!(warnings.iter().any(|warning| warning.contains("adds more than")), "{:?}", warnings.first());
        let costly = format!("$..{}x{}", "[?@..".repeat(10), "]".repeat(10));
        let (_, warnings) = applied(&json!([{ "target": costly, "remove": true }]));
        assert!(warnings[0].contains("would take too long"), "{warnings:?}");
    }

    #[test]
    fn unusable_overlays_are_refused_with_their_line() {
        for (text, message) in [
            ("overlay: 1.0.0\ninfo: {}\n", "o.yaml: an overlay needs `actions`"),
            ("openapi: 3.0.0\n", "o.yaml: this is not an OpenAPI overlay"),
            ("overlay: 2.0.0\nactions: [{ target: $, remove: true }]\n", "o.yaml:1: overlay version `2.0.0`"),
            ("overlay: 1.0.0\nactions:\n  - update: {}\n", "o.yaml:3: an action needs a `target`"),
            (
                "overlay: 1.0.0\nactions:\n  - target: paths[\n    update: {}\n",
                "o.yaml:3: `paths[` is not a JSONPath",
            ),
            ("overlay: 1.0.0\nactions:\n  - target: $\n", "o.yaml:3: an action needs `update`"),
            ("overlay: 1.0.0\nactions:\n  - target: $\n    remove: 1\n", "o.yaml:4: `remove` must be"),
            ("overlay: [1\n", "o.yaml: line"),
            (
                &format!("overlay: 1.0.0\nactions:\n  - target: {}\n    remove: true\n", "$[?@".repeat(300)),
                "o.yaml:3: a target has at most",
            ),
        ] {
            let error = Overlay::parse("o.yaml", text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text}: {error}");
        }
    }
}
