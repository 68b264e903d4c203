//! The formats of reports, and what makes each of them well-formed.

use std::sync::LazyLock;

use serde_json::Value;

/// A format of reports.
pub struct Format {
    /// Its name in `--report NAME=PATH`.
    pub name: &'static str,
    /// What is wrong with a report of this format; empty if nothing is.
    pub mistakes: fn(&str) -> Vec<String>,
}

/// Every format that there is.
pub const FORMATS: &[Format] = &[Format { name: "json", mistakes: json_mistakes }];

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = failspec::report::json::schema();
    jsonschema::validator_for(&schema).expect("the schema of the report")
});

fn json_mistakes(text: &str) -> Vec<String> {
    match serde_json::from_str::<Value>(text) {
        Err(error) => vec![format!("not JSON: {error}")],
        Ok(report) => SCHEMA.iter_errors(&report).map(|error| error.to_string()).collect(),
    }
}
