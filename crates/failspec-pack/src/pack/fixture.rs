//! Fixtures: setup steps, and their teardown, that several scenarios share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use failspec_base::syntax::{
    Decoder, Diagnostic, Field, Location, MappingSchema, Node, NodeValue, Source, ValueType,
};

use super::{
    read_context::ReadContext,
    step::{STEP, Step, StepOfFixture},
};

/// The names of the fixtures that a scenario, a control or another fixture needs.
pub(super) const FIXTURES: ValueType = ValueType::List(&ValueType::Name);

pub(super) static FIXTURE: MappingSchema = MappingSchema {
    name: "fixture",
    about: "setup steps, and their teardown, that several scenarios share",
    fields: &[
        Field::optional(
            "fixtures",
            FIXTURES,
            "other fixtures that it needs; their steps come before its own",
        ),
        Field::required(
            "setup",
            ValueType::List(&ValueType::MappingSchema(&STEP)),
            "the steps, as in `setup` of a scenario",
        ),
        Field::optional(
            "teardown",
            ValueType::List(&ValueType::MappingSchema(&STEP)),
            "steps that remove what it created; they come after those of the scenario",
        ),
    ],
    also: &[],
};

/// The fixtures of a pack, by name.
#[derive(Debug, Default)]
pub(super) struct Fixtures {
    known: BTreeMap<String, Fixture>,
    /// The names that scenarios and controls use, in all versions of the contract.
    used: BTreeSet<String>,
}

/// A fixture as it is written. Its steps are read anew for each scenario, because their names may be those of its rows.
#[derive(Debug)]
struct Fixture {
    name: String,
    source: Arc<Source>,
    node: Node,
    place: Location,
    /// True if it is that of the pack that this one extends.
    is_inherited: bool,
}

/// The steps of the fixtures of a flow, in the order in which they run.
#[derive(Debug, Default)]
pub(super) struct FixtureSteps {
    /// The steps before those of the scenario.
    pub setup: Vec<Step>,
    /// The names of the fixtures, those that others need first.
    pub names: Vec<String>,
}

impl Fixtures {
    /// Adds the fixtures of a scenario file. Returns an error for each name that another file of the pack has already.
    pub fn add(&mut self, source: &Arc<Source>, file: &Node, is_inherited: bool) -> Vec<Diagnostic> {
        let mut twice = Vec::new();
        for entry in file.get("fixtures").and_then(Node::as_map).unwrap_or_default() {
            let place = Location { source: Arc::clone(source), span: entry.key_span };
            if let Some(first) = self.known.get(&entry.key) {
                // A fixture of the pack replaces that of the pack that it extends.
                if !is_inherited {
                    let title = format!("the fixture `{}` appears twice", entry.key);
                    twice.push(Diagnostic::error(place, title).label(format!("first at {}", first.place)));
                }
                continue;
            }
            let (name, node) = (entry.key.clone(), entry.value.clone());
            let fixture = Fixture { name, source: Arc::clone(source), node, place, is_inherited };
            self.known.insert(entry.key.clone(), fixture);
        }
        for scenario in file.get("scenarios").and_then(Node::as_map).unwrap_or_default() {
            self.used.extend(needed(&scenario.value));
            self.used.extend(scenario.value.get("control").into_iter().flat_map(needed));
        }
        twice
    }

    /// Returns the fixtures of the pack itself that no scenario uses, by name.
    pub fn unused(&self) -> Vec<(String, Location)> {
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<String> = self.used.iter().cloned().collect();
        while let Some(name) = open.pop() {
            if let Some(fixture) = self.known.get(&name)
                && reached.insert(name)
            {
                open.extend(needed(&fixture.node));
            }
        }
        let unused =
            self.known.iter().filter(|(name, fixture)| !fixture.is_inherited && !reached.contains(*name));
        unused.map(|(name, fixture)| (name.clone(), fixture.place.clone())).collect()
    }

    /// Checks the fixtures of a file: their keys, and the names of the fixtures that they need.
    pub fn check(&self, file: &Node, reader: &Decoder) {
        for entry in reader.named(file) {
            let Some(fields) = reader.fields(&entry.value, &FIXTURE) else { continue };
            let Some(node) = fields.get("fixtures") else { continue };
            self.check_names(node, reader);
            if self.needs_itself(&entry.key) {
                reader.error_hint(
                    node.span,
                    format!("the fixture `{}` needs itself", entry.key),
                    "remove one of the fixtures that it needs",
                );
            }
        }
    }

