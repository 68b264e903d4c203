//! Effects of an operation, judging by its method, its path and its words: it reads, or it destroys something.

use serde_json::Value;

use failspec_pack::openapi::{Operation, Parameter, ResponseStatus, is_verb};

use super::{
    generate::declares,
    path_values::{names, parameter},
    unusual::snake,
};

/// The last path segments of POST operations that only read, because a query would be too long for a URL.
const READING: [&str; 14] = [
    "search", "filter", "query", "count", "lookup", "validate", "preview", "estimate", "paginate", "history",
    "find", "list", "suggest", "_search",
];

/// The first words of the last path segment of such operations, if it has several: `find-by-metadata`.
const READING_FIRST: [&str; 8] = ["search", "filter", "query", "count", "lookup", "find", "list", "validate"];

/// The last path segments of POST operations that mostly read: the words of the document may say otherwise.
const MOSTLY_READING: [&str; 5] = ["aggregate", "batch_check", "compare", "diff", "explain"];

/// The last path segments, or their first words, of POST operations that may as well change or start something
/// (`/messages/{id}/read`, `/volumes/{id}/expand`): they read only if the words of the document say so.
const AMBIGUOUS: [&str; 9] =
    ["calculate", "check", "evaluate", "expand", "parse", "read", "render", "simulate", "test"];

/// The first words of a summary or an id of an operation that reads.
const READING_VERBS: [&str; 35] = [
    "aggregate",
    "calculate",
    "check",
    "compare",
    "compute",
    "count",
    "describe",
    "determine",
    "diff",
    "estimate",
    "evaluate",
    "expand",
    "explain",
    "fetch",
    "filter",
    "find",
    "get",
    "inspect",
    "list",
    "lookup",
    "parse",
    "predict",
    "preview",
    "query",
    "read",
    "render",
    "retrieve",
    "return",
    "search",
    "show",
    "simulate",
    "suggest",
    "test",
    "validate",
    "verify",
];

/// The first words of a summary or an id of an operation that changes something, or starts what does.
const CHANGING_VERBS: [&str; 24] = [
    "add", "apply", "cancel", "create", "delete", "enqueue", "execute", "initiate", "launch", "mark",
    "perform", "post", "queue", "record", "register", "remove", "run", "save", "schedule", "set", "start",
    "store", "trigger", "update",
];

/// Words anywhere in the summary of an ambiguous operation, or in its id or last segment, that say that it has an effect.
const EFFECTS: [&str; 40] = [
    "asynchronous",
    "asynchronously",
    "background",
    "capacity",
    "cluster",
    "create",
    "created",
    "creates",
    "disk",
    "email",
    "enqueue",
    "filesystem",
    "job",
    "mail",
    "mark",
    "marked",
    "marks",
    "notification",
    "queue",
    "resize",
    "run",
    "saved",
    "saves",
    "schedule",
    "scheduled",
    "send",
    "sends",
    "sms",
    "start",
    "started",
    "starts",
    "trigger",
    "triggers",
    "update",
    "updated",
    "updates",
    "volume",
    "volumes",
    "webhook",
    "unread",
];

/// Words in the summary of an operation on one thing that say that it reads, where its verb is its last segment alone:
/// `Check whether …`.
const RESULTS: [&str; 12] = [
    "whether",
    "if",
    "return",
    "returns",
    "returned",
    "result",
    "results",
    "tree",
    "relationship",
    "relationships",
    "would",
    "without",
];

/// Returns true if an operation only reads, judging by its method, its path and the words of the document.
pub(super) fn only_reads(operation: &Operation) -> bool {
    let last = last_segment(operation);
    let name = snake(&last);
    let (first, rest) = name.split_once('_').unwrap_or((&name, ""));
    let reads = || {
        READING.contains(&last.to_ascii_lowercase().as_str())
            || READING_FIRST.contains(&first) && !rest.is_empty()
            || MOSTLY_READING.contains(&name.as_str())
                && returns_something(operation)
                && !says_that_it_changes(operation)
            || (AMBIGUOUS.contains(&name.as_str()) || first == "test")
                && returns_something(operation)
                && says_that_it_reads(operation, &name)
    };
    operation.is_safe() || operation.method == "POST" && reads()
}

/// Returns true if the successes of an operation neither say that it made (201) or started (202) something, nor that there is
/// nothing to read (204).
fn returns_something(operation: &Operation) -> bool {
    let mut successes = operation.responses.iter().map(|response| response.status);
    successes.all(|status| !matches!(status, ResponseStatus::Exactly(201 | 202 | 204 | 205)))
}

