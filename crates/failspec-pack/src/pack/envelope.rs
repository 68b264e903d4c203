//! The common format of error responses.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use failspec_base::{
    message::MediaType,
    syntax::{Decoder, Field, Fields, MappingSchema, Node, ValueType},
};

use super::{
    code_location::{CODE_LOCATION, CodeLocation},
    pointer::Pointer,
    provenance::{Provenance, Sourced},
    schema::{Schema, SchemaRegistry},
    schema_cost::{MAX_UNFOLDED, TooLarge},
    schema_keywords::check_keywords,
    xml_path::{NAMESPACE, XML, XML_PATH},
};

/// The common format of error responses. A part that is `None` is not documented.
#[derive(Debug, Clone, Default)]
pub struct Envelope {
    /// The JSON Schema of the whole body.
    pub schema: Option<Sourced<Arc<Schema>>>,
    /// The allowed media types (`type/subtype`) of the response, at least one; parameters such as `charset` are not
    /// compared.
    pub media_type: Option<Sourced<MediaTypes>>,
    /// The location of the error code.
    pub code: Option<Sourced<CodeLocation>>,
    /// Pointer to the display text; it must be present and is never compared.
    pub message: Option<Sourced<Pointer>>,
    /// The location of the request id.
    pub request_id: Option<Sourced<RequestId>>,
    /// Pointer to the HTTP status in the body.
    pub status: Option<Sourced<Pointer>>,
    /// The need of a response for a body.
    pub body: BodyRule,
}

/// The need of a response for a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyRule {
    /// It must have one, in JSON or XML.
    #[default]
    Required,
    /// It may have none, or one that is neither JSON nor XML.
    Optional,
    /// It must have none.
    Empty,
}

/// Allowed media types, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaTypes(Vec<String>);

impl MediaTypes {
    /// Returns true if `essence` (`type/subtype`, in any case) is one of them.
    pub fn contains(&self, essence: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(essence))
    }

    /// Iterates over them in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for MediaTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" or "))
    }
}

/// The location and the format of the request id in a response.
#[derive(Debug, Clone)]
pub struct RequestId {
    /// Pointer into the body, or path in XML.
    pub pointer: Option<Pointer>,
    /// The name of a header. If both locations are documented, both must be present and agree.
    pub header: Option<String>,
    /// The format, if one is documented.
    pub pattern: Option<Arc<Schema>>,
}

pub(super) static ENVELOPE: MappingSchema = MappingSchema {
    name: "envelope",
    about: "the common format of error responses",
    fields: &[
        Field::optional("schema", OR_NULL_SCHEMA, "the JSON Schema of the whole body"),
        Field::optional(
            "media_type",
            ValueType::Either(&[ValueType::Text, ValueType::List(&ValueType::Text), ValueType::Null]),
            "the media type (type/subtype) of the response; a list, if several are allowed; \
             parameters are not compared",
        ),
        Field::optional(
            "code",
            ValueType::Either(&[
                ValueType::Pointer,
                ValueType::MappingSchema(&CODE_LOCATION),
                ValueType::List(&ValueType::Either(&[
                    ValueType::Pointer,
                    ValueType::MappingSchema(&CODE_LOCATION),
                ])),
                ValueType::Null,
            ]),
            "pointer to the error code, or another place; of a list, the first place that a response has counts; `*` \
             matches any item of a list of errors, in any order",
        ),
        Field::optional(
            "message",
            OR_NULL_POINTER,
            "pointer to the display text; it must be present and is never compared; `*` matches any item of a list",
        ),
        Field::optional(
            "request_id",
            ValueType::Either(&[ValueType::Pointer, ValueType::MappingSchema(&REQUEST_ID), ValueType::Null]),
            "the location of the request id; it must be present and differ for every request",
        ),
        Field::optional(
            "status",
            OR_NULL_POINTER,
            "pointer to the HTTP status in the body; it must equal the real status; `*` matches any item of a list, of which \
             one must have it, or 400 or 500 stands for several",
        ),
        Field::optional(
            "body",
            ValueType::Words(BODY),
            "`optional`: a response may have no body or one that is not JSON; \
             then only its status is checked; `empty`: it must have no body (default: required)",
        ),
        Field::optional(
            "inferred",
            ValueType::MappingSchema(&INFERRED_ENVELOPE),
            "inferred parts (not documented): breaking one is a warning",
        ),
    ],
    also: &[],
};

pub(super) static INFERRED_ENVELOPE: MappingSchema = MappingSchema {
    name: "inferred envelope",
    about: "inferred parts of the envelope (not documented)",
    fields: &[
        Field::optional("schema", ValueType::Schema, "the JSON Schema of the whole body"),
        Field::optional(
            "media_type",
            ValueType::Either(&[ValueType::Text, ValueType::List(&ValueType::Text)]),
            "the media type (type/subtype) of the response; a list, if several are allowed; \
             parameters are not compared",
        ),
        Field::optional("message", LOCATION, "pointer to the display text"),
        Field::optional(
            "request_id",
            ValueType::Either(&[ValueType::Pointer, ValueType::MappingSchema(&REQUEST_ID)]),
            "the location of the request id",
        ),
        Field::optional("status", LOCATION, "pointer to the HTTP status in the body"),
    ],
    also: &[],
};

