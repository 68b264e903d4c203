//! The envelopes of successes and errors.

use serde_json::{Value, json};

use super::{Apinizer, Code, Failure, Outcome, quirks};
use crate::Response;

/// The media type of every response (site).
const MEDIA_TYPE: &str = "application/json;charset=UTF-8";

/// The result of a successful operation.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Success {
    /// A list: `{"success": true, "resultList": […], "resultCount": n}`.
    List { status: u16, items: Vec<Value> },
    /// An issued token and its lifetime in seconds.
    Token { token: String, seconds: i64 },
}

impl Success {
    /// Creates a list: "200 OK".
    pub(super) fn list(items: Vec<Value>) -> Self {
        Self::List { status: 200, items }
    }

    /// Creates a list of a single object: "200 OK".
    pub(super) fn one(item: Value) -> Self {
        Self::list(vec![item])
    }

    /// Creates an empty list: "200 OK".
    pub(super) fn nothing() -> Self {
        Self::list(Vec::new())
    }

    /// Creates a list of the created object: "201 Created".
    pub(super) fn created(item: Value) -> Self {
        Self::List { status: 201, items: vec![item] }
    }
}

impl Apinizer {
    /// Converts an outcome to a response.
    pub(super) fn reply(&self, outcome: Outcome) -> Response {
        let mut response = match outcome {
            Ok(Success::List { status, items }) => {
                let count = items.len();
                Response::json(status, &json!({ "success": true, "resultList": items, "resultCount": count }))
            }
            Ok(Success::Token { token, seconds }) => Response::json(
                200,
                &json!({
                    "success": true,
                    "access_token": token,
                    "token_type": "Bearer",
                    "expires_in": seconds,
                }),
            )
            // RFC 6749, 5.1: a response with a token must not be stored.
            .with_header("Cache-Control", "no-store"),
            Err(failure) => self.refuse(failure),
        };
        response.set_header("Content-Type", MEDIA_TYPE);
        response
    }

    /// Builds the error body `{"error", "error_description"}`, with the members that only some failures have.
    fn refuse(&self, failure: Failure) -> Response {
        let mut body = json!({ "error": self.code(&failure), "error_description": failure.description });
        let errors = failure.validation_errors.iter();
        if self.quirks.is_on(quirks::MISSHAPEN_ERRORS) && !failure.validation_errors.is_empty() {
            body["validation_errors"] = errors.map(|(field, text)| (*field, json!(text))).collect();
        } else if !failure.validation_errors.is_empty() && !self.quirks.is_on(quirks::NO_VALIDATION_ERRORS) {
            body["validation_errors"] =
                errors.map(|(field, text)| json!({ "field": field, "message": text })).collect();
        }
        if let Some(wait) = failure.retry_after
            && !self.quirks.is_on(quirks::NO_RETRY_AFTER)
        {
            body["retry_after"] = self.retry_after(wait);
        }
        let mut response = Response::json(failure.status, &body);
        if failure.status == 401 {
            // RFC 9110, 15.5.2: a 401 must contain a challenge.
            response.set_header("WWW-Authenticate", "Bearer");
        }
        if let Some(allow) = &failure.allow {
            response.set_header("Allow", allow);
        }
        if let Some(wait) = failure.retry_after
            && !self.quirks.is_on(quirks::NO_RETRY_HEADER)
        {
            response.set_header("Retry-After", &wait.to_string());
        }
        response
    }

    fn retry_after(&self, wait: u64) -> Value {
        match () {
            () if self.quirks.is_on(quirks::RETRY_AFTER_AS_TEXT) => json!(format!("{wait} seconds")),
            () if self.quirks.is_on(quirks::RETRY_AFTER_NEGATIVE) => json!(-1),
            () if self.quirks.is_on(quirks::RETRY_AFTER_DISAGREES) => json!(wait + 30),
            () => json!(wait),
        }
    }

    /// The code of a failure; with a quirk, another code that fits its documentation too.
    fn code(&self, failure: &Failure) -> &'static str {
        use Code as C;
        let others = [
            (quirks::OTHER_400, C::BadRequest, C::ValidationFailed),
            (quirks::OTHER_400, C::ValidationFailed, C::BadRequest),
            (quirks::OTHER_400, C::InvalidParameter, C::BadRequest),
            (quirks::OTHER_401, C::TokenExpired, C::InvalidToken),
            (quirks::OTHER_403, C::Forbidden, C::AccessDenied),
            (quirks::OTHER_403, C::AccessDenied, C::Forbidden),
            (quirks::OTHER_404, C::NotFound, C::ResourceNotFound),
            (quirks::OTHER_404, C::ResourceNotFound, C::NotFound),
            (quirks::OTHER_409, C::Conflict, C::DuplicateName),
            (quirks::OTHER_409, C::DuplicateName, C::Conflict),
            (quirks::OTHER_500, C::InternalError, C::ServerError),
            (quirks::OTHER_500, C::ServerError, C::InternalError),
        ];
        let other =
            others.iter().find(|(quirk, code, _)| code.as_str() == failure.code && self.quirks.is_on(quirk));
        other.map_or(failure.code, |(_, _, other)| other.as_str())
    }
}
