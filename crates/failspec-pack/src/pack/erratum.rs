//! Contradictions and gaps in the documentation itself.

use failspec_base::syntax::{Decoder, Field, MappingSchema, Node, ValueType};

/// A contradiction or a gap in the documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erratum {
    /// The description of the problem.
    pub about: String,
    /// Links to the pages that show it.
    pub links: Vec<String>,
}

pub(super) static ERRATUM: MappingSchema = MappingSchema {
    name: "erratum",
    about: "a known documentation error: a contradiction or a gap",
    fields: &[
        Field::required("about", ValueType::Text, "the description of the error"),
        Field::optional("links", ValueType::List(&ValueType::Text), "links to the pages that show the error"),
    ],
    also: &[],
};

impl Erratum {
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let fields = reader.fields(node, &ERRATUM)?;
        let links = fields.get("links").map(|node| reader.list(node)).unwrap_or_default();
        Some(Self {
            about: fields.get("about").and_then(|node| reader.text(node))?.to_owned(),
            links: links.iter().filter_map(|node| reader.text(node)).map(str::to_owned).collect(),
        })
    }
}
