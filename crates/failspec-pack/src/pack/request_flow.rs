//! The flow of a scenario or of its control.

use failspec_base::{
    syntax::{Field, MappingSchema, Node, NodeValue, ValueType},
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

/// The item of a bulk response that is checked.
#[derive(Debug, Clone)]
pub struct At {
    /// Pointer to the list.
    pub items: Pointer,
    /// Constraints that the item must match; exactly one item may match.
    pub filter: Vec<(Pointer, SchemaTemplate)>,
}

/// The repetition of a request.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The maximum number of requests.
    pub times: Template,
    /// True if the repetition stops at the first response that is the failure.
    pub until_triggered: bool,
}

pub(super) static AT: MappingSchema = MappingSchema {
    name: "item",
    about: "an item of a bulk response",
    fields: &[
        Field::required("items", ValueType::Pointer, "pointer to the list"),
        Field::required(
            "where",
            ValueType::Map(&ValueType::Schema),
            "selects the item: pointer → JSON Schema; exactly one item must match",
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
        let fields = names.reader.fields(node, &AT)?;
        Some(Self {
            items: Pointer::read(fields.get("items")?, names.reader)?,
            filter: read_schemas(fields.get("where")?, names),
        })
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
