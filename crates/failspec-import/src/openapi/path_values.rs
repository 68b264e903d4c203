//! Paths with values instead of their parameters.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::names::{Unique, slug};
use failspec_base::{encoding::percent_encode, template::is_uuid};
use failspec_pack::{
    openapi::{Declared, Operation, Parameter, ParameterLocation},
    pack::Variable,
};

use super::{
    crud::{CreateOperation, bare},
    effects::only_reads,
    nonexistent_id::{NoSuchId, Purpose, nothing},
    registration_tokens::token_of,
    unknown_ids::ends_in_value,
    value_generator::{LIKE_UNIQUE, ValueGenerator},
};

/// Fills the parameters of paths. Values that only the target knows become variables of the contract.
#[derive(Debug)]
pub(super) struct Paths<'a> {
    sampler: ValueGenerator<'a>,
    /// Values of parameters by name, given by the user of the import.
    values: &'a BTreeMap<String, String>,
    names: Unique,
    /// The path up to and including a parameter → the variable.
    known: BTreeMap<String, String>,
    /// The path up to and including a parameter, [`bare`] → the variable with the id of a thing that the API lists: for what only reads.
    listed: BTreeMap<String, String>,
    /// The variables.
    pub variables: Vec<(String, Variable)>,
}

/// A path with values instead of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilledPath {
    /// The path.
    pub path: String,
    /// True if it contains a variable for which the document gives no value.
    pub open: bool,
    /// True if a variable in it names a resource that the scenario did not create.
    pub foreign: bool,
}

/// Maximum number of resources that one scenario creates: what is in a thing may need several beside that.
pub(super) const MAX_CREATED: usize = 8;

/// The name of the capture with the id of what a request created that was not rejected.
pub(super) const SPARE: &str = "accepted";

/// Returns the name of the capture with the id of a created resource. Resources are numbered from 0.
pub(super) fn capture(number: usize) -> String {
    if number == 0 { "made".to_owned() } else { format!("made_{}", number + 1) }
}

/// The resources that a scenario created: bare path → capture with the id of the resource.
pub(super) type CreatedResources = BTreeMap<String, String>;

impl<'a> Paths<'a> {
    pub fn new(sampler: ValueGenerator<'a>, values: &'a BTreeMap<String, String>) -> Self {
        let mut names = Unique::default();
        // Built-in placeholders cannot be variables.
        for name in ["unique", "uuid", "now", SPARE] {
            names.name(name, "");
        }
        for name in (0..MAX_CREATED).map(capture).chain([SPARE.to_owned()]) {
            names.name(&token_of(&name), "");
            if name != SPARE {
                names.name(&name, "");
            }
        }
        Self {
            sampler,
            values,
            names,
            known: BTreeMap::new(),
            listed: BTreeMap::new(),
            variables: Vec::new(),
        }
    }

    /// Returns the names of variables that are taken.
    pub fn names(&mut self) -> &mut Unique {
        &mut self.names
    }

    /// Returns the value of a parameter that the user of the import gave.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Returns the values that the user of the import gave for names of no parameter.
    pub fn unnamed<'p>(&'p self, declared: &'p Declared) -> impl Iterator<Item = (&'p str, &'p str)> {
        let is_parameter = |name: &str| {
            declared
                .api
                .operations
                .iter()
                .flat_map(|it| &it.parameters)
                .any(|parameter| parameter.name == name)
        };
        let values = self.values.iter().filter(move |(name, _)| !is_parameter(name));
        values.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns true if the API lists the things that are named by the last parameter of a path.
    pub fn is_listed(&self, until: &str) -> bool {
        self.listed.contains_key(&bare(until))
    }

    /// Returns the variable with the id of one of the things that the API lists and the last parameter of a path names.
    pub fn listed_as(&self, until: &str) -> Option<&str> {
        self.listed.get(&bare(until)).map(String::as_str)
    }

    /// Records that the API lists the things that are named by the last parameter of a path. Returns the name of the variable for
    /// the id of one of them, which a target may give.
    pub fn list(&mut self, until: &str, list: &Operation) -> Option<String> {
        let name = names(until).last().copied()?;
        let variable = self.names.name(&variable(until, name), "");
        let about = format!("an existing {name}; without it, the first one that {} lists", list.name());
        self.variables.push((variable.clone(), Variable { about, default: Some(Value::Null) }));
        self.listed.insert(bare(until), variable.clone());
        Some(variable)
    }

    /// Returns the name of the variable for the id of a thing that is there already, which requests that only read use if the API
    /// refuses to create one. Its value is the one that the user of the import gave, if any.
    pub fn existing(&mut self, creator: CreateOperation<'_>, list: Option<&Operation>) -> String {
        let name = creator.parameter;
        let item = bare(&creator.remove.path);
        // Requests that only read what nothing creates know one already.
        if let Some((_, known)) = self.known.iter().find(|(until, _)| bare(until) == item) {
            return known.clone();
        }
        let variable = self.names.name(&variable(&creator.remove.path, name), "");
        let mut about =
            format!("an existing {name}, for requests that only read, if {} is refused", creator.make.name());
        if let Some(list) = list {
            about.push_str(&format!("; without it, the first one that {} lists", list.name()));
        }
        let readers = creator.read.into_iter().chain([creator.remove]);
        let parameters = readers.filter_map(|operation| parameter(operation, names(&operation.path).last()?));
        let example = parameters.into_iter().find_map(|parameter| self.example(parameter));
        let given = self.given(name).map(Value::from).or(example).unwrap_or_default();
        self.variables.push((variable.clone(), Variable { about, default: Some(given) }));
        variable
    }

