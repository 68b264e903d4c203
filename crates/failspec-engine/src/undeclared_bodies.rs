//! Bodies of operations whose OpenAPI document has none: they are sent once a request without a fault was refused without one, the refusal
//! says what it wants, and the request is accepted with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use failspec_base::{message::Response, template::JsonTemplate};
use failspec_judge::{
    check::{CompletedBody, Phase, Record, View, show},
    report_model::Rerun,
};
use failspec_pack::pack::{BodyTemplate, RequestTemplate};
use serde_json::{Value, json};

use super::{
    body_changes::{Change, at, changed, names},
    error::Unjudged,
    refusal_hints::{Hint, Wish, hints, value_of},
    refusal_names::{fold, texts_of},
    sending::Outgoing,
    session::Session,
    steps::response_of,
    unnamed_members::is_risky,
};

/// Maximum number of times that a request is sent with more members.
const MAX_TRIES: usize = 4;

/// Ends of the names of members that may name what the run did not create, or reach somebody: nothing is made up for them.
const OF_OTHERS: [&str; 13] = [
    "id",
    "ids",
    "uuid",
    "uuids",
    "email",
    "mail",
    "phone",
    "recipient",
    "recipients",
    "url",
    "uri",
    "host",
    "user",
];

/// The bodies that operations want although the document has none: the members that they need; none if no body that was tried helps.
#[derive(Debug, Default)]
pub struct UndeclaredBodies {
    known: Mutex<HashMap<String, Option<Arc<Vec<Change>>>>>,
    /// One case at a time finds out about an operation.
    turn: tokio::sync::Mutex<()>,
}

impl UndeclaredBodies {
    fn known(&self, operation: &str) -> Option<Option<Arc<Vec<Change>>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned()
    }

    fn learn(&self, operation: String, changes: Option<Vec<Change>>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(operation, changes.map(Arc::new));
    }
}

impl Session {
    /// Sends a request like [`Session::send_with_own_texts`]. If the document has no body for its operation, and the API was found to
    /// want one, that is sent with it; if a request without a fault is refused, it is found out whether it is one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_with_undeclared_body(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let Outgoing { template, context, .. } = outgoing;
        let Some(operation) = self.operation_without_body(template) else {
            return Box::pin(self.send_with_own_texts(outgoing, records)).await;
        };
        if let Some(known) = self.undeclared_bodies.known(&operation) {
            let whole = known.map(|changes| with_members(template, &changes, context.phase));
            let template = whole.as_ref().unwrap_or(template);
            return Box::pin(self.send_with_own_texts(Outgoing { template, ..outgoing }, records)).await;
        }
        let index = Box::pin(self.send_with_own_texts(outgoing, records)).await?;
        let refused = response_of(records, index).filter(|it| context.is_sound && is_about_body(it));
        let Some(refused) = refused else { return Ok(index) };
        let _turn = self.undeclared_bodies.turn.lock().await;
        if let Some(known) = self.undeclared_bodies.known(&operation) {
            // Another case found it out meanwhile.
            let Some(changes) = known else { return Ok(index) };
            records.remove(index);
            let template = &with_members(template, &changes, context.phase);
            return Box::pin(self.send_with_own_texts(Outgoing { template, ..outgoing }, records)).await;
        }
        let found = Box::pin(self.with_wanted_members(outgoing, &refused, records)).await?;
        if let Some(changes) = &found {
            let said = String::from_utf8_lossy(&refused.body).into_owned();
            let mut members: Vec<String> = changes.iter().map(Change::place).collect();
            if members.is_empty() {
                members.push("an object as the body".to_owned());
            }
            self.completions.note(CompletedBody {
                operation: operation.clone(),
                members,
                values: Vec::new(),
                removed: Vec::new(),
                by_example: false,
                refusal: format!("HTTP {}: {}", refused.status, show(&Value::from(said))),
                broke: false,
            });
            // The exchange that succeeded takes the place of the one that did not.
            records.remove(index);
            records[index].rerun = Some(Rerun::MembersAdded);
        }
        self.undeclared_bodies.learn(operation, found);
        Ok(index)
    }

    /// Returns the operation of a request without a body, if the document has none for it, and its method may have one.
    fn operation_without_body(&self, template: &RequestTemplate) -> Option<String> {
        let may_have_body = matches!(template.line.method.as_str(), "POST" | "PUT" | "PATCH");
        if !self.imported || !may_have_body || template.body.is_some() {
            return None;
        }
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let operation = self.against.as_ref()?.declared.operation(&template.line.method, written)?;
        operation.body.is_empty().then(|| operation.name())
    }

    /// Sends a refused request with the members that its refusals ask for. Returns them if it was accepted: then its exchange is the
    /// last one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    async fn with_wanted_members(
        &self,
        outgoing: Outgoing<'_>,
        refused: &Response,
        records: &mut Vec<Record>,
    ) -> Result<Option<Vec<Change>>, Unjudged> {
        let mut changes: Vec<Change> = Vec::new();
        let mut last = refused.body.clone();
        for number in 0..MAX_TRIES {
            let current = with_members(outgoing.template, &changes, Phase::Setup);
            let own = |path: &[String]| at(&current, path);
            let Some(more) = wanted(&last, &names(&current), own) else { break };
            // A refusal may speak of the body alone: to the empty one it says what must be in it.
            if more.is_empty() && (number > 0 || !speaks_of_body(&last)) {
                break;
            }
            changes.extend(more);
            let template = &with_members(outgoing.template, &changes, Phase::Setup);
            let response = self.send_changed(Outgoing { template, ..outgoing }, records).await?;
            match response {
                Some(it) if self.succeeded(View::new(&it, None)) => return Ok(Some(changes)),
                Some(response) if is_about_body(&response) => last = response.body.clone(),
                _ => break,
            }
        }
        Ok(None)
    }
}

