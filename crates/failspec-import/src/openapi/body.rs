//! JSON bodies with exactly one fault.

use serde_json::{Map, Value};

use failspec_pack::{
    openapi::Bundle,
    pack::fault_kind::{FURTHER_MEMBER, FURTHER_MEMBER_NAME, MISSING},
};

use super::{
    invalid_value::{InvalidValue, core, of_json},
    unusual_values::WITHOUT_OFFSET,
    value_generator::{UNIQUE, UNIQUE_WITHIN, ValueGenerator, kind, texts},
};

/// Maximum depth in a body at which faults are placed.
const MAX_DEPTH: usize = 3;

/// Maximum number of lists within each other in whose items faults are placed.
const MAX_LISTS: usize = 1;

/// A body with exactly one fault.
#[derive(Debug, Clone)]
pub(super) struct BadBody {
    /// The location of the fault as in names of scenarios: `address_street`. Empty for the body itself.
    pub place: String,
    /// The kind of fault.
    pub what: &'static str,
    /// The body.
    pub body: Value,
    /// True if the specification does not require the API to reject it.
    pub doubtful: bool,
    /// True if the schema allows it: servers often break on it.
    pub allowed: bool,
    /// True if most servers accept it.
    pub tolerated: bool,
    /// True if the words of the document tell other values.
    pub against_words: bool,
    /// The number of objects and lists that the fault is within.
    pub depth: usize,
    /// The shared schema that the fault is within, and the fault, for bodies that have it in common.
    pub shared: Option<String>,
}

impl BadBody {
    /// A body with a fault at a place that the schema forbids.
    fn new(place: String, what: &'static str, body: Value, depth: usize) -> Self {
        Self {
            place,
            what,
            body,
            doubtful: false,
            allowed: false,
            tolerated: false,
            against_words: false,
            depth,
            shared: None,
        }
    }

    /// Returns true if a member with a name of the run in `right` has another text.
    pub fn renames(&self, right: &Value) -> bool {
        let is_name = |value: &Value| {
            value.as_str().is_some_and(|text| text.contains(UNIQUE) || text.contains(UNIQUE_WITHIN))
        };
        let mut members = right.as_object().into_iter().flatten();
        members.any(|(name, value)| is_name(value) && self.body.get(name).is_some_and(|new| new != value))
    }

    /// Returns the kind of fault, the same in other bodies: a body that is no object at all is one, whatever it is instead.
    pub fn kind(&self) -> &'static str {
        match self.what {
            "null" | "wrong_type" if self.place.is_empty() => "wrong_body",
            what => what,
        }
    }
}

/// Generates bodies with exactly one fault from a valid body. The schema forbids each of them, but those that are only
/// unusual.
pub(super) fn bad_bodies(sampler: &ValueGenerator<'_>, schema: &Value, right: &Value) -> Vec<BadBody> {
    bad_bodies_within(sampler, schema, right, 0, None)
}

fn bad_bodies_within(
    sampler: &ValueGenerator<'_>,
    schema: &Value,
    right: &Value,
    lists: usize,
    shared: Option<&str>,
) -> Vec<BadBody> {
    let mut found = Vec::new();
    for flaw in of_json(sampler, schema).into_iter().filter(|flaw| !flaw.doubtful) {
        let body = flaw.value.unwrap_or_default();
        let (what, allowed, tolerated) = (flaw.what, flaw.allowed, flaw.tolerated);
        found.push(BadBody { allowed, tolerated, ..BadBody::new(String::new(), what, body, 0) });
    }
    if lists == 0 && !right.is_null() {
        found.push(BadBody::new(String::new(), "null", Value::Null, 0));
    }
    let shared = shared.map(|name| (name.to_owned(), 0));
    let mut walk = Walk { sampler, whole: right, lists, shared, found: &mut found };
    walk.object(schema, &mut Vec::new());
    if lists == 0 {
        walk.list(schema);
    }
    if lists == 0 {
        found.extend(alone(sampler, schema, right));
    }
    // A time without an offset is asked whatever its format says.
    found.retain(|bad| bad.what == WITHOUT_OFFSET || bad.allowed == sampler.is_allowed(schema, &bad.body));
    found
}

