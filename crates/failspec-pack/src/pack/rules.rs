//! Rules for the response of a failure, in addition to the envelope.

use std::sync::Arc;

use serde_json::Value;

use failspec_base::syntax::{Decoder, Entry, Field, Fields, MappingSchema, Node, NodeValue, ValueType};

use super::{
    envelope::{Envelope, compile, read_schema},
    header_schema::{HeaderSchema, name_types},
    pointer::Pointer,
    provenance::{Provenance, Sourced},
    schema::{Schema, SchemaRegistry},
    status::{STATUSES, StatusPattern},
};

/// The rules for the response of a failure. There can be rules of one kind from several origins.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The HTTP statuses that the documentation allows; at least one.
    pub status: Option<Sourced<Vec<StatusPattern>>>,
    /// The error code.
    pub code: Option<Sourced<CodeRule>>,
    /// All codes that the documentation allows, if it allows several.
    pub codes: Vec<Value>,
    /// Rules for headers.
    pub headers: Vec<Sourced<HeaderRule>>,
    /// The JSON Schemas of the whole body, in addition to the envelope's schema.
    pub schema: Vec<Sourced<Arc<Schema>>>,
    /// Constraints that identify the failure, besides status and code.
    pub matches: Vec<Sourced<(Pointer, Arc<Schema>)>>,
    /// Locations where the response states how long to wait; several locations must agree.
    pub retry_after: Vec<Sourced<Vec<RetryAfterLocation>>>,
}

/// A rule for the error code.
#[derive(Debug, Clone, PartialEq)]
pub enum CodeRule {
    /// The response must have this code.
    Exactly(Value),
    /// The response must have a code, but not that of another failure.
    Any,
}

/// A rule for a header.
#[derive(Debug, Clone)]
pub struct HeaderRule {
    /// Its name.
    pub name: String,
    /// True if the header may be absent: only its value is ruled.
    pub optional: bool,
    /// The JSON Schema of its value, as written.
    pub schema: Value,
    /// The compiled schema.
    pub value: HeaderSchema,
}

/// A location where a response states how long to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryAfterLocation {
    /// The part of the response.
    pub part: Part,
    /// The form of the value, if the documentation gives it.
    pub form: Option<WaitForm>,
}

/// The form in which a response states how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitForm {
    /// A number of seconds from now.
    Seconds,
    /// A number of milliseconds from now.
    Milliseconds,
    /// A point in time: Unix time in seconds.
    Unix,
    /// A point in time: Unix time in milliseconds.
    UnixMilliseconds,
    /// A point in time: a date of HTTP or RFC 3339.
    Date,
    /// A duration with a unit, such as `1.5s` or `PT1.5S`.
    Duration,
}

impl WaitForm {
    /// Returns the word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Unix => "unix",
            Self::UnixMilliseconds => "unix_milliseconds",
            Self::Date => "date",
            Self::Duration => "duration",
        }
    }
}

/// The words for the forms of a wait, in the order of [`WaitForm`].
const WAIT_FORMS: &[&str] = &["seconds", "milliseconds", "unix", "unix_milliseconds", "date", "duration"];

/// A part of a response.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// A header.
    Header(String),
    /// A value in the body.
    Body(Pointer),
}

pub(super) const STATUS: Field = Field::optional(
    "status",
    STATUSES,
    "the HTTP status, or a class such as `4xx`; a list, if the documentation allows several",
);
pub(super) const CODE: Field = Field::optional(
    "code",
    ValueType::Any,
    "the error code; `any`: there must be one, but not that of another failure",
);
pub(super) const CODES: Field = Field::optional(
    "codes",
    ValueType::List(&ValueType::Any),
    "all codes that the documentation allows, if it allows several",
);
pub(super) const HEADERS: Field = Field::optional(
    "headers",
    ValueType::Map(&ValueType::Schema),
    "required headers: name → JSON Schema of the value",
);
pub(super) const OPTIONAL_HEADERS: Field = Field::optional(
    "optional_headers",
    ValueType::Map(&ValueType::Schema),
    "headers that may be absent, and must match if they are there: name → JSON Schema of the value",
);
pub(super) const SCHEMA: Field = Field::optional(
    "schema",
    ValueType::Schema,
    "the JSON Schema of the whole body, in addition to the envelope",
);
pub(super) const MATCH: Field = Field::optional(
    "match",
    ValueType::Map(&ValueType::Schema),
    "what identifies the failure besides status and code: pointer → JSON Schema",
);
pub(super) const RETRY_AFTER: Field = Field::optional(
    "retry_after",
    ValueType::List(&RETRY_AFTER_LOCATION_TYPE),
    "where the response states how long to wait; several locations must agree",
);

