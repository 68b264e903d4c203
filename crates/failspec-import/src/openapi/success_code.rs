//! Documents whose responses have a code that says if the request succeeded, whatever their status is.

use failspec_pack::{
    openapi::{Api, Bundle, Operation, Response, ResponseStatus},
    pack::{Pointer, writing::SchemaSource},
};
use serde_json::{Value, json};

use super::error_envelope::json as json_of;

/// Names of members that have such a code.
const CODES: [&str; 8] =
    ["code", "errcode", "errorCode", "error_code", "errno", "ret", "retcode", "resultCode"];

/// Minimum number of operations whose successes have the code: a single one says nothing of an API.
const MIN_OPERATIONS: usize = 3;

/// Returns the place and the value of the code that every declared success has, if the errors have another one there.
pub(super) fn success_code(api: &Api) -> Option<(Pointer, SchemaSource)> {
    let is_success = |response: &&Response| match response.status {
        ResponseStatus::Exactly(status) => (200..300).contains(&status),
        ResponseStatus::Class(class) => class == 2,
        ResponseStatus::Default => false,
    };
    let of = |operation: &'_ Operation| operation.responses.iter().filter(is_success).count();
    let calls = api.operations.iter().filter(|operation| of(operation) > 0).count();
    if calls < MIN_OPERATIONS {
        return None;
    }
    let successes = || api.operations.iter().flat_map(|it| &it.responses).filter(is_success);
    let errors = || {
        api.operations
            .iter()
            .flat_map(|it| &it.responses)
            .filter(|it| it.status.may_be_failure() && !is_success(it))
    };
    CODES.iter().find_map(|name| {
        let value = value_of(successes().next()?, name, &api.bundle)?;
        let is_of_all = successes().all(|it| value_of(it, name, &api.bundle).as_ref() == Some(&value));
        let others: Vec<Value> = errors().filter_map(|it| value_of(it, name, &api.bundle)).collect();
        let is_told = !others.is_empty() && others.iter().all(|other| *other != value);
        let place = Pointer::from_steps([*name]);
        (is_of_all && is_told).then(|| (place, SchemaSource::Inline(json!({ "const": value }))))
    })
}

/// Returns the value that a member of the body of a response has: the only one, or that of the example.
fn value_of(response: &Response, name: &str, bundle: &Bundle) -> Option<Value> {
    let content = json_of(response)?;
    let schema = bundle.resolve(content.schema.as_ref()?);
    let member = bundle.resolve(schema.get("properties")?.get(name)?);
    let listed = member.get("enum").and_then(Value::as_array);
    let only = listed.and_then(|values| if let [only] = values.as_slice() { Some(only) } else { None });
    let value = member
        .get("const")
        .or(only)
        .or_else(|| member.get("example"))
        .or_else(|| member.get("examples")?.get(0));
    value.filter(|value| value.is_i64() || value.is_string()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of three calls, whose successes and errors have these schemas of `code`.
    fn found(success: &Value, error: &Value, last: &Value) -> Option<(String, Value)> {
        let response = |code: &Value| {
            let schema =
                json!({ "type": "object", "properties": { "code": code, "message": { "type": "string" } } });
            json!({ "description": "x", "content": { "application/json": { "schema": schema } } })
        };
        let get = |success: &Value| json!({ "get": { "responses": { "200": response(success), "400": response(error) } } });
        let document = json!({
            "openapi": "3.0.3", "info": { "title": "t", "version": "1" },
            "paths": { "/a": get(success), "/b": get(success), "/c": get(last) }
        });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        success_code(&api).map(|(place, schema)| {
            let SchemaSource::Inline(schema) = schema else { panic!("{schema:?}") };
            (place.to_string(), schema["const"].clone())
        })
    }

    #[test]
    fn a_code_says_that_a_request_succeeded_where_the_document_tells_which() {
        let code = |key: &str, value: Value| json!({ "type": "integer", key: value });
        let zero = code("example", json!(0));
        for (success, error, last, expected) in [
            (zero.clone(), code("example", json!(1)), zero.clone(), Some(json!(0))),
            (code("enum", json!([0])), code("enum", json!([1, 2])), code("enum", json!([0])), None),
            (code("enum", json!([0])), code("enum", json!([1])), code("enum", json!([0])), Some(json!(0))),
            (code("const", json!(0)), code("example", json!(4)), code("const", json!(0)), Some(json!(0))),
            // The errors have the same one, none, or one of the successes has another.
            (zero.clone(), zero.clone(), zero.clone(), None),
            (zero.clone(), json!({ "type": "integer" }), zero.clone(), None),
            (zero.clone(), code("example", json!(1)), code("example", json!(200)), None),
            (zero.clone(), code("example", json!(1)), json!({ "type": "integer" }), None),
            (code("enum", json!([0, 1])), code("example", json!(4)), code("enum", json!([0, 1])), None),
        ] {
            let found = found(&success, &error, &last);
            assert_eq!(found, expected.map(|it| ("/code".to_owned(), it)), "{success} {error} {last}");
        }
    }
}
