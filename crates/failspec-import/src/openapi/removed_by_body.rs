//! Things that are removed by another operation than a DELETE on their own path, which takes the name that their creation sent in its
//! body: `POST /clients/add` and `POST /clients/delete {"name": …}`.

use serde_json::{Map, Value};

use failspec_pack::openapi::{Api, Operation};

use super::{
    actions::{adds_person, answers_with_a_thing, says_several, selects_several, speaks_of_one},
    body::Members,
    crud::{CreateOperations, bare, fold},
    effects::{only_reads, sets_up},
    fixtures::identifies,
    generate::{Generator, declares},
    invalid_value::core,
    unusual::snake,
    valid_request::json_body,
    value_generator::{UNIQUE, UNIQUE_WITHIN, kind},
};

/// Words in the last segment of a path that say that an operation adds one thing.
const ADDING: [&str; 6] = ["add", "create", "insert", "make", "new", "register"];

/// Words in the last segment of the path beside it that say that an operation takes one away.
const REMOVING: [&str; 7] = ["del", "delete", "destroy", "erase", "remove", "rm", "unregister"];

/// Maximum number of texts by which a removal names a thing: of more, hardly any is a name, and made-up ones are refused.
const MAX_TEXTS: usize = 2;

/// A member of the body of a removal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RemovalMember {
    pub name: String,
    pub is_required: bool,
    /// The form of a text of the run, if it is a text that may name the thing.
    pub own: Option<&'static str>,
}