/// The values of `leaks`.
pub(super) const LEAKS: &[&str] = &["forbidden"];

pub(super) const LEAKS_FIELD: Field = Field::optional(
    "leaks",
    ValueType::Words(LEAKS),
    "`forbidden`: the documentation promises that the response reveals no internal details",
);

pub(super) static INFERRED: MappingSchema = MappingSchema {
    name: "inferred",
    about: "inferred constraints (not documented): breaking one is a warning",
    fields: &[
        STATUS,
        HEADERS,
        OPTIONAL_HEADERS,
        SCHEMA,
        MATCH,
        RETRY_AFTER,
        LEAKS_FIELD,
        Field::optional(
            "code",
            ValueType::Any,
            "the error code; `any`: there must be one, but not that of another failure",
        ),
        Field::optional("envelope", ValueType::Map(&ValueType::Any), "inferred parts of the envelope"),
    ],
    also: &[],
};

static RETRY_AFTER_LOCATION_TYPE: ValueType = ValueType::MappingSchema(&RETRY_AFTER_LOCATION);

pub(super) static RETRY_AFTER_LOCATION: MappingSchema = MappingSchema {
    name: "response location",
    about: "a location in a response: a header or a value in the body",
    fields: &[
        Field::optional("header", ValueType::Text, "the name of the header"),
        Field::optional("pointer", ValueType::Pointer, "pointer into the body"),
        Field::optional(
            "as",
            ValueType::Words(WAIT_FORMS),
            "the form of a wait: `seconds`, `milliseconds`, `unix` and `unix_milliseconds` (points in time), \
             `date` (of HTTP or RFC 3339), `duration` (`1.5s`, `PT1.5S`). \
             Without it, a number means seconds, and dates and durations are told by their form",
        ),
    ],
    also: &[],
};

impl Rules {
    /// Reads the keys of rules in a mapping, and adds them as rules of `source`.
    pub(super) fn add(
        &mut self,
        fields: &Fields<'_>,
        reader: &Decoder,
        library: &SchemaRegistry,
        source: Provenance,
    ) {
        if let Some(node) = fields.get("status") {
            self.add_status(node, reader, source);
        }
        if let Some(node) = fields.get("code")
            && let Some(code) = read_code(node, reader)
        {
            if self.code.is_some() {
                reader.error(node.span, "the code is already documented");
            }
            let code = if code == "any" { CodeRule::Any } else { CodeRule::Exactly(code) };
            self.code = Some(Sourced::new(code, source));
        }
        let headers = HeaderRule::read_all(fields, reader, library).into_iter();
        self.headers.extend(headers.map(|rule| Sourced::new(rule, source)));
        if let Some(schema) = fields.get("schema").and_then(|node| read_schema(node, reader, library)) {
            self.schema.push(Sourced::new(schema, source));
        }
        let matches = fields.get("match").map(|node| read_matches(node, reader, library)).unwrap_or_default();
        self.matches.extend(matches.into_iter().map(|rule| Sourced::new(rule, source)));
        if let Some(node) = fields.get("retry_after") {
            if reader.items(node).is_empty() {
                reader.error_hint(
                    node.span,
                    "an empty list names no location",
                    "write `- header: Retry-After`",
                );
            }
            let places: Vec<_> =
                reader.items(node).iter().filter_map(|item| RetryAfterLocation::read(item, reader)).collect();
            self.retry_after.push(Sourced::new(places, source));
        }
    }

    fn add_status(&mut self, node: &Node, reader: &Decoder, source: Provenance) {
        if self.status.is_some() {
            reader.error(node.span, "the status is already documented");
        }
        let statuses = StatusPattern::read_all(node, reader, "404");
        if !statuses.is_empty() {
            self.status = Some(Sourced::new(statuses, source));
        }
    }

    /// Adds `codes`, which only a failure itself may have.
    pub(super) fn add_codes(&mut self, node: &Node, reader: &Decoder) {
        if reader.list(node).is_empty() {
            reader.error_hint(node.span, "an empty list allows no code at all", "remove `codes`");
        }
        self.codes = reader.list(node).iter().filter_map(|item| read_code(item, reader)).collect();
    }

