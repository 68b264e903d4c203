//! Things that an API names by what a request called them, although its response gave them an id: `GET /pools/{id}` that
//! wants the name. It is found out once for each operation.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use failspec_base::{
    message::Request,
    template::{Scope, VariableValue},
};
use failspec_judge::check::{Record, View};
use failspec_pack::pack::RequestTemplate;
use serde_json::Value;

use super::{
    error::Unjudged, leftovers::response_names, refusal_mismatch::compares, sending::Outgoing,
    session::Session, steps::response_of,
};

/// Maximum number of times that it is found out anew what a body needs.
const MAX_AGAIN: usize = 8;

/// The requests, by method and path as written, whose last captured value is to be a name.
#[derive(Debug, Default)]
pub struct OwnNames {
    known: Mutex<HashSet<(String, String)>>,
    /// How often it was found out anew what the bodies of each need: with an id, it is refused whatever the body is.
    again: Mutex<HashMap<(String, String), usize>>,
}

impl OwnNames {
    fn knows(&self, template: &RequestTemplate) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&key(template))
    }

    fn learn(&self, template: &RequestTemplate) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key(template));
    }

    /// Returns true for the first times. Cases that run beside it may find out with an id meanwhile.
    fn begins_again(&self, template: &RequestTemplate) -> bool {
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        let count = again.entry(key(template)).or_default();
        *count += 1;
        *count <= MAX_AGAIN
    }
}

fn key(template: &RequestTemplate) -> (String, String) {
    (template.line.method.clone(), template.line.path.written.clone())
}

impl Session {
    /// Sends a request like [`Session::send_as_written`]. With an OpenAPI document, it is also found out what the API wants
    /// of a request without a fault, and the document does not say.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        if self.pack.contract.openapi.is_none() {
            return self.send_as_written(outgoing, records).await;
        }
        // On the heap: with what it calls, it would be much of the stack of every case.
        Box::pin(self.send_by_name(outgoing, records)).await
    }

    /// Sends a request like [`Session::send_completed`]. If the API does not know what the run has just created by the id
    /// that its response gave, a request without a fault is sent again with the name that the run had given.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    async fn send_by_name(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let Outgoing { template, scope, context, .. } = outgoing;
        if self.own_names.knows(template)
            && let Some(named) = with_name(template, scope, records, None)
        {
            return self.send_completed(Outgoing { scope: &named, ..outgoing }, records).await;
        }
        if let Some(own) = self.with_known_version(template, scope, records) {
            let versioned = Outgoing { template: &own.template, scope: &own.scope, ..outgoing };
            return self.send_completed(versioned, records).await;
        }
        let index = self.send_completed(outgoing, records).await?;
        let response = response_of(records, index);
        let status = response.as_ref().map(|response| response.status);
        // An API may refuse an id of another form before it looks for it.
        let has_only_id = matches!(template.line.method.as_str(), "GET" | "DELETE");
        // One may also say that its name in the body is not that in the path.
        let is_compared = || response.as_ref().is_some_and(|it| compares(&it.body));
        let is_refused = (context.phase.is_teardown() || has_only_id || is_compared())
            && matches!(status, Some(400 | 422));
        let is_unknown = status == Some(404) || is_refused;
        let is_asked = context.is_sound && !context.expects_404 || context.phase.is_teardown();
        if is_asked && Box::pin(self.sent_with_version(outgoing, index, records)).await? {
            return Ok(index);
        }
        let asked = records.get(index).map(|record| record.exchange.request.clone());
        let asked = asked.filter(|_| is_unknown && is_asked);
        let named = asked.and_then(|asked| with_name(template, scope, records, Some(&asked)));
        let Some(named) = named else { return Ok(index) };
        if is_compared() && self.own_names.begins_again(template) {
            self.forget_vain_search(template);
        }
        let again = self.send_completed(Outgoing { scope: &named, ..outgoing }, records).await?;
        let is_known =
            response_of(records, again).is_some_and(|response| self.succeeded(View::new(&response, None)));
        if is_known {
            self.own_names.learn(template);
            records.remove(index);
        } else {
            records.pop();
        }
        Ok(index)
    }
}

/// Returns the values of a request with the name in place of the id of what the run created: the last value in its path
/// that a response gave. `None` if the run gave it no name of its own, or if what was `asked` in vain had succeeded before.
fn with_name(
    template: &RequestTemplate,
    scope: &Scope,
    records: &[Record],
    asked: Option<&Request>,
) -> Option<Scope> {
    let captured = template.names_in_path().filter(|name| scope.is_captured(name)).last()?;
    let id = text(&scope.get(captured)?.value)?;
    let is_success = |record: &Record| {
        record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
    };
    // By this id the API knows it, or knew it until it was removed. One that removes by names may read by ids.
    let is_known = |record: &Record| {
        let request = &record.exchange.request;
        asked.is_some_and(|asked| {
            request.url == asked.url && (asked.method != "DELETE" || request.method == "DELETE")
        })
    };
    if records.iter().any(|record| is_success(record) && is_known(record)) {
        return None;
    }
    let creation = records.iter().find(|record| {
        is_success(record) && record.exchange.request.method == "POST" && response_names(record, &id)
    })?;
    // With a fault, there may be more behind it.
    let bytes = &creation.exchange.request.body.as_ref()?.bytes;
    let body: Value = serde_json::Deserializer::from_slice(bytes).into_iter().next()?.ok()?;
    let name = unique_text(&body, scope.unique(), &id)?;
    let mut named = scope.clone();
    named.capture(captured, VariableValue::open(name));
    Some(named)
}

/// Returns the first text in a body that has the unique name of the run in it, and is not the id.
fn unique_text<'b>(body: &'b Value, unique: &str, id: &str) -> Option<&'b str> {
    match body {
        Value::String(text) => Some(text.as_str()).filter(|text| text.contains(unique) && *text != id),
        Value::Array(items) => items.iter().find_map(|item| unique_text(item, unique, id)),
        Value::Object(members) => members.values().find_map(|member| unique_text(member, unique, id)),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
