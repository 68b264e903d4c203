//! Texts that only one thing may have, although nothing says so: the API refuses a second thing with the same text. From then on, each
//! request to the operation has a text of its own there.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use failspec_base::{message::Response, template::JsonTemplate};
use failspec_judge::{
    check::{Record, View},
    report_model::Rerun,
};
use failspec_pack::pack::{RequestTemplate, Scenario, fault_kind};
use serde_json::Value;

use super::{
    body_changes::{Change, at, changed, constant_of, way_to_members},
    error::Unjudged,
    refusal_names::members_in,
    sending::Outgoing,
    session::Session,
    steps::response_of,
};

/// Maximum number of times that it is tried in vain for one operation.
const MAX_TRIES: usize = 2;

/// Maximum number of texts that are kept of the requests to one operation.
const MAX_SOUND: usize = 40;

/// Words of a refusal that say that something has this name already, in lower case.
const TAKEN: [&str; 37] = [
    "already exist",
    "already in use",
    "already used",
    "already taken",
    "already been taken",
    "already been used",
    "already registered",
    "already a ",
    "already an ",
    "already have ",
    "already present",
    "is taken",
    "must be unique",
    "not unique",
    "unique constraint",
    "unique_violation",
    "duplicate key value",
    "duplicate key error",
    "duplicate entry",
    "duplicate resource",
    "is a duplicate",
    "duplicate name",
    "alreadyexists",
    "already_exists",
    "already-exists",
    "existiert bereits",
    "bereits vergeben",
    "bereits vorhanden",
    "existe d\u{e9}j\u{e0}",
    "d\u{e9}j\u{e0} utilis\u{e9}",
    "ya existe",
    "j\u{e1} existe",
    "esiste gi\u{e0}",
    "bestaat al",
    "ju\u{17c} istnieje",
    "\u{5df2}\u{5b58}\u{5728}",
    "\u{5b58}\u{5728}\u{3057}\u{307e}\u{3059}",
];

/// Kinds of cases that ask what happens to a text that is taken.
const OF_TAKEN: [&str; 5] =
    ["taken_name", "taken_id", "created_twice", "same_item_twice", fault_kind::SENT_TWICE];

/// The members of the bodies of operations that only one thing may have: `POST /tags` → `tag`, with the text that was made up.
#[derive(Debug, Default)]
pub struct TakenTexts(Mutex<HashMap<String, Taken>>);

#[derive(Debug, Default, Clone)]
struct Taken {
    members: Vec<(Vec<String>, JsonTemplate)>,
    /// The texts that requests without a fault have.
    sound: Vec<(Vec<String>, JsonTemplate)>,
    in_vain: usize,
}

impl Taken {
    fn note_sound(&mut self, texts: Vec<(Vec<String>, JsonTemplate)>) {
        for text in texts {
            if self.sound.len() < MAX_SOUND && !self.sound.contains(&text) {
                self.sound.push(text);
            }
        }
    }
}

impl TakenTexts {
    fn of(&self, operation: &str) -> Taken {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned().unwrap_or_default()
    }

    fn change(&self, operation: &str, change: impl FnOnce(&mut Taken)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(operation.to_owned()).or_default());
    }
}

