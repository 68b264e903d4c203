//! GET operations that change something all the same, judging by their names: those of an interface of calls
//! (`GET /createPad`). They are no reads, and what they change is not known.

use failspec_pack::openapi::Operation;

use super::unusual::snake;

/// The first words of the name of an operation that changes something.
const CHANGING: [&str; 50] = [
    "activate",
    "add",
    "append",
    "approve",
    "assign",
    "cancel",
    "change",
    "clear",
    "clone",
    "copy",
    "create",
    "deactivate",
    "delete",
    "destroy",
    "disable",
    "drop",
    "edit",
    "enable",
    "erase",
    "expire",
    "insert",
    "invalidate",
    "kill",
    "mark",
    "modify",
    "move",
    "publish",
    "purge",
    "put",
    "reboot",
    "regenerate",
    "register",
    "reject",
    "remove",
    "rename",
    "reset",
    "restart",
    "restore",
    "revoke",
    "rotate",
    "save",
    "send",
    "set",
    "shutdown",
    "stop",
    "terminate",
    "unregister",
    "update",
    "upgrade",
    "write",
];

/// Words that are no name of a thing: alone at the end of a path they say what happens (`GET /users/{id}/delete`).
const ALONE: [&str; 14] = [
    "clear",
    "create",
    "deactivate",
    "delete",
    "destroy",
    "disable",
    "enable",
    "kill",
    "purge",
    "reboot",
    "remove",
    "restart",
    "revoke",
    "shutdown",
];

/// The first words of a summary that says that an operation reads.
const READING: [&str; 20] = [
    "check", "describe", "display", "download", "export", "fetch", "find", "get", "gets", "list", "lists",
    "load", "query", "read", "retrieve", "return", "returns", "search", "show", "view",
];

/// Words before a name, by which a word in front of them is a verb.
const ARTICLES: [&str; 12] =
    ["a", "all", "an", "any", "every", "given", "its", "new", "one", "the", "this", "your"];

/// Returns true if an operation is a GET or HEAD whose name or description says that it changes something, and whose summary
/// does not say that it reads.
pub(super) fn changes_by_reading(operation: &Operation) -> bool {
    if !matches!(operation.method.as_str(), "GET" | "HEAD") {
        return false;
    }
    let summary = snake(&operation.summary);
    if summary.split('_').next().is_some_and(|word| READING.contains(&word)) {
        return false;
    }
    let id = snake(operation.id.as_deref().unwrap_or_default());
    let told = [&operation.summary, &operation.description].into_iter().any(|text| tells_a_change(text));
    told || names_a_change(&operation.path) || is_compound(&id)
}

/// Returns true if a text begins by saying that something changes: `Sends a message`, `Send a message`. Without what follows, the
/// word may be the name of a thing: `Update status`, `Copy`.
fn tells_a_change(text: &str) -> bool {
    let begin: String = text.chars().take(80).collect();
    let begin = snake(&begin);
    let mut words = begin.split('_');
    let (Some(verb), Some(next)) = (words.next(), words.next()) else { return false };
    CHANGING.contains(&base_form(verb)) && ARTICLES.contains(&next)
}

/// Returns the base form of a verb in the third person.
fn base_form(verb: &str) -> &str {
    let forms = [verb.strip_suffix("es"), verb.strip_suffix('s')];
    forms.into_iter().flatten().find(|base| CHANGING.contains(base)).unwrap_or(verb)
}

/// Returns true if an operation is a call whose path says what it changes, and names no thing: `POST /createPad`. A server that ignores
/// the method carries it out.
pub(super) fn is_changing_call(operation: &Operation) -> bool {
    !operation.path.contains('{') && names_a_change(&operation.path)
}

/// Returns true if the last segment of a path that is a word says that something changes.
fn names_a_change(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').find(|segment| !segment.contains('{'));
    let last = snake(last.unwrap_or_default());
    is_compound(&last) || ALONE.contains(&last.as_str())
}

/// Returns true if a name begins with a word that says that something changes, and goes on.
fn is_compound(name: &str) -> bool {
    let mut words = name.split('_');
    words.next().is_some_and(|word| CHANGING.contains(&word)) && words.next().is_some()
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::{changes_by_reading, is_changing_call};

    #[test]
    fn a_call_says_in_its_path_what_it_changes_and_names_no_thing() {
        for (path, expected) in [
            ("/createPad", true),
            ("/1.2/delete-group", true),
            ("/caches/clear", true),
            ("/pads/{id}/delete", false),
            ("/pads", false),
            ("/updates", false),
            ("/addresses", false),
        ] {
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
                "paths": { path: { "post": { "responses": { "200": { "description": "done" } } } } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(is_changing_call(&api.operations[0]), expected, "{path}");
        }
    }

    #[test]
    fn a_get_changes_something_if_its_name_says_so_and_its_summary_does_not_say_that_it_reads() {
        for (method, path, id, summary, expected) in [
            ("get", "/createPad", "", "", true),
            ("get", "/1.2/createGroup", "createGroupUsingGET", "creates a new group", true),
            ("get", "/users/{id}/delete", "", "", true),
            ("get", "/pads/{id}", "deletePad", "", true),
            ("get", "/set_text", "", "", true),
            ("get", "/move-pad/{id}", "", "", true),
            ("get", "/pads", "listPads", "", false),
            ("get", "/updates", "", "", false),
            ("get", "/sets/{id}", "", "", false),
            ("get", "/deleted-things", "", "", false),
            ("get", "/created_by", "getCreatedBy", "", false),
            ("get", "/things/{id}/change-log", "changeLog", "Get the log", false),
            ("get", "/copy", "", "", false),
            ("get", "/testemail", "", "Send a test message", true),
            ("get", "/jobs/{id}/next", "", "Deletes the job that it returns", true),
            ("get", "/pages", "", "Set of pages", false),
            ("get", "/stops", "", "Stops", false),
            ("get", "/clones", "", "Clones of a repository", false),
            ("get", "/update-status", "", "Returns the state of the update", false),
            ("post", "/createPad", "", "", false),
        ] {
            let id = if id.is_empty() { "x" } else { id };
            let operation = json!({ "operationId": id, "summary": summary, "responses": { "200": { "description": "done" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { method: operation } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(changes_by_reading(&api.operations[0]), expected, "{method} {path} {id} {summary}");
        }
    }
}
