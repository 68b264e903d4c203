//! Servers that are right by the specifications of the styles.

use serde_json::{Value, json};

use crate::support::{Received, Reply};

/// Returns the value of a parameter in a query or a form.
fn parameter<'r>(text: &'r str, name: &str) -> Option<&'r str> {
    text.split('&')
        .find_map(|pair| pair.split_once('=').filter(|(known, _)| *known == name))
        .map(|(_, value)| value)
}

fn is_wrong_number(text: &str, name: &str) -> bool {
    parameter(text, name).is_some_and(|value| value.parse::<i64>().is_err())
}

/// RFC 9457, section 4.2.1: a problem without a type of its own has the title of its status.
pub fn problem_json(request: &Received) -> Reply {
    let problem = |status: u16, title: &str, detail: &str| {
        let body = json!({"title": title, "status": status, "detail": detail});
        Reply::new(status, "application/problem+json", body.to_string())
    };
    match request.path_and_query() {
        ("/things", query) if is_wrong_number(query, "limit") => {
            problem(400, "Bad Request", "limit is not a number")
        }
        ("/things", _) => Reply::json(200, json!([{"id": "1"}])),
        ("/things/1", _) => Reply::json(200, json!({"id": "1"})),
        _ => problem(404, "Not Found", "There is nothing here."),
    }
}

/// JSON:API 1.1: 404 for a resource that does not exist, 400 for an `include` that is not supported.
pub fn json_api(request: &Received) -> Reply {
    let document =
        |status: u16, body: Value| Reply::new(status, "application/vnd.api+json", body.to_string());
    match request.path_and_query() {
        ("/things", query) if parameter(query, "include").is_some() => {
            let error =
                json!({"status": "400", "title": "Invalid include", "source": {"parameter": "include"}});
            document(400, json!({"errors": [error]}))
        }
        ("/things", _) => document(200, json!({"data": [{"type": "things", "id": "1"}]})),
        ("/things/1", _) => document(200, json!({"data": {"type": "things", "id": "1"}})),
        _ => document(404, json!({"errors": [{"status": "404", "title": "Not Found"}]})),
    }
}

/// AIP-193, and AIP-158 for the page size.
pub fn google(request: &Received) -> Reply {
    let error = |code: u16, status: &str, reason: &str| {
        let info = json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "things.example.com",
        });
        Reply::json(
            code,
            json!({"error": {"code": code, "message": "No.", "status": status, "details": [info]}}),
        )
    };
    match request.path_and_query() {
        ("/v1/things", query) if parameter(query, "pageSize").is_some_and(|size| size.starts_with('-')) => {
            error(400, "INVALID_ARGUMENT", "NEGATIVE_PAGE_SIZE")
        }
        ("/v1/things", _) => Reply::json(200, json!({"things": []})),
        ("/v1/things/1", _) => Reply::json(200, json!({"name": "things/1"})),
        _ => error(404, "NOT_FOUND", "THING_NOT_FOUND"),
    }
}

/// RFC 6749, sections 5.1 and 5.2.
pub fn oauth2(request: &Received) -> Reply {
    let error = |status: u16, code: &str| {
        let body = json!({"error": code, "error_description": "The request was refused."});
        Reply::json(status, body).with("Cache-Control", "no-store").with("Pragma", "no-cache")
    };
    let body = String::from_utf8_lossy(&request.body);
    // Base64 of `client:secret`.
    if request.header("Authorization") != Some("Basic Y2xpZW50OnNlY3JldA==") {
        return error(401, "invalid_client").with("WWW-Authenticate", "Basic realm=\"token\"");
    }
    match parameter(&body, "grant_type") {
        Some("client_credentials") => {
            let body =
                json!({"access_token": "2YotnFZFEjr1zCsicMWpAA", "token_type": "Bearer", "expires_in": 3600});
            Reply::json(200, body).with("Cache-Control", "no-store").with("Pragma", "no-cache")
        }
        Some(_) => error(400, "unsupported_grant_type"),
        None => error(400, "invalid_request"),
    }
}

/// FastAPI's default handlers of `HTTPException` and `RequestValidationError`.
pub fn fastapi(request: &Received) -> Reply {
    match request.path_and_query() {
        ("/items", query) if is_wrong_number(query, "limit") => {
            let error = json!({
                "type": "int_parsing", "loc": ["query", "limit"], "input": parameter(query, "limit"),
                "msg": "Input should be a valid integer, unable to parse string as an integer",
            });
            Reply::json(422, json!({"detail": [error]}))
        }
        ("/items", _) => Reply::json(200, json!([])),
        ("/items/foo", _) => Reply::json(200, json!({"item": "The Foo Wrestlers"})),
        _ => Reply::json(404, json!({"detail": "Item not found"})),
    }
}

/// The API conventions of Kubernetes, "Response Status Kind".
pub fn kubernetes(request: &Received) -> Reply {
    let status = |code: u16, reason: &str, details: Value| {
        Reply::json(
            code,
            json!({
                "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": "refused",
                "reason": reason, "details": details, "code": code,
            }),
        )
    };
    let (path, _) = request.path_and_query();
    let folder = "/api/v1/namespaces/default/configmaps";
    match (request.method.as_str(), path) {
        ("POST", path) if path == folder => {
            let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let name = sent.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            if name.is_empty() || name.contains(|letter: char| letter.is_ascii_uppercase()) {
                let cause = json!({"reason": "FieldValueInvalid", "message": "Invalid value", "field": "metadata.name"});
                return status(422, "Invalid", json!({"name": name, "kind": "ConfigMap", "causes": [cause]}));
            }
            Reply::json(201, sent)
        }
        ("GET", path) if path.strip_prefix(folder) == Some("/kube-root-ca.crt") => {
            Reply::json(200, json!({"kind": "ConfigMap", "apiVersion": "v1"}))
        }
        _ => status(404, "NotFound", json!({"kind": "configmaps"})),
    }
}

/// GraphQL over HTTP: a request error has no `data` and the status 400.
pub fn graphql(request: &Received) -> Reply {
    let response =
        |status: u16, body: Value| Reply::new(status, "application/graphql-response+json", body.to_string());
    let sent: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    match sent["query"].as_str() {
        Some("{ __typename }") => response(200, json!({"data": {"__typename": "Query"}})),
        Some(document) if document.ends_with('}') => {
            let error =
                json!({"message": "Cannot query this field", "locations": [{"line": 1, "column": 3}]});
            response(400, json!({"errors": [error]}))
        }
        _ => response(400, json!({"errors": [{"message": "Syntax Error"}]})),
    }
}

/// A status with a text, as many frameworks respond on their own.
pub fn plain(request: &Received) -> Reply {
    match request.path_and_query() {
        ("/things", query) if is_wrong_number(query, "limit") => {
            Reply::new(400, "text/plain", "limit is not a number\n")
        }
        ("/things", _) => Reply::json(200, json!([])),
        ("/things/1", _) => Reply::json(200, json!({})),
        _ => Reply::new(404, "text/plain", "404 page not found\n"),
    }
}