impl Session {
    /// Sends a request like [`Session::send_as_written`]. If one without a fault is refused because another thing has one of its texts, it
    /// is sent again with a text of its own, and so are the later ones.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_with_own_texts(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let Outgoing { template, context, .. } = outgoing;
        let operation = self.operation_of_template(template);
        let operation = operation.filter(|_| self.imported && template.body.is_some());
        let Some(operation) = operation else {
            return Box::pin(self.send_as_written(outgoing, records)).await;
        };
        let taken = self.taken_texts.of(&operation);
        let own = with_own(template, &taken.members, records.len());
        let current = own.as_ref().unwrap_or(template);
        let index =
            Box::pin(self.send_as_written(Outgoing { template: current, ..outgoing }, records)).await?;
        if context.is_sound {
            self.taken_texts.change(&operation, |known| known.note_sound(texts_of(current)));
        }
        if context.asks_for_taken || taken.in_vain >= MAX_TRIES {
            return Ok(index);
        }
        let is_about = |it: &Response| is_taken(it) || context.is_sound && it.status == 409;
        let refused = response_of(records, index).filter(is_about);
        let more = refused.map(|refused| identifying(current, &refused.body)).unwrap_or_default();
        // Of a request with a fault, another text than those without one have may be the fault.
        let is_meant = |it: &(Vec<String>, JsonTemplate)| context.is_sound || taken.sound.contains(it);
        let takes_any = |it: &(Vec<String>, JsonTemplate)| !self.lists_values(template, it.0.last());
        let more: Vec<(Vec<String>, JsonTemplate)> =
            more.into_iter().filter(is_meant).filter(takes_any).collect();
        let Some(other) = with_own(current, &more, records.len()) else { return Ok(index) };
        let again =
            Box::pin(self.send_as_written(Outgoing { template: &other, ..outgoing }, records)).await?;
        let response = response_of(records, again);
        let is_free = response.as_ref().is_some_and(|it| match context.is_sound {
            true => self.succeeded(View::new(it, None)),
            false => !is_taken(it),
        });
        if is_free {
            self.taken_texts.change(&operation, |known| known.members.extend(more));
            // The exchange that was not about it takes the place of the one that was.
            records.remove(index);
            records[index].rerun = Some(Rerun::OwnText);
        } else {
            self.taken_texts.change(&operation, |known| known.in_vain += 1);
            records.pop();
        }
        Ok(index)
    }

    /// Returns true if the document lists the values of a member of the body of a request: no other text is one.
    fn lists_values(&self, template: &RequestTemplate, member: Option<&String>) -> bool {
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let Some((against, member)) = self.against.as_ref().zip(member) else { return false };
        let declared = &against.declared;
        let operation = declared.operation(&template.line.method, written);
        let schemas =
            operation.into_iter().flat_map(|it| &it.body).filter_map(|content| content.schema.as_ref());
        let bundle = &declared.api.bundle;
        let mut properties =
            schemas.filter_map(|schema| bundle.resolve(schema).get("properties")?.get(member));
        properties.any(|schema| {
            let schema = bundle.resolve(schema);
            schema.get("enum").is_some() || schema.get("const").is_some()
        })
    }
}

/// Returns true if a response refuses a request because something is there that has the same name.
pub(super) fn is_taken(response: &Response) -> bool {
    matches!(response.status, 400 | 409 | 422) && says_taken(&response.body)
}

/// Returns true if a case asks what happens to a text that another thing has.
pub(super) fn asks_for_taken(scenario: &Scenario) -> bool {
    scenario.fault.as_deref().is_some_and(|fault| OF_TAKEN.contains(&fault))
}

/// Returns true if a refusal says that something has the same name already.
fn says_taken(refusal: &[u8]) -> bool {
    let said = match serde_json::from_slice::<Value>(refusal) {
        // As it was meant, without the escapes of JSON.
        Ok(value) => value.to_string(),
        Err(_) => String::from_utf8_lossy(refusal).into_owned(),
    };
    let said = said.to_lowercase();
    // That is about the items of one list.
    let is_of_list =
        said.contains("duplicate items") || said.contains("unique items") || said.contains("uniqueitems");
    !is_of_list && TAKEN.iter().any(|words| said.contains(words))
}

/// Returns the texts of the members of a thing that were made up.
fn texts_of(template: &RequestTemplate) -> Vec<(Vec<String>, JsonTemplate)> {
    let way = way_to_members(template);
    let Some(JsonTemplate::Map(members)) = at(template, &way) else { return Vec::new() };
    let texts = members.into_iter().filter(|(_, value)| is_made_up_text(value));
    texts.map(|(name, own)| ([way.as_slice(), &[name]].concat(), own)).collect()
}

/// Returns the members by which the API may know the thing of a request that it refused because there is one.
fn identifying(template: &RequestTemplate, refusal: &[u8]) -> Vec<(Vec<String>, JsonTemplate)> {
    let way = way_to_members(template);
    let Some(JsonTemplate::Map(members)) = at(template, &way) else { return Vec::new() };
    let meant = meant(members, refusal).into_iter();
    meant.map(|(name, own)| ([way.as_slice(), &[name]].concat(), own)).collect()
}

/// Returns those of the members of a thing of which a refusal speaks, if they are texts that were made up; else the only such text.
fn meant(members: Vec<(String, JsonTemplate)>, refusal: &[u8]) -> Vec<(String, JsonTemplate)> {
    let texts: Vec<(String, JsonTemplate)> =
        members.into_iter().filter(|(_, value)| is_made_up_text(value)).collect();
    let names: Vec<String> = texts.iter().map(|(name, _)| name.clone()).collect();
    let named = members_in(refusal, &names);
    let is_meant = |name: &String| named.contains(&name) || named.is_empty() && names.len() == 1;
    texts.into_iter().filter(|(name, _)| is_meant(name)).collect()
}

