//! The forms of the requests that operations have accepted: a refusal shows something about a fault only if the request without it was
//! accepted at some time in the run.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex, PoisonError},
};

use failspec_base::message::Response;
use failspec_judge::{
    check::{OpenApiContext, Record, View},
    report_model::Reason,
};
use failspec_pack::pack::Pointer;
use regex::{Captures, Regex};
use serde_json::Value;

use super::session::Session;

/// Maximum depth of a body whose members are compared.
const MAX_DEPTH: usize = 8;

/// Maximum length of a body that is read, in bytes: larger ones are faults themselves.
const MAX_LEN: usize = 1 << 16;

/// Maximum number of forms that are kept of an operation.
const MAX_FORMS: usize = 200;

/// Stands for a value in JSON, and no value holds it: half a character, a number with an exponent of three digits and more, and `NaN`.
static NOT_HELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[0-9][0-9.]*[eE]\+?[0-9]{3,}|\bNaN\b").ok()
});

/// The parts that a request has.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    /// The members of its body, each by the names that lead to it; the items of a list have the place of the list.
    pub members: BTreeSet<Vec<String>>,
    /// The places of the objects in it, and of the lists that have one as an item: `null` is none.
    pub filled: BTreeSet<Vec<String>>,
    /// The names of the parameters in its query.
    pub query: BTreeSet<String>,
    /// True if it has a body, however empty.
    pub has_body: bool,
    /// True if its body is a list: accepted in place of an object, it shows nothing about the members of that.
    pub is_list: bool,
}

impl Form {
    /// Returns true if there is nothing in it that could be refused but its path.
    pub fn is_path_alone(&self) -> bool {
        !self.has_body && self.query.is_empty()
    }
}

/// A refusal that shows nothing unless the request without the fault is accepted in the run.
#[derive(Debug, Clone)]
pub(super) struct Unproven {
    /// The index of the case.
    pub case: usize,
    pub operation: String,
    pub form: Form,
    pub fault: Place,
}

/// The place of a fault in a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// The member of the body, or the parameter, if it is in one.
    pub part: Option<String>,
    /// True if it is missing: what is beside it so that the body is not empty is right by itself.
    pub is_missing: bool,
    /// True if the refusal speaks of what the member is in, and not of the member.
    pub is_of_holder: bool,
}

/// The cases of a pack that a run has, in which a proof may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofScope {
    All,
    /// Those that the user selected.
    Selection,
    /// Some of those that were selected; the others run elsewhere.
    Shard,
}

/// The requests that were accepted, and the refusals that wait for one.
#[derive(Debug, Default)]
pub struct AcceptedBodies {
    forms: Mutex<BTreeMap<String, BTreeSet<Form>>>,
    /// The operations that were asked without a fault, whatever they said.
    asked: Mutex<BTreeSet<String>>,
    unproven: Mutex<Vec<Unproven>>,
}

impl Session {
    /// Notes the form of a request, if it was accepted; and that its operation was asked, if it has no fault.
    pub(super) fn note_form(&self, record: &Record, is_sound: bool) {
        let Some(against) = &self.against else { return };
        let Ok(response) = &record.exchange.result else { return };
        let is_accepted = (200..300).contains(&response.status) && !self.refuses_by_code(response);
        if !is_accepted && !is_sound {
            return;
        }
        let Some((operation, form)) = form_of_record(against, record) else { return };
        if is_sound {
            let mut asked = self.accepted_bodies.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.insert(operation.clone());
        }
        if !is_accepted {
            return;
        }
        let mut forms = self.accepted_bodies.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let forms = forms.entry(operation).or_default();
        if forms.len() < MAX_FORMS {
            forms.insert(form);
        }
    }

    /// Returns true if a response has the status of a success, and a code that the contract does not have for one.
    pub(super) fn refuses_by_code(&self, response: &Response) -> bool {
        let mut places = self.pack.contract.success.iter().flat_map(|success| &success.matches).peekable();
        if places.peek().is_none() || !(200..300).contains(&response.status) {
            return false;
        }
        let body = response.document().value.as_ref();
        let tells = |place: &Pointer| body.and_then(|body| place.find(body)).is_some_and(|it| !it.is_null());
        places.any(|(place, _)| tells(place)) && !self.succeeded(View::new(response, None))
    }

    /// Remembers a refusal until it is known what the run has accepted.
    pub(super) fn await_proof(&self, unproven: Unproven) {
        self.accepted_bodies.unproven.lock().unwrap_or_else(PoisonError::into_inner).push(unproven);
    }

