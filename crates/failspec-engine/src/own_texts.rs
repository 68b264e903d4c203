//! Creations that say 200, which may respond with what was there before. What they name is of the run only if an earlier
//! creation of the same operation named another thing, and the texts by which the API could know it are all of the run, or the same
//! body had another id before.

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
pub struct NamedIds(Mutex<HashMap<String, Named>>);

/// The ids that the creations of one operation named.
#[derive(Debug, Default)]
struct Named {
    ids: HashSet<String>,
    /// The id that came with this body.
    by_body: HashMap<String, String>,
    /// True if the same body came with two ids: the API does not know a thing by its texts.
    makes_anew: bool,
}

/// A named id in view of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Another {
    /// True if it was named for the first time, and others were named before.
    is_another: bool,
    makes_anew: bool,
}

impl NamedIds {
    /// Records an id, and the body of the request that was answered with it.
    fn record(&self, operation: String, id: String, body: String) -> Another {
        let mut named = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = named.entry(operation).or_default();
        let with_same_body = known.by_body.entry(body).or_insert_with(|| id.clone());
        known.makes_anew |= *with_same_body != id;
        let has_others = !known.ids.is_empty();
        Another { is_another: known.ids.insert(id) && has_others, makes_anew: known.makes_anew }
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
        let named = self.named_ids.record(operation, id, said_by(request));
        named.is_another && self.sends_own_texts(request, unique, (is_chosen, named.makes_anew))
    }

    /// Returns true if each text in the body of a request by which the API could know a thing has the unique name of the
    /// run in it. There is one, or the document says that the operation creates something, whose id the server chose; then the
    /// texts do not matter if the API was seen to know no thing by them.
    fn sends_own_texts(
        &self,
        request: &Request,
        unique: &str,
        (is_chosen, makes_anew): (bool, bool),
    ) -> bool {
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
        sent().is_some_and(|(own, others)| (own > 0 || creates) && (others == 0 || creates && makes_anew))
    }
}

/// Returns what a request says of the thing that it creates: its JSON body without members that only failspec knows.
fn said_by(request: &Request) -> String {
    let body = request.body.as_ref().and_then(|body| serde_json::from_slice::<Value>(&body.bytes).ok());
    match body {
        Some(Value::Object(mut members)) => {
            members.retain(|name, _| !name.starts_with("failspec"));
            Value::Object(members).to_string()
        }
        other => other.unwrap_or_default().to_string(),
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
        let is_another = |operation: &str, id: &str| {
            named.record(operation.to_owned(), id.to_owned(), String::new()).is_another
        };
        assert!(!is_another("POST /a", "1"), "the first may have been there before");
        assert!(!is_another("POST /a", "1"));
        assert!(is_another("POST /a", "2"));
        assert!(!is_another("POST /a", "2") && !is_another("POST /b", "2"));
    }

    #[test]
    fn security_only_the_same_texts_with_two_ids_show_that_a_thing_is_not_known_by_them() {
        let named = NamedIds::default();
        let makes_anew = |operation: &str, id: &str, texts: &str| {
            named.record(operation.to_owned(), id.to_owned(), texts.to_owned()).makes_anew
        };
        // Each of them may be the one of that name which was there before.
        assert!(!makes_anew("POST /a", "1", "name=x"));
        assert!(!makes_anew("POST /a", "2", "name=y"));
        assert!(!makes_anew("POST /a", "1", "name=x"));
        assert!(!makes_anew("POST /b", "3", "name=x"));
        assert!(makes_anew("POST /a", "4", "name=x"));
        assert!(makes_anew("POST /a", "5", "name=z"));
    }
}
