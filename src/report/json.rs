//! The whole run as JSON, with a version and a JSON Schema of its own.

use std::io::{self, Write};

use serde_json::Value;

use crate::verdict::RunReport;

/// Writes the report, indented, with a line break at the end.
///
/// # Errors
/// When the writer fails.
pub fn write(report: &RunReport, out: impl Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// The JSON Schema of the report.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(RunReport).to_value();
    schema["title"] = Value::from("failspec report");
    schema
}
