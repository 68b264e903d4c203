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

    /// Returns an optional string that must follow a rule.
    pub(super) fn optional(
        &mut self,
        field: &'static str,
        rule: &str,
        follows: fn(&str) -> bool,
    ) -> Option<String> {
        let text = self.read(field)?;
        if !follows(&text) {
            self.tell(Cause::Rule, field, format!("{field} {rule}"));
        }
        Some(text)
    }

    /// Returns an optional object. Its members are not checked.
    pub(super) fn object(&mut self, field: &'static str) -> Option<Map<String, Value>> {
        match self.fields.get(field)? {
            Value::Null => None,
            Value::Object(object) => Some(object.clone()),
            _ => {
                self.tell(Cause::Type, field, format!("{field} must be an object"));
                None
            }
        }
    }

    /// Reports that a required field is missing.
    pub(super) fn missing(&mut self, field: &'static str) {
        self.tell(Cause::Missing, field, format!("{field} is required"));
    }

    /// Reports that a field breaks a rule.
    pub(super) fn broken(&mut self, field: &'static str, rule: &str) {
        self.tell(Cause::Rule, field, format!("{field} {rule}"));
    }

    /// Returns the strings of a list below an object, if it is there. They must follow a rule.
    pub(super) fn texts(
        &mut self,
        list: Option<&Value>,
        field: &'static str,
        rule: &str,
        follows: fn(&str) -> bool,
    ) -> Option<Vec<String>> {
        let items = match list? {
            Value::Null => return None,
            Value::Array(items) => items,
            _ => {
                self.tell(Cause::Type, field, format!("{field} must be a list of texts"));
                return None;
            }
        };
        let mut texts = Vec::new();
        for item in items {
            let Some(text) = item.as_str() else {
                self.tell(Cause::Type, field, format!("{field} must be a list of texts"));
                continue;
            };
            if !follows(text) {
                self.tell(Cause::Rule, field, format!("{field} {rule}"));
            }
            texts.push(text.to_owned());
        }
        Some(texts)
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

    /// Returns `validation_failed` if a problem was reported, or `invalid_parameter` if only values are outside their
    /// enumerations. The defaults of invalid fields are used only if a quirk
    /// accepts the request.
    pub(super) fn validate(&self, body: Body) -> Result<(), Failure> {
        let mut problems = body.problems;
        problems.retain(|(cause, ..)| !body.replaced && !self.quirks.is_on(cause.quirk()));
        let is_value = !problems.is_empty() && problems.iter().all(|(cause, ..)| *cause == Cause::Value);
        let told: Vec<(&'static str, String)> =
            problems.into_iter().map(|(_, field, text)| (field, text)).collect();
        match told.first() {
            None => Ok(()),
            Some((_, text)) if is_value => Err(Failure::new(Code::InvalidParameter, text.clone())),
            Some(_) => Err(Failure::validation(told)),
        }
    }
}
