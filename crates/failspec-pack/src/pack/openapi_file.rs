//! The OpenAPI document that a contract names.

use failspec_base::syntax::{Decoder, Location, Node};

use super::schema::SchemaRegistry;

/// The OpenAPI document that a contract names: one of the files of its pack.
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
                "put the document next to contract.yaml and write its path relative to that folder",
            );
            return None;
        }
        Some(Self { path: library.path(name), place: reader.place(node.span) })
    }
}
