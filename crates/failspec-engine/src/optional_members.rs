//! Members that the API requires in a body although its OpenAPI document does not: they are added once a request without a
//! fault was refused without them, and accepted with them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use failspec_base::{message::Request, template::JsonTemplate};
use failspec_judge::{
    check::{CompletedBody, Record, View, show},
    report_model::Rerun,
};
use failspec_pack::pack::{BodyTemplate, RequestTemplate};
use serde_json::Value;

use super::{case_runner::line, error::Unjudged, sending::Outgoing, session::Session, steps::response_of};

/// Maximum number of times that a request is sent with more members.
const MAX_TRIES: usize = 4;

/// The knowledge about the bodies of operations: `POST /pets` → the members to add; none if adding them does not help.
#[derive(Debug, Default)]
pub struct OptionalMembers(Mutex<HashMap<String, Vec<String>>>);

impl OptionalMembers {
    fn known(&self, operation: &str) -> Option<Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned()
    }

    fn learn(&self, operation: &str, members: Vec<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.to_owned(), members);
    }
}

impl Session {
    /// Sends a request like [`Session::send_as_written`]. The members that the API was found to require are added to its
    /// body; if a request without a fault is refused, it is found out whether there are any.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_completed(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let Outgoing { template, context, .. } = outgoing;
        let Some((operation, members)) = self.optional_members(template) else {
            return Box::pin(self.send_as_written(outgoing, records)).await;
        };
        if let Some(known) = self.optional_members.known(operation) {
            let whole = completed(template, members, &known);
            let template = whole.as_ref().unwrap_or(template);
            return Box::pin(self.send_as_written(Outgoing { template, ..outgoing }, records)).await;
        }
        let index = Box::pin(self.send_as_written(outgoing, records)).await?;
        let is_unmet = |status: u16| matches!(status, 400 | 422 | 500);
        let refused = response_of(records, index).filter(|it| is_unmet(it.status));
        let Some(refused) = refused.filter(|_| context.is_sound) else { return Ok(index) };
        let said = String::from_utf8_lossy(&refused.body).into_owned();
        let mut names: Vec<String> = Vec::new();
        let mut last = said.clone();
        for _ in 0..MAX_TRIES {
            // The fewest that may help: those that the refusal speaks of. If it speaks of none, all.
            let lacking = members.iter().map(|(name, _)| name).filter(|name| !names.contains(name));
            let named: Vec<String> = lacking.clone().filter(|name| has_word(&last, name)).cloned().collect();
            let added = if named.is_empty() { lacking.cloned().collect() } else { named };
            if added.is_empty() {
                break;
            }
            names.extend(added);
            let Some(whole) = completed(template, members, &names) else { continue };
            let again =
                Box::pin(self.send_as_written(Outgoing { template: &whole, ..outgoing }, records)).await?;
            let response = response_of(records, again);
            let is_accepted = response.as_ref().is_some_and(|it| self.succeeded(View::new(it, None)));
            if !is_accepted {
                records.pop();
                let Some(response) = response.filter(|it| is_unmet(it.status)) else { break };
                last = String::from_utf8_lossy(&response.body).into_owned();
                continue;
            }
            self.optional_members.learn(operation, names.clone());
            let refusal = format!("HTTP {}: {}", refused.status, show(&Value::from(said)));
            let broke = refused.status == 500;
            let completed = CompletedBody { operation: operation.to_owned(), members: names, refusal, broke };
            // The exchange that succeeded takes the place of the one that did not.
            records.remove(index);
            records[index].completed = Some(Box::new(completed));
            records[index].rerun = Some(Rerun::MembersAdded);
            return Ok(index);
        }
        self.optional_members.learn(operation, Vec::new());
        Ok(index)
    }

    /// Returns the operation that a request calls, by the OpenAPI document; else its method and redacted URL.
    pub(super) fn place(&self, request: &Request) -> String {
        let operation =
            self.against.as_ref().and_then(|it| it.operation(&request.method, request.url.path()));
        operation.map_or_else(|| line(request), |operation| operation.name())
    }

    /// Returns the operation of a request with a JSON object, and the members that may be added, if the contract has any.
    pub(super) fn optional_members(
        &self,
        template: &RequestTemplate,
    ) -> Option<(&str, &[(String, JsonTemplate)])> {
        let known = &self.pack.contract.optional_members;
        if known.is_empty() || members_of(template).is_none() {
            return None;
        }
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let operation = self.against.as_ref()?.declared.operation(&template.line.method, written)?;
        let (operation, members) = known.get_key_value(&operation.name())?;
        Some((operation, members))
    }
}

/// Returns the names of the members of a body that is a JSON object.
fn members_of(template: &RequestTemplate) -> Option<Vec<&str>> {
    match template.body.as_deref()? {
        BodyTemplate::Json(JsonTemplate::Constant(Value::Object(members))) => {
            Some(members.keys().map(String::as_str).collect())
        }
        BodyTemplate::Json(JsonTemplate::Map(members)) => {
            Some(members.iter().map(|(name, _)| name.as_str()).collect())
        }
        _ => None,
    }
}

/// Returns the request with those of these members in its body that it has not; `None` if it has all.
fn completed(
    template: &RequestTemplate,
    members: &[(String, JsonTemplate)],
    names: &[String],
) -> Option<RequestTemplate> {
    let mut whole: Vec<(String, JsonTemplate)> = match template.body.as_deref()? {
        BodyTemplate::Json(JsonTemplate::Constant(Value::Object(members))) => members
            .iter()
            .map(|(name, value)| (name.clone(), JsonTemplate::Constant(value.clone())))
            .collect(),
        BodyTemplate::Json(JsonTemplate::Map(members)) => members.clone(),
        _ => return None,
    };
    let mut is_changed = false;
    for (name, value) in members.iter().filter(|(name, _)| names.contains(name)) {
        match whole.iter_mut().find(|(own, _)| own == name) {
            // A list that is as short as the document allows.
            Some((_, own)) if own.as_constant().is_some_and(is_empty_list) => *own = value.clone(),
            Some(_) => continue,
            None => whole.push((name.clone(), value.clone())),
        }
        is_changed = true;
    }
    if !is_changed {
        return None;
    }
    Some(RequestTemplate {
        body: Some(Box::new(BodyTemplate::Json(JsonTemplate::Map(whole)))),
        ..template.clone()
    })
}

/// Returns true for a list with nothing in it, or with nothing but such lists.
fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(is_empty_list))
}

/// Returns true if a text has a word, in any case.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(&word.to_ascii_lowercase()).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn a_refusal_speaks_of_a_member_by_its_whole_name() {
        for (text, word, expected) in [
            ("name and kind are required", "kind", true),
            ("{\"loc\":[\"body\",\"pool_name\"]}", "pool_name", true),
            ("the username is missing", "name", false),
            ("Name must be set", "name", true),
            ("", "name", false),
        ] {
            assert_eq!(has_word(text, word), expected, "{text} · {word}");
        }
    }
}
