//! Ids in the path of a request that its body must have as well: `Project ID in body and URL must be the same`. The document may have
//! no such member, or leave it out of what is required.

use failspec_pack::{openapi::Operation, pack::RequestTemplate};

use super::{
    body_changes::{Change, at, way_to_members},
    refusal_mismatch::{compares_with_path, id_in_path},
    refusal_names::{fold, members_in, speaks_of},
};

/// The name of a member that is the id of the thing itself.
const ID: &str = "id";

/// Returns the changes that let a body have an id of the path, if the refusal says that it has another or none: then also the other ones
/// that the document has for it. An API that compares one may look for the thing by another.
pub(super) fn repeated_ids(
    template: &RequestTemplate,
    operation: &Operation,
    declared: &[String],
    refusal: &[u8],
) -> Vec<Change> {
    if !compares_with_path(refusal) {
        return Vec::new();
    }
    let way = way_to_members(template);
    let change = |(name, segment): (String, usize)| {
        let path = [way.as_slice(), &[name]].concat();
        let own = at(template, &path);
        let id = id_in_path(template, segment)?;
        (own.as_ref() != Some(&id)).then(|| Change::id_of_path(path, own, segment))
    };
    let Some(first) = candidates(operation, declared, refusal).into_iter().find_map(&change) else {
        return Vec::new();
    };
    let same = |(segment, parameter): (usize, String)| {
        let name = declared.iter().find(|name| fold(name) == fold(&parameter))?;
        change((name.clone(), segment)).filter(|other| other.path != first.path)
    };
    let others: Vec<Change> = parameters_of(operation).into_iter().filter_map(same).collect();
    [vec![first], others].concat()
}

/// Returns the parameters of the path of an operation, the last one first, each with its segment, counted from the end.
fn parameters_of(operation: &Operation) -> Vec<(usize, String)> {
    let segments = operation.path.trim_end_matches('/').rsplit('/').enumerate();
    let parameters = segments
        .filter_map(|(segment, text)| Some((segment, text.strip_prefix('{')?.strip_suffix('}')?.to_owned())));
    parameters.collect()
}

/// Returns the members that may have to be an id of the path, the likely ones first, each with its segment, counted from the end.
fn candidates(operation: &Operation, declared: &[String], refusal: &[u8]) -> Vec<(String, usize)> {
    let parameters = parameters_of(operation);
    let names: Vec<String> = parameters.iter().map(|(_, name)| name.clone()).collect();
    let spoken_of = members_in(refusal, &names);
    let is_named = |name: &String| spoken_of.contains(&name);
    // Without the name of any, it is the id of the thing itself.
    let is_own_alone = spoken_of.is_empty() && speaks_of(refusal, ID);
    let changes_one = matches!(operation.method.as_str(), "PUT" | "PATCH");
    // What is made has no id yet: it is that of what it is made in.
    let nearest = parameters.iter().map(|(segment, _)| *segment).min();
    let mut found = Vec::new();
    for (segment, parameter) in &parameters {
        let is_own = *segment == 0 && changes_one;
        let is_nearest = nearest == Some(*segment);
        let is_meant = is_named(parameter) || is_own_alone && is_nearest;
        if !is_meant {
            continue;
        }
        let same = declared.iter().find(|name| fold(name) == fold(parameter));
        let own_id = is_own.then(|| ID.to_owned());
        let undeclared = same.is_none().then(|| parameter.clone());
        let all = same.cloned().into_iter().chain(own_id).chain(undeclared);
        found.extend(all.map(|name| (name, *segment)));
    }
    found
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::json;

    use super::candidates;

    /// Returns the members of a body that may have to be an id of the path of `PUT /projects/{project_id}/views/{view_id}`, or of the
    /// POST beside it.
    fn members(method: &str, declared: &[&str], said: &str) -> Vec<(String, usize)> {
        let path = match method {
            "post" => "/projects/{project_id}/views",
            _ => "/projects/{project_id}/views/{view_id}",
        };
        let mut document =
            json!({ "openapi": "3.1.0", "info": { "title": "Any", "version": "1" }, "paths": {} });
        document["paths"][path][method] = json!({ "responses": { "204": { "description": "done" } } });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let declared: Vec<String> = declared.iter().map(|name| (*name).to_owned()).collect();
        candidates(&api.operations[0], &declared, said.as_bytes())
    }

    #[test]
    fn members_that_repeat_an_id_of_the_path_are_those_that_the_refusal_names() {
        let project = "Project ID in body and URL must be the same";
        let view = "view id in URL and in body must be the same";
        for (method, declared, said, expected) in [
            ("post", &["name", "project_id"][..], project, &[("project_id", 1)][..]),
            ("post", &["name", "projectId"], project, &[("projectId", 1)]),
            ("post", &["name"], project, &[("project_id", 1)]),
            ("put", &["name", "project_id"], project, &[("project_id", 2)]),
            ("put", &["name", "id"], view, &[("id", 0), ("view_id", 0)]),
            ("put", &["name", "view_id"], view, &[("view_id", 0), ("id", 0)]),
            // Another word for the thing.
            ("put", &["name"], "Panel ID in body and URL must be the same", &[("id", 0), ("view_id", 0)]),
            ("post", &["name"], "Board ID in body and URL must be the same", &[("project_id", 1)]),
            ("put", &["name"], "the name must be unique", &[]),
        ] {
            let expected: Vec<(String, usize)> =
                expected.iter().map(|(name, segment)| ((*name).to_owned(), *segment)).collect();
            assert_eq!(members(method, declared, said), expected, "{method} {declared:?} {said}");
        }
    }
}
