//! Decoding of request bodies.
//!
//! The page has three codes for a completely unusable body and does not define the differences. Here: an empty body
//! is `bad_request`, a body that is not JSON is `invalid_json`, and JSON (or bytes that are not text) that does not
//! decode into an object is `invalid_body`. Within an object, a required field that is absent or null is
//! `missing_field`, and a field of another type is `invalid_field`.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Call, Code, Failure};

/// A JSON object that was sent, and its location in the body.
#[derive(Debug)]
pub(super) struct Object {
    fields: Map<String, Value>,
    at: String,
}

impl Call<'_> {
    /// Decodes the body as an object.
    pub(super) fn object(&self) -> Result<Object, Failure> {
        let bytes = &self.request.body;
        if bytes.is_empty() {
            return Err(Failure::new(Code::BadRequest, "a request body is required"));
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(Failure::new(Code::InvalidBody, "the body is not UTF-8"));
        };
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // The JSON grammar allows deep nesting, large numbers and lone surrogates, so this JSON is valid, but
            // cannot be decoded.
            if serde_json::from_str::<IgnoredAny>(text).is_ok() {
                Failure::new(Code::InvalidBody, format!("the body cannot be decoded: {error}"))
            } else {
                Failure::new(Code::InvalidJson, format!("the body is not JSON: {error}"))
            }
        })?;
        match value {
            Value::Object(fields) => Ok(Object { fields, at: String::new() }),
            _ => Err(Failure::new(Code::InvalidBody, "the body must be a JSON object")),
        }
    }
}

impl Object {
    /// Returns a field, if it is present. Null counts as absent.
    pub(super) fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// Returns a field as it was sent, including null.
    pub(super) fn as_sent(&self, field: &str) -> Option<&Value> {
        self.fields.get(field)
    }

    /// Returns a required field.
    pub(super) fn required(&self, field: &str) -> Result<&Value, Failure> {
        self.get(field)
            .ok_or_else(|| Failure::new(Code::MissingField, format!("{}{field} is required", self.at)))
    }

    /// Returns a required string.
    pub(super) fn text(&self, field: &str) -> Result<&str, Failure> {
        self.required(field)?.as_str().ok_or_else(|| self.invalid(field, "must be a text"))
    }

    /// Returns an optional string.
    pub(super) fn optional_text(&self, field: &str) -> Result<Option<&str>, Failure> {
        self.get(field)
            .map(|value| value.as_str().ok_or_else(|| self.invalid(field, "must be a text")))
            .transpose()
    }

    /// Returns a required object.
    pub(super) fn object(&self, field: &str) -> Result<Self, Failure> {
        match self.required(field)? {
            Value::Object(fields) => Ok(Self { fields: fields.clone(), at: format!("{}{field}.", self.at) }),
            _ => Err(self.invalid(field, "must be an object")),
        }
    }

    /// Creates the error for an invalid field.
    pub(super) fn invalid(&self, field: &str, rule: &str) -> Failure {
        Failure::new(Code::InvalidField, format!("{}{field} {rule}", self.at))
    }
}