/// Returns true for a text that is written in the scenario, and for a map of such texts: a name in several languages.
fn is_made_up_text(value: &JsonTemplate) -> bool {
    match constant_of(value) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(texts)) => !texts.is_empty() && texts.values().all(Value::is_string),
        _ => false,
    }
}

/// Returns a request with a text of its own in each of these members that has the text which was made up; `None` if none has it.
fn with_own(
    template: &RequestTemplate,
    members: &[(Vec<String>, JsonTemplate)],
    number: usize,
) -> Option<RequestTemplate> {
    if members.is_empty() { None } else { changed(template, &changes(members, number)) }
}

/// Returns the changes that give each of these members a text of its own.
fn changes(members: &[(Vec<String>, JsonTemplate)], number: usize) -> Vec<Change> {
    let change = |(path, own): &(Vec<String>, JsonTemplate)| {
        let text = || Value::from(format!("${{unique}}-own{number}"));
        let value = match constant_of(own)? {
            Value::Object(texts) => texts.keys().map(|key| (key.clone(), text())).collect(),
            _ => text(),
        };
        Some(Change::replace(path.clone(), own.clone(), JsonTemplate::parse(&value).ok()?))
    };
    members.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::body_changes::{changed_json, opened},
        *,
    };

    #[test]
    fn a_refusal_says_that_a_name_is_taken() {
        for (said, expected) in [
            (r#"{"non_field_errors":["Tag already exists in event."]}"#, true),
            (r#"{"name":["Track name already exists in event."]}"#, true),
            (r#"{"error":"duplicate key value violates unique constraint \"x\""}"#, true),
            (r#"{"message":"Der Name existiert bereits"}"#, true),
            (r#"{"message":"Ce nom existe d\u00e9j\u00e0"}"#, true),
            ("Username has already been taken", true),
            (r#"{"error":"conflict","error_description":"Duplicate resource error"}"#, true),
            // It is about something else.
            ("duplicate field `name` at line 1", false),
            (r#"{"name":["This field is required."]}"#, false),
            (r#"{"message":"tags must NOT have duplicate items"}"#, false),
            (r#"{"message":"the thing does not exist"}"#, false),
            ("", false),
        ] {
            assert_eq!(says_taken(said.as_bytes()), expected, "{said}");
        }
    }

    #[test]
    fn a_member_that_is_named_or_the_only_text_gets_a_text_of_its_own() {
        let own = || json!("${unique}-own3");
        for (body, said, expected) in [
            (
                json!({ "tag": "failspec", "color": "#000" }),
                "Tag already exists",
                Some(json!({ "tag": own(), "color": "#000" })),
            ),
            (
                json!({ "label": "failspec", "size": 1 }),
                "it already exists",
                Some(json!({ "label": own(), "size": 1 })),
            ),
            (
                json!({ "name": { "en": "a", "de": "b" } }),
                "name already exists",
                Some(json!({ "name": { "en": own(), "de": own() } })),
            ),
            // Nothing says which of them it is, or it is the run's own already.
            (json!({ "a": "x", "b": "y" }), "already exists", None),
            (json!({ "name": "${unique}-1" }), "name already exists", None),
            (json!({ "size": 1 }), "size already exists", None),
        ] {
            let whole = opened(JsonTemplate::parse(&body).unwrap());
            let JsonTemplate::Map(members) = whole.clone() else { panic!("an object") };
            let members: Vec<_> =
                meant(members, said.as_bytes()).into_iter().map(|(name, own)| (vec![name], own)).collect();
            let found = changed_json(whole, &changes(&members, 3)).map(|it| format!("{:?}", all_opened(it)));
            let expected = expected.map(|it| format!("{:?}", all_opened(JsonTemplate::parse(&it).unwrap())));
            assert_eq!(found, expected, "{body}");
        }
    }

    fn all_opened(value: JsonTemplate) -> JsonTemplate {
        match opened(value) {
            JsonTemplate::Map(members) => JsonTemplate::Map(
                members.into_iter().map(|(name, value)| (name, all_opened(value))).collect(),
            ),
            other => other,
        }
    }
}
