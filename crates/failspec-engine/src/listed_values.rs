//! Values that only the service knows, taken from its own lists: the name of a kind, the id of a role. They take the place of made-up
//! ones that it refused.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use failspec_base::{
    message::Response,
    template::{JsonTemplate, Scope},
};
use failspec_judge::check::{Record, View};
use failspec_pack::{
    openapi::{Operation, ResponseStatus},
    pack::{ListedValue, RequestTemplate},
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    body_changes::{Change, at, changed, is_made_up, is_of_run},
    error::Unjudged,
    optional_members::is_unmet,
    refusal_names::speaks_of,
    sending::Outgoing,
    session::Session,
};

/// Maximum number of items of a list that are tried.
const MAX_ITEMS: usize = 3;

/// Maximum number of items of a list that are read.
const MAX_READ: usize = 1_000;

/// The values of a list, those that are likely to be taken first.
type Listed = Arc<OnceCell<Vec<Value>>>;

/// The lists of the API that were read, each once: request and role, and the places in the response.
#[derive(Debug, Default)]
pub struct ListedValues(Mutex<HashMap<String, Listed>>);

impl ListedValues {
    fn cell(&self, key: String) -> Listed {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }
}

impl Session {
    /// Sends a refused request with values that the API lists in place of made-up ones, and if it is still refused, with what that
    /// refusal asks for. Returns the changes with which it was accepted, if it was: then its exchange is the last one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn with_listed(
        &self,
        outgoing: Outgoing<'_>,
        operation: &str,
        members: &[(String, JsonTemplate)],
        refused: &Response,
        records: &mut Vec<Record>,
    ) -> Result<Option<Vec<Change>>, Unjudged> {
        let Some(lists) = self.pack.contract.listed_values.get(operation) else { return Ok(None) };
        let template = outgoing.template;
        // Without 201, a creation may respond with what was there before under this value, and that would be removed.
        let may_be_old = template.line.method == "POST" && self.may_remove_what_was_there(template);
        let mut values: Vec<(&(String, ListedValue), Vec<Value>)> = Vec::new();
        for of_member in lists {
            values.push((of_member, self.values_of(&of_member.1).await));
        }
        let mut beside: Option<Option<Vec<Value>>> = None;
        for number in 0..MAX_ITEMS {
            let mut changes = Vec::new();
            for ((name, listed), values) in &values {
                let path = std::slice::from_ref(name);
                let own = at(template, path);
                // A thing that is there must not become the one that the run changes or removes: where the value takes the place
                // of the run's own name, the collection has none of that name.
                let is_name = own.as_ref().is_some_and(is_of_run) && template.line.method == "POST";
                // What says from what a new thing is made does not name it.
                let value = match (is_name || may_be_old) && !listed.is_origin {
                    true => {
                        if beside.is_none() {
                            beside = Some(self.items_beside(outgoing).await);
                        }
                        let Some(Some(items)) = &beside else { continue };
                        values.iter().filter(|value| is_free(items, value)).nth(number)
                    }
                    false => values.get(number),
                };
                let Some(value) = value else { continue };
                changes.extend(change_to(own.as_ref(), name, value, &refused.body, listed));
            }
            let Some(whole) = changed(template, &changes) else { break };
            let response = self.send_changed(Outgoing { template: &whole, ..outgoing }, records).await?;
            match response {
                Some(it) if self.succeeded(View::new(&it, None)) => return Ok(Some(changes)),
                Some(it) if is_unmet(it.status) => {
                    let helpful = &mut Vec::new();
                    let hinted = self.with_hints(outgoing, members, changes, &it, helpful, records);
                    let found = Box::pin(hinted).await?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Returns a value from the lists of the API for each member of an operation that has one, and the request that lists it.
    pub(super) async fn listed_members(&self, operation: &str) -> Vec<(String, (Value, String))> {
        let lists = self.pack.contract.listed_values.get(operation);
        let mut found = Vec::new();
        for (name, listed) in lists.into_iter().flatten() {
            if let Some(value) = self.values_of(listed).await.into_iter().next() {
                found.push((name.clone(), (value, name_of(&listed.list))));
            }
        }
        found
    }

    /// Returns true if what the response to a request names can be removed, and the document does not say that it is new (201).
    fn may_remove_what_was_there(&self, template: &RequestTemplate) -> bool {
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let Some(against) = &self.against else { return true };
        let item = format!("{}/failspec", written.trim_end_matches('/'));
        let says_created = |operation: &Operation| {
            operation.responses.iter().any(|response| response.status == ResponseStatus::Exactly(201))
        };
        let creation = against.declared.operation(&template.line.method, written);
        !creation.is_some_and(says_created)
            && against.declared.operation_of_resource("DELETE", &item).is_some()
    }

    /// Reads the values of a list, once in a run. None if it cannot be read.
    async fn values_of(&self, listed: &ListedValue) -> Vec<Value> {
        let (items, places) = (&listed.items, &listed.values);
        let key = format!("{} {places:?} {:?}", name_of(&listed.list), (items, &listed.list.role));
        let cell = self.listed_values.cell(key);
        let read = async || {
            let response = Box::pin(self.ask(&listed.list, &self.scope())).await;
            let Ok((_, response)) = response else { return Vec::new() };
            let body = response.document().value.as_ref().and_then(|body| items.find(body));
            match body {
                Some(Value::Object(entries)) => {
                    ordered(&names_of(entries).iter().collect::<Vec<_>>(), listed)
                }
                body => {
                    ordered(&body.and_then(Value::as_array).into_iter().flatten().collect::<Vec<_>>(), listed)
                }
            }
        };
        cell.get_or_init(read).await.clone()
    }

    /// Returns the things that are in the collection in which a request creates something; `None` if they cannot be read.
    async fn items_beside(&self, outgoing: Outgoing<'_>) -> Option<Vec<Value>> {
        let Outgoing { template, scope, context, .. } = outgoing;
        let declared = &self.against.as_ref()?.declared;
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        declared.operation("GET", written)?;
        let mut list = RequestTemplate { body: None, role: context.role.map(Into::into), ..template.clone() };
        "GET".clone_into(&mut list.line.method);
        list.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.items(&list, scope).await
    }

    async fn items(&self, list: &RequestTemplate, scope: &Scope) -> Option<Vec<Value>> {
        let (_, response) = Box::pin(self.ask(list, scope)).await.ok()?;
        let body = response.document().value.as_ref()?;
        let written = list.line.path.written.split('?').next().unwrap_or_default();
        let last = written.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        items_of(body, last).cloned()
    }
}

/// Returns the list in the response to a collection: the response itself, the list that has the name of the collection, or the only
/// one.
pub(super) fn items_of<'b>(body: &'b Value, name: &str) -> Option<&'b Vec<Value>> {
    let of_object = || {
        let members = body.as_object()?;
        let named = members.iter().find(|(member, _)| member.eq_ignore_ascii_case(name));
        let mut lists = members.values().filter_map(Value::as_array);
        named
            .and_then(|(_, value)| value.as_array())
            .or_else(|| lists.next().filter(|_| lists.next().is_none()))
    };
    body.as_array().or_else(of_object)
}

/// Returns the request of a list for people.
fn name_of(list: &RequestTemplate) -> String {
    format!("{} {}", list.line.method, list.line.path.written)
}

/// Returns the change of a member to a listed value: in place of one that was made up, or where there is none and the refusal speaks
/// of it.
fn change_to(
    own: Option<&JsonTemplate>,
    name: &str,
    value: &Value,
    refusal: &[u8],
    listed: &ListedValue,
) -> Option<Change> {
    let path = vec![name.to_owned()];
    let change = match own {
        Some(own) => {
            let constant = own.as_constant();
            // A list of names gets one.
            let value = match constant.is_some_and(Value::is_array) {
                true => json!([value]),
                false => value.clone(),
            };
            let is_of_kind = match constant {
                Some(constant) => std::mem::discriminant(constant) == std::mem::discriminant(&value),
                None => value.is_string(),
            };
            let value = JsonTemplate::Constant(value);
            (is_of_kind && is_made_up(own) && *own != value)
                .then(|| Change::replace(path, own.clone(), value))?
        }
        None if speaks_of(refusal, name) => Change::add(path, JsonTemplate::Constant(value.clone())),
        None => return None,
    };
    Some(change.listed_by(name_of(&listed.list)))
}

/// Returns true if a new thing with a value is not one that is there: none has the value, or several have it under each name under which
/// one has it, so that the API knows none by it.
fn is_free(items: &[Value], value: &Value) -> bool {
    let mut named: HashMap<&str, usize> = HashMap::new();
    for item in items.iter().filter(|item| has(item, value)) {
        let Some(members) = item.as_object() else { return false };
        for (name, _) in members.iter().filter(|(_, own)| *own == value) {
            *named.entry(name).or_default() += 1;
        }
    }
    named.values().all(|count| *count > 1)
}

/// Returns the names of the entries of a map of things, first those that nothing says are switched off.
fn names_of(entries: &serde_json::Map<String, Value>) -> Vec<Value> {
    let mut names: Vec<(bool, Value)> =
        entries.iter().map(|(name, entry)| (is_off(entry), name.clone().into())).collect();
    names.sort_by_key(|(is_off, _)| *is_off);
    names.into_iter().map(|(_, name)| name).collect()
}

/// Returns true if an item of a list is a value, or has it as a member.
fn has(item: &Value, value: &Value) -> bool {
    item == value || item.as_object().is_some_and(|members| members.values().any(|own| own == value))
}

/// Returns the values of the items of a list: first the one that is preferred, then those of items that nothing says are switched
/// off.
fn ordered(items: &[&Value], listed: &ListedValue) -> Vec<Value> {
    let value = |item: &&Value| {
        let mut found = listed.values.iter().filter_map(|place| place.find(item));
        found.find(|value| value.is_string() || value.is_number()).cloned()
    };
    let read = items.iter().take(MAX_READ).filter_map(|item| Some((is_off(item), value(item)?)));
    let mut read: Vec<(bool, Value)> = read.collect();
    read.sort_by_key(|(is_off, value)| (listed.prefer.as_ref() != Some(value), *is_off));
    let mut values: Vec<Value> = Vec::new();
    for (_, value) in read {
        // Those of one item stay together.
        if listed.is_origin || !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Returns true if an item says that it is no longer to be used.
fn is_off(item: &Value) -> bool {
    const OFF: [&str; 6] = ["deprecated", "disabled", "archived", "deleted", "hidden", "inactive"];
    const ON: [&str; 4] = ["enabled", "active", "available", "supported"];
    let says = |value: &Value| *value == Value::Bool(true) || value.as_str().is_some_and(|it| !it.is_empty());
    OFF.iter().any(|name| item.get(*name).is_some_and(says))
        || ON.iter().any(|name| item.get(*name) == Some(&Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_says_it_is_off_comes_last() {
        for (item, expected) in [
            (json!({ "name": "a" }), false),
            (json!({ "name": "a", "deprecated": true }), true),
            (json!({ "name": "a", "deprecated": false }), false),
            (json!({ "name": "a", "deprecated": "use b" }), true),
            (json!({ "name": "a", "enabled": false }), true),
            (json!("a"), false),
        ] {
            assert_eq!(is_off(&item), expected, "{item}");
        }
    }

    #[test]
    fn the_names_of_a_map_are_values_and_a_value_that_several_have_is_of_none() {
        let map = json!({ "old": { "deprecated": true }, "new": { "spec": {} } });
        assert_eq!(names_of(map.as_object().unwrap()), [json!("new"), json!("old")]);
        let item = |id: u64, name: &str| json!({ "id": id, "name": name });
        for (items, expected) in [
            (vec![], true),
            (vec![item(1, "other")], true),
            (vec![item(1, "new")], false),
            (vec![item(1, "new"), item(2, "new")], true),
            // One of them may be known by it.
            (vec![item(1, "new"), item(2, "new"), json!({ "id": "new" })], false),
            (vec![item(1, "new"), json!({ "kind": "new" })], false),
            (vec![json!("new"), json!("new")], false),
        ] {
            assert_eq!(is_free(&items, &json!("new")), expected, "{items:?}");
        }
    }

    #[test]
    fn the_list_of_a_collection_is_the_one_of_its_name_or_the_only_one() {
        let found = |body: &Value| items_of(body, "addons").map(Vec::len);
        for (body, expected) in [
            (json!([1, 2]), Some(2)),
            (json!({ "total": 1, "data": [1] }), Some(1)),
            (json!({ "addons": [], "providers": [1] }), Some(0)),
            (json!({ "first": [], "second": [1] }), None),
            (json!({ "total": 1 }), None),
        ] {
            assert_eq!(found(&body), expected, "{body}");
        }
    }

    #[test]
    fn an_item_has_a_value_that_it_is_or_names() {
        for (item, value, expected) in [
            (json!("wide"), json!("wide"), true),
            (json!({ "id": 7, "kind": "wide" }), json!("wide"), true),
            (json!({ "id": 7, "kind": "wide" }), json!("narrow"), false),
            (json!({ "id": 7 }), json!("7"), false),
        ] {
            assert_eq!(has(&item, &value), expected, "{item} {value}");
        }
    }
}
