//! Another request whose response must be the same.

use crate::document::{Field, Kind, Node, Shape};

use super::{
    names::Names,
    provenance::{Provenance, WORDS},
    request::{self, RequestPatch, RequestTemplate},
    step::check_parameters,
};

/// Another request whose response must be the same but for what varies.
#[derive(Debug, Clone)]
pub struct IndistinguishableFrom {
    /// The request.
    pub request: RequestTemplate,
    /// `Inferred` unless the twin says that it is documented.
    pub source: Provenance,
}

pub(super) static INDISTINGUISHABLE_FROM: Shape = Shape {
    name: "indistinguishable_from",
    about: "another request whose response must be the same",
    fields: &[Field::optional(
        "source",
        Kind::Words(WORDS),
        "whether the documentation says that they are the same (default: ours)",
    )],
    also: request::KEYS,
};

impl IndistinguishableFrom {
    pub(super) fn read(node: &Node, names: &Names<'_>, own: &RequestTemplate) -> Option<Self> {
        let fields = names.reader.fields(node, &INDISTINGUISHABLE_FROM)?;
        let request = own.with(&RequestPatch::read(&fields, names));
        check_parameters(&request, names, node);
        let source =
            fields.get("source").map_or(Provenance::Inferred, |node| Provenance::read(node, names.reader));
        Some(Self { request, source })
    }
}