/// Returns true if the first word of the summary or of the id of an operation says that it changes something.
fn says_that_it_changes(operation: &Operation) -> bool {
    operation.first_words().any(|word| is_verb(&word, &CHANGING_VERBS))
}

/// Returns true if the first word of the summary or of the id of an operation says that it reads, and no other word says that it
/// does more.
fn says_that_it_reads(operation: &Operation, segment: &str) -> bool {
    let texts = [&operation.summary, operation.id.as_deref().unwrap_or_default(), segment];
    let has_effect = texts.iter().any(|text| snake(text).split('_').any(|word| EFFECTS.contains(&word)));
    let verb = segment.split('_').next().unwrap_or_default();
    // `POST /messages/{id}/read` may be called `readMessage` and mark it as read.
    let is_of_one_thing =
        operation.path.trim_end_matches('/').rsplit('/').nth(1).is_some_and(|it| it.ends_with('}'));
    let tells_results = || snake(&operation.summary).split('_').any(|word| RESULTS.contains(&word));
    let is_enough = |word: &str| !is_of_one_thing || !is_verb(word, &[verb]) || tells_results();
    !has_effect
        && !says_that_it_changes(operation)
        && operation.first_words().any(|word| is_verb(&word, &READING_VERBS) && is_enough(&word))
}

/// Returns the last segment of the path of an operation that is no parameter with few values.
fn last_segment(operation: &Operation) -> String {
    let is_word = |segment: &&str| {
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        name.and_then(|name| parameter(operation, name)).is_some_and(has_few_values)
    };
    let mut segments = operation.path.trim_end_matches('/').rsplit('/');
    segments.find(|segment| !is_word(segment)).unwrap_or_default().to_owned()
}

/// Returns true if the document lists the values of a parameter.
fn has_few_values(parameter: &Parameter) -> bool {
    let lists = |schema: &Value| schema.get("enum").is_some() || schema.get("const").is_some();
    parameter.schema.as_ref().is_some_and(lists)
}

/// Returns true if all parameters of a path have few values.
pub(super) fn is_of_words(operation: &Operation) -> bool {
    let mut names = names(&operation.path).into_iter();
    names.all(|name| parameter(operation, name).is_some_and(has_few_values))
}

/// Words in the last path segment of operations that create nothing, with any method: they remove something, or switch a state
/// of the whole system.
const DESTROYING: [&str; 32] = [
    "delete",
    "purge",
    "reset",
    "clear",
    "remove",
    "wipe",
    "drop",
    "truncate",
    "destroy",
    "flush",
    "shutdown",
    "restart",
    "stop",
    "revoke",
    "prune",
    "cleanup",
    "start",
    "enable",
    "disable",
    "pause",
    "resume",
    "suspend",
    "lock",
    "unlock",
    "activate",
    "deactivate",
    "abort",
    "kill",
    "reload",
    "reboot",
    "upgrade",
    "restore",
];

/// Returns true if an operation deletes or stops something, judging by its path.
pub(super) fn destroys(operation: &Operation) -> bool {
    let last = snake(&last_segment(operation));
    last.split(|it: char| !it.is_ascii_alphabetic()).any(|word| DESTROYING.contains(&word))
}

/// Verbs of operations that change what is there, in the summary, in the id or in the last segment of the path.
const SETTING_VERBS: [&str; 14] = [
    "adjust",
    "change",
    "configure",
    "edit",
    "modify",
    "overwrite",
    "patch",
    "reconfigure",
    "rename",
    "replace",
    "set",
    "switch",
    "toggle",
    "update",
];

/// Last words of a path that name what a system has one of.
const SETTINGS: [&str; 12] = [
    "config",
    "configuration",
    "language",
    "options",
    "parameters",
    "password",
    "preferences",
    "profile",
    "setting",
    "settings",
    "setup",
    "theme",
];

/// Returns true if a POST without an id in its path changes what the system has one of: its words say that it sets something, or its
/// path names its settings, and no success says that it made something (201).
pub(super) fn sets_up(operation: &Operation) -> bool {
    let last = snake(&last_segment(operation));
    let words: Vec<&str> = last.split('_').collect();
    let mut ends = [words.first(), words.last()].into_iter().flatten();
    let begins_with = |verbs: &[&str]| operation.first_words().any(|word| is_verb(&word, verbs));
    operation.method == "POST"
        && !declares(operation, 201)
        && !only_reads(operation)
        && !begins_with(&["add", "create", "import", "register"])
        && (ends.any(|word| SETTING_VERBS.contains(word))
            || words.last().is_some_and(|last| SETTINGS.contains(last))
            || begins_with(&SETTING_VERBS))
}

