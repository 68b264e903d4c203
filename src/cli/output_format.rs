//! Output of commands for programs.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::Value;

use failspec_report::visible;

use super::stdout::stdout;

/// The format of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Prints a document. What a terminal would interpret is escaped in its texts, as it is in text output.
pub(super) fn print_json(mut document: Value) {
    sanitize(&mut document);
    // A closed pipe is not an error: the reader needs no more output.
    // Within a text, the runner of a workflow obeys this as well; written like this, it is the same text.
    let text = format!("{document:#}\n").replace("##[", "\\u0023#[");
    let _ = stdout().write_all(text.as_bytes());
}

fn sanitize(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(sanitize),
        Value::Object(members) => members.values_mut().for_each(sanitize),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
