//! Decoding of JSON request bodies. The declared media type is never a reason to reject a request.

use serde_json::{Map, Value};

use super::{BODY_LIMIT, Failure, Kubevision, quirks};
use crate::Request;

/// A JSON object that was sent.
#[derive(Debug)]
pub(super) struct Object {
    fields: Map<String, Value>,
    /// True if a quirk replaces missing strings with empty ones; the next field does this for malformed ones.
    missing_is_fine: bool,
    malformed_is_fine: bool,
}

impl Kubevision {
    /// Decodes the body as an object. An empty body is an object without fields, so that every required field is
    /// missing.
    pub(super) fn json(&self, request: &Request) -> Result<Object, Failure> {
        check_size(request)?;
        let fields = if request.body.trim_ascii().is_empty() {
            Map::new()
        } else {
            match serde_json::from_slice(&request.body) {
                Ok(Value::Object(fields)) => fields,
                Ok(_) => return Err(Failure::invalid("the body", "must be a JSON object")),
                Err(error) => return Err(Failure::invalid("the body", &format!("is not JSON: {error}"))),
            }
        };
        Ok(Object {
            fields,
            missing_is_fine: self.quirks.is_on(quirks::MISSING_PARAMETER),
            malformed_is_fine: self.quirks.is_on(quirks::MALFORMED_PARAMETER),
        })
    }
}

/// Checks the size of a body. A body over the limit is not read, so it is an invalid parameter.
pub(super) fn check_size(request: &Request) -> Result<(), Failure> {
    if request.body.len() > BODY_LIMIT {
        return Err(Failure::invalid("the body", &format!("exceeds {BODY_LIMIT} bytes")));
    }
    Ok(())
}

impl Object {
    /// Returns a required field. Null counts as absent.
    pub(super) fn required(&self, name: &str) -> Result<&Value, Failure> {
        self.fields.get(name).filter(|value| !value.is_null()).ok_or_else(|| Failure::missing(name))
    }

    /// Returns required strings. All must be present, which is checked first, and all must be strings.
    pub(super) fn texts<const N: usize>(&self, names: [&str; N]) -> Result<[&str; N], Failure> {
        for name in names {
            if !self.missing_is_fine {
                self.required(name)?;
            }
        }
        let mut texts = [""; N];
        for (text, name) in texts.iter_mut().zip(names) {
            match self.required(name).map(Value::as_str) {
                Ok(Some(sent)) => *text = sent,
                Ok(None) if !self.malformed_is_fine => return Err(Failure::invalid(name, "must be a text")),
                Ok(None) | Err(_) => {}
            }
        }
        Ok(texts)
    }
}