    fn check_names(&self, node: &Node, reader: &Decoder) {
        for item in reader.list(node) {
            if let Some(name) = reader.text(item)
                && !self.known.contains_key(name)
            {
                reader.unknown(item.span, "fixture", name, self.known.keys().map(String::as_str));
            }
        }
    }

    fn needs_itself(&self, name: &str) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![name.to_owned()]);
        while let Some(next) = open.pop() {
            let needed = self.known.get(&next).map(|fixture| needed(&fixture.node)).unwrap_or_default();
            if needed.iter().any(|needed| needed == name) {
                return true;
            }
            open.extend(needed.into_iter().filter(|needed| seen.insert(needed.clone())));
        }
        false
    }

    /// Reads the steps of the fixtures that a scenario names, as if they stood at the beginning of its setup. Their captures
    /// are added to `names`.
    pub fn set_up(&self, node: &Node, names: &mut ReadContext<'_>, scenario: &str) -> FixtureSteps {
        self.check_names(node, names.reader);
        let mut steps = FixtureSteps::default();
        for name in listed(node) {
            self.order(&name, &mut Vec::new(), &mut steps.names);
        }
        for name in &steps.names {
            let Some(fixture) = self.known.get(name) else { continue };
            let Some(node) = fixture.node.get("setup") else { continue };
            steps.setup.extend(fixture.read(node, names, scenario));
        }
        steps
    }

    /// Reads the teardown of fixtures, the last one first, as if it stood at the end of that of the scenario.
    pub fn tear_down(&self, fixtures: &[String], names: &mut ReadContext<'_>, scenario: &str) -> Vec<Step> {
        let known = fixtures.iter().rev().filter_map(|name| self.known.get(name));
        let with_teardown = known.filter_map(|fixture| Some((fixture, fixture.node.get("teardown")?)));
        with_teardown.flat_map(|(fixture, node)| fixture.read(node, names, scenario)).collect()
    }

    /// Returns the names of the files that fixtures are in.
    pub fn files(&self, fixtures: &[String]) -> impl Iterator<Item = &str> {
        fixtures.iter().filter_map(|name| self.known.get(name)).map(|fixture| fixture.source.name())
    }

    /// Adds a fixture after those that it needs, each once. One that needs itself ends here; it is reported where it is.
    fn order(&self, name: &str, inside: &mut Vec<String>, ordered: &mut Vec<String>) {
        let Some(fixture) = self.known.get(name) else { return };
        if inside.iter().any(|outer| outer == name) || ordered.iter().any(|known| known == name) {
            return;
        }
        inside.push(name.to_owned());
        needed(&fixture.node).iter().for_each(|name| self.order(name, inside, ordered));
        inside.pop();
        ordered.push(name.to_owned());
    }
}

impl Fixture {
    /// Reads steps of the fixture for a scenario. Errors are at their place in the fixture, and name the scenario.
    fn read(&self, node: &Node, names: &mut ReadContext<'_>, scenario: &str) -> Vec<Step> {
        let reader = Decoder::new(&self.source);
        let known = std::mem::take(&mut names.known);
        let mut own = ReadContext {
            reader: &reader,
            contract: names.contract,
            library: names.library,
            files: names.files,
            known,
        };
        let mut steps = Step::read_all(node, &mut own, None);
        names.known = own.known;
        for (step, number) in steps.iter_mut().zip(1..) {
            let place = Location { source: Arc::clone(&self.source), span: step.span };
            step.fixture = Some(Arc::new(StepOfFixture { name: self.name.clone(), number, place }));
        }
        for mut diagnostic in reader.finish().0 {
            if diagnostic.label.is_empty() {
                diagnostic.label = format!("in the scenario `{scenario}`");
            }
            names.reader.report(diagnostic);
        }
        steps
    }
}

/// Returns the names of the fixtures that a scenario, a control or a fixture needs.
fn needed(node: &Node) -> Vec<String> {
    node.get("fixtures").map(listed).unwrap_or_default()
}

fn listed(node: &Node) -> Vec<String> {
    match &node.value {
        NodeValue::List(items) => items.iter().filter_map(Node::as_text).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
