//! POST operations that do something to what is there, and create nothing, judging by their words and their responses.

use failspec_pack::openapi::{Api, Operation, is_verb};
use serde_json::Value;

use super::{body::Members, crud::success_schema, generate::is_never_sent, unusual::snake};

/// Words at the beginning of the last segment of a path, of an id or of a summary that say that something which is there gets
/// another state, or is looked at.
const ACTIONS: [&str; 26] = [
    "accept",
    "acknowledge",
    "approve",
    "cancel",
    "check",
    "confirm",
    "decline",
    "delete",
    "deny",
    "detach",
    "dismiss",
    "expire",
    "ignore",
    "invalidate",
    "reject",
    "remove",
    "resolve",
    "retry",
    "revoke",
    "terminate",
    "test",
    "unassign",
    "unlink",
    "unsubscribe",
    "validate",
    "verify",
];

/// Words that say that an operation is about more than what it names.
const SEVERAL: [&str; 23] = [
    "all",
    "any",
    "batch",
    "bulk",
    "clean",
    "cleanup",
    "clear",
    "every",
    "everything",
    "filter",
    "flush",
    "many",
    "matching",
    "multiple",
    "prune",
    "purge",
    "query",
    "reset",
    "search",
    "truncate",
    "unused",
    "where",
    "wipe",
];

/// Maximum depth in a response at which an id is searched.
const MAX_DEPTH: usize = 4;

/// Returns true if the words of a POST operation say that it does something to what is there.
pub(super) fn acts(operation: &Operation) -> bool {
    let is_action = |word: &str| is_verb(word, &ACTIONS);
    says_action(operation, &is_action) && !is_never_sent(operation) && !says_several(operation)
}

