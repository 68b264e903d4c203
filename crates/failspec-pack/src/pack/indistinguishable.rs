//! The comparison request, which must get the same response.

use failspec_base::syntax::{Field, MappingSchema, Node, ValueType};

use super::{
    provenance::{Provenance, WORDS},
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
    step::check_parameters,
};

/// The comparison request: its response must be the same, except for the parts that vary.
#[derive(Debug, Clone)]
pub struct IndistinguishableFrom {
    /// The request.
    pub request: RequestTemplate,
    /// The origin of the statement that the responses are the same; `Inferred` unless the block specifies another
    /// one.
    pub source: Provenance,
}

pub(super) static INDISTINGUISHABLE_FROM: MappingSchema = MappingSchema {
    name: "indistinguishable_from",
    about: "a comparison request that must get the same response",
    fields: &[Field::optional(
        "source",
        ValueType::Words(WORDS),
        "the origin of the statement that the responses are the same (default: inferred)",
    )],
    also: request::KEYS,
};

impl IndistinguishableFrom {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>, own: &RequestTemplate) -> Option<Self> {
        let fields = names.reader.fields(node, &INDISTINGUISHABLE_FROM)?;
        let request = own.with(&RequestPatch::read(&fields, names));
        check_parameters(&request, names, node);
        if request == *own {
            names.reader.error_hint(
                node.span,
                "this is the request under test itself, and every response is like itself",
                "override what distinguishes the two requests",
            );
        }
        let source =
            fields.get("source").map_or(Provenance::Inferred, |node| Provenance::read(node, names.reader));
        Some(Self { request, source })
    }
}
