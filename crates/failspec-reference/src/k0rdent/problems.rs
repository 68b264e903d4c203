//! What is wrong with a request: everything, not the first thing alone.

use serde_json::{Map, Value};

use super::{Failure, K0rdent, quirks};
use crate::paging::BadParameter;

/// Bad fields and parameters by name, each with a text for people.
#[derive(Debug, Default)]
pub(super) struct Problems {
    fields: Map<String, Value>,
}

impl Problems {
    /// Tells one; of several about the same field the first stays.
    pub(super) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.fields.entry(field).or_insert_with(|| Value::String(text.into()));
    }

    /// Tells parameters.
    pub(super) fn add_parameters(&mut self, bad: Vec<BadParameter>) {
        for (name, rule) in bad {
            self.add(name, format!("{name} {rule}"));
        }
    }
}

impl K0rdent {
    /// `VALIDATION_ERROR`, unless nothing is wrong. Whoever told a problem went on with a default, which is used only
    /// where a quirk lets the request pass.
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
