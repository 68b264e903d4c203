//! The shape that error responses share.

use std::sync::Arc;

use crate::document::{Field, Fields, Kind, Node, Reader, Shape};

use super::{
    pointer::Pointer,
    provenance::{Provenance, Ruled},
    schema::{Library, Schema},
};

/// The shape that error responses share. A part that is `None` is not documented.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// What the whole body must fit.
    pub schema: Option<Ruled<Arc<Schema>>>,
    /// `type/subtype` of the response; parameters such as `charset` are free.
    pub media_type: Option<Ruled<String>>,
    /// Where the code is.
    pub code: Option<Ruled<Pointer>>,
    /// Where the display text is: it must be there and is never compared.
    pub message: Option<Ruled<Pointer>>,
    /// Where the request id is.
    pub request_id: Option<Ruled<RequestId>>,
    /// Where the body repeats the HTTP status.
    pub status: Option<Ruled<Pointer>>,
    /// Whether a response may come without such a body: with none, or with one that is no JSON.
    pub body_optional: bool,
}

/// Where a response says its request id, and in which form.
#[derive(Debug, Clone)]
pub struct RequestId {
    /// In the body.
    pub pointer: Option<Pointer>,
    /// In a header. Where both are documented, both are there and agree.
    pub header: Option<String>,
    /// The form, where one is documented.
    pub pattern: Option<Arc<Schema>>,
}

pub(super) static ENVELOPE: Shape = Shape {
    name: "envelope",
    about: "the shape that error responses share",
    fields: &[
        Field::optional("schema", OR_NULL_SCHEMA, "what the whole body must fit"),
        Field::optional(
            "media_type",
            Kind::Either(&[Kind::Text, Kind::Null]),
            "type/subtype of the response; parameters are free",
        ),
        Field::optional(
            "code",
            OR_NULL_POINTER,
            "where the code is; `*` is any item of a list of errors, in whatever order they stand",
        ),
        Field::optional(
            "message",
            OR_NULL_POINTER,
            "where the display text is: it must be there and is never compared",
        ),
        Field::optional(
            "request_id",
            Kind::Either(&[Kind::Pointer, Kind::Shape(&REQUEST_ID), Kind::Null]),
            "where the request id is: it must be there and differ for every request",
        ),
        Field::optional(
            "status",
            OR_NULL_POINTER,
            "where the body repeats the HTTP status: the two must agree",
        ),
        Field::optional(
            "body",
            Kind::Words(BODY),
            "`optional`: a response may have no body, or one that is no JSON; the status alone is then judged (default: required)",
        ),
        Field::optional(
            "inferred",
            Kind::Shape(&OURS_ENVELOPE),
            "parts that are our own reading: breaking them is a warning",
        ),
    ],
    also: &[],
};

static OURS_ENVELOPE: Shape = Shape {
    name: "inferred parts of the envelope",
    about: "parts of the envelope that are our own reading",
    fields: &[
        Field::optional("schema", Kind::Schema, "what the whole body must fit"),
        Field::optional("media_type", Kind::Text, "type/subtype of the response; parameters are free"),
        Field::optional("message", Kind::Pointer, "where the display text is"),
        Field::optional(
            "request_id",
            Kind::Either(&[Kind::Pointer, Kind::Shape(&REQUEST_ID)]),
            "where the request id is",
        ),
        Field::optional("status", Kind::Pointer, "where the body repeats the HTTP status"),
    ],
    also: &[],
};

static REQUEST_ID: Shape = Shape {
    name: "request_id",
    about: "where the request id is",
    fields: &[
        Field::optional("pointer", Kind::Pointer, "in the body"),
        Field::optional("header", Kind::Text, "in a header; with `pointer`, both are there and agree"),
        Field::optional(
            "pattern",
            Kind::Text,
            "its form, as a regular expression; only where one is documented",
        ),
    ],
    also: &[],
};

const BODY: &[&str] = &["required", "optional"];
const OR_NULL_POINTER: Kind = Kind::Either(&[Kind::Pointer, Kind::Null]);
const OR_NULL_SCHEMA: Kind = Kind::Either(&[Kind::Schema, Kind::Null]);

