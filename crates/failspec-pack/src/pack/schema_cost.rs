//! The cost of validating a value with a schema: how many parts of the schema are applied to how many parts of the value.
//!
//! A schema of some hundred bytes can demand more work than there is time: parts that refer to each other multiply, once
//! for each level of the value. The cost is counted by the same walk as the validation, with everything applied and
//! nothing looked at, and the count stops where the budget does.

use std::collections::HashMap;

use failspec_base::encoding::escape_pointer_step;
use serde_json::{Map, Value};

use super::{
    pattern_cost::PatternCost,
    schema::SchemaRegistry,
    schema_references::{Documents, Place},
};

/// Maximum number of parts of a schema that are applied to one value, before its members are looked at.
pub(super) const MAX_UNFOLDED: u64 = 100_000;

/// Maximum depth of a validation, in parts that are applied within each other: it is the depth of its stack.
const MAX_DEPTH: usize = 1_000;

/// Keywords that apply a list of parts to the same value.
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Keywords that apply one part to the same value.
const PARTS: [&str; 4] = ["not", "if", "then", "else"];

/// Keywords that refer to a part, which is applied to the same value.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Keywords that apply one part, or each part of a list, to every item.
const ITEMS: [&str; 5] = ["items", "prefixItems", "additionalItems", "contains", "unevaluatedItems"];

/// Keywords that apply a part to every member.
const MEMBERS: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];

/// The parts of a schema that can be reached, each with the parts that it applies.
#[derive(Debug)]
pub(super) struct SchemaCost {
    parts: Vec<Part>,
    /// The part that is applied to one value too often, if there is one.
    pub too_large: Option<TooLarge>,
    /// True if a pattern is matched by trying, which may not be finished.
    pub has_tried_patterns: bool,
    /// Size of all patterns together.
    pub patterns: u64,
}

/// One part of a schema. Others are named by their indexes.
#[derive(Debug, Default)]
struct Part {
    /// Number of its own keywords and of the values that they list.
    own: u64,
    /// Parts that are applied to the same value.
    same: Vec<usize>,
    /// Parts that are applied to a member, by its name.
    named: Vec<(String, usize)>,
    /// Parts that are applied to every member.
    members: Vec<usize>,
    /// Parts that are applied to the name of every member.
    names: Vec<usize>,
    /// Parts that are applied to every item.
    items: Vec<usize>,
    /// The pattern of a text.
    pattern: Option<PatternCost>,
    /// Patterns that the name of every member is matched against.
    name_patterns: Vec<PatternCost>,
    /// True if each member or item is looked for in all parts that are applied to the same value.
    is_unevaluated: bool,
}

/// A part of a schema that is applied to one value too often.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge {
    /// JSON Pointer to the part; empty if it is in another file.
    pub at: String,
    /// Number of parts that are applied.
    pub unfolded: u64,
}

impl SchemaCost {
    /// Reads a schema. What is no schema is passed over: the compiler reports it.
    pub fn of(schema: &Value, library: &SchemaRegistry) -> Self {
        let documents = Documents::load(schema, library);
        let (parts, found) = Reader::new(&documents).read();
        let too_large = too_large(&parts).map(|(part, unfolded)| TooLarge {
            at: pointer_to(schema, found[part]).unwrap_or_default(),
            unfolded,
        });
        let has_tried_patterns = parts.iter().flat_map(Part::patterns).any(|pattern| pattern.is_tried());
        let sizes = parts.iter().flat_map(Part::patterns).map(PatternCost::size);
        let patterns = sizes.fold(0, u64::saturating_add);
        Self { parts, too_large, has_tried_patterns, patterns }
    }

    /// Returns the number of steps that validating `value` takes at most; `None` if there are more than `most`.
    pub fn steps(&self, value: &Value, most: u64) -> Option<u64> {
        let mut count = Count { parts: &self.parts, left: most };
        count.apply(0, value, None)?;
        Some(most - count.left)
    }
}

/// Returns a part that is applied to one value too often, and how often; `None` if there is none. A part that applies
/// itself adds nothing to itself.
fn too_large(parts: &[Part]) -> Option<(usize, u64)> {
    // `None` is not known yet, and zero is being counted.
    let mut unfolded: Vec<Option<u64>> = vec![None; parts.len()];
    for root in 0..parts.len() {
        let mut path = vec![(root, 0)];
        while let Some((part, next)) = path.pop() {
            if next == 0 && unfolded[part].is_some() {
                continue;
            }
            unfolded[part].get_or_insert(0);
            if let Some(below) = parts[part].same.get(next) {
                path.extend([(part, next + 1), (*below, 0)]);
                continue;
            }
            let of = |below: &usize| unfolded[*below].unwrap_or(0);
            let sum = parts[part].same.iter().map(of).fold(1, u64::saturating_add);
            if sum > MAX_UNFOLDED {
                return Some((part, sum));
            }
            unfolded[part] = Some(sum);
        }
    }
    None
}