    /// Returns the cases whose refusals were never proven, and the reason. Which case came first makes no difference. In a shard, the
    /// proof may be in another one, unless this one was refused it.
    pub(super) fn cases_without_proof(&self, scope: ProofScope) -> Vec<(Reason, BTreeSet<usize>)> {
        let asked = self.accepted_bodies.asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let forms = self.accepted_bodies.forms.lock().unwrap_or_else(PoisonError::into_inner);
        let unproven = std::mem::take(
            &mut *self.accepted_bodies.unproven.lock().unwrap_or_else(PoisonError::into_inner),
        );
        let mut found: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for Unproven { case, operation, form, fault } in unproven {
            let mut accepted = forms.get(&operation).into_iter().flatten();
            let may_be_elsewhere = scope == ProofScope::Shard && !asked.contains(&operation);
            if !may_be_elsewhere && !accepted.any(|accepted| differs_only_at(&form, accepted, &fault)) {
                found.entry(operation).or_default().insert(case);
            }
        }
        let more = match scope {
            ProofScope::Selection => "; a run of all cases may have one",
            ProofScope::All | ProofScope::Shard => "",
        };
        let reason = |operation: &str| Reason::Unjudged {
            cause: format!(
                "{operation}: the run has no such request without the fault that was accepted, and the refusal does not say that \
                 it is about the part with the fault{more}"
            ),
        };
        found.into_iter().map(|(operation, cases)| (reason(&operation), cases)).collect()
    }
}

/// Returns the operation of a request, and its form; `None` if it has a body that is neither a JSON object nor a list.
pub(super) fn form_of_record(against: &OpenApiContext, record: &Record) -> Option<(String, Form)> {
    let request = &record.exchange.request;
    let operation = against.operation(&request.method, request.url.path())?;
    let query = request.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let has_body = request.body.is_some();
    let form = match &request.body {
        Some(body) => form_of_body(&body.bytes)?,
        None => Form::default(),
    };
    Some((operation.name(), Form { query, has_body, ..form }))
}

