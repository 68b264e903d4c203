//! Ids that the response to a creation does not tell: the list of its collection does, where one item has a text of the run as the
//! creation sent it.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use failspec_base::{
    message::{Request, Response},
    template::{Scope, VariableValue},
};
use failspec_judge::check::{Phase, Record, View};
use failspec_pack::pack::{Capture, Part, PathTemplate, RequestTemplate};
use serde_json::Value;

use super::{
    case_runner::CaseRunner, listed_values::items_of, names_left::id_of, presence::says_error,
    session::Session, unremoved::text_of,
};

/// Maximum number of items of a list that are looked at.
const MAX_ITEMS: usize = 10_000;

/// The operations whose things were not in the list of their collection: it is not read again for them.
#[derive(Debug, Default)]
pub struct UnlistedOperations(Mutex<HashSet<String>>);

impl UnlistedOperations {
    fn has(&self, operation: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(operation)
    }

    fn add(&self, operation: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(operation);
    }
}

impl Session {
    /// Captures values from the response to a request, and the id of what it made from the list of its collection, if the response
    /// does not tell it.
    ///
    /// # Errors
    /// The capture that found nothing.
    pub(super) async fn capture_or_find(
        &self,
        captures: &[Capture],
        role: Option<&str>,
        request: Option<&Request>,
        response: &Response,
        scope: &mut Scope,
    ) -> Result<(), String> {
        let Err(reason) = self.capture(captures, request, response, scope) else { return Ok(()) };
        let ([capture], Some(request)) = (captures, request) else { return Err(reason) };
        let found = Box::pin(self.untold_id(capture, role, request, response, scope)).await;
        scope.capture(capture.name.clone(), VariableValue::open(found.ok_or(reason)?));
        Ok(())
    }

    /// Returns the id of what a creation made and did not tell: that of another thing which it sent, or that of the one item of the
    /// collection that has a text of the run as it was sent.
    async fn untold_id(
        &self,
        capture: &Capture,
        role: Option<&str>,
        request: &Request,
        response: &Response,
        scope: &Scope,
    ) -> Option<Value> {
        // A credential is told once, and no list has it.
        let is_creation = request.method == "POST" && self.succeeded(View::new(response, None));
        if !self.imported || !is_creation || capture.secret {
            return None;
        }
        if let Some(id) = sent_id(capture, request, scope) {
            return Some(id);
        }
        let sent: Value = serde_json::from_slice(&request.body.as_ref()?.bytes).ok()?;
        let operation = self.operation_of(request)?;
        let names_it = |value: &Value| value.as_str().is_some_and(|text| text.contains(scope.unique()));
        if self.unlisted.has(&operation) || !sent.as_object()?.values().any(names_it) {
            return None;
        }
        let path = request.url.path();
        let list = self.list_of(path, role)?;
        let listed = Box::pin(self.response_to(&list, scope)).await;
        let listed = listed.ok().map(|(_, response)| response);
        let listed = listed.filter(|response| self.succeeded(View::new(response, None)));
        let listed = listed?;
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let items = items_of(listed.document().value.as_ref()?, last)?;
        let is_of_flow = |text: &str| text.contains(scope.unique());
        let own = own_items(items, &sent, &is_of_flow);
        if own.is_empty() {
            self.unlisted.add(operation);
        }
        // Where the same creation was sent before, the list has two of them. Things of other kinds may have the same number.
        let is_one = own.len() == 1;
        let is_known = |id: &Value| {
            !is_one
                && scope.captured().any(|held| text_of(&held.value).is_some_and(|it| text_of(id) == Some(it)))
        };
        let ids = own.into_iter().filter_map(|item| Some(as_in(item, id_of(capture, item, path)?)));
        let mut new = ids.filter(|id| !is_known(id));
        // Which of several it is cannot be told.
        new.next().filter(|_| new.next().is_none())
    }

    /// Returns the request that lists a collection at a path of the target, as the scenarios of the pack send it.
    fn list_of(&self, path: &str, role: Option<&str>) -> Option<RequestTemplate> {
        let against = self.against.as_ref()?;
        let (post, list) = (against.operation("POST", path)?, against.operation("GET", path)?);
        let known = self.known_request(&list.name()).filter(|_| post.path == list.path)?;
        let mut request =
            RequestTemplate { path: Vec::new(), role: role.map(str::to_owned), ..known.clone() };
        request.line.operation = None;
        let below = path.strip_prefix(against.base.trim_end_matches('/')).unwrap_or(path);
        // A `$` could begin a placeholder.
        request.line.path = PathTemplate::parse(&below.replace('$', "%24")).ok()?.into();
        Some(request)
    }
}

