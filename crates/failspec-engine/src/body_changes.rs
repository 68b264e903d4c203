//! Changes to the JSON body of a request: members that are added or left out, and values that take the place of others.

use failspec_base::template::{JsonTemplate, Placeholder, Template};
use failspec_judge::check::show;
use failspec_pack::pack::{BodyTemplate, RequestTemplate};
use serde_json::Value;

use super::refusal_mismatch::id_in_path;

/// The highest number with which an import tells the names of one case apart.
const MAX_NUMBER: usize = 9;

/// A change to a body that is a JSON object, or a list of objects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    /// The names of the members that lead to it; of an item of a list, its number.
    pub path: Vec<String>,
    /// The value that is replaced. A body with another one is left as it is: that may be the fault. `None`: a member is added
    /// where there is none.
    instead_of: Option<JsonTemplate>,
    /// `None`: the member is left out.
    value: Option<JsonTemplate>,
    /// The request whose response lists the value, if it is one of the API's own.
    list: Option<String>,
    /// True if it leaves out a value that was made up, or replaces it by another one: that the API refuses it says nothing about the document.
    is_of_made_up: bool,
    /// The segment of the path of each request that is its value, counted from the end.
    segment: Option<usize>,
}

impl Change {
    pub fn add(path: Vec<String>, value: JsonTemplate) -> Self {
        Self { path, instead_of: None, value: Some(value), list: None, is_of_made_up: false, segment: None }
    }

    pub fn replace(path: Vec<String>, own: JsonTemplate, value: JsonTemplate) -> Self {
        Self {
            path,
            instead_of: Some(own),
            value: Some(value),
            list: None,
            is_of_made_up: false,
            segment: None,
        }
    }

    pub fn leave_out(path: Vec<String>, own: JsonTemplate) -> Self {
        Self { path, instead_of: Some(own), value: None, list: None, is_of_made_up: false, segment: None }
    }

    /// Leaves out an optional member whose value was made up.
    pub fn leave_out_made_up(path: Vec<String>, own: JsonTemplate) -> Self {
        Self { is_of_made_up: true, ..Self::leave_out(path, own) }
    }

    /// Puts a value in the place of one that was made up, and no better.
    pub fn replace_made_up(path: Vec<String>, own: JsonTemplate, value: JsonTemplate) -> Self {
        Self { is_of_made_up: true, ..Self::replace(path, own, value) }
    }

    /// Lets a member have the id that a segment of the path of the request has, counted from the end.
    pub fn id_of_path(path: Vec<String>, instead_of: Option<JsonTemplate>, segment: usize) -> Self {
        let value = Some(JsonTemplate::Constant(Value::Null));
        Self { path, instead_of, value, list: None, is_of_made_up: false, segment: Some(segment) }
    }

    /// Returns the change for a request; `None` if its path has no id.
    pub fn for_request(&self, template: &RequestTemplate) -> Option<Self> {
        match self.segment {
            Some(segment) => Some(Self { value: Some(id_in_path(template, segment)?), ..self.clone() }),
            None => Some(self.clone()),
        }
    }

    /// Returns the new value; `None` if the member is left out.
    pub fn value(&self) -> Option<&JsonTemplate> {
        self.value.as_ref()
    }

    /// Returns the change with the request whose response lists its value.
    pub fn listed_by(self, list: String) -> Self {
        Self { list: Some(list), ..self }
    }

    /// Returns true if its value is one that the API lists.
    pub fn is_listed(&self) -> bool {
        self.list.is_some()
    }

    /// Returns true if what the API refused was a value that was made up, and no schema could say which ones it takes.
    pub fn is_no_deviation(&self) -> bool {
        self.is_listed() || self.is_of_made_up
    }

