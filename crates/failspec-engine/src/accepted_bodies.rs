//! The forms of the JSON bodies that operations have accepted: a refusal shows something about a fault only if the request without
//! it was accepted at some time in the run.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use failspec_judge::{
    check::{OpenApiContext, Record},
    report_model::Reason,
};
use regex::{Captures, Regex};
use serde_json::Value;

use super::session::Session;

/// Maximum depth of a body whose members are compared.
const MAX_DEPTH: usize = 8;

/// Maximum length of a body that is read, in bytes: larger ones are faults themselves.
const MAX_LEN: usize = 1 << 16;

/// Maximum number of forms that are kept of an operation.
const MAX_FORMS: usize = 200;

/// What is valid JSON and no value holds: half a character, and a number with an exponent of three digits and more.
static NOT_HELD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[0-9][0-9.]*[eE]\+?[0-9]{3,}").ok());

/// The members that a body has, each by the names that lead to it; the items of a list have the place of the list.
pub(super) type Form = BTreeSet<Vec<String>>;

/// A refusal that shows nothing unless the request without the fault is accepted in the run.
#[derive(Debug, Clone)]
pub(super) struct Unproven {
    /// The index of the case.
    pub case: usize,
    pub operation: String,
    pub form: Form,
    /// The part of the request with the fault, if that is a member of the body.
    pub part: Option<String>,
}

/// The bodies that were accepted, and the refusals that wait for one.
#[derive(Debug, Default)]
pub struct AcceptedBodies {
    forms: Mutex<BTreeMap<String, BTreeSet<Form>>>,
    unproven: Mutex<Vec<Unproven>>,
}

impl Session {
    /// Notes the form of the body of a request, if it was accepted.
    pub(super) fn note_accepted_body(&self, record: &Record) {
        let Some(against) = &self.against else { return };
        let Ok(response) = &record.exchange.result else { return };
        if !(200..300).contains(&response.status) {
            return;
        }
        let Some((operation, form)) = form_of_record(against, record) else { return };
        let mut forms = self.accepted_bodies.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let forms = forms.entry(operation).or_default();
        if forms.len() < MAX_FORMS {
            forms.insert(form);
        }
    }

    /// Remembers a refusal until it is known what the run has accepted.
    pub(super) fn await_proof(&self, unproven: Unproven) {
        self.accepted_bodies.unproven.lock().unwrap_or_else(PoisonError::into_inner).push(unproven);
    }

    /// Returns the cases whose refusals were never proven, and the reason. Which case came first makes no difference.
    pub(super) fn cases_without_proof(&self) -> Vec<(Reason, BTreeSet<usize>)> {
        let forms = self.accepted_bodies.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let unproven = std::mem::take(
            &mut *self.accepted_bodies.unproven.lock().unwrap_or_else(PoisonError::into_inner),
        );
        let mut found: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for Unproven { case, operation, form, part } in unproven {
            let mut accepted = forms.get(&operation).into_iter().flatten();
            if !accepted.any(|accepted| differs_only_at(&form, accepted, part.as_deref())) {
                found.entry(operation).or_default().insert(case);
            }
        }
        let reason = |operation: &str| Reason::Unjudged {
            cause: format!(
                "{operation}: the run has no such request without the fault that was accepted, and the refusal does not say that \
                 it is about the part with the fault"
            ),
        };
        found.into_iter().map(|(operation, cases)| (reason(&operation), cases)).collect()
    }
}

/// Returns the operation of a request with a JSON object or list, and the form of that.
pub(super) fn form_of_record(against: &OpenApiContext, record: &Record) -> Option<(String, Form)> {
    let request = &record.exchange.request;
    let body = &request.body.as_ref()?.bytes;
    let operation = against.operation(&request.method, request.url.path())?;
    Some((operation.name(), form_of(body)?))
}