/// Returns the JSON Pointer to a part of a schema; `None` if it is in another file.
fn pointer_to(schema: &Value, part: &Value) -> Option<String> {
    if std::ptr::eq(schema, part) {
        return Some(String::new());
    }
    let below = |step: &str, value| pointer_to(value, part).map(|rest| format!("/{step}{rest}"));
    match schema {
        Value::Object(members) => {
            members.iter().find_map(|(key, value)| below(&escape_pointer_step(key), value))
        }
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, value)| below(&index.to_string(), value))
        }
        _ => None,
    }
}

/// Counts the steps of one validation.
struct Count<'s> {
    parts: &'s [Part],
    /// Number of steps that are left.
    left: u64,
}

/// A part that is being applied. A list on the stack, because most validations are short.
struct Open<'o> {
    part: usize,
    value: *const Value,
    depth: usize,
    /// The part that applies it.
    outer: Option<&'o Open<'o>>,
}

impl Open<'_> {
    /// Returns true if a part is being applied to a value already. It is applied once, also if it applies itself.
    fn applies(&self, part: usize, value: *const Value) -> bool {
        let mut open = Some(self);
        while let Some(this) = open.filter(|this| this.value == value) {
            if this.part == part {
                return true;
            }
            open = this.outer;
        }
        false
    }
}

impl Count<'_> {
    fn spend(&mut self, steps: u64) -> Option<()> {
        self.left = self.left.checked_sub(steps)?;
        Some(())
    }

    /// Counts the steps of a part; `None` if they are more than are left.
    fn apply(&mut self, index: usize, value: &Value, outer: Option<&Open<'_>>) -> Option<()> {
        let part = &self.parts[index];
        self.spend(part.own)?;
        let is_leaf = part.same.is_empty()
            && !matches!((value, part.has_children()), (Value::Array(_) | Value::Object(_), true));
        if let (Value::String(text), Some(pattern)) = (value, &part.pattern) {
            self.spend(pattern.steps(text)?)?;
        }
        if is_leaf {
            return Some(());
        }
        if outer.is_some_and(|outer| outer.applies(index, value)) {
            return Some(());
        }
        let depth = outer.map_or(0, |outer| outer.depth + 1);
        if depth >= MAX_DEPTH {
            return None;
        }
        let open = Open { part: index, value, depth, outer };
        let before = self.left;
        for below in &part.same {
            self.apply(*below, value, Some(&open))?;
        }
        let same = before - self.left;
        match value {
            Value::Object(members) => self.members(part, members, same, &open)?,
            Value::Array(items) => {
                for item in items {
                    for below in &part.items {
                        self.apply(*below, item, Some(&open))?;
                    }
                }
                if part.is_unevaluated {
                    self.spend(same.saturating_mul(items.len() as u64))?;
                }
            }
            _ => {}
        }
        Some(())
    }

    fn members(
        &mut self,
        part: &Part,
        members: &Map<String, Value>,
        same: u64,
        open: &Open<'_>,
    ) -> Option<()> {
        for (name, below) in &part.named {
            if let Some(value) = members.get(name) {
                self.apply(*below, value, Some(open))?;
            }
        }
        if !part.members.is_empty() || !part.names.is_empty() || !part.name_patterns.is_empty() {
            for (name, value) in members {
                for pattern in &part.name_patterns {
                    self.spend(pattern.steps(name)?)?;
                }
                for below in &part.members {
                    self.apply(*below, value, Some(open))?;
                }
                if !part.names.is_empty() {
                    let name = Value::from(name.as_str());
                    for below in &part.names {
                        self.apply(*below, &name, Some(open))?;
                    }
                }
            }
        }
        if part.is_unevaluated {
            self.spend(same.saturating_mul(members.len() as u64))?;
        }
        Some(())
    }
}

impl Part {
    fn patterns(&self) -> impl Iterator<Item = PatternCost> {
        self.pattern.into_iter().chain(self.name_patterns.iter().copied())
    }

    /// Returns true if something is applied to members or items.
    fn has_children(&self) -> bool {
        !(self.named.is_empty()
            && self.members.is_empty()
            && self.names.is_empty()
            && self.items.is_empty()
            && self.name_patterns.is_empty())
            || self.is_unevaluated
    }
}

