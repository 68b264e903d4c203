//! Texts of documents, parsed as JSON or YAML.

use serde_json::Value;

use failspec_base::message::{Defect, Document as JsonText};
use failspec_base::syntax::{Diagnostic, Location, Node, Source, yaml};

/// A parsed text.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The value.
    pub value: Value,
    /// Parts of the text that are not in the value, such as the second of two keys with the same name.
    pub lost: Vec<String>,
}

/// Parses a text as JSON if it looks like JSON, because that is faster; otherwise as YAML.
///
/// # Errors
/// Returns the message of the parser.
pub(super) fn parse(name: &str, text: &str) -> Result<Parsed, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[']) {
        let (node, lost) = nodes(name, text)?;
        return Ok(Parsed { value: node.to_json(), lost });
    }
    match serde_json::from_str(text) {
        Ok(value) => {
            let defects = JsonText::read(text.as_bytes()).defects;
            let twice = defects.into_iter().filter_map(|defect| match defect {
                Defect::DuplicateKey { pointer } => {
                    Some(format!("the key at {pointer} appears more than once; the last one is used"))
                }
                _ => None,
            });
            Ok(Parsed { value, lost: twice.collect() })
        }
        // A flow mapping of YAML begins like this, too. In all other cases the message of the JSON parser is the better
        // one.
        Err(error) => match nodes(name, text) {
            Ok((node, lost)) if lost.is_empty() => Ok(Parsed { value: node.to_json(), lost }),
            _ => Err(error.to_string()),
        },
    }
}

/// Parses a text as YAML, or as JSON that is YAML too, into nodes with their lines.
///
/// # Errors
/// Returns the first message of the parser.
pub(super) fn nodes(name: &str, text: &str) -> Result<(Node, Vec<String>), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Source::new(name, text);
    let (node, mistakes) = yaml::read_foreign(&source);
    let shown = |mistake: &Diagnostic| {
        let line = mistake.place.as_ref().map_or(0, Location::line);
        format!("line {line}: {} {}", mistake.title, mistake.label).trim_end().to_owned()
    };
    match node {
        Some(node) => Ok((node, mistakes.0.iter().map(shown).collect())),
        None => Err(mistakes.0.first().map(shown).unwrap_or_default()),
    }
}