pub(super) static REQUEST_ID: MappingSchema = MappingSchema {
    name: "request_id",
    about: "the location of the request id",
    fields: &[
        Field::optional("pointer", ValueType::Pointer, "pointer into the body"),
        XML,
        NAMESPACE,
        Field::optional(
            "header",
            ValueType::Text,
            "the name of a header; with `pointer` or `xml`, both must be present and agree",
        ),
        Field::optional(
            "pattern",
            ValueType::Text,
            "the format as a regular expression; only if one is documented",
        ),
    ],
    also: &[],
};

pub(super) const BODY: &[&str] = &["required", "optional", "empty"];
const OR_NULL_POINTER: ValueType =
    ValueType::Either(&[ValueType::Pointer, ValueType::MappingSchema(&XML_PATH), ValueType::Null]);
/// A pointer, or a path in XML.
pub(super) const LOCATION: ValueType =
    ValueType::Either(&[ValueType::Pointer, ValueType::MappingSchema(&XML_PATH)]);
const OR_NULL_SCHEMA: ValueType = ValueType::Either(&[ValueType::Schema, ValueType::Null]);

impl Envelope {
    /// Returns this envelope with the overrides of `node`: a key replaces a part, `null` removes it, `inferred` adds
    /// inferred parts.
    pub(super) fn with(
        &self,
        node: &Node,
        reader: &Decoder,
        library: &SchemaRegistry,
        source: Provenance,
    ) -> Self {
        let mut envelope = self.clone();
        let Some(fields) = reader.fields(node, &ENVELOPE) else {
            return envelope;
        };
        envelope.set(&fields, reader, library, source, "code");
        envelope.check_formats(node, reader);
        // A code in the text of a body: the body is that text.
        let is_in_text = envelope.code.as_ref().is_some_and(|code| code.rule.is_in_text());
        if fields.has("code") && is_in_text {
            envelope.body = BodyRule::Optional;
        }
        if let Some(word) = fields.get("body").and_then(|node| reader.word(node, BODY)) {
            envelope.body = [BodyRule::Required, BodyRule::Optional, BodyRule::Empty][word];
        }
        if envelope.body == BodyRule::Empty {
            envelope.empty(&fields, reader);
        }
        if let Some(ours) = fields.get("inferred") {
            envelope = envelope.with_inferred(ours, reader, library);
        }
        envelope
    }

    /// Returns this envelope with the inferred parts of `node`.
    pub(super) fn with_inferred(mut self, node: &Node, reader: &Decoder, library: &SchemaRegistry) -> Self {
        let Some(fields) = reader.fields(node, &INFERRED_ENVELOPE) else {
            return self;
        };
        self.set(&fields, reader, library, Provenance::Inferred, "");
        self
    }

    /// Reports pointers into JSON in bodies that are always XML.
    fn check_formats(&self, node: &Node, reader: &Decoder) {
        let json = self.pointers().find(|pointer| !pointer.is_xml());
        let Some((pointer, types)) = json.zip(self.media_type.as_ref()) else { return };
        if types.rule.iter().all(|it| MediaType::parse(it).is_some_and(|it| it.is_xml())) {
            let title =
                format!("`{}` is a pointer into JSON, and every body is {}", pointer.as_str(), types.rule);
            reader.error_hint(node.span, title, format!("write `{{ xml: {} }}`", pointer.as_str()));
        }
    }

    /// Removes what is in a body: there is none. Parts of a body that stand beside the rule are refused.
    fn empty(&mut self, fields: &Fields<'_>, reader: &Decoder) {
        let stated = |key: &str| fields.get(key).filter(|node| !node.is_null());
        let code = self.code.take().and_then(|ruled| {
            let source = ruled.source;
            ruled.rule.without_body().map(|rule| Sourced::new(rule, source))
        });
        let parts = ["schema", "media_type", "code", "message", "status", "inferred"];
        // A code in a header needs no body.
        let parts = parts.iter().filter(|key| **key != "code" || code.is_none());
        for (key, node) in parts.filter_map(|key| Some((key, stated(key)?))) {
            let title = format!("`{key}` beside `body: empty`: an empty body has none");
            reader.error_hint(node.span, title, "remove one of the two");
        }
        let request_id = self.request_id.take().filter(|ruled| ruled.rule.header.is_some());
        let request_id = request_id.map(|mut ruled| {
            ruled.rule.pointer = None;
            ruled
        });
        *self = Self { body: BodyRule::Empty, code, request_id, ..Self::default() };
    }

    fn set(
        &mut self,
        fields: &Fields<'_>,
        reader: &Decoder,
        library: &SchemaRegistry,
        source: Provenance,
        code: &str,
    ) {
        set(&mut self.schema, fields.get("schema"), source, |node| read_schema(node, reader, library));
        set(&mut self.media_type, fields.get("media_type"), source, |node| MediaTypes::read(node, reader));
        if !code.is_empty() {
            set(&mut self.code, fields.get(code), source, |node| CodeLocation::read(node, reader));
        }
        set(&mut self.message, fields.get("message"), source, |node| Pointer::read_location(node, reader));
        set(&mut self.status, fields.get("status"), source, |node| Pointer::read_location(node, reader));
        set(&mut self.request_id, fields.get("request_id"), source, |node| {
            RequestId::read(node, reader, library)
        });
    }
}

