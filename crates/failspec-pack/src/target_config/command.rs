//! A program that prints a credential.

use failspec_base::syntax::{Decoder, Field, MappingSchema, Node, ValueType};

/// A program that prints a credential, such as a vault client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; no shell is used.
    pub run: Vec<String>,
    /// The header that contains the credential.
    pub header: String,
    /// The text before the credential in the header.
    pub prefix: String,
}

pub(super) static COMMAND: MappingSchema = MappingSchema {
    name: "command",
    about: "a program that prints a credential; it is run only with `--allow-commands`",
    fields: &[
        Field::required(
            "run",
            ValueType::List(&ValueType::Text),
            "the program and its arguments; its output without the final line break is the credential",
        ),
        Field::optional(
            "header",
            ValueType::Text,
            "the header that contains the credential (default: Authorization)",
        ),
        Field::optional(
            "prefix",
            ValueType::Text,
            "the text before the credential in the header (default: `Bearer `)",
        ),
    ],
    also: &[],
};

/// Reads a program and its arguments.
pub(super) fn program(run: &Node, reader: &Decoder) -> Option<Vec<String>> {
    let words: Option<Vec<String>> =
        reader.items(run).iter().map(|item| reader.text(item).map(str::to_owned)).collect();
    let words = words?;
    if words.first().is_none_or(|program| program.is_empty()) {
        let hint = "write it like `run = [\"vault\", \"read\", \"…\"]`";
        reader.error_hint(run.span, "the program is missing", hint);
        return None;
    }
    Some(words)
}

impl Command {
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let fields = reader.fields(node, &COMMAND)?;
        let run = fields.get("run")?;
        let words = program(run, reader)?;
        let text = |key: &str, default: &str| {
            fields
                .get(key)
                .map_or_else(|| Some(default.to_owned()), |node| reader.text(node).map(str::to_owned))
        };
        Some(Self {
            run: words,
            header: text("header", "Authorization")?,
            prefix: text("prefix", "Bearer ")?,
        })
    }
}
