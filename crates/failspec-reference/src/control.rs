//! The control endpoint, with which a test suite switches the states that no request to the API can cause.
//!
//! It is next to the API under `/_reference/` and not part of any contract, so no mutant affects it and it requires
//! no credentials.
//!
//! | request | effect |
//! |---|---|
//! | `GET /_reference/ready` | 200 as soon as the server responds |
//! | `GET /_reference/conditions` | every condition with its meaning and its state |
//! | `DELETE /_reference/conditions` | ends all conditions |
//! | `PUT /_reference/conditions/{name}` | begins a condition; idempotent |
//! | `DELETE /_reference/conditions/{name}` | ends a condition; idempotent |

use serde_json::{Value, json};

use super::{Api, Request, Response};

const PREFIX: &str = "/_reference";

/// Responds to a request to the control endpoint; `None` if the path belongs to the API.
pub(super) fn response(api: &dyn Api, request: &Request) -> Option<Response> {
    let path = request.path.strip_prefix(PREFIX)?;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let conditions = api.conditions();
    Some(match (request.method.as_str(), segments.as_slice()) {
        ("GET" | "HEAD", ["ready"]) => Response::json(200, &json!({ "ready": true, "api": api.name() })),
        ("GET" | "HEAD", ["conditions"]) => Response::json(200, &list(api)),
        ("DELETE", ["conditions"]) => {
            conditions.switch_all_off();
            Response::json(200, &list(api))
        }
        ("PUT", ["conditions", name]) if conditions.switch_on(name) => switched(name, true),
        ("DELETE", ["conditions", name]) if conditions.switch_off(name) => switched(name, false),
        ("PUT" | "DELETE", ["conditions", name]) => {
            Response::json(404, &json!({ "problem": format!("there is no condition {name:?}") }))
        }
        (_, ["ready"]) => refused("GET, HEAD"),
        (_, ["conditions"]) => refused("GET, HEAD, DELETE"),
        (_, ["conditions", _]) => refused("PUT, DELETE"),
        _ => Response::json(404, &json!({ "problem": "the control endpoint has no such path" })),
    })
}

fn switched(name: &str, on: bool) -> Response {
    Response::json(200, &json!({ "condition": name, "on": on }))
}

fn refused(allow: &str) -> Response {
    Response::json(405, &json!({ "problem": "method not allowed" })).with_header("Allow", allow)
}

fn list(api: &dyn Api) -> Value {
    let conditions = api.conditions();
    let rows: Vec<Value> = conditions
        .known()
        .iter()
        .map(|known| json!({ "condition": known.name, "about": known.about, "on": conditions.is_on(known.name) }))
        .collect();
    json!({ "conditions": rows })
}