    /// Returns its place for people: `[0].role`.
    pub fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step.bytes().all(|byte| byte.is_ascii_digit()) {
                true => place.push_str(&format!("[{step}]")),
                false if place.is_empty() => place.push_str(step),
                false => place.push_str(&format!(".{step}")),
            }
        }
        place
    }

    /// Returns true if it adds a member to a body.
    pub fn adds(&self, template: &RequestTemplate) -> bool {
        self.instead_of.is_none() && at(template, &self.path).is_none_or(|own| is_short(&own))
    }

    /// Returns true if it leaves a member of a body out.
    pub fn leaves_out(&self) -> bool {
        self.value.is_none()
    }

    /// Returns the new value for people; of a member that is left out the one that it had.
    pub fn shown(&self) -> String {
        let value = self.value.as_ref().or(self.instead_of.as_ref()).and_then(constant_of);
        if self.segment.is_some() {
            return "the id in the path".to_owned();
        }
        let shown = value.as_ref().map_or_else(|| "a value of the run".to_owned(), show);
        match &self.list {
            Some(list) => format!("{shown} (listed by {list})"),
            None => shown,
        }
    }

    /// Returns the change with another name of the run in its value, if it has one: for a second thing in the same case.
    pub fn for_another(&self) -> Self {
        let value = self.value.as_ref().map(renamed);
        Self { value, ..self.clone() }
    }

    fn applies_to(&self, own: Option<&JsonTemplate>) -> bool {
        match (own, &self.instead_of) {
            (None, instead_of) => instead_of.is_none(),
            (Some(own), None) => is_short(own),
            (Some(own), Some(instead_of)) => {
                own == instead_of
                    || stem_of(own).is_some_and(|own| stem_of(instead_of) == Some(own))
                    || is_plain_name(own) && instead_of.as_constant().is_some_and(Value::is_string)
                    || constant_of(own).is_some_and(|own| constant_of(instead_of) == Some(own))
            }
        }
    }
}

/// Returns true if a request has a body that is a JSON object, or a list that begins with one.
pub(super) fn members_of(template: &RequestTemplate) -> bool {
    object(template).is_some()
}

/// Returns the value of a body at a path.
pub(super) fn at(template: &RequestTemplate, path: &[String]) -> Option<JsonTemplate> {
    path.iter().try_fold(object(template)?, |own, step| match own {
        JsonTemplate::Map(members) => {
            members.into_iter().find(|(name, _)| name == step).map(|(_, value)| opened(value))
        }
        list => items(&list)?.into_iter().nth(step.parse().ok()?).map(opened),
    })
}

/// Returns the items of a list.
pub(super) fn items(list: &JsonTemplate) -> Option<Vec<JsonTemplate>> {
    match list {
        JsonTemplate::List(items) => Some(items.clone()),
        JsonTemplate::Constant(Value::Array(items)) => {
            Some(items.iter().cloned().map(JsonTemplate::Constant).collect())
        }
        _ => None,
    }
}

/// Returns the path to the members that a body is about: nothing for an object, the first item for a list of objects.
pub(super) fn way_to_members(template: &RequestTemplate) -> Vec<String> {
    let is_list = object(template).is_some_and(|body| !matches!(body, JsonTemplate::Map(_)));
    if is_list { vec!["0".to_owned()] } else { Vec::new() }
}

/// Returns the value of a template that has nothing in it which is only known in the run.
pub(super) fn constant_of(value: &JsonTemplate) -> Option<Value> {
    match value {
        JsonTemplate::Map(members) => {
            let members = members.iter().map(|(name, value)| Some((name.clone(), constant_of(value)?)));
            members.collect::<Option<serde_json::Map<String, Value>>>().map(Value::Object)
        }
        other => other.as_constant().cloned(),
    }
}

/// Returns the names of all members of a body.
pub(super) fn names(template: &RequestTemplate) -> Vec<String> {
    fn collect(own: JsonTemplate, names: &mut Vec<String>) {
        if let JsonTemplate::Map(members) = opened(own) {
            for (name, value) in members {
                names.push(name);
                collect(value, names);
            }
        }
    }
    let mut names = Vec::new();
    let whole = object(template).map(|body| items(&body).unwrap_or_else(|| vec![body]));
    whole.into_iter().flatten().for_each(|own| collect(own, &mut names));
    names
}

