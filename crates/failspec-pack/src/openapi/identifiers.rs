//! Names that a document gives to its schemas: `$id`, `$anchor` and `$dynamicAnchor`.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use url::Url;

use failspec_base::encoding::escape_pointer_step;

/// The maximum nesting depth at which names are looked for.
const MAX_DEPTH: usize = 200;

/// The maximum number of folders that a file can be above the one of the document.
const MAX_LEVELS: usize = 16;

/// Keys whose values are data, not schemas.
const DATA: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// The location of a value: the index of its file, and a JSON Pointer.
pub(super) type Place = (usize, String);

/// The names of a document and their locations.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    /// Base URIs by file and pointer: the `$self` or the name of a file, and each `$id`.
    bases: BTreeMap<Place, Url>,
    /// True if there is an `$id`.
    has_id: bool,
    /// Resources by their URI, without a fragment.
    resources: HashMap<String, Place>,
    /// Anchors by the URI of their resource and their name.
    anchors: HashMap<(String, String), Place>,
    /// Names of `$dynamicAnchor`s, and those that appear more than once.
    dynamic: HashSet<String>,
    repeated: HashSet<String>,
}

impl Identifiers {
    /// Collects the names in all files of a document.
    pub fn of(files: &[(String, Value)]) -> Self {
        let mut found = Self::default();
        for (index, (name, value)) in files.iter().enumerate() {
            let Some(base) = base_of(name) else { continue };
            let own = value.get("$self").and_then(Value::as_str);
            let base = own.and_then(|own| base.join(own).ok()).unwrap_or(base);
            found.resources.insert(without_fragment(&base), (index, String::new()));
            found.bases.insert((index, String::new()), base.clone());
            found.collect(index, value, &base, &mut String::new(), 0);
        }
        found
    }

    fn collect(&mut self, file: usize, value: &Value, base: &Url, pointer: &mut String, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let length = pointer.len();
        if let Value::Array(items) = value {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                self.collect(file, item, base, pointer, depth + 1);
                pointer.truncate(length);
            }
        }
        let Value::Object(entries) = value else { return };
        let text = |key: &str| entries.get(key).and_then(Value::as_str);
        let own = text("$id").and_then(|id| base.join(id).ok());
        if let Some(own) = &own {
            self.has_id = true;
            self.resources.insert(without_fragment(own), (file, pointer.clone()));
            self.bases.insert((file, pointer.clone()), own.clone());
        }
        let base = own.as_ref().unwrap_or(base);
        for (key, is_dynamic) in [("$anchor", false), ("$dynamicAnchor", true)] {
            let Some(name) = text(key) else { continue };
            let anchor = (without_fragment(base), name.to_owned());
            self.anchors.entry(anchor).or_insert_with(|| (file, pointer.clone()));
            if is_dynamic && !self.dynamic.insert(name.to_owned()) {
                self.repeated.insert(name.to_owned());
            }
        }
        for (key, value) in entries {
            if DATA.contains(&key.as_str()) || key.starts_with("x-") && value.is_array() {
                continue;
            }
            pointer.push('/');
            pointer.push_str(&escape_pointer_step(key));
            self.collect(file, value, base, pointer, depth + 1);
            pointer.truncate(length);
        }
    }

    /// Returns the base URI at a location: that of the closest `$id` around it, or of its file.
    fn base(&self, place: &Place) -> Option<&Url> {
        let mut pointer = place.1.as_str();
        loop {
            if let Some(base) = self.bases.get(&(place.0, pointer.to_owned())) {
                return Some(base);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// Returns the locations that a reference at `from` may mean, the most likely one first: none if it names no
    /// resource and no anchor of the document. The second one is for documents that write `#/components/…` within a
    /// schema with an `$id`: by the specification, this is a pointer into that schema.
    pub fn targets(&self, from: &Place, reference: &str) -> Vec<Place> {
        let fragment = reference.split_once('#').map_or("", |(_, fragment)| fragment);
        let file = self.bases.get(&(from.0, String::new()));
        let bases = [self.base(from), file].into_iter().flatten();
        let mut targets: Vec<Place> = Vec::new();
        for base in bases {
            let Ok(uri) = base.join(reference) else { continue };
            let resource = without_fragment(&uri);
            let target = if fragment.is_empty() || fragment.starts_with('/') {
                let place = self.resources.get(&resource);
                place.map(|(file, root)| (*file, format!("{root}{fragment}")))
            } else {
                self.anchors.get(&(resource, fragment.to_owned())).cloned()
            };
            targets.extend(target.filter(|target| !targets.contains(target)));
        }
        targets
    }

    /// Returns true if a location is within a schema with an `$id`, which changes what references there mean.
    pub fn is_renamed(&self, place: &Place) -> bool {
        self.has_id && self.base(place) != self.bases.get(&(place.0, String::new()))
    }

    /// Returns true if several schemas have a `$dynamicAnchor` with the name that a `$dynamicRef` ends in: which of
    /// them it means depends on the schema from which validation began.
    pub fn is_dynamic(&self, reference: &str) -> bool {
        reference.rsplit_once('#').is_some_and(|(_, name)| self.repeated.contains(name))
    }
}

/// Returns the base URI of a file without a name of its own.
fn base_of(name: &str) -> Option<Url> {
    // A scheme of its own, so that no URL of a document is taken for a file; and folders for `../`, which would be lost
    // at the root of a URL.
    let folder = format!("failspec://document/{}", "_/".repeat(MAX_LEVELS));
    Url::parse(&folder).ok()?.join(name).ok()
}

fn without_fragment(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    url.to_string()
}