impl CaseRunner<'_> {
    /// Takes the id of what a request under test made, and did not tell, from the list of its collection, so that it is removed.
    pub(super) async fn find_uncaptured(&mut self) {
        let (Some(scope), [capture]) = (&self.scope, &*self.case.scenario.faulty.capture) else { return };
        if scope.get(&capture.name).is_some() {
            return;
        }
        let is_accepted = |record: &&Record| {
            let response = record.exchange.result.as_ref().ok().filter(|_| record.phase == Phase::Request);
            response.is_some_and(|it| self.session.succeeded(View::new(it, None)) && !says_error(it))
        };
        let Some(record) = self.observed.records.iter().find(is_accepted) else { return };
        let (request, role) = (&record.exchange.request, record.role.as_deref());
        let Ok(response) = &record.exchange.result else { return };
        let found = Box::pin(self.session.untold_id(capture, role, request, response, scope)).await;
        if let (Some(id), Some(scope)) = (found, &mut self.scope) {
            scope.capture(capture.name.clone(), VariableValue::open(id));
            (self.uncaptured, self.knows_accepted) = (None, true);
        }
    }
}

/// Returns the id of another thing of the flow that a creation sent where its response should tell the id of what it made: a member of a
/// team has the id of the user.
fn sent_id(capture: &Capture, request: &Request, scope: &Scope) -> Option<Value> {
    let Part::Body(place) = &capture.part else { return None };
    let sent: Value = serde_json::from_slice(&request.body.as_ref()?.bytes).ok()?;
    let sent = place.find(&sent)?;
    let id = text_of(sent)?;
    scope.captured().any(|held| text_of(&held.value).as_ref() == Some(&id)).then(|| sent.clone())
}

/// Returns an id as an item of a list has it: a body that refers to it wants a number where it is one.
fn as_in(item: &Value, id: String) -> Value {
    let mut members = item.as_object().into_iter().flat_map(serde_json::Map::values);
    let number = members.find(|value| value.is_number() && value.to_string() == id);
    number.cloned().unwrap_or_else(|| id.into())
}

/// Returns the items of a list that have a text of a flow where their creation sent it.
fn own_items<'i>(items: &'i [Value], sent: &Value, is_of_flow: &dyn Fn(&str) -> bool) -> Vec<&'i Value> {
    let own = |(_, value): &(&String, &Value)| value.as_str().is_some_and(is_of_flow);
    let texts: Vec<_> = sent.as_object().into_iter().flatten().filter(own).collect();
    let is_own = |item: &&Value| texts.iter().any(|(name, value)| item.get(name) == Some(value));
    items.iter().take(MAX_ITEMS).filter(is_own).collect()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use failspec_base::message::Body;
    use failspec_pack::pack::Pointer;
    use serde_json::json;

    use super::*;

    #[test]
    fn sent_id_is_that_of_another_thing_of_the_flow() {
        let capture = Capture::of("made", Part::Body(Pointer::from_steps(["user_id"])));
        let mut scope = Scope::new(Arc::new(HashMap::new()), "failspec-abc-7");
        scope.capture("user", VariableValue::open(json!(17)));
        for (body, expected) in [
            (json!({ "user_id": 17, "role": "guest" }), Some(json!(17))),
            (json!({ "user_id": "17" }), Some(json!("17"))),
            // It is somebody else's, or none.
            (json!({ "user_id": 1 }), None),
            (json!({ "id": 17 }), None),
            (json!({ "user_id": [17] }), None),
        ] {
            let bytes = body.to_string();
            let request = Request {
                body: Some(Body { bytes: bytes.clone().into(), shown: bytes.into() }),
                ..Request::new("POST", "http://127.0.0.1/members".parse().unwrap())
            };
            assert_eq!(sent_id(&capture, &request, &scope), expected, "{body}");
        }
    }

    #[test]
    fn an_id_of_a_list_is_a_number_where_the_list_has_one() {
        for (item, expected) in [
            (json!({ "id": 17 }), json!(17)),
            (json!({ "id": "17" }), json!("17")),
            // Another number is not the id.
            (json!({ "id": "17", "size": 1.7 }), json!("17")),
            (json!("17"), json!("17")),
        ] {
            assert_eq!(as_in(&item, "17".to_owned()), expected, "{item}");
        }
    }

    #[test]
    fn own_items_of_a_list_have_a_text_of_the_flow_as_it_was_sent() {
        let sent = json!({ "name": "failspec-abc-7", "kind": "wide" });
        let is_of_flow = |text: &str| text.contains("failspec-abc-7");
        for (items, expected) in [
            (json!([{ "id": 1, "name": "Ann" }, { "id": 2, "name": "failspec-abc-7" }]), &[2][..]),
            // What has the rest is that of others, and what has the text elsewhere may only refer to it.
            (json!([{ "id": 1, "kind": "wide" }]), &[]),
            (json!([{ "id": 1, "owner": "failspec-abc-7" }]), &[]),
            (json!([{ "id": 1, "name": "failspec-abc-8" }]), &[]),
            (json!([{ "id": 1, "name": "failspec-abc-7" }, { "id": 2, "name": "failspec-abc-7" }]), &[1, 2]),
            (json!(["failspec-abc-7"]), &[]),
            (json!([]), &[]),
        ] {
            let found = own_items(items.as_array().unwrap(), &sent, &is_of_flow);
            assert_eq!(found.iter().map(|item| &item["id"]).collect::<Vec<_>>(), expected, "{items}");
        }
        let items = [json!({ "id": 1, "name": "failspec-abc-7" })];
        assert!(own_items(&items, &json!(["failspec-abc-7"]), &is_of_flow).is_empty());
    }
}
