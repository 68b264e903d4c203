//! Contradictions and gaps in the documentation itself.

use crate::document::{Field, Kind, Node, Reader, Shape};

/// A contradiction or a gap in the documentation.
#[derive(Debug, Clone)]
pub struct Erratum {
    /// What it is.
    pub about: String,
    /// Where it can be seen.
    pub links: Vec<String>,
}

pub(super) static ERRATUM: Shape = Shape {
    name: "erratum",
    about: "a contradiction or a gap in the documentation",
    fields: &[
        Field::required("about", Kind::Text, "what it is"),
        Field::optional("links", Kind::List(&Kind::Text), "where it can be seen"),
    ],
    also: &[],
};

impl Erratum {
    pub(super) fn read(node: &Node, reader: &Reader) -> Option<Self> {
        let fields = reader.fields(node, &ERRATUM)?;
        let links = fields.get("links").map(|node| reader.list(node)).unwrap_or_default();
        Some(Self {
            about: fields.get("about").and_then(|node| reader.text(node))?.to_owned(),
            links: links.iter().filter_map(|node| reader.text(node)).map(str::to_owned).collect(),
        })
    }
}
