//! Decoding of request bodies that must be JSON objects.

use serde_json::{Map, Value};

/// The reason why a body is unusable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The body is empty.
    #[error("a request body is required")]
    Empty,
    /// The body is larger than the limit.
    #[error("the request body is too large")]
    TooLarge,
    /// The body is not JSON, or is JSON that cannot be represented.
    #[error("the request body is not valid JSON")]
    NotJson,
    /// The body is JSON of another type.
    #[error("the request body must be a JSON object")]
    NotAnObject,
}

/// Decodes a body of at most `most` bytes as a JSON object.
///
/// # Errors
/// If the body is empty, too large, or not a JSON object.
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
