//! The OpenAPI document that a contract names, and its overlays.

use failspec_base::syntax::{Decoder, Location, Node};

use super::schema::SchemaRegistry;

/// An OpenAPI document or overlay that a contract names: one of the files of its pack.
#[derive(Debug, Clone)]
pub struct OpenApiFile {
    /// Its path among the files of the pack, such as `schemas/kubeglass/openapi.yaml`.
    pub path: String,
    /// The location of its name in the contract.
    pub place: Location,
}

impl OpenApiFile {
    /// Reads the name of the document. The document must be a file of the pack, so that the digest of the pack covers
    /// it.
    pub(super) fn read(node: &Node, reader: &Decoder, library: &SchemaRegistry) -> Option<Self> {
        let name = reader.text(node)?;
        if library.text(name).is_none() {
            reader.error_hint(
                node.span,
                format!("the pack has no file `{name}`"),
                "put the file next to contract.yaml and write its path relative to that folder",
            );
            return None;
        }
        Some(Self { path: library.path(name), place: reader.place(node.span) })
    }

    /// Reads the names of overlays.
    pub(super) fn read_list(node: Option<&Node>, reader: &Decoder, library: &SchemaRegistry) -> Vec<Self> {
        let items = node.map(|node| reader.items(node)).unwrap_or_default();
        items.iter().filter_map(|item| Self::read(item, reader, library)).collect()
    }
}