/// Returns the form of a body; `None` if it is neither an object nor a list.
fn form_of(body: &[u8]) -> Option<Form> {
    if body.len() > MAX_LEN {
        return None;
    }
    let mut form = Form::new();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) if value.is_object() || value.is_array() => collect(&value, &mut Vec::new(), &mut form),
        Ok(_) => return None,
        // A number or a text that no value holds: the names of the members can be read all the same.
        Err(_) => {
            let text = std::str::from_utf8(body).ok()?;
            let readable = NOT_HELD
                .as_ref()?
                .replace_all(text, |found: &Captures<'_>| if found[0].starts_with('\\') { "" } else { "1" });
            let value: Value = serde_json::from_str(&readable).ok()?;
            collect(&value, &mut Vec::new(), &mut form);
        }
    }
    Some(form)
}

fn collect(value: &Value, path: &mut Vec<String>, form: &mut Form) {
    if path.len() > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, form)),
        Value::Object(members) => {
            for (name, inner) in members {
                path.push(name.clone());
                form.insert(path.clone());
                collect(inner, path, form);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Returns true if two bodies have the same members but for the one with the fault, what is in it, and what it is in.
pub(super) fn differs_only_at(own: &Form, accepted: &Form, part: Option<&str>) -> bool {
    own.symmetric_difference(accepted).all(|place| part.is_some_and(|part| is_at(place, part)))
}

/// Returns true if a place is that of a part, within it, or around it. The part has the names that lead to it, joined by `_`.
fn is_at(place: &[String], part: &str) -> bool {
    let (place, part) = (format!("{}_", place.join("_")), format!("{part}_"));
    place.starts_with(&part) || part.starts_with(&place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_proven_by_one_that_differs_at_the_fault_alone() {
        for (own, accepted, part, expected) in [
            (json!({ "name": "x", "size": "7" }), json!({ "name": "a", "size": 7 }), "size", true),
            // The member is there for the fault alone, or it is missing.
            (json!({ "name": "x", "size": "7" }), json!({ "name": "a" }), "size", true),
            (json!({ "name": "x" }), json!({ "name": "a", "size": 7 }), "size", true),
            // Another one is missing, or there for the fault alone.
            (json!({ "size": "7" }), json!({ "name": "a" }), "size", false),
            (
                json!({ "name": "x", "size": "7", "kind": 1 }),
                json!({ "name": "a", "size": 7 }),
                "size",
                false,
            ),
            // An item that was made up for the fault alone.
            (json!({ "keys": [{ "alg": "a", "kid": 7 }] }), json!({}), "keys_kid", false),
            (json!({ "keys": [{ "kid": 7 }] }), json!({}), "keys_kid", true),
            (
                json!({ "keys": [{ "alg": "a", "kid": 7 }] }),
                json!({ "keys": [{ "alg": "b" }] }),
                "keys_kid",
                true,
            ),
            (json!({ "list_uuids": 1 }), json!({ "list": 1 }), "list_uuids", true),
            (json!({ "list_uuids": 1, "listed": 1 }), json!({}), "list", false),
        ] {
            let form = |body: &Value| form_of(body.to_string().as_bytes()).expect("a form");
            let found = differs_only_at(&form(&own), &form(&accepted), Some(part));
            assert_eq!(found, expected, "{own} {accepted} {part}");
        }
    }

    #[test]
    fn the_members_of_a_body_with_a_value_that_none_holds_are_read() {
        for (body, expected) in [
            (r#"{"a":1e400,"b":{"c":1}}"#, Some(&["a", "b"][..])),
            (r#"{"a":"\ud800"}"#, Some(&["a"])),
            (r#"{"a":NaN}"#, None),
            ("7", None),
            ("", None),
        ] {
            let form = form_of(body.as_bytes());
            let expected =
                expected.map(|it| it.iter().map(|name| vec![(*name).to_owned()]).collect::<Form>());
            assert_eq!(form, expected, "{body}");
        }
    }
}
