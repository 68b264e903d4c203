//! The unified response: `{"code", "message", "data", "meta"}`, always with HTTP 200.

use serde_json::{Map, Value, json};

use super::{Failure, Outcome, Pages};
use crate::{Response, store};

/// The media type of every response: "Content-Type: application/json; charset=utf-8" (site).
const MEDIA_TYPE: &str = "application/json; charset=utf-8";

/// The result of a successful operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Success {
    data: Value,
    /// The total number of items of a list.
    total: Option<usize>,
}

impl Success {
    /// Creates the result with a single value.
    pub(super) fn of(data: Value) -> Self {
        Self { data, total: None }
    }

    /// Creates the result with one page of a list.
    pub(super) fn list(items: Vec<Value>, total: usize) -> Self {
        Self { data: Value::Array(items), total: Some(total) }
    }
}

/// Converts an outcome to a response.
pub(super) fn response(outcome: &Outcome, method: &str, pages: Pages) -> Response {
    let source = if matches!(method, "GET" | "HEAD") { "cache" } else { "apiserver" };
    // "Always include the requestId": without a unique id for every request, a search for it would find nothing.
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
            json!({ "code": code.number(pages), "message": message, "data": data, "meta": meta })
        }
    };
    let mut response = Response::json(200, &body);
    response.set_header("Content-Type", MEDIA_TYPE);
    response
}