/// Generates objects with nothing but one wrong member, where none is required: beside valid members, a server may never come to
/// read it.
fn alone(sampler: &ValueGenerator<'_>, schema: &Value, right: &Value) -> Vec<BadBody> {
    let Members { properties, required, .. } = Members::of(&sampler.declared.api.bundle, schema, 0);
    let has_others = |name: &str| right.as_object().is_some_and(|it| it.keys().any(|key| key != name));
    let mut found = Vec::new();
    for (name, property) in properties.iter().filter(|(name, _)| required.is_empty() && has_others(name)) {
        for flaw in of_json(sampler, property).into_iter().filter(|flaw| !flaw.allowed && !flaw.doubtful) {
            // `null` within something is what servers break on most.
            let (what, tolerated) = match flaw.what {
                "wrong_type" => ("wrong_type_alone", true),
                "null_item" => ("null_item_alone", false),
                "map_value_null" => ("map_value_null_alone", true),
                _ => continue,
            };
            let body = Value::Object([(name.clone(), flaw.value.unwrap_or_default())].into_iter().collect());
            found.push(BadBody { tolerated, ..BadBody::new(name.clone(), what, body, 0) });
        }
    }
    found
}

/// The members that an object may have.
pub(super) struct Members {
    pub properties: Vec<(String, Value)>,
    /// The names of the required members.
    pub required: Vec<String>,
    /// True if other members are forbidden.
    pub closed: bool,
}

impl Members {
    pub fn of(bundle: &Bundle, schema: &Value, depth: usize) -> Self {
        let schema = core(bundle, schema);
        let mut required: Vec<String> = texts(schema.get("required")).map(str::to_owned).collect();
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let mut properties: Vec<(String, Value)> = properties
            .filter(|(_, property)| bundle.resolve(property).get("readOnly") != Some(&Value::Bool(true)))
            .map(|(name, property)| (name.clone(), property.clone()))
            .collect();
        let mut closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        if depth < MAX_DEPTH {
            for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                let more = Self::of(bundle, part, depth + 1);
                properties.extend(more.properties);
                required.extend(more.required);
                closed |= more.closed;
            }
        }
        Self { properties, required, closed }
    }
}

struct Walk<'w, 'a> {
    sampler: &'w ValueGenerator<'a>,
    whole: &'w Value,
    /// The number of lists that it is within.
    lists: usize,
    /// The outermost shared schema that it is within, and the length of the path to it.
    shared: Option<(String, usize)>,
    found: &'w mut Vec<BadBody>,
}

impl Walk<'_, '_> {
    fn object(&mut self, schema: &Value, path: &mut Vec<String>) {
        let schema = self.branch(schema, path).unwrap_or(schema);
        let Members { properties, required, closed } =
            Members::of(&self.sampler.declared.api.bundle, schema, 0);
        for (name, property) in &properties {
            path.push(name.clone());
            if required.contains(name) {
                self.note(path, &InvalidValue { value: None, ..InvalidValue::sure(MISSING, Value::Null) });
            }
            for flaw in of_json(self.sampler, property) {
                self.note(path, &flaw);
            }
            if self.sampler.is_allowed(property, &Value::Null)
                && names_null(&self.sampler.declared.api.bundle, property)
            {
                self.note(path, &InvalidValue::unusual("allowed_null", Value::Null).tolerated());
            } else if !self.sampler.is_allowed(property, &Value::Null) {
                // Many servers take `null` for a member that is absent.
                let doubtful = !required.contains(name);
                let null = InvalidValue { doubtful, ..InvalidValue::sure("null", Value::Null) };
                self.note(path, &if doubtful { null.tolerated() } else { null });
            }
            let inner = core(&self.sampler.declared.api.bundle, property);
            let is_object = inner.as_object().is_some_and(|entries| kind(entries) == Some("object"))
                || alternatives(inner).any(|it| is_object_of(self.sampler, it));
            if is_object && path.len() < MAX_DEPTH {
                let outer = self.shared.clone();
                let own = || Some((reference(property)?.to_owned(), path.len()));
                self.shared = outer.clone().or_else(own);
                self.inner(property, name, path);
                self.shared = outer;
            } else if let Some(items) = inner.get("items").filter(|_| path.len() < MAX_DEPTH) {
                self.in_items(items, inner, name, path);
            }
            path.pop();
        }
        self.dependent(schema, path);
        self.further_member(schema, closed, path);
    }

