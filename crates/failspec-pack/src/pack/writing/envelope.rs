//! The common format of error responses.

use serde_json::Value;

use failspec_base::syntax::{Decoder, Node};

use super::{
    super::{
        BodyRule, Pointer,
        code_location::CODE_LOCATION,
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
        /// The location of the code.
        code: Option<Override<CodeLocationSource>> = "code",
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

    /// A place of the code, as a mapping.
    #[derive(Default)]
    inline struct CodePlaceSource: CODE_LOCATION, {
        /// Pointer into the body.
        pointer: Option<Pointer> = "pointer",
        /// Path in an XML body.
        xml: Option<String> = "xml",
        /// The namespace of the root element.
        namespace: Option<String> = "namespace",
        /// The name of a header.
        header: Option<String> = "header",
        /// The parameter of the header.
        parameter: Option<String> = "parameter",
        /// A regular expression on the body as text.
        text: Option<String> = "text",
        /// A regular expression that finds the code in a text.
        extract: Option<String> = "extract",
        /// The code of a response that has none.
        absent: Option<Value> = "absent",
    }

    /// The location and the format of a request id, as a mapping.
    #[derive(Default)]
    inline struct RequestIdParts: REQUEST_ID, {
        /// Pointer into the body.
        pointer: Option<Pointer> = "pointer",
        /// Path in an XML body.
        xml: Option<String> = "xml",
        /// The namespace of the root element.
        namespace: Option<String> = "namespace",
        /// The name of a header.
        header: Option<String> = "header",
        /// The format as a regular expression.
        pattern: Option<String> = "pattern",
    }
}

/// The places of the code; the first one that a response has counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CodeLocationSource(pub Vec<CodePlaceSource>);

impl From<Pointer> for CodeLocationSource {
    fn from(pointer: Pointer) -> Self {
        Self(vec![CodePlaceSource { pointer: Some(pointer), ..CodePlaceSource::default() }])
    }
}

impl CodeLocationSource {
    /// Creates the location of a code in a header.
    pub fn header(name: impl Into<String>) -> Self {
        Self(vec![CodePlaceSource { header: Some(name.into()), ..CodePlaceSource::default() }])
    }
}

/// Written as a pointer where there is nothing else, and as a list only of several places.
impl FileValue for CodeLocationSource {
    fn tree(&self) -> Tree {
        let place = |place: &CodePlaceSource| match &place.pointer {
            Some(pointer)
                if *place
                    == CodePlaceSource { pointer: Some(pointer.clone()), ..CodePlaceSource::default() } =>
            {
                pointer.tree()
            }
            _ => place.tree(),
        };
        match self.0.as_slice() {
            [only] => place(only),
            several => Tree::List(several.iter().map(place).collect()),
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let place = |node: &Node| match node.as_map() {
            Some(_) => CodePlaceSource::read(node, reader),
            None => {
                let pointer = Some(Pointer::read_of_each(node, reader)?);
                Some(CodePlaceSource { pointer, ..CodePlaceSource::default() })
            }
        };
        reader.items(node).iter().map(place).collect::<Option<Vec<_>>>().map(Self)
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
            (pointer, header, pattern) => {
                let namespace = pointer.as_ref().and_then(Pointer::namespace).map(str::to_owned);
                let xml = pointer.as_ref().filter(|it| it.is_xml()).map(|it| it.as_str().to_owned());
                let pointer = pointer.filter(|it| !it.is_xml());
                RequestIdParts { pointer, xml, namespace, header, pattern }.tree()
            }
        }
    }

    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        if node.as_map().is_none() {
            return Pointer::read_of_each(node, reader).map(Self::from);
        }
        let fields = reader.fields(node, &REQUEST_ID)?;
        let RequestIdParts { pointer, header, pattern, .. } = RequestIdParts::from_fields(&fields, reader)?;
        let pointer = if fields.has("xml") { Some(Pointer::read_xml(&fields, reader)?) } else { pointer };
        Some(Self { pointer, header, pattern })
    }
}