    /// Reads an `inferred` block; returns the envelope with its inferred parts.
    pub(super) fn add_ours(
        &mut self,
        node: &Node,
        envelope: Envelope,
        reader: &Decoder,
        library: &SchemaRegistry,
    ) -> Envelope {
        let Some(fields) = reader.fields(node, &INFERRED) else {
            return envelope;
        };
        self.add(&fields, reader, library, Provenance::Inferred);
        match fields.get("envelope") {
            Some(node) => envelope.with_inferred(node, reader, library),
            None => envelope,
        }
    }
}

/// Reads a code: text or a number.
fn read_code(node: &Node, reader: &Decoder) -> Option<Value> {
    match node.value {
        NodeValue::Text(_) | NodeValue::Number(_) => Some(node.to_json()),
        _ => {
            reader.wrong_kind(node, "a code (text or a number)");
            None
        }
    }
}

/// Reads a mapping from pointer to JSON Schema.
pub(super) fn read_matches(
    node: &Node,
    reader: &Decoder,
    library: &SchemaRegistry,
) -> Vec<(Pointer, Arc<Schema>)> {
    reader
        .entries(node)
        .iter()
        .filter_map(|entry| {
            let Some(pointer) = Pointer::parse(&entry.key) else {
                reader.error_hint(
                    entry.key_span,
                    format!("`{}` is not a JSON Pointer", entry.key),
                    Pointer::hint(&entry.key),
                );
                return None;
            };
            pointer.check_one(entry.key_span, reader);
            let mut schema = entry.value.to_json();
            name_types(&mut schema, 0);
            Some((pointer, compile(schema, &entry.value, reader, library)?))
        })
        .collect()
}

impl HeaderRule {
    /// Reads `headers` and `optional_headers` of a mapping.
    pub(super) fn read_all(fields: &Fields<'_>, reader: &Decoder, library: &SchemaRegistry) -> Vec<Self> {
        let mut rules: Vec<Self> = Vec::new();
        for (key, optional) in [("headers", false), ("optional_headers", true)] {
            for entry in fields.get(key).map(|node| reader.entries(node)).unwrap_or_default() {
                if rules.iter().any(|rule| rule.name.eq_ignore_ascii_case(&entry.key)) {
                    let title = format!("the header {} has two rules", entry.key);
                    reader.error_hint(entry.key_span, title, "combine them in one JSON Schema");
                }
                rules.extend(Self::read(entry, optional, reader, library));
            }
        }
        rules
    }

    fn read(entry: &Entry, optional: bool, reader: &Decoder, library: &SchemaRegistry) -> Option<Self> {
        let node = &entry.value;
        let schema = node.to_json();
        // Compiled as it is written first, so that an error is reported with its location.
        compile(schema.clone(), node, reader, library)?;
        match HeaderSchema::compile(schema.clone(), library) {
            Ok(value) => Some(Self { name: entry.key.clone(), optional, schema, value }),
            Err(error) => {
                reader.error(node.span, format!("this is not a usable JSON Schema: {error}"));
                None
            }
        }
    }
}

impl RetryAfterLocation {
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let fields = reader.fields(node, &RETRY_AFTER_LOCATION)?;
        use WaitForm::{Date, Duration, Milliseconds, Seconds, Unix, UnixMilliseconds};
        let form = fields.get("as").and_then(|node| reader.word(node, WAIT_FORMS));
        let form = form.map(|index| [Seconds, Milliseconds, Unix, UnixMilliseconds, Date, Duration][index]);
        Some(Self { part: Part::read(&fields, reader)?, form })
    }
}

impl Part {
    /// Reads `header` or `pointer` from a mapping.
    pub(super) fn read(fields: &Fields<'_>, reader: &Decoder) -> Option<Self> {
        match (fields.get("header"), fields.get("pointer")) {
            (Some(node), None) => Some(Self::Header(reader.text(node)?.to_owned())),
            (None, Some(node)) => Some(Self::Body(Pointer::read(node, reader)?)),
            _ => {
                reader.error_hint(
                    fields.span,
                    "a location is either a header or a pointer",
                    "give `header` or `pointer`",
                );
                None
            }
        }
    }
}