    /// Returns the alternative of a schema without members of its own that the valid body has at a place, if it is an object.
    fn branch<'s>(&self, schema: &'s Value, path: &[String]) -> Option<&'s Value>
    where
        Self: 's,
    {
        let bundle = &self.sampler.declared.api.bundle;
        let inner = core(bundle, schema);
        let value = at(self.whole, path)?;
        let is_it = |it: &&Value| is_object_of(self.sampler, it) && self.sampler.is_allowed(it, value);
        alternatives(inner).filter(|_| inner.get("properties").is_none()).find(is_it)
    }

    /// Adds an object with a member that the document does not name: a fault where it forbids others, and else a member that
    /// servers often pass on to a function that does not take it. The latter only in the body itself.
    fn further_member(&mut self, schema: &Value, closed: bool, path: &mut Vec<String>) {
        let is_body = path.is_empty() && self.lists == 0;
        if !closed && !is_body {
            return;
        }
        path.push(FURTHER_MEMBER_NAME.to_owned());
        let further = core(&self.sampler.declared.api.bundle, schema).get("additionalProperties");
        let value =
            further.filter(|it| it.is_object()).and_then(|further| self.sampler.value(further, "more"));
        let value = value.unwrap_or_else(|| 1.into());
        let is_allowed = is_body
            && with(self.whole, path, Some(&value))
                .is_some_and(|body| self.sampler.is_allowed(schema, &body));
        match is_allowed {
            true => self.note(path, &InvalidValue::unusual(FURTHER_MEMBER, value).tolerated()),
            false => self.note(path, &InvalidValue::sure("unknown_field", value)),
        }
        path.pop();
    }

    /// Adds faults within the item of a body that is a list of objects.
    fn list(&mut self, schema: &Value) {
        let inner = core(&self.sampler.declared.api.bundle, schema);
        let Some(items) = inner.get("items").filter(|items| is_object_of(self.sampler, items)) else {
            return;
        };
        let given = self.whole.get(0).cloned();
        let Some(item) = given.or_else(|| self.sampler.value(items, "body.0")) else { return };
        for bad in bad_bodies_within(self.sampler, items, &item, self.lists + 1, reference(items)) {
            // A fault of the item as a whole is one of the list.
            if !bad.place.is_empty() {
                self.found.push(BadBody { body: Value::Array(vec![bad.body]), ..bad });
            }
        }
    }

    /// Adds lists with one item that has a fault within, for lists of objects.
    fn in_items(&mut self, items: &Value, list: &Value, name: &str, path: &[String]) {
        let is_object = |schema: &Value| schema.as_object().and_then(kind) == Some("object");
        let fewest = list.get("minItems").and_then(Value::as_u64).unwrap_or(1).max(1);
        let differ = list.get("uniqueItems") == Some(&Value::Bool(true));
        let is_deep = self.lists == MAX_LISTS;
        let items_are_objects = is_object(core(&self.sampler.declared.api.bundle, items));
        if is_deep || !items_are_objects || fewest > 3 || differ && fewest > 1 {
            return;
        }
        let given = at(self.whole, path).and_then(|list| list.get(0)).cloned();
        let Some(item) = given.or_else(|| self.sampler.value(items, name)) else { return };
        for bad in bad_bodies_within(self.sampler, items, &item, self.lists + 1, reference(items)) {
            // A fault of the item as a whole is one of the list.
            if bad.place.is_empty() {
                continue;
            }
            let mut list = vec![bad.body];
            list.resize(usize::try_from(fewest).unwrap_or(1), item.clone());
            let Some(body) = with(self.whole, path, Some(&list.into())) else { continue };
            let place = format!("{}_{}", path.join("_"), bad.place);
            let depth = path.len() + bad.depth;
            self.found.push(BadBody { place, body, depth, ..bad });
        }
    }

    /// Adds objects without a member that another one requires (`dependentRequired`).
    fn dependent(&mut self, schema: &Value, path: &mut Vec<String>) {
        let schema = core(&self.sampler.declared.api.bundle, schema);
        let dependent = schema.get("dependentRequired").and_then(Value::as_object);
        for (name, needed) in dependent.into_iter().flatten() {
            for lacking in texts(Some(needed)) {
                let here = at(self.whole, path);
                let own = |key: &str| here.and_then(|object| object.get(key)).cloned();
                let property = schema.get("properties").and_then(|known| known.get(name));
                let made = || self.sampler.value(property?, name);
                let Some(value) = own(name).or_else(made) else { continue };
                path.push(name.clone());
                let whole = with(self.whole, path, Some(&value));
                path.pop();
                let Some(whole) = whole else { continue };
                path.push(lacking.to_owned());
                let body = with(&whole, path, None).unwrap_or(whole);
                let place = path.join("_");
                path.pop();
                self.found.push(BadBody::new(place, MISSING, body, path.len()));
            }
        }
    }

    /// Adds faults within a nested object. An optional object that the valid body does not contain is added first.
    fn inner(&mut self, schema: &Value, name: &str, path: &mut Vec<String>) {
        if at(self.whole, path).is_some() {
            return self.object(schema, path);
        }
        let made = self.sampler.value(schema, name);
        let Some(whole) = made.and_then(|made| with(self.whole, path, Some(&made))) else { return };
        let (lists, shared) = (self.lists, self.shared.clone());
        let mut walk = Walk { sampler: self.sampler, whole: &whole, lists, shared, found: &mut *self.found };
        walk.object(schema, path);
    }

    fn note(&mut self, path: &[String], flaw: &InvalidValue) {
        let Some(body) = with(self.whole, path, flaw.value.as_ref()) else { return };
        let what = flaw.what;
        let place = if matches!(what, "unknown_field" | FURTHER_MEMBER) {
            path[..path.len() - 1].join("_")
        } else {
            path.join("_")
        };
        let shared = self
            .shared
            .as_ref()
            .map(|(name, at)| format!("{name} {} {what}", path.get(*at..).unwrap_or_default().join("/")));
        self.found.push(BadBody {
            shared,
            doubtful: flaw.doubtful,
            allowed: flaw.allowed,
            tolerated: flaw.tolerated,
            against_words: flaw.against_words,
            ..BadBody::new(place, what, body, path.len() - 1)
        });
    }
}

