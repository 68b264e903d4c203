//! References to things below the same parent that a document does not require: where it requires nothing of a body at all, an API
//! often wants them, and no list of the API has them before the run makes them.

use failspec_pack::openapi::{Operation, is_verb};
use serde_json::Value;

use super::{
    body::{Members, with},
    crud::bare,
    effects::only_reads,
    fixtures::Fixtures,
    generate::Generator,
    invalid_value::core,
    request_spec::{Body, RequestSpec},
    unusual::snake,
    valid_request::{escaped, json_body},
};

/// Maximum number of things that a scenario has made before another one for a reference: what uses these things, and what is in that,
/// must still have room.
const MAX_BEFORE: usize = 5;

/// The first words of a summary or an id of an operation that starts something: with what it refers to, it would.
const STARTING: [&str; 12] = [
    "start", "run", "execute", "launch", "trigger", "queue", "enqueue", "perform", "deploy", "invoke",
    "dispatch", "schedule",
];

/// The last words of collections whose things start, now or later.
const STARTED: [&str; 9] =
    ["jobs", "runs", "executions", "builds", "deployments", "schedules", "triggers", "invocations", "timers"];

impl Generator<'_> {
    /// Adds to the body of a creation below a thing of the run each optional member that names another thing there, by a number or a
    /// UUID, and makes that thing: `repository_id` in `POST /projects/{id}/templates` is one of `/projects/{id}/repositories`. A change
    /// of what was made so names the same things. Until `link` puts their ids there, they name nothing.
    pub(super) fn with_siblings(
        &mut self,
        operation: &Operation,
        ask: &mut RequestSpec,
        body: &mut Option<Value>,
        around: &mut Fixtures,
        depth: usize,
    ) {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else { return };
        let creates = operation.method == "POST" && self.creators.of_collection(operation).is_some();
        let changes = operation.method == "PUT" && around.made.contains_key(&bare(&operation.path));
        if !self.allow_writes || only_reads(operation) || starts(operation) || !creates && !changes {
            return;
        }
        let item = if creates { bare(&operation.path) + "/{}" } else { bare(&operation.path) };
        let Some(folder) = parent_of(&item).filter(|parent| around.made.contains_key(*parent)) else {
            return;
        };
        let declared = self.declared;
        let bundle = &declared.api.bundle;
        let Members { properties, required, .. } = Members::of(bundle, schema, 0);
        if !required.is_empty() {
            return;
        }
        for (name, property) in properties {
            let inner = core(bundle, &property);
            let is_there = body.as_ref().is_none_or(|body| !body.is_object() || body.get(&name).is_some());
            if is_there || self.paths.given(&name).is_some() || !is_number_or_uuid(inner) {
                continue;
            }
            let Some(nothing) = self.no_such(inner, &name) else { continue };
            let Some(named) = self.creators.named_by_value(&name, &nothing).map(str::to_owned) else {
                continue;
            };
            if named == item || parent_of(&named) != Some(folder) {
                continue;
            }
            let whole =
                body.as_ref().and_then(|body| with(body, std::slice::from_ref(&name), Some(&nothing)));
            let Some(whole) = whole.filter(|whole| self.sampler.is_allowed(schema, whole)) else { continue };
            let has_room = creates && around.made.len() < MAX_BEFORE;
            let is_made = around.made.contains_key(&named)
                || has_room
                    && self
                        .creators
                        .of_item(&named)
                        .is_some_and(|creator| self.make(creator, around, depth + 1).is_some());
            if is_made {
                ask.body = Some(Body::Json(escaped(whole.clone())));
                *body = Some(whole);
            }
        }
    }
}

/// Returns the bare path of the thing that another one is in: `/projects/{}` of `/projects/{}/views/{}`.
fn parent_of(item: &str) -> Option<&str> {
    let (parent, _) = item.strip_suffix("/{}")?.rsplit_once('/')?;
    parent.ends_with("{}").then_some(parent)
}

/// Returns true if what an operation makes or changes does something by itself, by the words of the document.
fn starts(operation: &Operation) -> bool {
    let named = operation.path.rsplit('/').filter(|segment| !segment.is_empty() && !segment.contains('{'));
    let is_of_started =
        |segment: &str| snake(segment).rsplit('_').next().is_some_and(|last| STARTED.contains(&last));
    operation.first_words().any(|word| is_verb(&word, &STARTING)) || named.take(1).any(is_of_started)
}

/// Returns true if a schema describes a whole number, or a UUID.
pub(super) fn is_number_or_uuid(schema: &Value) -> bool {
    let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
    is("type", "integer") || is("type", "string") && is("format", "uuid")
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::{parent_of, starts};

    #[test]
    fn what_starts_something_is_told_by_its_words() {
        for (path, summary, expected) in [
            ("/projects/{id}/tasks", "Starts a job", true),
            ("/projects/{id}/tasks", "Add a task", false),
            ("/projects/{id}/schedules", "Create a schedule", true),
            ("/projects/{id}/schedules/{other}", "Change it", true),
            ("/projects/{id}/buildRuns", "", true),
            ("/projects/{id}/templates", "Create a template", false),
            ("/runs/{id}/notes", "Add a note", false),
        ] {
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
                "paths": { path: { "post": { "summary": summary, "responses": { "200": { "description": "done" } } } } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(starts(&api.operations[0]), expected, "{path} {summary}");
        }
    }

    #[test]
    fn a_parent_is_the_thing_right_above() {
        for (item, expected) in [
            ("/projects/{}/views/{}", Some("/projects/{}")),
            ("/a/{}/b/{}/c/{}", Some("/a/{}/b/{}")),
            ("/projects/{}", None),
            ("/api/projects/{}", None),
            ("/projects/{}/all/views/{}", None),
        ] {
            assert_eq!(parent_of(item), expected, "{item}");
        }
    }
}
