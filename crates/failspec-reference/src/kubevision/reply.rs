//! The unified response: `{"code", "message", "data", "meta"}`, always with HTTP 200.

use serde_json::{Map, Value, json};

use super::{Failure, Outcome};
use crate::{Response, store};

/// "Content-Type: application/json; charset=utf-8" (site).
const MEDIA_TYPE: &str = "application/json; charset=utf-8";

/// What a request that succeeds brings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Success {
    data: Value,
    /// How many there are in all, for a list.
    total: Option<usize>,
}

impl Success {
    /// One thing.
    pub(super) fn of(data: Value) -> Self {
        Self { data, total: None }
    }

    /// A part of a list.
    pub(super) fn list(items: Vec<Value>, total: usize) -> Self {
        Self { data: Value::Array(items), total: Some(total) }
    }
}

/// Writes an outcome. Reads come from the cache; what may change a cluster goes to its API server.
pub(super) fn response(outcome: &Outcome, method: &str) -> Response {
    let source = if matches!(method, "GET" | "HEAD") { "cache" } else { "apiserver" };
    // "Always include the requestId": without an id of its own for every request it would find nothing.
    let mut meta = Map::from_iter([
        ("source".to_owned(), json!(source)),
        ("stale".to_owned(), json!(false)),
        ("requestId".to_owned(), json!(store::uuid())),
    ]);
    let body = match outcome {
        Ok(Success { data, total }) => {
            if let Some(total) = total {
                meta.insert("total".to_owned(), json!(total));
            }
            json!({ "code": 0, "message": "success", "data": data, "meta": meta })
        }
        Err(Failure { code, message, data }) => {
            json!({ "code": code.number(), "message": message, "data": data, "meta": meta })
        }
    };
    let mut response = Response::json(200, &body);
    response.set_header("Content-Type", MEDIA_TYPE);
    response
}
