//! The common format of error responses.

use failspec_base::syntax::{Decoder, Node};

use super::{
    super::{
        BodyRule, Pointer,
        envelope::{ENVELOPE, INFERRED_ENVELOPE, REQUEST_ID},
    },
    file_value::{FileMapping, FileValue, Tree},
    mappings::file_mappings,
    values::{OneOrMany, Override, SchemaSource},
};

file_mappings! {
    /// The common format of error responses, or what a failure changes about it.
    #[derive(Default)]
    block struct EnvelopeSource: ENVELOPE, {
        /// The JSON Schema of the whole body.
        schema: Option<Override<SchemaSource>> = "schema",
        /// The media type.
        media_type: Option<Override<OneOrMany<String>>> = "media_type",
        /// Pointer to the code.
        code: Option<Override<Pointer>> = "code",
        /// Pointer to the display text.
        message: Option<Override<Pointer>> = "message",
        /// The location of the request id.
        request_id: Option<Override<RequestIdSource>> = "request_id",
        /// Pointer to the HTTP status.
        status: Option<Override<Pointer>> = "status",
        /// The need of a response for a body.
        body: Option<BodyRule> = "body",
        /// Inferred parts.
        inferred: Option<InferredEnvelopeSource> = "inferred",
    }

    /// Inferred parts of the envelope.
    #[derive(Default)]
    block struct InferredEnvelopeSource: INFERRED_ENVELOPE, {
        /// The JSON Schema of the whole body.
        schema: Option<SchemaSource> = "schema",
        /// The media type.
        media_type: OneOrMany<String> = "media_type",
        /// Pointer to the display text.
        message: Option<Pointer> = "message",
        /// The location of the request id.
        request_id: Option<RequestIdSource> = "request_id",
        /// Pointer to the HTTP status.
        status: Option<Pointer> = "status",
    }

    /// The location and the format of a request id, as a mapping.
    #[derive(Default)]
    inline struct RequestIdParts: REQUEST_ID, {
        /// Pointer into the body.
        pointer: Option<Pointer> = "pointer",
        /// The name of a header.
        header: Option<String> = "header",
        /// The format as a regular expression.
        pattern: Option<String> = "pattern",
    }
}

/// The location and the format of a request id.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RequestIdSource {
    /// Pointer into the body.
    pub pointer: Option<Pointer>,
    /// The name of a header.
    pub header: Option<String>,
    /// The format as a regular expression.
    pub pattern: Option<String>,
}

impl From<Pointer> for RequestIdSource {
    fn from(pointer: Pointer) -> Self {
        Self { pointer: Some(pointer), ..Self::default() }
    }
}

/// Written as a pointer if there is nothing else.
impl FileValue for RequestIdSource {
    fn tree(&self) -> Tree {
        let Self { pointer, header, pattern } = self.clone();
        match (pointer, header, pattern) {
            (Some(pointer), None, None) => pointer.tree(),
            (pointer, header, pattern) => RequestIdParts { pointer, header, pattern }.tree(),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if node.as_map().is_none() {
            return Pointer::read_of_each(node, reader).map(Self::from);
        }
        let parts = RequestIdParts::from_fields(&reader.fields(node, &REQUEST_ID)?, reader)?;
        let RequestIdParts { pointer, header, pattern } = parts;
        Some(Self { pointer, header, pattern })
    }
}
