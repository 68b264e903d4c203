//! Renames whose new name is in the path, `POST /users/{id}/rename/{newName}`, to the name of another thing of the run.

use failspec_pack::openapi::Operation;
use serde_json::Value;

use super::{
    body::{Members, with},
    crud::bare,
    fixtures::in_path,
    generate::Generator,
    invalid_value::core,
    path_values::{SPARE, names},
    reach::Reach,
    request_spec::{Body, RequestSpec},
    scenario::{Goal, Question, step},
    unknown_ids::ends_in_value,
    unusual::snake,
    valid_request::{ValidRequest, json_body},
    value_generator::{UNIQUE, kind},
};

impl<'a> Generator<'a> {
    /// Generates the change that gives what the scenario created the name of another such thing, in its path.
    pub(super) fn taken_name_in_path(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let gives_name = renames(operation) && ends_in_value(&self.declared.api.operations, operation);
        if right.reach != Reach::Own || !gives_name {
            return;
        }
        let ends: Vec<usize> = operation.path.match_indices('}').map(|(end, _)| end).collect();
        let [.., end, _] = ends.as_slice() else { return };
        let item = bare(&operation.path[..=*end]);
        // What is known by its name in an address has no other one.
        let creator = self.creators.of_item(&item).filter(|creator| !creator.is_by_address());
        let (Some(creator), Some(made)) = (creator, right.around.requests.get(&item)) else { return };
        let taken = format!("{UNIQUE}-taken");
        let other = match made.unique_names().into_iter().next() {
            Some(name) => Some(made.clone().renamed(&name, &taken)),
            None => self.with_name(creator.make, made, &taken),
        };
        let Some(other) = other else { return };
        let mut around = right.around.clone();
        let Some((spare, remove)) = self.spare(creator, &around, &other) else { return };
        let Some(own) = names(&operation.path).last().copied() else { return };
        around.setup.push(step(&other, spare.map(|(_, id)| (SPARE, id))));
        around.teardown.push(remove);
        let filled = self.paths.fill(operation, &around.made, &[(own, in_path(&taken))]);
        let faulty = RequestSpec { path: filled.path, ..right.ask.clone() };
        let (question, goal) = (Question::State, Goal::NoServerError);
        self.add(operation, question, "taken_name", &operation.pointer, goal, around, faulty);
    }

    /// Returns true if the innermost thing that a path names has an id, and no name that a rename could change.
    pub(super) fn is_known_by_id(&self, path: &str) -> bool {
        let name = names(path).last().map(|name| snake(name)).unwrap_or_default();
        name.rsplit('_').next().is_some_and(|last| ["id", "uuid"].contains(&last))
    }

    /// Returns a creation whose body has this name, if the document has a member for it.
    fn with_name(&self, make: &Operation, made: &RequestSpec, name: &str) -> Option<RequestSpec> {
        let schema = json_body(make)?.schema.as_ref()?;
        let Some(Body::Json(body)) = &made.body else { return None };
        let bundle = &self.declared.api.bundle;
        let members = Members::of(bundle, schema, 0).properties;
        let is_name = |(member, property): &&(String, Value)| {
            let entries = core(bundle, property).as_object();
            member.eq_ignore_ascii_case("name")
                && entries.and_then(kind) == Some("string")
                && self.sampler.is_allowed(property, &UNIQUE.into())
        };
        let (member, _) = members.iter().find(is_name)?;
        let body = with(body, std::slice::from_ref(member), Some(&name.into()))?;
        Some(RequestSpec { body: Some(Body::Json(body)), ..made.clone() })
    }
}

/// Returns true if the words of an operation say that it gives a name, or the value at the end of its path has that name.
pub(super) fn renames(operation: &Operation) -> bool {
    let id = operation.id.as_deref().unwrap_or_default();
    let folder = operation.path.rsplit_once("/{").map_or("", |(folder, _)| folder);
    let last = folder.rsplit('/').next().unwrap_or_default();
    let says =
        |text: &str| snake(text).split('_').any(|word| matches!(word, "rename" | "renames" | "renamed"));
    let value = names(&operation.path).last().map(|name| snake(name)).unwrap_or_default();
    [id, last, &operation.summary].into_iter().any(says)
        || value.starts_with("new_") && value.ends_with("name")
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::renames;

    #[test]
    fn a_rename_is_known_by_its_words_or_by_the_name_of_the_new_one() {
        for (path, id, summary, expected) in [
            ("/users/{id}/rename/{newName}", "", "", true),
            ("/users/{id}/name/{new_name}", "", "", true),
            ("/users/{id}/name/{value}", "renameUser", "", true),
            ("/users/{id}/name/{value}", "", "Renames a user", true),
            ("/users/{id}/roles/{name}", "addRole", "Add a role", false),
            ("/nodes/{id}/tags/{newTag}", "", "", false),
        ] {
            let operation = json!({ "operationId": if id.is_empty() { "x" } else { id }, "summary": summary,
                "responses": { "200": { "description": "done" } } });
            let document = json!({
                "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": { path: { "post": operation } }
            });
            let api = Api::parse("openapi.json", &document.to_string()).unwrap();
            assert_eq!(renames(&api.operations[0]), expected, "{path} {id} {summary}");
        }
    }
}
