//! One row of a scenario.

use serde_json::Value;

use failspec_base::syntax::{Decoder, Entry};

/// One row of a scenario.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<(String, Value)>,
}

impl Row {
    pub(super) fn read(entry: &Entry, reader: &Decoder) -> Self {
        let free = |value: &&Entry| reader.check_free_name(&value.key, value.key_span);
        let values = reader
            .named(&entry.value)
            .filter(free)
            .map(|value| (value.key.clone(), value.value.to_json()))
            .collect();
        Self { name: entry.key.clone(), values }
    }
}
