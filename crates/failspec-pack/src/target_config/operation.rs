//! Operations with another method or path than in the pack.

use crate::pack::{PathTemplate, split_request};
use failspec_base::syntax::{Decoder, Location, Node};

/// An operation with another method or path than in the pack.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The method.
    pub method: String,
    /// The path under the target's URL, with the `{parameters}` of the pack's own path.
    pub path: PathTemplate,
    /// Its location in the file.
    pub place: Location,
}

impl Operation {
    /// Reads `METHOD /path/{parameter}`.
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let text = reader.text(node)?;
        let Some((method, path)) = split_request(text) else {
            let title = format!("`{text}` is not a request");
            reader.error_hint(node.span, title, "write it like `GET /things/{name}`");
            return None;
        };
        let path = match PathTemplate::parse(path) {
            Ok(path) => path,
            Err(error) => {
                reader.error(node.span, error.to_string());
                return None;
            }
        };
        if path.is_address() || path.holes().next().is_some() {
            let hint = "use only `{parameters}`, which the scenarios of the pack fill in";
            reader.error_hint(node.span, "a path of a target must not contain `${…}`", hint);
            return None;
        }
        Some(Self { method: method.to_owned(), path, place: reader.place(node.span) })
    }
}
