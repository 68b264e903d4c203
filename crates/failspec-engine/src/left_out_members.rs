//! Optional members that a request is sent without after it was refused: those of the author's example, and those within lists and
//! objects, also made-up ones, of which the refusal speaks.

use std::collections::BTreeSet;

use failspec_base::template::JsonTemplate;
use failspec_judge::check::Phase;
use failspec_pack::{
    openapi::{Content, Declared, Operation},
    pack::RequestTemplate,
};
use serde_json::Value;

use super::{
    body_changes::{Change, at, constant_of, is_made_up, items, opened},
    refusal_names::speaks_of,
    session::Session,
};

/// Maximum depth of a body in which optional members are searched.
const MAX_DEPTH: usize = 6;

/// Maximum number of items of a list in which they are searched.
const MAX_ITEMS: usize = 3;

/// Keywords of a schema whose alternatives decide what is required.
const ALTERNATIVES: [&str; 4] = ["oneOf", "anyOf", "allOf", "if"];

impl Session {
    /// Returns the changes that leave out optional members, in the order in which they are tried: those within a list or an object
    /// of which the refusal speaks; of the author's example those that the refusal names, and all.
    pub(super) fn without_members(
        &self,
        template: &RequestTemplate,
        phase: Phase,
        status: u16,
        refusal: &str,
    ) -> Vec<Vec<Change>> {
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let declared = self.against.as_ref().map(|against| &against.declared);
        let operation = declared.and_then(|declared| declared.operation(&template.line.method, written));
        let (Some(declared), Some(operation)) = (declared, operation) else { return Vec::new() };
        // What a request under test has may be what it is about. What breaks a server is no refusal of a value.
        let may_be_less = phase != Phase::Request && status != 500;
        let inner =
            if may_be_less { inner_members(template, operation, declared, refusal) } else { Vec::new() };
        let mut optional: Vec<Vec<String>> =
            example_members(operation, declared).into_iter().map(|name| vec![name]).collect();
        // The entries of a map name things, of which one may not be there.
        let entries = optional.iter().flat_map(|path| {
            let own = at(template, path).and_then(|own| constant_of(&own));
            let names =
                own.as_ref().and_then(Value::as_object).into_iter().flat_map(|own| own.keys().cloned());
            names.map(|name| [path.as_slice(), &[name]].concat()).collect::<Vec<_>>()
        });
        let entries: Vec<Vec<String>> = entries.collect();
        let is_spoken_of = |path: &Vec<String>| {
            path.last().is_some_and(|name| !name.is_empty() && speaks_of(refusal.as_bytes(), name))
        };
        let change = |path: &Vec<String>| {
            let own = at(template, path)?;
            constant_of(&own)?;
            Some(Change::leave_out(path.clone(), own))
        };
        let spoken_of: Vec<Change> =
            entries.iter().filter(|path| is_spoken_of(path)).filter_map(change).collect();
        optional.retain(|path| change(path).is_some());
        let all: Vec<(&Vec<String>, Change)> =
            optional.iter().filter_map(|path| Some((path, change(path)?))).collect();
        let is_named = |(path, change): &&(&Vec<String>, Change)| {
            is_spoken_of(path) || speaks_of(refusal.as_bytes(), change.shown().trim_matches('"'))
        };
        let named: Vec<Change> = all.iter().filter(is_named).map(|(_, change)| change.clone()).collect();
        let all: Vec<Change> = all.into_iter().map(|(_, change)| change).collect();
        let is_less = !named.is_empty() && named.len() < all.len();
        let within = (!spoken_of.is_empty()).then_some(spoken_of);
        let inner = (!inner.is_empty()).then_some(inner);
        let within = inner.into_iter().chain(within);
        within.chain(is_less.then_some(named)).chain((!all.is_empty()).then_some(all)).collect()
    }
}