/// Reads the parts of a schema that can be reached from its root.
struct Reader<'d> {
    documents: &'d Documents<'d>,
    /// The indexes of parts, by the address of what is written there.
    known: HashMap<*const Value, usize>,
    parts: Vec<Part>,
    /// The schema that is written there, for each part.
    places: Vec<Place<'d>>,
}

impl<'d> Reader<'d> {
    fn new(documents: &'d Documents<'d>) -> Self {
        Self { documents, known: HashMap::new(), parts: Vec::new(), places: Vec::new() }
    }

    /// Returns all parts, the root first, and what is written at each.
    fn read(mut self) -> (Vec<Part>, Vec<&'d Value>) {
        self.index(self.documents.root());
        let mut next = 0;
        while let Some(place) = self.places.get(next).cloned() {
            let part = self.part(&place);
            self.parts[next] = part;
            next += 1;
        }
        let found = self.places.into_iter().map(|place| place.value).collect();
        (self.parts, found)
    }

    /// Returns the index of the part at a place, which is read later if it is not known yet.
    fn index(&mut self, place: Place<'d>) -> usize {
        let next = self.parts.len();
        let index = *self.known.entry(place.value).or_insert(next);
        if index == next {
            self.parts.push(Part::default());
            self.places.push(place);
        }
        index
    }

    fn part(&mut self, place: &Place<'d>) -> Part {
        let Value::Object(keywords) = place.value else { return Part { own: 1, ..Part::default() } };
        let place = place.within();
        let mut part = Part { own: 1 + keywords.len() as u64, ..Part::default() };
        for (keyword, value) in keywords {
            let keyword = keyword.as_str();
            match (keyword, value) {
                _ if LISTS.contains(&keyword) || PARTS.contains(&keyword) => {
                    part.same.extend(self.schemas(&place, value))
                }
                (_, Value::String(reference)) if REFERENCES.contains(&keyword) => {
                    let targets = self.documents.resolve(&place, reference);
                    part.same.extend(targets.into_iter().map(|target| self.index(target)));
                }
                ("properties", Value::Object(named)) => {
                    part.named = named
                        .iter()
                        .map(|(name, value)| (name.clone(), self.index(place.at(value))))
                        .collect();
                }
                ("patternProperties", Value::Object(named)) => {
                    part.name_patterns.extend(named.keys().map(|pattern| PatternCost::of(pattern)));
                    part.members.extend(named.values().map(|value| self.index(place.at(value))));
                }
                ("dependentSchemas" | "dependencies", Value::Object(named)) => {
                    let schemas = named.values().filter(|value| !value.is_array());
                    part.same.extend(schemas.map(|value| self.index(place.at(value))));
                }
                ("propertyNames", _) => part.names.extend(self.schemas(&place, value)),
                ("pattern", Value::String(pattern)) => part.pattern = Some(PatternCost::of(pattern)),
                ("enum" | "required", Value::Array(values)) => part.own += values.len() as u64,
                _ if MEMBERS.contains(&keyword) => part.members.extend(self.schemas(&place, value)),
                _ if ITEMS.contains(&keyword) => part.items.extend(self.schemas(&place, value)),
                _ => {}
            }
            part.is_unevaluated |= keyword.starts_with("unevaluated");
        }
        part
    }