/// Returns the shared schema that a schema refers to, also in combination with `null`.
fn reference(schema: &Value) -> Option<&str> {
    let direct = |schema: &'_ Value| -> bool { schema.get("$ref").is_some() };
    let inner = || {
        let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(*key)?.as_array());
        let mut referring = lists.flatten().filter(|it| direct(it));
        referring.next().filter(|_| referring.next().is_none())
    };
    let referring = if direct(schema) { Some(schema) } else { inner() };
    referring?.get("$ref")?.as_str()
}

/// Returns true if a schema says that `null` is allowed, and not only fails to forbid it.
fn names_null(bundle: &Bundle, schema: &Value) -> bool {
    let schema = bundle.resolve(schema);
    let is_null = |kind: &Value| kind == "null";
    let by_type = schema.get("type").is_some_and(|kind| match kind {
        Value::Array(kinds) => kinds.iter().any(is_null),
        kind => is_null(kind),
    });
    by_type
        || schema.get("nullable") == Some(&Value::Bool(true))
        || alternatives(schema).any(|it| bundle.resolve(it).get("type").is_some_and(is_null))
}

/// Returns the alternatives of a schema.
fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["oneOf", "anyOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten()
}

fn is_object_of(sampler: &ValueGenerator<'_>, schema: &Value) -> bool {
    core(&sampler.declared.api.bundle, schema).as_object().and_then(kind) == Some("object")
}

pub(super) fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| value.get(step))
}

/// Returns a copy of a value with the member at a path replaced or, if `value` is `None`, removed.
pub(super) fn with(whole: &Value, path: &[String], value: Option<&Value>) -> Option<Value> {
    let (last, before) = path.split_last()?;
    let mut changed = whole.clone();
    let mut place = &mut changed;
    for step in before {
        place = place.get_mut(step)?;
    }
    let entries: &mut Map<String, Value> = place.as_object_mut()?;
    match value {
        Some(value) => drop(entries.insert(last.clone(), value.clone())),
        None => drop(entries.shift_remove(last)?),
    }
    Some(changed)
}
