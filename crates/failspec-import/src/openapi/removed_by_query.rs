//! Things that are removed by a parameter of the query of their collection: `POST /keys`, `DELETE /keys?id=…`.

use std::collections::{BTreeMap, HashMap};

use failspec_pack::openapi::{Api, Operation, ParameterLocation};

use super::{
    actions::{says_several, speaks_of_one},
    crud::{CreateOperation, IDENTIFYING, bare, fold},
};

/// Returns the operations of things that a POST creates and whose ids its response tells, if a DELETE on the same path takes one of them
/// in its query.
pub(super) fn by_query<'a>(
    api: &'a Api,
    operations: &HashMap<(&'a str, String), &'a Operation>,
) -> BTreeMap<String, CreateOperation<'a>> {
    let removals = api.operations.iter().filter(|it| it.method == "DELETE" && !it.path.ends_with('}'));
    let removals = removals.filter(|it| !says_several(it) && speaks_of_one(it));
    let found = removals.filter_map(|remove| {
        let path = bare(&remove.path);
        let make = *operations.get(&("POST", path.clone()))?;
        let has_item = operations.contains_key(&("DELETE", format!("{path}/{{}}")));
        let queries = remove.parameters.iter().filter(|it| it.place == ParameterLocation::Query && !it.json);
        let queries = queries.filter(|it| {
            let name = it.name.to_ascii_lowercase();
            IDENTIFYING.iter().any(|end| name.ends_with(end))
        });
        let creators = queries.map(|parameter| CreateOperation {
            make,
            remove,
            read: None,
            parameter: parameter.name.as_str(),
            by_query: true,
        });
        let is_told = |creator: &CreateOperation<'_>| {
            let place = creator.name_at(api);
            let wanted = fold(creator.parameter);
            place.as_ref().and_then(|place| place.name()).is_some_and(|name| fold(name) == wanted)
        };
        let creator = creators.into_iter().find(is_told).filter(|_| !has_item)?;
        Some((path, creator))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use failspec_pack::openapi::Api;
    use serde_json::{Value, json};

    use crate::openapi::crud::CreateOperations;

    /// Returns the parameter by which a thing is removed that `POST /keys` makes and answers with `made`.
    fn parameter(removal: Value, path: &str, made: Value) -> Option<String> {
        let response = json!({ "200": { "description": "made", "content": { "application/json": { "schema": made } } } });
        let mut document = json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
            "paths": { "/keys": { "post": { "responses": response } } }
        });
        document["paths"][path]["delete"] = removal;
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let make = api.operations.iter().find(|it| it.method == "POST").unwrap();
        let creators = CreateOperations::new(&api);
        let creator = creators.of_collection(make).filter(|creator| creator.by_query)?;
        Some(creator.parameter.to_owned())
    }

    #[test]
    fn a_query_removes_what_the_response_to_a_creation_names_alike_if_it_is_one_thing() {
        let removal = |id: &str, query: &str| {
            json!({ "operationId": id, "parameters": [{ "name": query, "in": "query", "schema": { "type": "string" } }],
                "responses": { "204": { "description": "gone" } } })
        };
        let key = json!({ "properties": { "key": { "properties": { "id": { "type": "string" }, "days": { "type": "integer" } } } } });
        let text = json!({ "properties": { "secret": { "type": "string" } } });
        for (removal, path, made, expected) in [
            (removal("deleteKey", "id"), "/keys", &key, Some("id")),
            (removal("removeKeys", "id"), "/keys", &key, None),
            (removal("deleteAllOfKey", "id"), "/keys", &key, None),
            // Which one it is cannot be told, or it is no name of one.
            (removal("deleteKey", "id"), "/keys", &text, None),
            (removal("deleteKey", "days"), "/keys", &key, None),
            (removal("deleteKey", "id"), "/keys/old", &key, None),
        ] {
            let shown = format!("{removal} {path} {made}");
            assert_eq!(parameter(removal, path, made.clone()).as_deref(), expected, "{shown}");
        }
    }
}
