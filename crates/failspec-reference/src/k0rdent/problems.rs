//! The problems of a request: all of them, not only the first.

use serde_json::{Map, Value};

use super::{Failure, K0rdent, quirks};
use crate::paging::BadParameter;

/// Invalid fields and parameters by name, each with a message for people.
#[derive(Debug, Default)]
pub(super) struct Problems {
    fields: Map<String, Value>,
}

impl Problems {
    /// Adds a problem. Only the first problem of each field is kept.
    pub(super) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.fields.entry(field).or_insert_with(|| Value::String(text.into()));
    }

    /// Adds invalid parameters.
    pub(super) fn add_parameters(&mut self, bad: Vec<BadParameter>) {
        for (name, rule) in bad {
            self.add(name, format!("{name} {rule}"));
        }
    }
}

impl K0rdent {
    /// Returns `VALIDATION_ERROR` if there is a problem. The defaults of invalid values are used only if a quirk
    /// accepts the request.
    pub(super) fn validate(&self, problems: Problems) -> Result<(), Failure> {
        let Problems { mut fields } = problems;
        if fields.is_empty() || self.quirks.is_on(quirks::NO_VALIDATION) {
            return Ok(());
        }
        if self.quirks.is_on(quirks::FIRST_FIELD_ALONE) {
            fields = fields.into_iter().take(1).collect();
        }
        Err(Failure::validation(fields))
    }
}
