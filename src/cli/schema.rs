//! `failspec schema`.

use std::io::Write as _;

use serde_json::Value;

use failspec_base::syntax::mapping_schema::json_schema;
use failspec_certificate::PROGRAMME;
use failspec_judge::report_model::exit;
use failspec_pack::{
    pack::{CONTRACT, SCENARIOS},
    target_config::CONFIG,
};

use super::{arguments::SchemaFormat, stdout::stdout};

/// Prints the JSON Schema of a format.
pub fn command(format: SchemaFormat) -> u8 {
    let text = format!("{:#}\n", schema(format));
    // A closed pipe is not an error: the reader needs no more output.
    let _ = stdout().write_all(text.as_bytes());
    exit::CONFORMS
}

/// Returns the JSON Schema of a format.
pub fn schema(format: SchemaFormat) -> Value {
    match format {
        SchemaFormat::Contract => json_schema(&CONTRACT, "failspec contract"),
        SchemaFormat::Scenario => json_schema(&SCENARIOS, "failspec scenarios"),
        SchemaFormat::Config => json_schema(&CONFIG, "failspec.toml"),
        SchemaFormat::Report => written(include_str!("../../schemas/report.schema.json")),
        SchemaFormat::Certificate => written(include_str!("../../schemas/certificate.schema.json")),
        SchemaFormat::Programme => json_schema(&PROGRAMME, "failspec programme.toml"),
    }
}

/// Parses a schema that a test generates from the types: a program that only prints it need not be able to generate
/// it.
fn written(schema: &str) -> Value {
    serde_json::from_str(schema).unwrap_or_default()
}
