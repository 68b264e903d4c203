//! Lists in bodies that refer to other things, or are read one item after the other: an item that names nothing, a wrong item
//! beside a right one, the same item twice.

use serde_json::{Value, json};

use crate::names::slug;
use failspec_base::template::Template;
use failspec_pack::openapi::Operation;

use super::{
    body::{Members, at, with},
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::{core, of_json},
    request_spec::Body,
    valid_request::{ValidRequest, escaped, json_body, list_of},
    value_generator::kind,
};

/// Maximum depth in a body at which such lists are searched.
const MAX_DEPTH: usize = 2;

/// Maximum number of lists of one operation that are asked.
const MAX_LISTS: usize = 6;

/// A list in a body.
struct List {
    /// The names of the members that lead to it.
    path: Vec<String>,
    schema: Value,
    /// The schema of its items.
    items: Value,
}

impl List {
    /// Returns the path to it in a body as a scenario has it.
    fn written(&self) -> Vec<String> {
        self.path.iter().map(|name| Template::escape(name)).collect()
    }
}

impl Generator<'_> {
    /// Adds bodies with lists that have an item which names nothing, a wrong item after a right one, and the same item twice.
    pub(super) fn odd_lists(&self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        let (Some(body), Some(Body::Json(written))) = (&right.body, &right.ask.body) else { return };
        let mut lists = Vec::new();
        self.lists(schema, &mut Vec::new(), &mut lists);
        for list in lists.iter().take(MAX_LISTS) {
            let part = list.path.join("_");
            for (what, class, items) in self.odd_items(list, body, written) {
                let Some(bad) = with(written, &list.written(), Some(&items)) else { continue };
                let name = format!("{}_{what}", slug(&part));
                let mut faulty = right.ask.clone();
                faulty.body = Some(Body::Json(bad));
                let rule = format!("{}/requestBody", operation.pointer);
                let fault = Fault::new(class, name, rule, faulty).of_kind(what, &part);
                // Frameworks that write `uniqueItems` read the list as a set.
                let inferred = what == "same_item_twice" && !class.is_allowed();
                faults.push(Fault { tolerated: true, inferred, depth: list.path.len() - 1, ..fault });
            }
        }
    }

    /// Returns the lists that a list is replaced by, each with its kind. An item that was made up names nothing, so that nothing of
    /// others is touched.
    fn odd_items(&self, list: &List, body: &Value, written: &Value) -> Vec<(&'static str, FaultKind, Value)> {
        let bundle = &self.declared.api.bundle;
        let is_allowed = |items: &Value| self.sampler.is_allowed(&list.schema, items);
        let name = list.path.last().map_or("", String::as_str);
        let unknown = self.naming_nothing(&list.items, name, 0);
        let given = |body, path: &[String]| at(body, path).and_then(|items: &Value| items.get(0)).cloned();
        let is_chosen = core(bundle, &list.items).get("enum").is_some();
        let made = || self.sampler.value(&list.items, name).filter(|_| is_chosen);
        // As the schema sees it, and as it is written in a scenario.
        let right = given(body, &list.path).zip(given(written, &list.written())).or_else(|| {
            let item = unknown.clone().or_else(made)?;
            Some((item.clone(), escaped(item)))
        });
        let mut found = Vec::new();
        let is_asked = self.creators.refers_to_several(name, core(bundle, &list.items));
        if let Some(unknown) = unknown.filter(|unknown| !is_asked && is_allowed(&json!([unknown]))) {
            found.push(("unknown_item", FaultKind::Unusual, json!([escaped(unknown)])));
        }
        let Some((plain, right)) = right else { return found };
        let wrong = of_json(&self.sampler, &list.items);
        let wrong = wrong.into_iter().find(|flaw| !flaw.doubtful && !flaw.allowed);
        if let Some(wrong) = wrong.and_then(|flaw| flaw.value)
            && is_allowed(&json!([plain]))
            && !is_allowed(&json!([plain, wrong]))
        {
            found.push(("wrong_second_item", FaultKind::Invalid, json!([right, escaped(wrong)])));
        }
        let has_room = |most: &Value| most.as_u64().is_none_or(|most| most > 1);
        if core(bundle, &list.schema).get("maxItems").is_none_or(has_room) {
            let is_allowed = is_allowed(&json!([plain, plain]));
            let class = if is_allowed { FaultKind::Unusual } else { FaultKind::Invalid };
            found.push(("same_item_twice", class, json!([right, right])));
        }
        found
    }

    /// Returns an item of a list that names nothing which exists; `None` if its values are listed, or if nothing in it names
    /// anything.
    fn naming_nothing(&self, schema: &Value, name: &str, depth: usize) -> Option<Value> {
        let bundle = &self.declared.api.bundle;
        let inner = core(bundle, schema);
        match inner.as_object().and_then(kind) {
            Some("string" | "integer") | None => {
                if inner.get("enum").is_some() || inner.get("const").is_some() {
                    return None;
                }
                let value = self.no_such(inner, name)?;
                self.sampler.is_allowed(schema, &value).then_some(value)
            }
            Some("object") if depth == 0 => {
                let mut item = self.sampler.value(schema, name)?;
                let mut is_changed = false;
                for (member, property) in Members::of(bundle, schema, 0).properties {
                    let Some(value) = self.naming_nothing(&property, &member, depth + 1) else { continue };
                    let path = [member];
                    at(&item, &path)?;
                    let changed = with(&item, &path, Some(&value));
                    if let Some(changed) = changed.filter(|it| self.sampler.is_allowed(schema, it)) {
                        (item, is_changed) = (changed, true);
                    }
                }
                is_changed.then_some(item)
            }
            _ => None,
        }
    }

    /// Collects the lists of texts, numbers and objects in an object.
    fn lists(&self, schema: &Value, path: &mut Vec<String>, found: &mut Vec<List>) {
        let bundle = &self.declared.api.bundle;
        for (name, property) in Members::of(bundle, schema, 0).properties {
            let inner = core(bundle, &property);
            path.push(name);
            if let Some(items) = list_of(inner) {
                let of_items = core(bundle, items).as_object().and_then(kind);
                if matches!(of_items, Some("string" | "integer" | "object")) {
                    found.push(List { path: path.clone(), schema: property.clone(), items: items.clone() });
                }
            } else if inner.as_object().and_then(kind) == Some("object") && path.len() < MAX_DEPTH {
                self.lists(&property, path, found);
            }
            path.pop();
        }
    }
}
