//! Operations: named requests of a contract.

use std::sync::Arc;

use failspec_base::syntax::{Decoder, Entry, Field, MappingSchema, ValueType};

use super::{
    path::{PathTemplate, split_request},
    provenance::{Provenance, WORDS},
    request::Line,
};

pub(super) static OPERATION: MappingSchema = MappingSchema {
    name: "operation",
    about: "a named request",
    fields: &[
        Field::required("request", ValueType::Text, "METHOD /path, with {parameters}"),
        Field::optional(
            "source",
            ValueType::Words(WORDS),
            "the origin of the path; an `inferred` one shows nothing until a control or a setup on it succeeded",
        ),
    ],
    also: &[],
};

/// Reads one operation of a contract.
pub(super) fn read_operation(entry: &Entry, reader: &Decoder) -> Option<Line> {
    // Most operations consist of only a request.
    let fields = match entry.value.as_text() {
        Some(_) => None,
        None => Some(reader.fields(&entry.value, &OPERATION)?),
    };
    let node = fields.as_ref().map_or(Some(&entry.value), |fields| fields.get("request"))?;
    let source = fields.as_ref().and_then(|fields| fields.get("source"));
    let text = reader.text(node)?;
    let Some((method, path)) = split_request(text) else {
        reader.error_hint(node.span, format!("`{text}` is not a request"), "write `METHOD /path`");
        return None;
    };
    let path = match PathTemplate::parse(path) {
        Ok(path) if path.is_address() => {
            reader.error_hint(
                node.span,
                "an operation must have its own path",
                "write a URL from a response in a scenario: `request: PUT ${upload}`",
            );
            return None;
        }
        Ok(path) => path,
        Err(error) => {
            reader.error(node.span, error.to_string());
            return None;
        }
    };
    Some(Line {
        operation: Some(entry.key.clone()),
        method: method.to_owned(),
        path: Arc::new(path),
        source: source.map_or(Provenance::Documented, |node| Provenance::read(node, reader)),
    })
}