impl<'a> CreateOperations<'a> {
    /// Returns the operation that removes what a POST creates, by their paths and words. It must speak of one thing: whatever else it
    /// could be about is not the run's.
    pub fn removal_beside(&self, api: &'a Api, make: &Operation) -> Option<&'a Operation> {
        if make.method != "POST" || make.path.contains('{') || only_reads(make) || sets_up(make) {
            return None;
        }
        // Somebody gets a message, which no removal takes back.
        if adds_person(api, make) {
            return None;
        }
        let is_one = |it: &&Operation| {
            !it.path.contains('{')
                && speaks_of_one(it)
                && !says_several(it)
                && !answers_with_a_thing(it, api)
                && it.parameters.iter().all(|parameter| !parameter.required)
        };
        let mut found = api.operations.iter().filter(|it| removes_what(make, it)).filter(is_one);
        // Of two, it is not known which one undoes the creation.
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

/// Returns true if an operation removes what a POST creates, by their paths: `/clients/add` and `/clients/remove`, `/createKey` and
/// `/deleteKey`, `/clients` and `/clients/delete`, or a DELETE with a body on the same path.
fn removes_what(make: &Operation, remove: &Operation) -> bool {
    let creates = || declares(make, 201) || make.says_that_it_creates();
    let (made, removed) = (bare(&make.path), bare(&remove.path));
    match remove.method.as_str() {
        "DELETE" if made == removed => !remove.body.is_empty() && creates(),
        "DELETE" | "POST" | "PUT" => {
            let (Some((folder, last)), Some((other_folder, other_last))) =
                (made.rsplit_once('/'), removed.rsplit_once('/'))
            else {
                return false;
            };
            let rest = words_without(other_last, &REMOVING);
            let is_beside = || folder == other_folder && words_without(last, &ADDING) == rest;
            let is_below = || other_folder == made && rest.as_deref() == Some(&[]) && creates();
            rest.is_some() && (is_beside() || is_below())
        }
        _ => false,
    }
}

/// Returns the words of a segment without the verb with which it begins or ends; `None` if it has none of these.
fn words_without(segment: &str, verbs: &[&str]) -> Option<Vec<String>> {
    let mut words: Vec<String> =
        snake(segment).split('_').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let is_verb = |word: Option<&String>| word.is_some_and(|word| verbs.contains(&word.as_str()));
    if is_verb(words.first()) {
        words.remove(0);
        Some(words)
    } else if is_verb(words.last()) {
        words.pop();
        Some(words)
    } else {
        None
    }
}

impl<'a> Generator<'a> {
    /// Returns the members of the body with which what an operation creates is removed. `None` if the creation does not send what names
    /// the thing, or if the removal could be about more than that.
    pub(super) fn members_of_removal(
        &self,
        make: &Operation,
        remove: &Operation,
    ) -> Option<Vec<RemovalMember>> {
        let bundle = &self.declared.api.bundle;
        let of = |operation: &Operation| {
            let schema = json_body(operation).and_then(|content| content.schema.as_ref())?;
            Some(Members::of(bundle, schema, 0))
        };
        let (sent, taken) = (of(make)?, of(remove)?);
        let mut members = Vec::new();
        let mut has_key = false;
        let mut leaves_out_text = false;
        for (name, property) in &taken.properties {
            if selects_several(name) {
                return None;
            }
            let inner = core(bundle, property);
            let is_required = remove.body_required && taken.required.contains(name);
            let own = identifies(inner);
            let same = sent.properties.iter().find(|(other, _)| other == name);
            // What names a thing otherwise than the creation does may be somebody else's.
            let names_another = own.is_none() && self.names_things(name, property);
            let Some((_, property)) = same.filter(|_| !names_another) else {
                if is_required || self.names_things(name, property) {
                    return None;
                }
                leaves_out_text |= own.is_some();
                continue;
            };
            let own_of_sent = identifies(core(bundle, property));
            if own.is_some() {
                let text = own.map(|own| Value::from(own.replace(UNIQUE, &UNIQUE_WITHIN.to_string())));
                let is_own = text.is_some_and(|text| {
                    [property, inner].into_iter().all(|schema| self.sampler.is_allowed(schema, &text))
                });
                if own_of_sent != own || !is_own || self.paths.given(name).is_some() {
                    return None;
                }
                has_key |= is_required;
            } else if !is_plain(inner) {
                match is_required {
                    true => return None,
                    false => continue,
                }
            }
            members.push(RemovalMember { name: name.clone(), is_required, own });
        }
        if members.iter().filter(|member| member.own.is_some()).count() > MAX_TEXTS {
            return None;
        }
        // A name that is optional everywhere is sent all the same; without another text, no server can take it for something else.
        let names_it = has_key || members.iter().any(|member| member.own.is_some()) && !leaves_out_text;
        (names_it && taken.required.iter().all(|name| members.iter().any(|it| it.name == *name)))
            .then_some(members)
    }
}

/// Returns true for a switch, a number or a word, which names nothing.
fn is_plain(schema: &Value) -> bool {
    let has_words = schema.get("enum").is_some() || schema.get("const").is_some();
    has_words || matches!(schema.as_object().and_then(kind), Some("boolean" | "integer" | "number"))
}

/// Returns the body with which what a body created is removed; `None` if a member is missing, or a text is not the run's own.
pub(super) fn removing_body(
    members: &[RemovalMember],
    sent: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let mut body = Map::new();
    for member in members {
        match (sent.get(&member.name), member.own) {
            (None, None) if !member.is_required => {}
            (Some(Value::String(text)), Some(_)) if text.contains(UNIQUE) && !text.contains("$${") => {
                body.insert(member.name.clone(), text.as_str().into());
            }
            (Some(value), None) if !value.is_null() && !value.is_object() && !value.is_array() => {
                body.insert(member.name.clone(), value.clone());
            }
            _ => return None,
        }
    }
    Some(body)
}

/// Returns true if a member of a creation has this name in its removal.
pub(super) fn has_member(members: &[RemovalMember], name: &str) -> bool {
    members.iter().any(|member| fold(&member.name) == fold(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_removal_is_beside_a_creation_whose_words_are_the_same_but_for_the_verb() {
        for ((make, summary), (method, remove, words), expected) in [
            (("/clients/add", ""), ("post", "/clients/delete", "Remove a client"), true),
            (("/clients/add", ""), ("put", "/clients/remove", ""), true),
            (("/add_lease", ""), ("post", "/remove_lease", ""), true),
            (("/createKey", ""), ("post", "/deleteKey", ""), true),
            (("/keys", "Create a key"), ("post", "/keys/delete", ""), true),
            (("/keys", "Create a key"), ("delete", "/keys", "Delete a key"), true),
            // It is about several, about another kind, or in another place.
            (("/clients/add", ""), ("post", "/clients/delete", "Remove clients"), false),
            (("/clients/add", ""), ("post", "/clients/delete", "Remove all"), false),
            (("/clients/add", ""), ("post", "/clients/clear", ""), false),
            (("/createKey", ""), ("post", "/deleteKeys", ""), false),
            (("/createKey", ""), ("post", "/deleteUser", ""), false),
            (("/a/add", ""), ("post", "/b/delete", ""), false),
            (("/clients/add", ""), ("get", "/clients/delete", ""), false),
            // Nothing says that it creates.
            (("/keys", "Keys"), ("post", "/keys/delete", ""), false),
            (("/clients/update", ""), ("post", "/clients/delete", ""), false),
        ] {
            let body = json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
            let done = json!({ "200": { "description": "done" } });
            let mut document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": {}
            });
            document["paths"][make]["post"] =
                json!({ "summary": summary, "requestBody": body, "responses": done });
            document["paths"][remove][method] =
                json!({ "summary": words, "requestBody": body, "responses": done });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            let creation = api.operations.iter().find(|it| it.path == make && it.method == "POST").unwrap();
            let found = CreateOperations::new(&api).removal_beside(&api, creation);
            assert_eq!(found.is_some(), expected, "{make} {method} {remove} {words}");
        }
    }

    #[test]
    fn a_removal_names_only_texts_of_the_run() {
        let member = |name: &str, is_required: bool, own: Option<&'static str>| RemovalMember {
            name: name.to_owned(),
            is_required,
            own,
        };
        let members =
            [member("name", true, Some(UNIQUE)), member("kind", false, None), member("size", true, None)];
        for (sent, expected) in [
            (
                json!({ "name": "${unique}-1", "size": 1, "more": true }),
                Some(json!({ "name": "${unique}-1", "size": 1 })),
            ),
            (
                json!({ "name": "${unique}", "kind": "a", "size": 1 }),
                Some(json!({ "name": "${unique}", "kind": "a", "size": 1 })),
            ),
            (json!({ "name": "${unique}" }), None),
            (json!({ "name": "theirs", "size": 1 }), None),
            (json!({ "name": "$${unique}", "size": 1 }), None),
            (json!({ "name": 7, "size": 1 }), None),
            (json!({ "size": 1 }), None),
            (json!({ "name": "${unique}", "size": null }), None),
        ] {
            let body = removing_body(&members, sent.as_object().expect("an object"));
            assert_eq!(body.map(Value::Object), expected, "{sent}");
        }
    }
}
