//! Creations that say 200, which may respond with what was there before. What they name is of the run only if an earlier
//! creation of the same operation named another thing, and the texts by which the API could know it are all of the run.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use failspec_base::{message::Request, template::is_uuid};
use failspec_pack::openapi::Bundle;
use serde_json::Value;

use super::session::Session;

/// The ids that creations named, by operation.
#[derive(Debug, Default)]
pub struct NamedIds(Mutex<HashMap<String, HashSet<String>>>);

impl NamedIds {
    /// Records an id; returns true if it is the first time, and the operation has named others before.
    fn is_another(&self, operation: String, id: String) -> bool {
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = named.entry(operation).or_default();
        let has_others = !ids.is_empty();
        ids.insert(id) && has_others
    }
}

impl Session {
    /// Records the id that a creation named. Returns true if it is certainly that of a new thing, whatever the status says.
    pub(super) fn names_a_new_thing(&self, request: &Request, id: Option<&Value>, unique: &str) -> bool {
        let id = match id {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return false,
        };
        let Some(operation) = self.operation_of(request) else { return false };
        // Of one that the server chose, the words of the document are enough.
        let is_chosen = id.parse::<u64>().is_ok() || is_uuid(&id);
        self.named_ids.is_another(operation, id) && self.sends_own_texts(request, unique, is_chosen)
    }

    /// Returns true if each text in the body of a request by which the API could know a thing has the unique name of the
    /// run in it. There is one, or the document says that the operation creates something, whose id the server chose.
    fn sends_own_texts(&self, request: &Request, unique: &str, is_chosen: bool) -> bool {
        let against = self.against.as_ref();
        let operation = against.and_then(|it| it.operation(&request.method, request.url.path()));
        let creates = is_chosen && operation.is_some_and(|operation| operation.says_that_it_creates());
        let sent = || {
            let (against, operation) = (against?, operation?);
            let schema = operation.body.iter().find(|content| content.is_json())?.schema.as_ref()?;
            let body: Value = serde_json::from_slice(&request.body.as_ref()?.bytes).ok()?;
            // No thing there had a value of a list before it took the place of the run's own name.
            let listed = self.optional_members.listed(&operation.name());
            Some(are_own(&against.declared.api.bundle, schema, &body, (unique, &listed), 0))
        };
        sent().is_some_and(|(own, others)| (own > 0 || creates) && others == 0)
    }
}

/// Returns the number of identifying texts with the unique name of the run in them, and of those without.
fn are_own(
    bundle: &Bundle,
    schema: &Value,
    body: &Value,
    known: (&str, &[(String, Value)]),
    depth: usize,
) -> (usize, usize) {
    let (unique, listed) = known;
    let schema = bundle.resolve(schema);
    let (mut own, mut others) = (0, 0);
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let property = bundle.resolve(property);
        let Some(text) = body.get(name).and_then(Value::as_str) else { continue };
        let is_free = ["enum", "const"].iter().all(|key| property.get(*key).is_none());
        let format = property.get("format").and_then(Value::as_str);
        // A time or a reference to something else identifies nothing.
        let identifies = !matches!(format, Some("date" | "date-time" | "time" | "duration" | "uuid"));
        // A number or a boolean that is written as a text does not either.
        let is_text = match property.get("type") {
            Some(Value::String(kind)) => kind == "string",
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
            _ => true,
        };
        let is_listed = listed.iter().any(|(own, value)| own == name && value.as_str() == Some(text));
        match text.contains(unique) || is_listed {
            true => own += 1,
            false => others += usize::from(is_free && identifies && is_text),
        }
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten().filter(|_| depth < 5) {
        let (more, more_others) = are_own(bundle, part, body, known, depth + 1);
        (own, others) = (own + more, others + more_others);
    }
    (own, others)
}

#[cfg(test)]
mod tests {
    use super::NamedIds;

    #[test]
    fn security_an_operation_that_names_one_thing_again_and_again_creates_nothing() {
        let named = NamedIds::default();
        let is_another = |operation: &str, id: &str| named.is_another(operation.to_owned(), id.to_owned());
        assert!(!is_another("POST /a", "1"), "the first may have been there before");
        assert!(!is_another("POST /a", "1"));
        assert!(is_another("POST /a", "2"));
        assert!(!is_another("POST /a", "2") && !is_another("POST /b", "2"));
    }
}