    /// Returns the indexes of one schema, or of each in a list.
    fn schemas(&mut self, place: &Place<'d>, value: &'d Value) -> Vec<usize> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.index(place.at(item))).collect(),
            // `true` and `false` are decided at once.
            Value::Bool(_) => Vec::new(),
            _ => vec![self.index(place.at(value))],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cost(schema: &Value) -> SchemaCost {
        SchemaCost::of(schema, &SchemaRegistry::default())
    }

    /// Returns a value of nested objects.
    fn nested(depth: usize) -> Value {
        (0..depth).fold(json!({ "w": 1 }), |inner, _| json!({ "x": inner }))
    }

    #[test]
    fn a_schema_that_multiplies_for_each_level_of_a_value_has_no_bound() {
        let alternative = json!({ "properties": { "x": { "$ref": "#/$defs/a" } }, "required": ["y"] });
        let two = |keyword: &str| json!({ "$ref": "#/$defs/a", "$defs": { "a": { keyword: [alternative, alternative] } } });
        let by_name = json!({ "$defs": { "a": {
            "patternProperties": { "x": { "$ref": "#/$defs/a" }, "^x": { "$ref": "#/$defs/a" } }
        } }, "$ref": "#/$defs/a" });
        let conditional = json!({ "if": { "properties": { "x": { "$ref": "#" } } }, "then": { "properties": { "x": { "$ref": "#" } } } });
        let anchored = json!({ "$dynamicAnchor": "a", "allOf": [
            { "properties": { "x": { "$dynamicRef": "#a" } } }, { "properties": { "x": { "$ref": "#a" } } }
        ] });
        let own_address = json!({ "$id": "https://example.com/a", "allOf": [
            { "properties": { "x": { "$ref": "a" } } },
            { "properties": { "x": { "$ref": "https://example.com/a#" } } }
        ] });
        let dependent = json!({ "dependentSchemas": { "x": { "properties": { "x": { "$ref": "#" } } } }, "properties": { "x": { "$ref": "#" } } });
        for schema in
            [two("anyOf"), two("oneOf"), two("allOf"), by_name, conditional, anchored, own_address, dependent]
        {
            let cost = cost(&schema);
            assert_eq!(cost.too_large, None, "{schema}");
            assert!(cost.steps(&nested(3), 10_000).is_some(), "{schema}");
            assert_eq!(cost.steps(&nested(40), 100_000), None, "{schema}");
        }
    }

    #[test]
    fn items_and_names_multiply_as_members_do() {
        let lists = (0..40).fold(json!([]), |inner, _| json!([inner]));
        let of_items = json!({ "items": { "$ref": "#" }, "contains": { "$ref": "#" }, "not": { "items": { "$ref": "#" } } });
        assert_eq!(cost(&of_items).steps(&lists, 100_000), None);
        let many: Value =
            (0..2_000).map(|number| (format!("n{number}"), json!(number))).collect::<Map<_, _>>().into();
        let of_names = json!({ "propertyNames": { "pattern": "(a|b)*a(a|b){2000}" } });
        assert!(cost(&of_names).steps(&many, 4_000).is_none());
        let unevaluated =
            json!({ "allOf": vec![json!({ "maxProperties": 9 }); 1_000], "unevaluatedProperties": false });
        assert!(cost(&unevaluated).steps(&many, 1_000_000).is_none());
    }

    #[test]
    fn the_steps_of_a_usual_schema_grow_with_the_value() {
        let tree =
            json!({ "properties": { "x": { "$ref": "#" } }, "additionalProperties": { "type": "integer" } });
        let error = json!({
            "type": "object",
            "required": ["error"],
            "properties": { "error": { "oneOf": [{ "enum": ["a", "b"] }, { "pattern": "^[a-z]+$" }] } }
        });
        let applies_itself = json!({ "anyOf": [{ "$ref": "#" }, { "type": "object" }] });
        let steps = |schema: &Value, value: &Value| cost(schema).steps(value, 10_000_000);
        assert!(steps(&tree, &nested(100)).is_some_and(|steps| steps < 1_000));
        assert!(steps(&error, &json!({ "error": "not_found" })).is_some_and(|steps| steps < 20));
        assert!(steps(&applies_itself, &json!({})).is_some_and(|steps| steps < 20));
    }

    #[test]
    fn a_schema_that_multiplies_on_one_value_is_too_large() {
        let chain = |each: usize, count: usize| {
            let below = |index: usize| json!({ "allOf": vec![json!({ "$ref": format!("#/$defs/d{}", index + 1) }); each] });
            let mut parts: Map<String, Value> =
                (0..count).map(|index| (format!("d{index}"), below(index))).collect();
            parts.insert(format!("d{count}"), json!({ "type": "object" }));
            json!({ "$defs": parts, "properties": { "here": { "$ref": "#/$defs/d0" } } })
        };
        for (each, count) in [(3, 26), (2, 40), (400, 3)] {
            let found = cost(&chain(each, count)).too_large.expect("too large");
            assert!(found.at.starts_with("/$defs/d") && found.unfolded > MAX_UNFOLDED, "{found:?}");
        }
        for (each, count) in [(1, 20_000), (2, 10), (200, 2)] {
            assert_eq!(cost(&chain(each, count)).too_large, None, "{each} {count}");
        }
    }

    #[test]
    fn a_deep_validation_is_not_begun() {
        let deep =
            (0..60).fold(json!({ "items": { "$ref": "#/$defs/n" } }), |inner, _| json!({ "allOf": [inner] }));
        let schema = json!({ "$defs": { "n": deep }, "$ref": "#/$defs/n" });
        let lists = (0..100).fold(json!([]), |inner, _| json!([inner]));
        assert_eq!(cost(&schema).steps(&lists, 100_000), None);
    }
}
