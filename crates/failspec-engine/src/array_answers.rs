//! Creations that answer with a list of several things: all of them are removed, and not only the first.

use std::collections::BTreeSet;

use failspec_base::{message::Response, template::VariableValue};
use failspec_judge::check::{Phase, View};
use failspec_pack::pack::{Capture, Part, Pointer, Step};
use serde_json::Value;

use super::{
    case_runner::{CaseRunner, line},
    teardown::may_create,
};

/// Maximum number of things of one response that are removed.
const MAX_ITEMS: usize = 200;

impl CaseRunner<'_> {
    /// Removes what the request under test created beside the thing whose id was captured.
    pub(super) async fn remove_further_items(&mut self) {
        let faulty = &self.case.scenario.faulty;
        let [capture] = &*faulty.capture else { return };
        let made = self.observed.records.iter().find_map(|record| {
            let response = record.exchange.result.as_ref().ok()?;
            let is_made = record.phase == Phase::Request
                && response.status == 201
                && may_create(&record.exchange.request.method)
                && self.session.succeeded(View::new(response, None));
            let sent = record.exchange.request.body.as_ref().map(|body| body.bytes.to_vec());
            is_made.then(|| {
                (line(&record.exchange.request), further_items(capture, response, &sent.unwrap_or_default()))
            })
        });
        let (Some((request, further)), Some(scope)) = (made, self.scope.clone()) else { return };
        if scope.get(&capture.name).is_none() {
            return;
        }
        let is_of_it = |step: &Step| {
            step.request.as_ref().is_some_and(|request| request.names().contains(&capture.name.as_str()))
        };
        for item in further.iter().take(MAX_ITEMS) {
            let mut scope = scope.clone();
            scope.capture(capture.name.clone(), VariableValue::open(item.clone()));
            self.teardown_of(&is_of_it, &scope, Phase::Teardown, faulty, true).await;
        }
        if further.len() > MAX_ITEMS {
            let rest = further.len() - MAX_ITEMS;
            self.left_behind.push(format!("{request}: it created {rest} more things than were removed"));
        }
    }
}

/// Returns the ids of the things in a response after the first one, if it is a list of what the request named. A list with
/// anything else in it may have things of others.
fn further_items(capture: &Capture, response: &Response, sent: &[u8]) -> Vec<Value> {
    let Some(body @ Value::Array(items)) = &response.document().value else { return Vec::new() };
    let first = match &capture.part {
        Part::Body(pointer) => Some(pointer),
        Part::Header(_) => None,
    };
    let of_first = |pointer: &&Pointer| {
        pointer.steps().next().as_deref() == Some("0") && pointer.find(body).is_some_and(|id| !id.is_null())
    };
    let Some(place) = first.into_iter().chain(&capture.otherwise).find(of_first) else { return Vec::new() };
    let within: Vec<String> = place.steps().skip(1).map(|step| step.into_owned()).collect();
    let within = Pointer::from_steps(within.iter().map(String::as_str));
    let ids: Vec<Value> = items.iter().filter_map(|item| within.find(item).cloned()).collect();
    let texts: BTreeSet<&str> = ids.iter().filter_map(Value::as_str).collect();
    let sent: Option<Value> = serde_json::from_slice(sent).ok();
    let is_named = sent.is_some_and(|sent| names_all(&sent, &texts));
    let is_whole = ids.len() == items.len() && ids.iter().all(Value::is_string);
    let first = ids.first().and_then(Value::as_str);
    let further = texts.iter().filter(|text| Some(**text) != first);
    match is_whole && is_named {
        true => further.map(|text| Value::from(*text)).collect(),
        false => Vec::new(),
    }
}

/// Returns true if a value that was sent names all of these: as the items of a list, or as the letters of a text, which a server
/// may take for a list.
fn names_all(sent: &Value, texts: &BTreeSet<&str>) -> bool {
    let named: BTreeSet<String> = match sent {
        Value::String(text) => text.chars().map(String::from).collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::Object(members) => return members.values().any(|member| names_all(member, texts)),
        _ => return false,
    };
    texts.iter().all(|text| named.contains(*text))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_list_of_what_the_request_named_is_removed_whole() {
        let capture = Capture {
            name: "accepted".to_owned(),
            part: Part::Body(Pointer::from_steps(["name"])),
            otherwise: vec![Pointer::from_steps(["0", "name"])],
            location: false,
            resource_name: false,
            default: None,
            secret: false,
        };
        let named =
            |names: &[&str]| json!(names.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>());
        for (sent, answer, expected) in [
            (json!({ "names": "abc" }), named(&["a", "b", "c"]), 2),
            // A letter may have been there.
            (json!({ "names": "abc" }), named(&["a", "c"]), 1),
            (json!({ "names": ["x-1", "x-2"] }), named(&["x-1", "x-2"]), 1),
            (json!({ "name": "x-1" }), named(&["x-1"]), 0),
            // The list of all, with those of others.
            (json!({ "names": ["x-1", "x-2"] }), named(&["x-1", "x-2", "other"]), 0),
            (json!({ "name": "x-1" }), named(&["x-1", "other"]), 0),
            (json!({ "names": "abc" }), named(&["a", "a"]), 0),
            (json!({ "names": "abc" }), json!([{ "name": "a" }, { "id": 4 }]), 0),
            (json!({ "names": "abc" }), json!({ "name": "a" }), 0),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            let response = Response::new(201, headers, answer.to_string());
            let found = further_items(&capture, &response, sent.to_string().as_bytes());
            assert_eq!(found.len(), expected, "{sent} {answer}");
        }
    }
}
