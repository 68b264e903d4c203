//! Request bodies that have to be JSON objects.

use serde_json::{Map, Value};

/// Why a body is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nothing was sent.
    #[error("a request body is required")]
    Empty,
    /// More was sent than is read.
    #[error("the request body is too large")]
    TooLarge,
    /// It is no JSON, or JSON that cannot be represented.
    #[error("the request body is not valid JSON")]
    NotJson,
    /// It is JSON of another type.
    #[error("the request body must be a JSON object")]
    NotAnObject,
}

/// The object in a body of `most` bytes at most.
///
/// # Errors
/// If there is none.
pub fn object(body: &[u8], most: usize) -> Result<Map<String, Value>, Unusable> {
    if body.is_empty() {
        return Err(Unusable::Empty);
    }
    if body.len() > most {
        return Err(Unusable::TooLarge);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Unusable::NotAnObject),
        Err(_) => Err(Unusable::NotJson),
    }
}
