//! The envelope: a discriminated union on `success`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Failure, K0rdent, Outcome, REGION, quirks};
use crate::{Response, paging::Page, store};

/// The result of a successful operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Success {
    pub status: u16,
    pub data: Value,
    /// The pagination of a list.
    pub pagination: Option<Value>,
    /// The id of the workflow of an asynchronous operation.
    pub workflow: Option<String>,
    /// The results of a bulk operation, one for each item.
    pub results: Option<Vec<Value>>,
}

impl Success {
    fn new(status: u16, data: Value) -> Self {
        Self { status, data, pagination: None, workflow: None, results: None }
    }

    /// Creates a result: "200 Success (GET, PATCH, DELETE)".
    pub(super) fn ok(data: Value) -> Self {
        Self::new(200, data)
    }

    /// Creates a result: "201 Created (POST that creates resource)".
    pub(super) fn created(data: Value) -> Self {
        Self::new(201, data)
    }

    /// Creates a result: "202 Accepted (async operation started)".
    pub(super) fn accepted(data: Value, workflow: String) -> Self {
        Self { workflow: Some(workflow), ..Self::new(202, data) }
    }

    /// Creates a result: "204 No Content (DELETE with no body)".
    pub(super) fn gone() -> Self {
        Self::new(204, Value::Null)
    }

    /// Creates a result: "207 Multi-Status (bulk operations)".
    pub(super) fn bulk(data: Value, results: Vec<Value>) -> Self {
        Self { results: Some(results), ..Self::new(207, data) }
    }

    /// Creates one page of a list.
    pub(super) fn list(rows: Vec<Value>, page: Page) -> Self {
        let total = rows.len();
        let (rows, more) = page.cut(rows);
        // The cursor is the id of the last row of the page. No parameter that accepts a cursor is documented.
        let cursor = rows.last().filter(|_| more).map(|last| last["id"].clone());
        let pagination = json!({
            "total": total,
            "page": page.number,
            "pageSize": page.size,
            "hasMore": more,
            "nextCursor": cursor,
        });
        Self { pagination: Some(pagination), ..Self::ok(Value::Array(rows)) }
    }
}

impl K0rdent {
    /// Converts an outcome to a response. "`meta.requestId` equals the `X-Request-Id` response header" (site).
    pub(super) fn reply(&self, outcome: Outcome) -> Response {
        let now = self.store.clock.now();
        let id = if self.quirks.is_on(quirks::OTHER_ID) { store::uuid() } else { request_id(now) };
        let header = if self.quirks.is_on(quirks::IDS_DISAGREE) { request_id(now) } else { id.clone() };
        let time = if self.quirks.is_on(quirks::NUMBER_FOR_TIME) {
            json!(now.as_millisecond())
        } else {
            json!(timestamp(now))
        };
        let meta = json!({ "requestId": id, "timestamp": time });
        match outcome {
            Ok(success) => self.welcome(success, meta),
            Err(failure) => self.refuse(failure, &meta),
        }
        .with_header("X-Request-Id", &header)
    }

    fn welcome(&self, success: Success, mut meta: Value) -> Response {
        let Success { mut status, data, pagination, workflow, results } = success;
        if status == 204 {
            if !self.quirks.is_on(quirks::DELETE_200) {
                return Response::empty(204);
            }
            status = 200;
        }
        if let Some(pagination) = pagination {
            meta["pagination"] = pagination;
        }
        if let Some(workflow) = workflow {
            meta["workflowId"] = json!(workflow);
        }
        let mut body = json!({ "success": true, "data": data });
        if let Some(results) = results {
            let failed = results.iter().any(|result| result["status"] == "failed");
            body["success"] = json!(!(failed && self.quirks.is_on(quirks::BULK_FALSE)));
            body["results"] = json!(results);
            if self.quirks.is_on(quirks::BULK_200) {
                status = 200;
            }
        }
        body["meta"] = meta;
        Response::json(status, &body)
    }

    fn refuse(&self, failure: Failure, meta: &Value) -> Response {
        let mut error = failure.show();
        self.distort(&failure, &mut error);
        let success = self.quirks.is_on(quirks::UNION_LIES);
        let mut response =
            Response::json(failure.status, &json!({ "success": success, "error": error, "meta": meta }));
        for (name, value) in failure.headers {
            match name {
                "Retry-After" if self.quirks.is_on(quirks::NO_RETRY_AFTER) => {}
                "Retry-After" if self.quirks.is_on(quirks::RETRY_AFTER_IN_WORDS) => {
                    response.set_header(name, "in a few seconds");
                }
                _ => response.set_header(name, &value),
            }
        }
        response
    }

    /// Applies the quirks that change an error object.
    fn distort(&self, failure: &Failure, error: &mut Value) {
        if self.quirks.is_on(quirks::NO_DETAILS)
            && let Some(error) = error.as_object_mut()
        {
            error.shift_remove("details");
        }
        if self.quirks.is_on(quirks::LIST_OF_FIELDS)
            && let Some(fields) = error.pointer_mut("/details/fields")
            && let Some(named) = fields.as_object()
        {
            *fields = named.iter().map(|(field, text)| json!({ "field": field, "message": text })).collect();
        }
        if self.quirks.is_on(quirks::OTHER_OWN_CODES) {
            match failure.status {
                422 => error["code"] = json!("UNPROCESSABLE_ENTITY"),
                429 => error["code"] = json!("TOO_MANY_REQUESTS"),
                _ => {}
            }
        }
    }
}

/// Creates a request id: `req_{region}-{unix milliseconds}-{12 hex digits}` (site).
fn request_id(now: Timestamp) -> String {
    format!("req_{REGION}-{:013}-{}", now.as_millisecond(), store::hex_digits(12))
}

/// Formats a time: ISO 8601, UTC, with milliseconds (site).
pub(super) fn timestamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
