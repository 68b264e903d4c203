//! A pack that extends another one: it inherits its contract and its scenarios, and replaces parts of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use failspec_base::syntax::{Diagnostic, Diagnostics, Entry, Node, NodeValue, Source, Span, yaml};

use super::{
    Contract, Pack, PackError,
    contract_version::ContractVersion,
    files::{BuiltInPacks, Files, Texts},
    row_file, split_version,
};

/// The packs that are built into the program: a pack of one's own may extend one of them.
static BUILT_IN: OnceLock<&'static BuiltInPacks> = OnceLock::new();

/// Makes the built-in packs known, so that packs of a directory can extend them. Only the first call counts.
pub fn register_built_in(packs: &'static BuiltInPacks) {
    let _ = BUILT_IN.set(packs);
}

/// Keys of a scenario whose members are merged one by one; every other key is replaced as a whole.
const MERGED: &[&str] = &["path", "query", "headers", "control"];

/// The pack that another one extends.
#[derive(Debug)]
pub(super) struct Inherited {
    /// Its name, without a version.
    pub name: String,
    /// Its contract.
    pub contract: Contract,
    /// Its files.
    pub texts: Arc<Texts>,
    /// Its scenario files, by path.
    pub files: BTreeMap<String, (Arc<Source>, Node)>,
}

impl Inherited {
    /// Loads the pack that a contract extends, if it extends one.
    ///
    /// # Errors
    /// When there is no such pack, when it has errors, or when it extends a pack itself.
    pub fn of(files: &Files, edition: &ContractVersion) -> Result<Option<Self>, PackError> {
        let file = edition.file();
        let Some(node) = file.node.as_ref().and_then(|node| node.get("extends_pack")) else {
            return Ok(None);
        };
        let wrong = |title: String, hint: &str| {
            let place = failspec_base::syntax::Location { source: Arc::clone(&file.source), span: node.span };
            PackError::Wrong(Diagnostics(vec![Diagnostic::error(Some(place), title).hint(hint)]))
        };
        let usage = "write the name of a pack, such as `extends_pack: kubeglass` or `kubevision@2026-03`";
        let Some(label) = node.as_text() else {
            return Err(wrong("this is not the name of a pack".to_owned(), usage));
        };
        let (name, _) = split_version(label);
        if edition.path.starts_with(&format!("schemas/{name}/")) {
            let hint = "give this pack another name: here, as `contract`, and of its folders";
            return Err(wrong(
                format!("`{name}` extends a pack of its own name: there would be two of them"),
                hint,
            ));
        }
        let there = |files: &Files| files.packs().is_ok_and(|packs| packs.iter().any(|pack| pack == name));
        let built_in = BUILT_IN.get().map(|packs| Files::Embedded(packs));
        let Some(files) = [Some(files.clone()), built_in].into_iter().flatten().find(there) else {
            return Err(wrong(format!("there is no pack `{name}`"), usage));
        };
        // Before it is loaded: two packs could extend each other.
        let own = files.read_schemas(name)?;
        if own.iter().any(|(path, text)| is_contract(path, name) && extends_a_pack(text)) {
            return Err(wrong(format!("`{name}` extends a pack itself"), "extend that one"));
        }
        let pack = Pack::load(&files, label)?;
        let mut scenarios = BTreeMap::new();
        let is_rows = |path: &str| row_file::ENDINGS.iter().any(|ending| path.ends_with(ending));
        let of_scenarios = |path: &str| path.starts_with("scenarios/") && !is_rows(path);
        for (path, text) in pack.texts.iter().filter(|(path, _)| of_scenarios(path)) {
            let source = Source::new(files.shown(path), Arc::clone(text));
            // Its errors are those of the other pack, which has none.
            if let (Some(node), _) = yaml::read(&source) {
                scenarios.insert(path.clone(), (source, node));
            }
        }
        Ok(Some(Self { name: name.to_owned(), contract: pack.contract, texts: pack.texts, files: scenarios }))
    }