impl Envelope {
    /// This envelope with what `node` says: a key replaces, `null` removes, `ours` adds as our own reading.
    pub(super) fn with(&self, node: &Node, reader: &Reader, library: &Library, source: Provenance) -> Self {
        let mut envelope = self.clone();
        let Some(fields) = reader.fields(node, &ENVELOPE) else {
            return envelope;
        };
        envelope.set(&fields, reader, library, source, "code");
        if let Some(word) = fields.get("body").and_then(|node| reader.word(node, BODY)) {
            envelope.body_optional = word == 1;
        }
        if let Some(ours) = fields.get("inferred") {
            envelope = envelope.with_inferred(ours, reader, library);
        }
        envelope
    }

    /// This envelope with parts that are our own reading.
    pub(super) fn with_inferred(mut self, node: &Node, reader: &Reader, library: &Library) -> Self {
        let Some(fields) = reader.fields(node, &OURS_ENVELOPE) else {
            return self;
        };
        self.set(&fields, reader, library, Provenance::Inferred, "");
        self
    }

    fn set(
        &mut self,
        fields: &Fields<'_>,
        reader: &Reader,
        library: &Library,
        source: Provenance,
        code: &str,
    ) {
        set(&mut self.schema, fields.get("schema"), source, |node| read_schema(node, reader, library));
        set(&mut self.media_type, fields.get("media_type"), source, |node| {
            Some(reader.text(node)?.trim().to_ascii_lowercase())
        });
        if !code.is_empty() {
            set(&mut self.code, fields.get(code), source, |node| Pointer::read(node, reader));
        }
        set(&mut self.message, fields.get("message"), source, |node| Pointer::read(node, reader));
        set(&mut self.status, fields.get("status"), source, |node| Pointer::read(node, reader));
        set(&mut self.request_id, fields.get("request_id"), source, |node| {
            RequestId::read(node, reader, library)
        });
    }
}

fn set<T>(
    part: &mut Option<Ruled<T>>,
    node: Option<&Node>,
    source: Provenance,
    read: impl Fn(&Node) -> Option<T>,
) {
    match node {
        None => {}
        Some(node) if node.is_null() => *part = None,
        Some(node) => {
            if let Some(rule) = read(node) {
                *part = Some(Ruled::new(rule, source));
            }
        }
    }
}

impl RequestId {
    fn read(node: &Node, reader: &Reader, library: &Library) -> Option<Self> {
        if node.as_map().is_none() {
            let pointer = Pointer::read(node, reader)?;
            return Some(Self { pointer: Some(pointer), header: None, pattern: None });
        }
        let fields = reader.fields(node, &REQUEST_ID)?;
        let pointer = fields.get("pointer").and_then(|node| Pointer::read(node, reader));
        let header = fields.get("header").and_then(|node| reader.text(node)).map(str::to_owned);
        if !fields.has("pointer") && !fields.has("header") {
            reader.error_hint(node.span, "a request id is somewhere", "give `pointer`, `header` or both");
        }
        let pattern = fields.get("pattern").and_then(|node| {
            let pattern = serde_json::json!({ "type": "string", "pattern": reader.text(node)? });
            compile(pattern, node, reader, library)
        });
        Some(Self { pointer, header, pattern })
    }
}

/// A schema written in place, or the name of a file of the pack that holds one.
pub(super) fn read_schema(node: &Node, reader: &Reader, library: &Library) -> Option<Arc<Schema>> {
    let Some(file) = node.as_text() else {
        return compile(node.to_json(), node, reader, library);
    };
    let Some(text) = library.text(file) else {
        reader.unknown(node.span, "schema file", file, library.names());
        return None;
    };
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            reader.error(node.span, format!("`{file}` is not JSON: {error}"));
            return None;
        }
    };
    // On its own first: what is wrong in it is told with its place in it.
    if let Err(error) = Schema::compile(value, library) {
        reader.error(node.span, format!("`{file}` is not a usable JSON Schema: {error}"));
        return None;
    }
    compile(serde_json::json!({ "$ref": file }), node, reader, library)
}

/// Compiles a schema and notes what is wrong with it.
pub(super) fn compile(
    value: serde_json::Value,
    node: &Node,
    reader: &Reader,
    library: &Library,
) -> Option<Arc<Schema>> {
    match Schema::compile(value, library) {
        Ok(schema) => Some(Arc::new(schema)),
        Err(error) => {
            let (node, message) = match node.find(&error.at) {
                Some(part) => (part, error.message),
                None => (node, error.to_string()),
            };
            reader.error(node.span, format!("this is not a usable JSON Schema: {message}"));
            None
        }
    }
}