/// Returns the members of a body; `None` if it is neither an object nor a list.
fn form_of_body(body: &[u8]) -> Option<Form> {
    if body.len() > MAX_LEN {
        return None;
    }
    let mut form = Form::default();
    match serde_json::from_slice::<Value>(body) {
        Ok(value) if value.is_object() || value.is_array() => {
            form.is_list = value.is_array();
            collect(&value, &mut Vec::new(), &mut form);
        }
        Ok(_) => return None,
        // A number or a text that no value holds: the names of the members can be read all the same.
        Err(_) => {
            let text = std::str::from_utf8(body).ok()?;
            let readable = NOT_HELD
                .as_ref()?
                .replace_all(text, |found: &Captures<'_>| if found[0].starts_with('\\') { "" } else { "1" });
            // There may be more behind it.
            let mut values = serde_json::Deserializer::from_str(&readable).into_iter::<Value>();
            let value = values.next()?.ok()?;
            form.is_list = value.is_array();
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
        Value::Array(items) => {
            if items.iter().any(Value::is_object) {
                form.filled.insert(path.clone());
            }
            items.iter().for_each(|item| collect(item, path, form));
        }
        Value::Object(members) => {
            for (name, inner) in members {
                path.push(name.clone());
                if inner.is_object() {
                    form.filled.insert(path.clone());
                }
                form.members.insert(path.clone());
                collect(inner, path, form);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Returns true if two requests have the same parts but for the one with the fault, what is in it, and what it is in. An optional
/// parameter of the query is there for the fault alone, and so is the other bound of a range. Where the refusal speaks of what the member
/// with the fault is in, that must be in the accepted one, too: an object that is there for the fault alone may be refused whatever is in
/// it, and so may an item.
pub(super) fn differs_only_at(own: &Form, accepted: &Form, fault: &Place) -> bool {
    if accepted.is_list && !own.is_list {
        return false;
    }
    let part = fault.part.as_deref();
    let is_new = |holder: &Vec<String>| !accepted.filled.contains(holder);
    if fault.is_of_holder && part.is_some_and(|part| holders(own, part).any(is_new)) {
        return false;
    }
    let mut members = accepted.members.difference(&own.members);
    let mut more = own.members.difference(&accepted.members).filter(|_| !fault.is_missing);
    let mut lacking = accepted.query.difference(&own.query);
    let is_at = |place: &Vec<String>| part.is_some_and(|part| is_at(place, part));
    members.all(is_at) && more.all(is_at) && lacking.all(|name| part == Some(name.as_str()))
}

/// Returns the objects and lists of a body that the member with a fault is in.
pub(super) fn holders<'f>(form: &'f Form, part: &'f str) -> impl Iterator<Item = &'f Vec<String>> {
    let is_whole = form.members.iter().any(|place| place.join("_") == part && place.len() == 1);
    let holds = move |place: &&Vec<String>| !is_whole && part.starts_with(&format!("{}_", place.join("_")));
    form.filled.iter().filter(holds)
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
            (json!({ "list": 1, "list_uuids": 1 }), json!({ "list": 1 }), "list_uuids", true),
            // A list in place of an object is a fault itself.
            (json!({ "name": 7 }), json!({}), "name", true),
            (json!({ "name": 7 }), json!([]), "name", false),
            (json!([{ "name": 7 }]), json!([{ "name": "a" }]), "name", true),
            (json!([]), json!({}), "", true),
        ] {
            let form = |body: &Value| {
                let form = form_of_body(body.to_string().as_bytes()).expect("a form");
                Form { has_body: true, ..form }
            };
            let fault = Place { part: Some(part.to_owned()), ..Place::default() };
            let found = differs_only_at(&form(&own), &form(&accepted), &fault);
            assert_eq!(found, expected, "{own} {accepted} {part}");
        }
    }

    #[test]
    fn what_a_member_is_in_is_proven_by_one_that_was_accepted() {
        let form = |body: &Value| form_of_body(body.to_string().as_bytes()).expect("a form");
        for (own, accepted, part, expected) in [
            // The list is there for the fault alone: it may be refused whatever is in it.
            (json!({ "keys": [{ "kid": 7 }] }), json!({}), "keys_kid", false),
            (json!({ "keys": [{ "kid": 7 }] }), json!({ "keys": [] }), "keys_kid", false),
            (json!({ "keys": [{ "kid": 7 }] }), json!({ "keys": [{}] }), "keys_kid", true),
            (json!({ "keys": { "kid": 7 } }), json!({ "keys": {} }), "keys_kid", true),
            (json!({ "keys": { "kid": 7 } }), json!({ "keys": null }), "keys_kid", false),
            (json!({ "keys": [{ "kid": 7 }] }), json!({ "keys": [null] }), "keys_kid", false),
            (
                json!({ "motion": { "family": "x" }, "name": "a" }),
                json!({ "name": "a" }),
                "motion_family",
                false,
            ),
            (json!({ "photo": { "lens": { "f": 1 } } }), json!({ "photo": {} }), "photo_lens_f", false),
            (json!({ "photo": { "f": 1 } }), json!({ "photo": { "g": 1 } }), "photo_f", false),
        ] {
            let fault = Place { part: Some(part.to_owned()), is_missing: false, is_of_holder: true };
            let found = differs_only_at(&form(&own), &form(&accepted), &fault);
            assert_eq!(found, expected, "{own} {accepted} {part}");
        }
    }

    #[test]
    fn what_is_beside_a_missing_member_is_right() {
        let form = |names: &[&str]| Form {
            members: names.iter().map(|name| vec![(*name).to_owned()]).collect(),
            ..Form::default()
        };
        let fault = Place { part: Some("kind".to_owned()), is_missing: true, is_of_holder: false };
        assert!(differs_only_at(&form(&["note"]), &form(&["kind"]), &fault));
        assert!(!differs_only_at(&form(&["note"]), &form(&["kind", "name"]), &fault));
        // An item that lacks a member, in a list that no accepted request has.
        let files = json!({ "files": [{ "type": "a" }] });
        let item = form_of_body(files.to_string().as_bytes()).expect("a form");
        let fault = Place { part: Some("files_name".to_owned()), is_missing: true, is_of_holder: true };
        for (accepted, expected) in [
            (json!({ "note": 1 }), false),
            (json!({ "files": [] }), false),
            (json!({ "files": [{ "type": "a", "name": "b" }] }), true),
        ] {
            let accepted = form_of_body(accepted.to_string().as_bytes()).expect("a form");
            assert_eq!(differs_only_at(&item, &accepted, &fault), expected, "{accepted:?}");
        }
    }

    #[test]
    fn a_query_is_proven_by_one_that_lacks_nothing_but_the_fault() {
        for (own, accepted, part, expected) in [
            (&["id", "to"][..], &["id"][..], "to", true),
            (&["to"], &["id"], "to", false),
            (&["to"], &["to", "id"], "id", true),
            (&["after", "before"], &[], "after", true),
            (&[], &["id"], "id", true),
        ] {
            let form = |query: &[&str]| Form {
                query: query.iter().map(|name| (*name).to_owned()).collect(),
                ..Form::default()
            };
            let fault = Place { part: Some(part.to_owned()), ..Place::default() };
            let found = differs_only_at(&form(own), &form(accepted), &fault);
            assert_eq!(found, expected, "{own:?} {accepted:?} {part}");
        }
    }

    #[test]
    fn the_members_of_a_body_with_a_value_that_none_holds_are_read() {
        for (body, expected) in [
            (r#"{"a":1e400,"b":{"c":1}}"#, Some(&["a", "b", "b/c"][..])),
            (r#"{"a":"\ud800"}"#, Some(&["a"])),
            (r#"{"a":NaN}} x"#, Some(&["a"])),
            (r#"{"a": "#, None),
            ("7", None),
            ("", None),
        ] {
            let form = form_of_body(body.as_bytes()).map(|form| form.members);
            let place = |name: &&str| name.split('/').map(str::to_owned).collect::<Vec<String>>();
            let expected = expected.map(|it| it.iter().map(place).collect::<BTreeSet<_>>());
            assert_eq!(form, expected, "{body}");
        }
    }
}