    /// Returns an inherited file without the scenarios that the pack has itself.
    pub fn without(file: &Node, own: &BTreeSet<String>) -> Node {
        let mut file = file.clone();
        if let Some(scenarios) = entries_mut(&mut file, "scenarios") {
            scenarios.retain(|entry| !own.contains(&entry.key));
        }
        file
    }

    /// Completes the scenarios of an own file with what they do not say themselves, and removes those that are null.
    pub fn complete(&self, file: &Node) -> Node {
        let mut file = file.clone();
        let Some(scenarios) = entries_mut(&mut file, "scenarios") else { return file };
        for entry in scenarios.iter_mut() {
            if let Some(base) = self.scenario(&entry.key) {
                entry.value = merged(base, &entry.value, entry.key_span);
            }
        }
        scenarios.retain(|entry| !entry.value.is_null() || self.scenario(&entry.key).is_none());
        file
    }

    fn scenario(&self, name: &str) -> Option<&Node> {
        self.files.values().find_map(|(_, file)| file.get("scenarios")?.get(name))
    }
}

/// Returns true for the path of the newest contract of a pack, or of a dated one.
fn is_contract(path: &str, pack: &str) -> bool {
    path.strip_prefix(&format!("schemas/{pack}/contract")).is_some_and(|rest| rest.ends_with(".yaml"))
}

fn extends_a_pack(contract: &str) -> bool {
    yaml::read(&Source::new("contract.yaml", contract))
        .0
        .is_some_and(|node| node.get("extends_pack").is_some())
}

/// Returns the names of the scenarios of a file.
pub(super) fn names(file: &Node) -> impl Iterator<Item = String> + '_ {
    let entries = match file.get("scenarios").map(|node| &node.value) {
        Some(NodeValue::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| entry.key.clone())
}

fn entries_mut<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Vec<Entry>> {
    let NodeValue::Map(entries) = &mut node.value else { return None };
    let entry = entries.iter_mut().find(|entry| entry.key == key)?;
    match &mut entry.value.value {
        NodeValue::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Returns a scenario with the keys of `over` in place of those of `base`; null removes a key. All that is inherited is
/// located at `span`, because it is in another file.
fn merged(base: &Node, over: &Node, span: Span) -> Node {
    merge(base, over, span, MERGED)
}

fn merge(base: &Node, over: &Node, span: Span, deep: &[&str]) -> Node {
    let (NodeValue::Map(base), NodeValue::Map(over_entries)) = (&base.value, &over.value) else {
        return over.clone();
    };
    let is_body = |key: &str| ["json", "text", "form", "bytes"].contains(&key);
    let replaces_body = over_entries.iter().any(|entry| is_body(&entry.key));
    let mut entries = Vec::new();
    for entry in base {
        match over_entries.iter().find(|own| own.key == entry.key) {
            Some(own) if own.value.is_null() => {}
            Some(own) if deep.contains(&entry.key.as_str()) => {
                // In a control the same keys are merged, one level further down.
                let deeper = if entry.key == "control" { &MERGED[..3] } else { &[][..] };
                let value = merge(&entry.value, &own.value, span, deeper);
                entries.push(Entry { value, ..own.clone() });
            }
            Some(own) => entries.push(own.clone()),
            // A request has one body: another kind replaces the one that is there.
            None if replaces_body && is_body(&entry.key) => {}
            None => {
                let value = at(&entry.value, span);
                entries.push(Entry { key: entry.key.clone(), key_span: span, value });
            }
        }
    }
    let is_new = |own: &&Entry| base.iter().all(|entry| entry.key != own.key);
    entries.extend(over_entries.iter().filter(is_new).cloned());
    Node { span: over.span, value: NodeValue::Map(entries) }
}

/// Returns a copy of a node all of whose parts are located at `span`.
fn at(node: &Node, span: Span) -> Node {
    let value = match &node.value {
        NodeValue::List(items) => NodeValue::List(items.iter().map(|item| at(item, span)).collect()),
        NodeValue::Map(entries) => NodeValue::Map(
            entries
                .iter()
                .map(|entry| Entry { key: entry.key.clone(), key_span: span, value: at(&entry.value, span) })
                .collect(),
        ),
        other => other.clone(),
    };
    Node { span, value }
}