    /// Fills the path of an operation. `instead` has names of parameters and the texts that replace their values.
    pub fn fill(
        &mut self,
        operation: &Operation,
        made: &CreatedResources,
        instead: &[(&str, String)],
    ) -> FilledPath {
        let mut filled = FilledPath { path: String::new(), open: false, foreign: false };
        let mut rest = operation.path.as_str();
        while let Some(begin) = rest.find('{') {
            let Some(length) = rest[begin..].find('}') else { break };
            let name = &rest[begin + 1..begin + length];
            // `${` begins a placeholder of a scenario.
            match rest[..begin].strip_suffix('$') {
                Some(literal) => filled.path.extend([literal, "%24"]),
                None => filled.path.push_str(&rest[..begin]),
            }
            rest = &rest[begin + length + 1..];
            let until = &operation.path[..operation.path.len() - rest.len()];
            let replaced = instead.iter().find(|(replaced, _)| *replaced == name);
            let value = match (replaced, made.get(&bare(until))) {
                (Some((_, text)), _) => text.clone(),
                (None, Some(capture)) => format!("{{{capture}}}"),
                _ => self.value(operation, name, until, &mut filled),
            };
            filled.path.push_str(&value);
        }
        filled.path.push_str(rest);
        filled
    }

    fn value(&mut self, operation: &Operation, name: &str, until: &str, filled: &mut FilledPath) -> String {
        if let Some(value) = self.given(name) {
            return percent_encode(value).to_string();
        }
        let parameter = parameter(operation, name);
        let schema = parameter.and_then(|it| it.schema.as_ref());
        let resolved = schema.map(|schema| self.sampler.declared.api.bundle.resolve(schema));
        let chosen = resolved.filter(|it| it.get("enum").is_some() || it.get("const").is_some());
        if let Some(value) = chosen.and_then(|schema| self.sampler.value(schema, name)) {
            return percent_encode(&text(&value)).to_string();
        }
        if until.len() == operation.path.len()
            && ends_in_value(&self.sampler.declared.api.operations, operation)
        {
            return self.new_value(schema, name);
        }
        let example = parameter.and_then(|parameter| self.example(parameter));
        let listed = self.listed.get(&bare(until)).filter(|_| example.is_none() && only_reads(operation));
        filled.open |= example.is_none() && listed.is_none();
        filled.foreign = true;
        if let Some(listed) = listed {
            return format!("{{{listed}}}");
        }
        let variable = match self.known.get(until) {
            Some(variable) => variable.clone(),
            None => {
                let variable = self.names.name(&variable(until, name), "");
                let about = format!("an existing {name}, for {}", operation.name());
                self.variables.push((variable.clone(), Variable { about, default: example }));
                self.known.insert(until.to_owned(), variable.clone());
                variable
            }
        };
        format!("{{{variable}}}")
    }

    /// Returns the value that the document gives for a parameter as an example or a default.
    fn example(&self, parameter: &Parameter) -> Option<Value> {
        let schema = parameter.schema.as_ref().map(|schema| self.sampler.declared.api.bundle.resolve(schema));
        let in_schema = ["example", "default"].into_iter().filter_map(|key| schema?.get(key));
        let mut examples = parameter.examples.iter().chain(in_schema);
        examples.find(|value| value.is_string() || value.is_number()).cloned()
    }

    /// Returns a value that is not the id of anything, such as a new name.
    fn new_value(&self, schema: Option<&Value>, name: &str) -> String {
        let is_free = schema.is_none_or(|schema| self.sampler.is_allowed(schema, &LIKE_UNIQUE.into()));
        let value = schema.filter(|_| !is_free).and_then(|schema| self.sampler.value(schema, name));
        value.map_or_else(|| "${unique}".to_owned(), |value| percent_encode(&text(&value)).to_string())
    }

    /// Generates a value that the schema of a parameter allows and that is unlikely to be an existing id. Returns
    /// `None` if that is not possible.
    pub fn nothing(&self, operation: &Operation, parameter: &Parameter) -> Option<NoSuchId> {
        // An API may refuse an id of another form before it looks for it.
        if parameter.examples.iter().filter_map(Value::as_str).any(is_uuid) {
            return Some(NoSuchId::uuid());
        }
        let any = Value::Bool(true);
        let schema = parameter.schema.as_ref().unwrap_or(&any);
        let may_create = !operation.is_safe() && operation.method != "DELETE";
        let purpose = Purpose { operation: &operation.name(), may_create };
        nothing(&self.sampler, schema, &parameter.name, purpose)
    }
}

/// Finds a path parameter of an operation.
pub(super) fn parameter<'o>(operation: &'o Operation, name: &str) -> Option<&'o Parameter> {
    operation.parameters.iter().find(|it| it.place == ParameterLocation::Path && it.name == name)
}

/// Returns the names of the parameters of a path, in their order.
pub(super) fn names(path: &str) -> Vec<&str> {
    let parts = path.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

/// Formats a value for a path, a query or a header.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns a descriptive name for a variable: `{id}` under `/pets` becomes `pets_id`.
fn variable(until: &str, name: &str) -> String {
    let own = slug(name);
    let folder = until.rsplit('/').find(|part| !part.contains('{') && !part.is_empty()).unwrap_or_default();
    let folder = slug(folder);
    let stem = folder.strip_suffix('s').unwrap_or(&folder);
    if stem.is_empty() || own.contains(stem) { own } else { format!("{folder}_{own}") }
}
