//! Decoding of request bodies.
//!
//! A field that is null counts as absent, and unknown fields are ignored. Decoding reports an invalid field and
//! continues with a default, so that one response lists every invalid field.

use serde_json::{Map, Value};

use super::{Apinizer, BODY_LIMIT, Call, Code, Failure, quirks};
use crate::{json_body, store};

/// A common cause of a 400 that concerns a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// A missing field: "Missing required fields".
    Missing,
    /// A value of the wrong type: "Invalid data types".
    Type,
    /// A value outside an enumeration: "Invalid field values".
    Value,
    /// A value that breaks a rule: "Validation rule violations".
    Rule,
}

impl Cause {
    /// The quirk that accepts a field with this problem.
    fn quirk(self) -> &'static str {
        match self {
            Self::Missing => quirks::MISSING_FIELD,
            Self::Type => quirks::WRONG_TYPE,
            Self::Value => quirks::INVALID_VALUE,
            Self::Rule => quirks::BROKEN_RULE,
        }
    }
}

/// A JSON object that was sent.
#[derive(Debug, Default)]
pub(super) struct Body {
    fields: Map<String, Value>,
    problems: Vec<(Cause, &'static str, String)>,
    /// True if there was no object and a quirk accepts that.
    replaced: bool,
}

impl Body {
    /// Returns a required string that must follow a rule.
    pub(super) fn text(&mut self, field: &'static str, rule: &str, follows: fn(&str) -> bool) -> String {
        self.required(field, Cause::Rule, rule, follows)
    }

    /// Returns a required string that must be one of `values`.
    pub(super) fn one_of(&mut self, field: &'static str, values: &[&str]) -> String {
        let rule = format!("must be one of {}", values.join(", "));
        self.required(field, Cause::Value, &rule, |text| values.contains(&text))
    }

    /// Returns an optional string.
    pub(super) fn optional_text(&mut self, field: &'static str) -> Option<String> {
        self.read(field)
    }

    fn required(
        &mut self,
        field: &'static str,
        cause: Cause,
        rule: &str,
        follows: impl Fn(&str) -> bool,
    ) -> String {
        match self.read(field) {
            Some(text) => {
                if !follows(&text) {
                    self.tell(cause, field, format!("{field} {rule}"));
                }
                text
            }
            None => {
                self.tell(Cause::Missing, field, format!("{field} is required"));
                format!("unnamed-{}", store::hex_digits(8))
            }
        }
    }

    /// Returns a field, if it is present. A value that is not a string is reported and converted to one.
    fn read(&mut self, field: &'static str) -> Option<String> {
        let value = self.fields.get(field).filter(|value| !value.is_null())?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !value.is_string() {
            self.tell(Cause::Type, field, format!("{field} must be a text"));
        }
        Some(text)
    }

    /// Reports a problem. Only the first problem of each field is reported.
    fn tell(&mut self, cause: Cause, field: &'static str, text: String) {
        if self.problems.iter().all(|(_, known, _)| *known != field) {
            self.problems.push((cause, field, text));
        }
    }
}

impl Apinizer {
    /// Decodes the body of a request that must have one.
    pub(super) fn body(&self, call: &Call<'_>) -> Result<Body, Failure> {
        match json_body::object(&call.request.body, BODY_LIMIT) {
            Ok(fields) => Ok(Body { fields, ..Body::default() }),
            Err(_) if self.quirks.is_on(quirks::UNUSABLE_BODY) => {
                Ok(Body { replaced: true, ..Body::default() })
            }
            Err(unusable) => Err(Failure::new(Code::BadRequest, format!("Bad request: {unusable}"))),
        }
    }

    /// Returns `validation_failed` if a problem was reported. The defaults of invalid fields are used only if a quirk
    /// accepts the request.
    pub(super) fn validate(&self, body: Body) -> Result<(), Failure> {
        let told: Vec<(&'static str, String)> = body
            .problems
            .into_iter()
            .filter(|(cause, ..)| !body.replaced && !self.quirks.is_on(cause.quirk()))
            .map(|(_, field, text)| (field, text))
            .collect();
        if told.is_empty() { Ok(()) } else { Err(Failure::validation(told)) }
    }
}