/// Returns true if a value was made up: it is written in the scenario, or has nothing but a name of the run in it.
pub(super) fn is_made_up(value: &JsonTemplate) -> bool {
    value.as_constant().is_some_and(|value| !value.is_object()) || is_of_run(value)
}

/// Returns true if a text has a name of the run in it, and nothing else that is not known before.
pub(super) fn is_of_run(value: &JsonTemplate) -> bool {
    let holes = value.holes();
    !holes.is_empty() && holes.iter().all(|hole| **hole == Placeholder::Unique)
}

/// Returns true for a name of the run alone: an import has made it up like any other text.
fn is_plain_name(value: &JsonTemplate) -> bool {
    let unique = Template::parse("${unique}").ok();
    unique.is_some() && stem_of(value) == unique
}

/// Returns a text with nothing but a name of the run in it that is only known then, without the end that tells names of one case apart.
/// More in a text, such as a NUL, may be the fault.
fn stem_of(value: &JsonTemplate) -> Option<Template> {
    let JsonTemplate::Text(text) = value else { return None };
    if !is_of_run(value) {
        return None;
    }
    let ends = (1..=MAX_NUMBER).map(|number| format!("-{number}"));
    let ends = ends.chain(["added", "taken", "other"].map(|word| format!("-{word}")));
    let stem = ends.fold(text.written(), |stem, end| stem.replace(&format!("${{unique}}{end}"), "${unique}"));
    Template::parse(&stem).ok()
}

/// Returns true for a list or an object that is as short as the document allows: there is nothing in it.
pub(super) fn is_short(value: &JsonTemplate) -> bool {
    constant_of(value).is_some_and(|value| {
        is_empty_list(&value) || value.as_object().is_some_and(serde_json::Map::is_empty)
    })
}

/// Returns true for a list with nothing in it, or with nothing but such lists.
fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_empty_list))
}

/// Returns the request with these changes to its body; `None` if none of them applies.
pub(super) fn changed(template: &RequestTemplate, changes: &[Change]) -> Option<RequestTemplate> {
    let changes: Vec<Change> = changes.iter().filter_map(|change| change.for_request(template)).collect();
    let whole = changed_json(object(template)?, &changes)?;
    Some(RequestTemplate { body: Some(Box::new(BodyTemplate::Json(whole))), ..template.clone() })
}

fn apply(own: &mut JsonTemplate, path: &[String], change: &Change) -> bool {
    let Some((step, rest)) = path.split_first() else { return false };
    *own = opened(std::mem::replace(own, JsonTemplate::Constant(Value::Null)));
    if let Some(mut items) = items(own) {
        let item = step.parse().ok().and_then(|number: usize| items.get_mut(number));
        let is_changed = item.is_some_and(|item| apply(item, rest, change));
        *own = JsonTemplate::List(items);
        return is_changed;
    }
    let JsonTemplate::Map(members) = own else { return false };
    let member = members.iter_mut().find(|(name, _)| name == step);
    match (member, rest.is_empty()) {
        (Some((_, inner)), false) => apply(inner, rest, change),
        (None, false) => false,
        (member, true) => {
            if !change.applies_to(member.as_ref().map(|(_, value)| value)) {
                return false;
            }
            match (member, &change.value) {
                (Some((_, own)), Some(value)) => *own = value.clone(),
                (None, Some(value)) => members.push((step.clone(), value.clone())),
                (_, None) => members.retain(|(name, _)| name != step),
            }
            true
        }
    }
}