/// Returns true if the last segment of the path of an operation, its id or its summary begins with such a word.
fn says_action(operation: &Operation, is_action: &dyn Fn(&str) -> bool) -> bool {
    let last = snake(operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
    last.split('_').next().is_some_and(is_action) || operation.first_words().any(|word| is_action(&word))
}

/// Returns true if a POST operation invites or adds a person by an e-mail address, judging by the last segment of its path: somebody gets an
/// account, or a message, that no request takes back.
pub(super) fn adds_person(api: &Api, operation: &Operation) -> bool {
    const ADDING: [&str; 6] = ["add", "enrol", "enroll", "invite", "onboard", "register"];
    let last = operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let adds = snake(last).split('_').next().is_some_and(|word| ADDING.contains(&word));
    let schemas = operation.body.iter().filter_map(|content| content.schema.as_ref());
    let mut members = schemas.flat_map(|schema| Members::of(&api.bundle, schema, 0).properties);
    let is_address = |(name, property): (String, Value)| {
        let format = api.bundle.resolve(&property).get("format").and_then(Value::as_str);
        format == Some("email") || snake(&name).rsplit('_').next() == Some("email")
    };
    operation.method == "POST" && adds && members.any(is_address)
}

/// Returns true if the words of a POST operation say that it does something to all of what is there.
pub(super) fn acts_on_all(operation: &Operation) -> bool {
    const LOOKING: [&str; 4] = ["check", "test", "validate", "verify"];
    const ALL: [&str; 3] = ["all", "every", "everything"];
    let is_action = |word: &str| is_verb(word, &ACTIONS) && !is_verb(word, &LOOKING);
    operation.method == "POST" && says_action(operation, &is_action) && says(operation, &ALL)
}

/// Returns true if the words of an operation say that it is about more than what a request names.
pub(super) fn says_several(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().map(|it| it.name.as_str());
    says(operation, &SEVERAL) || parameters.into_iter().any(selects_several)
}

/// Returns true for the name of a parameter or a member that selects things otherwise than by their ids.
pub(super) fn selects_several(name: &str) -> bool {
    const OTHERS: [&str; 3] = ["expression", "pattern", "selector"];
    snake(name).split('_').any(|word| SEVERAL.contains(&word) || OTHERS.contains(&word))
}

/// Returns true if one of these words is in the summary, the id or the path of an operation.
fn says(operation: &Operation, words: &[&str]) -> bool {
    let id = operation.id.as_deref().unwrap_or_default();
    [&operation.summary, id, &operation.path]
        .iter()
        .any(|text| snake(text).split('_').any(|word| words.contains(&word)))
}

/// Returns true for a value of a request that means all of something.
pub(super) fn is_several(value: &str) -> bool {
    SEVERAL.contains(&value.to_ascii_lowercase().as_str())
}

/// Returns true if the words of an operation name one thing, and not several: where its id is optional, a server that does not take
/// the id could do it to all of them.
pub(super) fn speaks_of_one(operation: &Operation) -> bool {
    let id = snake(operation.id.as_deref().unwrap_or_default());
    let summary = snake(&operation.summary);
    let last = snake(operation.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
    let is_plural =
        |word: &str| word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    // The first word is a verb: `deletes`.
    let says_one =
        |text: &str| text.split('_').filter(|it| !it.is_empty()).skip(1).all(|word| !is_plural(word));
    match (id.is_empty(), summary.is_empty()) {
        (true, true) => !is_plural(&last),
        _ => says_one(&id) && says_one(&summary),
    }
}

/// Returns true if the success of an operation has a thing with an id in it.
pub(super) fn answers_with_a_thing(operation: &Operation, api: &Api) -> bool {
    let has_address = |name: &str| name.eq_ignore_ascii_case("location");
    let mut headers = operation.responses.iter().flat_map(|response| &response.headers);
    headers.any(|header| has_address(&header.name))
        || success_schema(operation, api).is_some_and(|schema| has_id(schema, api, 0))
}

fn has_id(schema: &Value, api: &Api, depth: usize) -> bool {
    let schema = api.bundle.resolve(schema);
    if depth > MAX_DEPTH {
        return false;
    }
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let is_id = |name: &str| {
        let name = snake(name);
        name.rsplit('_').next().is_some_and(|last| ["id", "uuid", "guid"].contains(&last))
    };
    let mut inner =
        ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    members.into_iter().any(|(name, property)| is_id(name) || has_id(property, api, depth + 1))
        || schema.get("items").is_some_and(|items| has_id(items, api, depth + 1))
        || inner.any(|part| has_id(part, api, depth + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_action_on_all_is_told_from_one_on_a_list_of_ids_and_from_a_look() {
        for (path, summary, expected) in [
            ("/sessions/approve-all", "", true),
            ("/jobs/cancel", "Cancel all jobs", true),
            ("/jobs/bulk/cancel", "Cancel jobs", false),
            ("/jobs/validate-all", "", false),
            ("/jobs", "Create all jobs", false),
        ] {
            let operation = json!({ "summary": summary, "responses": { "200": { "description": "done" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "post": operation } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(acts_on_all(&api.operations[0]), expected, "{path} {summary}");
        }
        for (name, expected) in [
            ("query", true),
            ("dag_id_pattern", true),
            ("statusFilter", true),
            ("id", false),
            ("note", false),
        ] {
            assert_eq!(selects_several(name), expected, "{name}");
        }
    }

    #[test]
    fn a_removal_is_of_one_thing_if_its_words_are_no_plurals() {
        for (path, id, summary, (one, several)) in [
            ("/keys", "deleteKey", "Delete a key", (true, false)),
            ("/keys", "deleteKeys", "", (false, false)),
            ("/keys", "deletes", "Deletes the access of a key", (true, false)),
            ("/keys", "", "Delete messages", (false, false)),
            ("/keys", "deleteKey", "Delete all", (true, true)),
            ("/keys/query/block", "blockKey", "", (true, true)),
            ("/keys", "purgeKey", "", (true, true)),
        ] {
            let id = if id.is_empty() { "x" } else { id };
            let operation = json!({ "operationId": id, "summary": summary, "responses": { "200": { "description": "done" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "delete": operation } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            let found = (speaks_of_one(&api.operations[0]), says_several(&api.operations[0]));
            assert_eq!(found, (one, several), "{path} {id} {summary}");
        }
    }

    #[test]
    fn an_action_is_known_by_its_words_and_by_a_response_without_a_thing() {
        let empty = json!({ "type": "object" });
        let done = json!({ "type": "object", "properties": { "changes": { "type": "array", "items": { "type": "string" } } } });
        let thing = json!({ "type": "object", "properties": { "node": { "properties": { "id": { "type": "string" } } } } });
        let list = json!({ "type": "array", "items": { "properties": { "runId": { "type": "string" } } } });
        for (path, id, summary, schema, expected) in [
            ("/apikey/expire", "expireApiKey", "Expire API key", &empty, (true, false)),
            ("/auth/approve", "", "", &empty, (true, false)),
            ("/auth/reject", "", "", &done, (true, false)),
            ("/hooks", "testHook", "", &empty, (true, false)),
            ("/tokens/revoke-one", "", "Revokes a token", &empty, (true, false)),
            ("/auth/register", "authRegister", "Register node", &thing, (false, true)),
            ("/runs/retry", "", "", &list, (true, true)),
            ("/keys", "createKey", "Create a key", &empty, (false, false)),
            ("/jobs/cancel", "cancelAll", "", &empty, (false, false)),
            ("/jobs/cancel", "", "Cancel all jobs", &empty, (false, false)),
            ("/sessions/expire", "logout", "", &empty, (false, false)),
            ("/approvals", "", "", &empty, (false, false)),
        ] {
            let operation = json!({ "operationId": if id.is_empty() { "x" } else { id }, "summary": summary,
                "responses": { "200": { "description": "done", "content": { "application/json": { "schema": schema } } } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "post": operation } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            let operation = &api.operations[0];
            let found = (acts(operation), answers_with_a_thing(operation, &api));
            assert_eq!(found, expected, "{path} {id} {summary}");
        }
    }

    #[test]
    fn a_person_is_added_by_an_address() {
        for (path, member, expected) in [
            ("/teams/{id}/invite/", "email", true),
            ("/talks/{id}/add-speaker", "email", true),
            ("/talks/{id}/addSpeaker", "userEmail", true),
            ("/talks/{id}/add-speaker", "name", false),
            ("/teams/{id}/remove_member", "email", false),
            ("/invites", "email", false),
        ] {
            let schema = json!({ "type": "object", "properties": { member: { "type": "string" } } });
            let body = json!({ "content": { "application/json": { "schema": schema } } });
            let post = json!({ "requestBody": body, "responses": { "200": { "description": "done" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "post": post } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(adds_person(&api, &api.operations[0]), expected, "{path} {member}");
        }
    }
}
