//! The targets of the references of a schema.

use std::{collections::BTreeMap, rc::Rc};

use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::Url;

use super::schema::{BASE, SchemaRegistry};

/// The documents that a schema and its references reach.
#[derive(Debug)]
pub(super) struct Documents<'s> {
    base: Rc<Url>,
    /// The files, by their addresses.
    files: BTreeMap<String, Value>,
    schema: &'s Value,
}

/// A place in a document.
#[derive(Debug, Clone)]
pub(super) struct Place<'d> {
    /// The schema that is written there.
    pub value: &'d Value,
    /// The address that references are relative to.
    base: Rc<Url>,
    /// The schema that pointers begin at.
    root: &'d Value,
}

impl<'d> Place<'d> {
    /// Returns the place of a value within it.
    pub fn at(&self, value: &'d Value) -> Self {
        Self { value, base: Rc::clone(&self.base), root: self.root }
    }

    /// Returns the place with the address that the schema there gives to itself.
    pub fn within(&self) -> Self {
        match own_address(self.value, &self.base) {
            Some(base) => Self { value: self.value, base: Rc::new(base), root: self.value },
            None => self.clone(),
        }
    }
}

/// Returns the address that a schema gives to itself, without a fragment.
fn own_address(schema: &Value, base: &Url) -> Option<Url> {
    let id = schema.get("$id").or_else(|| schema.get("id"))?.as_str()?;
    let mut address = base.join(id).ok().filter(|_| !id.starts_with('#'))?;
    address.set_fragment(None);
    Some(address)
}

impl<'s> Documents<'s> {
    /// Loads the files that a schema refers to, directly or through others.
    pub fn load(schema: &'s Value, library: &SchemaRegistry) -> Self {
        let base = Url::parse(BASE).and_then(|base| base.join("inline"));
        let Ok(base) = base else { unreachable!("BASE is an address") };
        let mut files = BTreeMap::new();
        let mut wanted = Vec::new();
        referenced(schema, &base, &mut wanted);
        while let Some(address) = wanted.pop() {
            let Some(file) = address.as_str().strip_prefix(BASE) else { continue };
            let text = library.text(file).filter(|_| !files.contains_key(address.as_str()));
            let Some(value) = text.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
                continue;
            };
            referenced(&value, &address, &mut wanted);
            files.insert(address.into(), value);
        }
        Self { base: Rc::new(base), files, schema }
    }

    /// Returns the place of the whole schema.
    pub fn root(&'s self) -> Place<'s> {
        Place { value: self.schema, base: Rc::clone(&self.base), root: self.schema }
    }

    /// Returns the places that a reference may lead to. Which of several dynamic anchors is meant is known only when a
    /// value is validated, so there may be more than one. There is none for the schemas of JSON Schema itself.
    pub fn resolve(&'s self, from: &Place<'s>, reference: &str) -> Vec<Place<'s>> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if !(fragment.is_empty() || fragment.starts_with('/')) {
            return self.anchors(fragment);
        }
        let resource = match address {
            "" => Some(Place { value: from.root, ..from.clone() }),
            _ => from.base.join(address).ok().and_then(|address| self.resource(&address)),
        };
        let Some(resource) = resource else { return Vec::new() };
        let pointer = percent_decode_str(fragment).decode_utf8_lossy();
        let target = resource.root.pointer(&pointer).map(|value| resource.at(value));
        target.into_iter().collect()
    }

    /// Returns the file, or the part of a document, with an address.
    fn resource(&'s self, address: &Url) -> Option<Place<'s>> {
        if *address == *self.base {
            return Some(self.root());
        }
        if let Some(file) = self.files.get(address.as_str()) {
            return Some(Place { value: file, base: Rc::new(address.clone()), root: file });
        }
        self.everywhere(&|place| *place.base == *address).into_iter().next()
    }

    /// Returns all parts with an anchor.
    fn anchors(&'s self, name: &str) -> Vec<Place<'s>> {
        self.everywhere(&|place| {
            let text = |key: &str| place.value.get(key).and_then(Value::as_str);
            let is_named = ["$anchor", "$dynamicAnchor"].into_iter().any(|key| text(key) == Some(name));
            is_named || text("$id").or(text("id")).and_then(|id| id.strip_prefix('#')) == Some(name)
        })
    }

    /// Returns the parts of all documents that are looked for.
    fn everywhere(&'s self, is_wanted: &dyn Fn(&Place<'s>) -> bool) -> Vec<Place<'s>> {
        let mut found = Vec::new();
        search(self.root(), is_wanted, &mut found);
        for (address, file) in &self.files {
            let Ok(base) = Url::parse(address) else { continue };
            search(Place { value: file, base: Rc::new(base), root: file }, is_wanted, &mut found);
        }
        found
    }
}

fn search<'d>(place: Place<'d>, is_wanted: &dyn Fn(&Place<'d>) -> bool, found: &mut Vec<Place<'d>>) {
    match place.value {
        Value::Object(members) => {
            let place = place.within();
            members.values().for_each(|value| search(place.at(value), is_wanted, found));
            if is_wanted(&place) {
                found.push(place);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| search(place.at(item), is_wanted, found)),
        _ => {}
    }
}

/// Collects the addresses of other documents that a document refers to.
fn referenced(document: &Value, base: &Url, found: &mut Vec<Url>) {
    match document {
        Value::Object(members) => {
            let own = own_address(document, base);
            let base = own.as_ref().unwrap_or(base);
            for (key, value) in members {
                match value {
                    Value::String(reference) if key.ends_with("Ref") || key == "$ref" => {
                        let address = reference.split('#').next().filter(|address| !address.is_empty());
                        found.extend(address.and_then(|address| base.join(address).ok()));
                    }
                    _ => referenced(value, base, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| referenced(item, base, found)),
        _ => {}
    }
}
