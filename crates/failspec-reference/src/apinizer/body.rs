//! Reading request bodies.
//!
//! A field that is null counts as absent, and fields that nobody asks for are ignored. Readers tell what is wrong and go
//! on with a default, so that one response names every bad field.

use serde_json::{Map, Value};

use super::{Apinizer, BODY_LIMIT, Call, Code, Failure, quirks};
use crate::{json_body, store};

/// The common causes of a 400 that concern a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// "Missing required fields".
    Missing,
    /// "Invalid data types".
    Type,
    /// "Invalid field values": outside an enumeration.
    Value,
    /// "Validation rule violations".
    Rule,
}

impl Cause {
    /// The quirk that lets it pass.
    fn quirk(self) -> &'static str {
        match self {
            Self::Missing => quirks::MISSING_FIELD,
            Self::Type => quirks::WRONG_TYPE,
            Self::Value => quirks::INVALID_VALUE,
            Self::Rule => quirks::BROKEN_RULE,
        }
    }
}

/// An object that was sent.
#[derive(Debug, Default)]
pub(super) struct Body {
    fields: Map<String, Value>,
    problems: Vec<(Cause, &'static str, String)>,
    /// There was no object, and a quirk lets that pass.
    replaced: bool,
}

impl Body {
    /// A text that must be there and follow a rule.
    pub(super) fn text(&mut self, field: &'static str, rule: &str, follows: fn(&str) -> bool) -> String {
        self.required(field, Cause::Rule, rule, follows)
    }

    /// A text that must be there and be one of a few.
    pub(super) fn one_of(&mut self, field: &'static str, values: &[&str]) -> String {
        let rule = format!("must be one of {}", values.join(", "));
        self.required(field, Cause::Value, &rule, |text| values.contains(&text))
    }

    /// A text that may be there.
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

    /// The field, if it is there. What is no text is told, and written as one.
    fn read(&mut self, field: &'static str) -> Option<String> {
        let value = self.fields.get(field).filter(|value| !value.is_null())?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if !value.is_string() {
            self.tell(Cause::Type, field, format!("{field} must be a text"));
        }
        Some(text)
    }

    /// Of several problems with a field the first is told.
    fn tell(&mut self, cause: Cause, field: &'static str, text: String) {
        if self.problems.iter().all(|(_, known, _)| *known != field) {
            self.problems.push((cause, field, text));
        }
    }
}

impl Apinizer {
    /// The body of a request that must have one.
    pub(super) fn body(&self, call: &Call<'_>) -> Result<Body, Failure> {
        match json_body::object(&call.request.body, BODY_LIMIT) {
            Ok(fields) => Ok(Body { fields, ..Body::default() }),
            Err(_) if self.quirks.is_on(quirks::UNUSABLE_BODY) => {
                Ok(Body { replaced: true, ..Body::default() })
            }
            Err(unusable) => Err(Failure::new(Code::BadRequest, format!("Bad request: {unusable}"))),
        }
    }

    /// `validation_failed`, unless nothing is wrong. The defaults that readers went on with are used only where a quirk
    /// lets the request pass.
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
