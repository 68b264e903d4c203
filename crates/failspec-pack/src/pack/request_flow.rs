//! The flow of a scenario or of its control.

use std::time::Duration;

use failspec_base::{
    message::StreamFormat,
    syntax::{Decoder, Field, Fields, MappingSchema, Node, NodeValue, ValueType},
    template::Template,
};

use super::{
    expect::{Expect, SchemaTemplate, read_schemas},
    pointer::Pointer,
    read_context::ReadContext,
    request::RequestTemplate,
    step::{Capture, Step},
};

/// The flow of a scenario (with the fault) or of its control (without it). Packs contain a hundred thousand flows, so
/// parts that few of them have are boxed.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The steps before the request.
    pub setup: Vec<Step>,
    /// The request under test.
    pub request: RequestTemplate,
    /// Expectations in addition to the contract.
    pub expect: Option<Box<Expect>>,
    /// The item of a bulk response that is checked.
    pub at: Option<Box<At>>,
    /// The repetition of the request.
    pub repeat: Option<Box<Repeat>>,
    /// Values taken from the response if it is a success, for the teardown.
    pub capture: Box<[Capture]>,
}

/// The part of a response that is checked in place of the whole.
#[derive(Debug, Clone)]
pub struct At {
    /// Its place.
    pub place: Place,
    /// Constraints that the item must match. Exactly one item of a list may match; of a stream, the first that does is
    /// checked.
    pub filter: Vec<(Pointer, SchemaTemplate)>,
}

/// The place of the part of a response that is checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// An item of a list.
    List(Pointer),
    /// An item of a stream.
    Stream {
        /// The format.
        format: StreamFormat,
        /// The name of the event, if it must have one.
        event: Option<String>,
        /// How long the item may take, from the first byte of the response.
        within: Duration,
    },
    /// A value, which is judged as the body of an error: the error of a job.
    Value(Pointer),
}

/// The repetition of a request.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The maximum number of requests.
    pub times: Template,
    /// True if the repetition stops at the first response that is the failure.
    pub until_triggered: bool,
}

const STREAMS: &[&str] = &["sse", "ndjson"];

/// How long an item of a stream may take if the scenario does not say it.
const DEFAULT_STREAM: Duration = Duration::from_secs(10);

/// The longest time that a scenario can wait for an item of a stream.
const MAX_STREAM: Duration = Duration::from_secs(600);

pub(super) static AT: MappingSchema = MappingSchema {
    name: "item",
    about: "an item of a bulk response, or of a stream",
    fields: &[
        Field::optional("items", ValueType::Pointer, "pointer to the list"),
        Field::optional(
            "stream",
            ValueType::Words(STREAMS),
            "the response is a stream of events (`sse`) or of lines of JSON (`ndjson`), and one of them is the error",
        ),
        Field::optional("event", ValueType::Text, "with `stream: sse`: the name of the event (default: any)"),
        Field::optional(
            "within",
            ValueType::Duration,
            "with `stream`: how long the item may take, from the first byte of the response (default 10s, at most 10m)",
        ),
        Field::optional(
            "where",
            ValueType::Map(&ValueType::Schema),
            "selects the item: pointer → JSON Schema; exactly one item of a list must match; of a stream, the first that \
             does is checked",
        ),
    ],
    also: &[],
};

pub(super) static REPEAT: MappingSchema = MappingSchema {
    name: "repetition",
    about: "how often a request is sent",
    fields: &[
        Field::required(
            "times",
            ValueType::Either(&[ValueType::Count, ValueType::Text]),
            "the maximum number of requests: a number or `${variable}`",
        ),
        Field::optional("until_triggered", ValueType::Bool, "stop at the first response that is the failure"),
    ],
    also: &[],
};

impl Flow {
    /// Returns the expectations in addition to the contract; usually there are none.
    pub fn expected(&self) -> &Expect {
        static NOTHING: Expect =
            Expect { status: Vec::new(), failure: None, headers: Vec::new(), body: Vec::new() };
        self.expect.as_deref().unwrap_or(&NOTHING)
    }

    /// Returns the same flow without expectations: those of the failure do not apply to the control.
    pub(super) fn without_expectations(mut self) -> Self {
        self.expect = None;
        self
    }
}

impl At {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &AT)?;
        let (items, stream) = (fields.get("items"), fields.get("stream"));
        let is_stream = items.is_none() && stream.is_some();
        for key in ["event", "within"] {
            if let Some(entry) = fields.entry(key).filter(|_| !is_stream) {
                let title = format!("`{key}` is about a stream, and there is no `stream`");
                reader.error_hint(
                    entry.key_span,
                    title,
                    "write `stream: sse` or `stream: ndjson`, or remove the key",
                );
            }
        }
        let place = match (items, stream) {
            (Some(items), None) => Place::List(Pointer::read(items, reader)?),
            (None, Some(stream)) => Self::read_stream(stream, &fields, reader)?,
            _ => {
                reader.error_hint(
                    node.span,
                    "an item is one of a list or of a stream",
                    "give `items` or `stream`",
                );
                return None;
            }
        };
        if !fields.has("where") && matches!(place, Place::List(_)) {
            let hint = "give `where`: pointer → JSON Schema";
            reader.error_hint(node.span, "nothing tells which item of the list is meant", hint);
            return None;
        }
        let filter = fields.get("where").map(|node| read_schemas(node, names)).unwrap_or_default();
        if filter.is_empty() && matches!(place, Place::Stream { event: None, .. }) {
            let hint = "give `event`, or `where: { /error: {} }`";
            reader.error_hint(node.span, "nothing tells which item of the stream is the error", hint);
        }
        Some(Self { place, filter })
    }

    fn read_stream(node: &Node, fields: &Fields<'_>, reader: &Decoder) -> Option<Place> {
        let format = [StreamFormat::Sse, StreamFormat::Ndjson][reader.word(node, STREAMS)?];
        if let Some(entry) = fields.entry("event").filter(|_| format == StreamFormat::Ndjson) {
            let hint = "select the line with `where`: pointer → JSON Schema";
            reader.error_hint(entry.key_span, "lines have no names", hint);
        }
        let within = match fields.get("within") {
            Some(node) => {
                let time = reader.duration(node)?;
                if time.is_zero() || time > MAX_STREAM {
                    let hint = "write a time span of up to ten minutes, such as 30s";
                    reader.error_hint(node.span, "`within` is out of range", hint);
                }
                time
            }
            None => DEFAULT_STREAM,
        };
        let event = match fields.get("event") {
            Some(node) => Some(reader.text(node)?.to_owned()),
            None => None,
        };
        Some(Place::Stream { format, event, within })
    }
}

impl Repeat {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let fields = names.reader.fields(node, &REPEAT)?;
        let times = fields.get("times")?;
        if let NodeValue::Number(_) = times.value
            && names.reader.count(times)? == 0
        {
            names.reader.error_hint(
                times.span,
                "with `times: 0` the request is never sent",
                "give 1 or more, or remove `repeat`",
            );
        }
        Some(Self {
            times: names.template(times)?,
            until_triggered: fields
                .get("until_triggered")
                .and_then(|node| names.reader.bool(node))
                .unwrap_or(false),
        })
    }
}