/// Returns true for the status of a refusal that may be about the body that a request lacks.
fn is_about_body(response: &Response) -> bool {
    matches!(response.status, 400 | 411 | 415 | 422)
}

/// Returns true if a refusal speaks of the body, or of JSON.
fn speaks_of_body(refusal: &[u8]) -> bool {
    const WORDS: [&str; 4] = ["body", "json", "payload", "content-type"];
    texts_of(refusal).iter().any(|text| {
        let text = text.to_ascii_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    })
}

/// Returns the members that a refusal asks for, beside those that a body has. `None` if one of them may name what the run did not create.
fn wanted(
    refusal: &[u8],
    known: &[String],
    own: impl Fn(&[String]) -> Option<JsonTemplate>,
) -> Option<Vec<Change>> {
    let is_body = |hint: &Hint| {
        let name = hint.path.last().map(|name| fold(name)).unwrap_or_default();
        matches!(name.as_str(), "body" | "requestbody" | "payload" | "data" | "json" | "request")
    };
    let hints: Vec<Hint> = hints(refusal, known).into_iter().filter(|hint| !is_body(hint)).collect();
    let mut changes = Vec::new();
    for hint in hints {
        let name = hint.path.last()?;
        if is_of_others(name) || is_risky(name) {
            return None;
        }
        let value = JsonTemplate::parse(&value_of(name, &hint.wish)).ok()?;
        match own(&hint.path) {
            None if hint.wish == Wish::Required || hint.path.len() == 1 => {
                changes.push(Change::add(hint.path.clone(), value));
            }
            Some(own) if hint.wish != Wish::Required && own != value => {
                changes.push(Change::replace(hint.path.clone(), own, value));
            }
            _ => {}
        }
    }
    Some(changes)
}

/// Returns true if a member may name what the run did not create, or reach somebody, by the end of its name.
fn is_of_others(name: &str) -> bool {
    let mut words = name.rsplit(|letter: char| !letter.is_ascii_alphanumeric());
    let last = words.next().unwrap_or_default();
    // `userId`: the last word begins with the last capital letter behind a small one.
    let hump = last.char_indices().rev().find(|(at, letter)| {
        letter.is_ascii_uppercase() && *at > 0 && last.as_bytes()[at - 1].is_ascii_lowercase()
    });
    let last = hump.map_or(last, |(at, _)| &last[at..]).to_ascii_lowercase();
    OF_OTHERS.contains(&last.as_str())
}

/// Returns a request with these members in a body. What a request under test creates has another name than what was created for it.
fn with_members(template: &RequestTemplate, changes: &[Change], phase: Phase) -> RequestTemplate {
    let empty = JsonTemplate::Constant(json!({}));
    let whole = RequestTemplate { body: Some(Box::new(BodyTemplate::Json(empty))), ..template.clone() };
    let changes: Vec<Change> = match phase {
        Phase::Request => changes.iter().map(Change::for_another).collect(),
        _ => changes.to_vec(),
    };
    changed(&whole, &changes).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_asks_for_members_but_not_for_those_that_may_be_of_others() {
        for (refusal, expected) in [
            (r#"{"message":"'title' is required"}"#, Some(vec!["title"])),
            (r#"{"detail":[{"loc":["body","title"],"msg":"Field required"}]}"#, Some(vec!["title"])),
            (r#"{"message":"request body is required"}"#, Some(vec![])),
            (r#"{"detail":[{"loc":["body","user_id"],"msg":"Field required"}]}"#, None),
            (r#"{"detail":[{"loc":["body","ownerId"],"msg":"Field required"}]}"#, None),
            (r#"{"detail":[{"loc":["body","notify"],"msg":"Field required"}]}"#, None),
            ("", Some(vec![])),
        ] {
            let found = wanted(refusal.as_bytes(), &[], |_| None);
            let places = found.map(|changes| changes.iter().map(Change::place).collect::<Vec<_>>());
            let expected = expected.map(|places| places.into_iter().map(str::to_owned).collect());
            assert_eq!(places, expected, "{refusal}");
        }
    }

    #[test]
    fn a_member_may_be_of_others_by_the_end_of_its_name() {
        for (name, expected) in [
            ("id", true),
            ("user_id", true),
            ("ownerId", true),
            ("Email", true),
            ("callback-url", true),
            ("username", false),
            ("grid", false),
            ("title", false),
            ("isValid", false),
        ] {
            assert_eq!(is_of_others(name), expected, "{name}");
        }
    }
}