fn set<T>(
    part: &mut Option<Sourced<T>>,
    node: Option<&Node>,
    source: Provenance,
    read: impl Fn(&Node) -> Option<T>,
) {
    match node {
        None => {}
        Some(node) if node.is_null() => *part = None,
        Some(node) => {
            if let Some(rule) = read(node) {
                *part = Some(Sourced::new(rule, source));
            }
        }
    }
}

impl MediaTypes {
    fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let items = reader.items(node);
        if items.is_empty() {
            reader.error_hint(
                node.span,
                "an empty list allows no media type at all",
                "write `media_type: application/json`, or remove the key",
            );
        }
        let types = items.iter().map(|item| {
            let text = reader.text(item)?.trim().to_ascii_lowercase();
            let is_essence = text.split_once('/').is_some_and(|(kind, subtype)| {
                let is_token = |part: &str| !part.is_empty() && !part.contains([' ', ';', ',', '/', '*']);
                is_token(kind) && is_token(subtype)
            });
            if !is_essence {
                let title = format!("`{text}` is not a media type");
                reader.error_hint(item.span, title, "write `type/subtype`, such as `application/json`");
            }
            is_essence.then_some(text)
        });
        let types = types.collect::<Option<Vec<String>>>()?;
        (!types.is_empty()).then_some(Self(types))
    }
}

impl RequestId {
    fn read(node: &Node, reader: &Decoder, library: &SchemaRegistry) -> Option<Self> {
        if node.as_map().is_none() {
            let pointer = Pointer::read(node, reader)?;
            return Some(Self { pointer: Some(pointer), header: None, pattern: None });
        }
        let fields = reader.fields(node, &REQUEST_ID)?;
        let pointer = fields.get("pointer").and_then(|node| Pointer::read(node, reader));
        if fields.has("pointer") && fields.has("xml") {
            reader.error_hint(
                node.span,
                "a request id in the body has one place",
                "give one of `pointer` and `xml`",
            );
        }
        let pointer = pointer.or_else(|| Pointer::read_xml(&fields, reader));
        let header = fields.get("header").and_then(|node| reader.text(node)).map(str::to_owned);
        if !["pointer", "xml", "header"].iter().any(|key| fields.has(key)) {
            reader.error_hint(
                node.span,
                "the request id has no location",
                "give `pointer` (or `xml`), `header` or both",
            );
        }
        let pattern = fields.get("pattern").and_then(|node| {
            let pattern = serde_json::json!({ "type": "string", "pattern": reader.text(node)? });
            compile(pattern, node, reader, library)
        });
        Some(Self { pointer, header, pattern })
    }
}

/// Reads a schema that is written inline, or the schema file of the pack that is named.
pub(super) fn read_schema(node: &Node, reader: &Decoder, library: &SchemaRegistry) -> Option<Arc<Schema>> {
    let Some(file) = node.as_text() else {
        return compile(node.to_json(), node, reader, library);
    };
    let Some(text) = library.text(file) else {
        reader.unknown(node.span, "schema file", file, library.names());
        return None;
    };
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            reader.error(node.span, format!("`{file}` is not JSON: {error}"));
            return None;
        }
    };
    check_keywords(&value, node, Some(file), reader);
    // Compiled on its own first, so that an error is reported with its location in the file.
    match Schema::compile(value, library) {
        Ok(schema) => is_small(&schema, Some(file), node, reader).then_some(())?,
        Err(error) => {
            reader.error(node.span, format!("`{file}` is not a usable JSON Schema: {error}"));
            return None;
        }
    }
    compile(serde_json::json!({ "$ref": file }), node, reader, library)
}

/// Compiles a schema and reports errors in it.
pub(super) fn compile(
    value: serde_json::Value,
    node: &Node,
    reader: &Decoder,
    library: &SchemaRegistry,
) -> Option<Arc<Schema>> {
    check_keywords(&value, node, None, reader);
    match Schema::compile(value, library) {
        Ok(schema) => is_small(&schema, None, node, reader).then(|| Arc::new(schema)),
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

/// Returns true if something can be validated with a schema; reports it otherwise.
fn is_small(schema: &Schema, file: Option<&str>, node: &Node, reader: &Decoder) -> bool {
    let Some(TooLarge { at, unfolded }) = schema.too_large() else { return true };
    let (node, place) = match (file, node.find(at)) {
        (None, Some(part)) => (part, "this schema".to_owned()),
        _ => (node, format!("`{}{at}`", file.unwrap_or_default())),
    };
    reader.error_hint(
        node.span,
        format!("{place} applies {unfolded} of its parts to every value, more than {MAX_UNFOLDED}"),
        "parts that apply each other more than once multiply: refer to each of them once",
    );
    false
}