/// Returns a value in which a text that is the name of the run is another one.
fn renamed(value: &JsonTemplate) -> JsonTemplate {
    match value {
        // It may be a part of the text: `${unique}@example.com`.
        JsonTemplate::Text(text) => {
            let other = text.written().replace("${unique}", "${unique}-added");
            JsonTemplate::parse(&other.into()).unwrap_or_else(|_| value.clone())
        }
        JsonTemplate::List(items) => JsonTemplate::List(items.iter().map(renamed).collect()),
        other => other.clone(),
    }
}

/// Returns an object with these changes; `None` if none of them applies.
pub(super) fn changed_json(mut whole: JsonTemplate, changes: &[Change]) -> Option<JsonTemplate> {
    let applied: Vec<bool> = changes.iter().map(|change| apply(&mut whole, &change.path, change)).collect();
    applied.contains(&true).then_some(whole)
}

fn object(template: &RequestTemplate) -> Option<JsonTemplate> {
    match template.body.as_deref()? {
        BodyTemplate::Json(body) => {
            let is_map = |body: &JsonTemplate| matches!(body, JsonTemplate::Map(_));
            let is_list = |body: &JsonTemplate| {
                items(body).and_then(|items| items.into_iter().next()).is_some_and(|it| is_map(&opened(it)))
            };
            Some(opened(body.clone())).filter(|body| is_map(body) || is_list(body))
        }
        _ => None,
    }
}