/// Returns the optional members that the author's example of a body has.
fn example_members(operation: &Operation, declared: &Declared) -> BTreeSet<String> {
    let mut optional = BTreeSet::new();
    for content in &operation.body {
        let Some(schema) = content.schema.as_ref().map(|schema| declared.api.bundle.resolve(schema)) else {
            continue;
        };
        // What alternatives require is not known here.
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { continue };
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
        let in_schema = ["example", "default"].into_iter().filter_map(|key| schema.get(key));
        let listed = schema.get("examples").and_then(Value::as_array).into_iter().flatten();
        for example in content.examples.iter().chain(in_schema).chain(listed) {
            let members = example.as_object().into_iter().flatten().map(|(name, _)| name);
            let members =
                members.filter(|name| properties.contains_key(*name) && !required.contains(name.as_str()));
            optional.extend(members.cloned());
        }
    }
    optional
}

/// Returns the changes that leave out the optional members within lists and objects of a body of which a refusal speaks.
fn inner_members(
    template: &RequestTemplate,
    operation: &Operation,
    declared: &Declared,
    refusal: &str,
) -> Vec<Change> {
    let content = operation.body.iter().find(|content| content.is_json());
    let Some((content, schema)) = content.and_then(|it| Some((it, it.schema.as_ref()?))) else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    if let Some(whole) = at(template, &[]) {
        collect(&whole, schema, declared, &mut Vec::new(), &mut paths);
    }
    let changes =
        paths.into_iter().filter(|path| path.last().is_some_and(|name| speaks_of(refusal.as_bytes(), name)));
    let change = |path: Vec<String>| {
        let own = at(template, &path)?;
        let value = constant_of(&own);
        if value.is_none() && !is_made_up(&own) {
            return None;
        }
        let is_given = value.is_some_and(|value| is_in_example(content, declared, &path, &value));
        let change = if is_given { Change::leave_out } else { Change::leave_out_made_up };
        Some(change(path, own))
    };
    changes.filter_map(change).collect()
}

/// Collects the paths of the optional members that the objects in a value have, but for those of the value itself.
fn collect(
    own: &JsonTemplate,
    schema: &Value,
    declared: &Declared,
    path: &mut Vec<String>,
    paths: &mut Vec<Vec<String>>,
) {
    let schema = declared.api.bundle.resolve(schema);
    if path.len() > MAX_DEPTH || ALTERNATIVES.iter().any(|key| schema.get(*key).is_some()) {
        return;
    }
    if let (Some(items), Some(of_items)) = (items(own), schema.get("items")) {
        for (number, item) in items.into_iter().enumerate().take(MAX_ITEMS) {
            path.push(number.to_string());
            collect(&opened(item), of_items, declared, path, paths);
            path.pop();
        }
        return;
    }
    let JsonTemplate::Map(members) = own else { return };
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
    for (name, value) in members {
        let Some(property) = schema.get("properties").and_then(|known| known.get(name)) else { continue };
        path.push(name.clone());
        if path.len() > 1 && !required.contains(name.as_str()) {
            paths.push(path.clone());
        }
        collect(&opened(value.clone()), property, declared, path, paths);
        path.pop();
    }
}

/// Returns true if an author's example of a body, or of the member itself, has this value.
fn is_in_example(content: &Content, declared: &Declared, path: &[String], value: &Value) -> bool {
    let pointer: String = path.iter().map(|step| format!("/{step}")).collect();
    let mut schema = content.schema.as_ref();
    let mut given: Vec<&Value> = content.examples.iter().filter_map(|it| it.pointer(&pointer)).collect();
    for depth in 0..=path.len() {
        let Some(own) = schema.map(|schema| declared.api.bundle.resolve(schema)) else { break };
        let rest: String = path[depth..].iter().map(|step| format!("/{step}")).collect();
        let listed = own.get("examples").and_then(Value::as_array).into_iter().flatten();
        let examples = ["example", "default"].into_iter().filter_map(|key| own.get(key)).chain(listed);
        given.extend(examples.filter_map(|it| it.pointer(&rest)));
        schema = path.get(depth).and_then(|step| {
            let property = own.get("properties").and_then(|known| known.get(step));
            property.or_else(|| own.get("items"))
        });
    }
    given.contains(&value)
}