/// Returns true if an operation gives a new name, which is in its path, to what nothing in the path names: `PUT /wallet/{new_name}` renames
/// the wallet of whoever asks.
pub(super) fn renames_untold(operation: &Operation) -> bool {
    let path = operation.path.trim_end_matches('/');
    matches!(operation.method.as_str(), "PUT" | "PATCH" | "POST")
        && path.ends_with('}')
        && matches!(names(path).as_slice(), [only] if snake(only).starts_with("new_"))
}

/// Last path segments behind the id of a thing of operations that choose it: then another one of its kind is no longer chosen.
const CHOOSING: [&str; 9] =
    ["choose", "chosen", "current", "default", "main", "primary", "select", "selected", "switch"];

/// Words before or behind them: `set-as-default`, `make_primary`.
const AROUND_CHOOSING: [&str; 8] = ["as", "change", "is", "make", "mark", "set", "the", "to"];

/// Words of a document that say of `POST /profiles/{id}/activate` that it is more than a state of that one.
const OF_OTHERS: [&str; 8] =
    ["chosen", "current", "currently", "deactivate", "deactivates", "default", "others", "selected"];

/// Returns true if an operation makes one of several things the one that counts (`PUT /templates/{id}/default`). Also for an id that
/// does not exist, a server may take that from the one which had it.
pub(super) fn chooses_one(operation: &Operation) -> bool {
    let mut segments = operation.path.trim_end_matches('/').rsplit('/');
    let last = snake(segments.next().unwrap_or_default());
    let is_of_one_thing = segments.next().is_some_and(|segment| segment.ends_with('}'));
    if !is_of_one_thing || !matches!(operation.method.as_str(), "PUT" | "POST" | "PATCH") {
        return false;
    }
    let words: Vec<&str> = last.split('_').filter(|word| !AROUND_CHOOSING.contains(word)).collect();
    let says_more = || snake(&operation.summary).split('_').any(|word| OF_OTHERS.contains(&word));
    match words.as_slice() {
        ["activate" | "active"] => says_more(),
        [word] => CHOOSING.contains(word),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::*;

    /// Returns what is said of `POST path` with this id, this summary and a success of this status.
    fn reads(path: &str, id: &str, summary: &str, status: &str) -> bool {
        let operation = json!({
            "operationId": id, "summary": summary, "responses": { status: { "description": "done" } }
        });
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "post": operation } }
        });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        only_reads(&api.operations[0])
    }

    #[test]
    fn a_rename_says_in_its_path_what_gets_the_new_name_or_is_untold() {
        for (method, path, expected) in [
            ("put", "/wallet/{new_name}", true),
            ("post", "/me/name/{newName}/", true),
            ("put", "/wallets/{id}/name/{new_name}", false),
            ("put", "/wallets/{name}", false),
            ("get", "/wallet/{new_name}", false),
            ("put", "/news/{newsId}", false),
        ] {
            let mut document =
                json!({ "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": {} });
            document["paths"][path][method] = json!({ "responses": { "200": { "description": "done" } } });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(renames_untold(&api.operations[0]), expected, "{method} {path}");
        }
    }

    #[test]
    fn an_action_chooses_one_of_several_if_its_path_says_so_and_activation_only_if_its_words_do() {
        for (method, path, summary, expected) in [
            ("put", "/templates/{id}/default", "", true),
            ("post", "/cards/{id}/set-as-default", "", true),
            ("post", "/emails/{id}/makePrimary", "", true),
            ("patch", "/profiles/{id}/select", "", true),
            ("post", "/profiles/{id}/activate", "Make this the current profile", true),
            ("put", "/keys/{id}/active", "Activate a key and deactivate the others", true),
            ("post", "/users/{id}/activate", "Activate a user", false),
            ("get", "/templates/{id}/default", "", false),
            ("delete", "/templates/{id}/default", "", false),
            ("put", "/users/{id}/default-roles", "", false),
            ("put", "/templates/default", "", false),
            ("put", "/templates/{id}/preview", "", false),
        ] {
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
                "paths": { path: { method: { "summary": summary, "responses": { "200": { "description": "done" } } } } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(chooses_one(&api.operations[0]), expected, "{method} {path} {summary}");
        }
    }

    #[test]
    fn a_post_without_an_id_that_sets_something_changes_what_is_there() {
        for (path, id, summary, status, expected) in [
            ("/dns_config", "dnsConfig", "General parameters", "200", true),
            ("/protection", "setProtection", "", "200", true),
            ("/protection", "", "Set the state of the protection", "204", true),
            ("/tls/configure", "", "", "200", true),
            ("/filtering/set_rules", "", "", "200", true),
            ("/access/set", "", "", "200", true),
            ("/i18n/changeLanguage", "", "", "200", true),
            ("/settings", "", "", "200", true),
            ("/clients/update", "", "", "200", true),
            ("/user/password", "", "", "200", true),
            ("/v1/things", "ThingService_UpdateThings", "", "200", true),
            ("/settings", "", "", "201", false),
            ("/profile", "createProfile", "", "200", false),
            ("/clients/add", "clientsAdd", "Add a client", "200", false),
            ("/datasets", "", "Create a set of data", "200", false),
            ("/sets", "createSet", "", "200", false),
            ("/settings/validate", "", "", "200", false),
            ("/updates", "sendUpdate", "Send an update", "200", false),
        ] {
            let operation = json!({
                "operationId": id, "summary": summary, "responses": { status: { "description": "done" } }
            });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "post": operation } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(sets_up(&api.operations[0]), expected, "{path} {id} {summary}");
        }
    }

    #[test]
    fn a_post_reads_if_its_path_says_so_and_in_doubt_only_if_its_words_do() {
        for (path, id, summary) in [
            ("/things/search", "", ""),
            ("/stores/{id}/list-objects", "ListObjects", "List all objects of a type"),
            (
                "/stores/{id}/batch-check",
                "BatchCheck",
                "Send a list of `check` operations in a single request",
            ),
            ("/stores/{id}/check", "Check", "Check whether a user is authorized to access an object"),
            ("/stores/{id}/read", "Read", "Get tuples from the store that matches a query"),
            ("/stores/{id}/expand", "Expand", "Expand all relationships in userset tree format"),
            (
                "/v1/permissions/check",
                "PermissionsService_CheckPermission",
                "CheckPermission determines access",
            ),
            ("/v1/relationships/read", "", "ReadRelationships reads a set of the relationships"),
            ("/rules/evaluate", "", "Evaluates a rule on an input"),
            ("/expressions/parse", "parseExpression", ""),
            ("/prices/calculate", "", "Returns the price"),
            ("/templates/{id}/render", "", "Preview of the text of a template"),
            ("/queries/explain", "", ""),
            ("/versions/diff", "", "The difference of two versions"),
            ("/versions/compare", "compareVersions", ""),
            ("/events/aggregate", "", ""),
            ("/sources/test-connection", "", "Test the connection to a source"),
            ("/policies/{id}/simulate", "", "Shows what a policy would allow"),
        ] {
            assert!(reads(path, id, summary, "200"), "{path} {id} {summary}");
            // What starts a job, makes a thing, or says nothing, does not read.
            let is_plain = READING.iter().any(|word| path.ends_with(word)) || path.contains("/list-");
            for status in ["201", "202", "204"] {
                assert_eq!(reads(path, id, summary, status), is_plain, "{path} {status}");
            }
        }
        for (path, id, summary) in [
            ("/things", "", "List things"),
            ("/messages/{id}/read", "", ""),
            ("/messages/{id}/read", "readMessage", ""),
            ("/messages/{id}/read", "readMessage", "Mark a message as read"),
            ("/messages/read", "", "Set all messages to read"),
            ("/watches/{id}/check", "checkWatch", "Check a watch now"),
            ("/health/check", "", "Start a check"),
            ("/health/check", "", "Checks are started in the background"),
            ("/volumes/{id}/expand", "expandVolume", "Expand a volume"),
            ("/volumes/{id}/expand", "", "Expand it"),
            ("/videos/{id}/render", "", "Render a video"),
            ("/models/evaluate", "", "Run an evaluation"),
            ("/documents/parse", "", "Parse documents: a job is started"),
            ("/invoices/{id}/calculate", "", ""),
            ("/channels/{id}/test-email", "", "Test the settings"),
            ("/channels/{id}/test", "", "Send a message to test the channel"),
            ("/reports/aggregate", "", "Start the aggregation"),
            ("/versions/compare", "createComparison", ""),
        ] {
            assert!(!reads(path, id, summary, "200"), "{path} {id} {summary}");
        }
    }
}