/// Returns a constant object as one whose members can be changed.
pub(super) fn opened(value: JsonTemplate) -> JsonTemplate {
    match value {
        JsonTemplate::Constant(Value::Object(members)) => JsonTemplate::Map(
            members.into_iter().map(|(name, value)| (name, JsonTemplate::Constant(value))).collect(),
        ),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json_of(value: &Value) -> JsonTemplate {
        JsonTemplate::parse(value).expect("a template")
    }

    #[test]
    fn changes_are_made_where_the_body_has_what_they_replace() {
        let add = |path: &[&str], value: Value| {
            Change::add(path.iter().map(|step| (*step).to_owned()).collect(), json_of(&value))
        };
        let replace = |path: &[&str], own: Value, value: Value| {
            let path = path.iter().map(|step| (*step).to_owned()).collect();
            Change::replace(path, json_of(&own), json_of(&value))
        };
        for (body, change, expected) in [
            (json!({ "a": 1 }), add(&["b"], json!(2)), Some(json!({ "a": 1, "b": 2 }))),
            (json!({ "a": 1 }), add(&["a"], json!(2)), None),
            (json!({ "a": [] }), add(&["a"], json!([2])), Some(json!({ "a": [2] }))),
            (json!({ "a": {} }), add(&["a"], json!({ "b": 2 })), Some(json!({ "a": { "b": 2 } }))),
            (json!({ "a": { "c": 1 } }), add(&["a"], json!({ "b": 2 })), None),
            (json!({ "a": {} }), add(&["a", "b"], json!(2)), Some(json!({ "a": { "b": 2 } }))),
            (json!({}), add(&["a", "b"], json!(2)), None),
            (json!({ "a": "x" }), replace(&["a"], json!("x"), json!("y")), Some(json!({ "a": "y" }))),
            // Another value is the fault.
            (json!({ "a": 7 }), replace(&["a"], json!("x"), json!("y")), None),
            (
                json!({ "a": "${unique}-1" }),
                replace(&["a"], json!("${unique}"), json!("y")),
                Some(json!({ "a": "y" })),
            ),
            (json!({ "a": "${made}" }), replace(&["a"], json!("${unique}"), json!("y")), None),
            // Both are made up.
            (
                json!({ "a": "${unique}" }),
                replace(&["a"], json!("failspec"), json!("y")),
                Some(json!({ "a": "y" })),
            ),
            (json!({ "a": "${unique}\0" }), replace(&["a"], json!("failspec"), json!("y")), None),
            // What stands beside the name is the fault.
            (json!({ "a": "${unique}\0" }), replace(&["a"], json!("${unique}"), json!("y")), None),
            (json!({ "a": "${unique}/a b" }), replace(&["a"], json!("${unique}-1"), json!("y")), None),
            (
                json!({ "a": "${unique}-2@example.com" }),
                replace(&["a"], json!("${unique}@example.com"), json!("y")),
                Some(json!({ "a": "y" })),
            ),
            // A member that the example has, and its value is the author's.
            (
                json!({ "a": 1, "b": 2 }),
                Change::leave_out(vec!["b".to_owned()], json_of(&json!(2))),
                Some(json!({ "a": 1 })),
            ),
            (json!({ "a": 1, "b": 7 }), Change::leave_out(vec!["b".to_owned()], json_of(&json!(2))), None),
            (json!({ "a": 1 }), Change::leave_out(vec!["b".to_owned()], json_of(&json!(2))), None),
            // An entry of a map.
            (
                json!({ "a": { "b": { "c": 1 }, "d": {} } }),
                Change::leave_out(vec!["a".to_owned(), "b".to_owned()], json_of(&json!({ "c": 1 }))),
                Some(json!({ "a": { "d": {} } })),
            ),
            (
                json!({ "a": { "b": { "c": 1 } } }),
                Change::leave_out(vec!["a".to_owned()], json_of(&json!({ "b": { "c": 1 } }))),
                Some(json!({})),
            ),
            // An item of a list, and a member of an item.
            (
                json!([{ "a": 1, "b": "x" }]),
                Change::leave_out(vec!["0".to_owned(), "b".to_owned()], json_of(&json!("x"))),
                Some(json!([{ "a": 1 }])),
            ),
            (
                json!([{ "a": 1, "b": 7 }]),
                Change::leave_out(vec!["0".to_owned(), "b".to_owned()], json_of(&json!("x"))),
                None,
            ),
            (
                json!({ "l": [{ "a": "${unique}" }, { "b": 1 }] }),
                Change::leave_out(["l", "1", "b"].map(str::to_owned).to_vec(), json_of(&json!(1))),
                Some(json!({ "l": [{ "a": "${unique}" }, {}] })),
            ),
            (
                json!([{ "a": "${unique}" }]),
                add(&["0", "b"], json!(2)),
                Some(json!([{ "a": "${unique}", "b": 2 }])),
            ),
            (json!([]), add(&["0", "b"], json!(2)), None),
            (json!(["x"]), add(&["0", "b"], json!(2)), None),
            (json!([{ "a": 1 }]), add(&["b"], json!(2)), None),
            (json!([{ "a": 1 }]), add(&["0"], json!(2)), None),
            // The name of a second thing.
            (
                json!({ "names": [] }),
                add(&["names"], json!(["${unique}"])).for_another(),
                Some(json!({ "names": ["${unique}-added"] })),
            ),
        ] {
            let mut whole = json_of(&body);
            let is_changed = apply(&mut whole, &change.path, &change);
            let expected_template = json_of(expected.as_ref().unwrap_or(&body));
            assert_eq!(
                (is_changed, fully_opened(whole)),
                (expected.is_some(), fully_opened(expected_template)),
                "{body}"
            );
        }
    }

    fn fully_opened(value: JsonTemplate) -> JsonTemplate {
        match opened(value) {
            JsonTemplate::Map(members) => JsonTemplate::Map(
                members.into_iter().map(|(name, value)| (name, fully_opened(value))).collect(),
            ),
            other => match items(&other) {
                Some(items) => JsonTemplate::List(items.into_iter().map(fully_opened).collect()),
                None => other,
            },
        }
    }

    #[test]
    fn places_are_shown_as_in_code() {
        for (path, shown) in
            [(&["a"][..], "a"), (&["a", "b"], "a.b"), (&["0", "b"], "[0].b"), (&["a", "1", "b"], "a[1].b")]
        {
            let path = path.iter().map(|step| (*step).to_owned()).collect();
            assert_eq!(Change::add(path, json_of(&json!(1))).place(), shown);
        }
    }
}
