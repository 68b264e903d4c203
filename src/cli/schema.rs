//! `failspec schema`.

use std::io::Write as _;

use serde_json::Value;

use crate::{
    certificate::{self, PROGRAMME},
    document::shape::json_schema,
    pack::{CONTRACT, SCENARIOS},
    report::json,
    target::CONFIG,
    verdict::exit,
};

use super::arguments::SchemaFormat;

/// Prints the JSON Schema of a format.
pub fn command(format: SchemaFormat) -> u8 {
    let text = format!("{:#}\n", schema(format));
    // A reader that has gone away has seen what it wanted.
    let _ = anstream::stdout().write_all(text.as_bytes());
    exit::CONFORMS
}

/// The JSON Schema of a format.
pub fn schema(format: SchemaFormat) -> Value {
    match format {
        SchemaFormat::Contract => json_schema(&CONTRACT, "failspec contract"),
        SchemaFormat::Scenario => json_schema(&SCENARIOS, "failspec scenarios"),
        SchemaFormat::Config => json_schema(&CONFIG, "failspec.toml"),
        SchemaFormat::Report => json::schema(),
        SchemaFormat::Certificate => certificate::schema(),
        SchemaFormat::Programme => json_schema(&PROGRAMME, "failspec programme.toml"),
    }
}
