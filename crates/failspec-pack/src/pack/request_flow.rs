//! One way through a scenario.

use failspec_base::{
    syntax::{Field, MappingSchema, Node, NodeValue, ValueType},
    template::Template,
};

use super::{
    expect::{Expect, SchemaTemplate, read_schemas},
    pointer::Pointer,
    read_context::ReadContext,
    request::RequestTemplate,
    step::Step,
};

/// One way through a scenario: with the fault or without it. Packs hold a hundred thousand of them: what few have is
/// in a box.
#[derive(Debug, Clone)]
pub struct Flow {
    /// What comes before the request.
    pub setup: Vec<Step>,
    /// The request under test.
    pub request: RequestTemplate,
    /// What is expected besides the contract.
    pub expect: Option<Box<Expect>>,
    /// Which item of a bulk response is judged.
    pub at: Option<Box<At>>,
    /// How often the request is sent.
    pub repeat: Option<Box<Repeat>>,
}

/// Which item of a bulk response is judged.
#[derive(Debug, Clone)]
pub struct At {
    /// Where the list is.
    pub items: Pointer,
    /// What the item must fit; exactly one may.
    pub filter: Vec<(Pointer, SchemaTemplate)>,
}

/// How often a request is sent.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// How often at most.
    pub times: Template,
    /// Whether to stop at the first response that is the failure.
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
    /// What is expected besides the contract: nothing, as a rule.
    pub fn expected(&self) -> &Expect {
        static NOTHING: Expect =
            Expect { status: Vec::new(), failure: None, headers: Vec::new(), body: Vec::new() };
        self.expect.as_deref().unwrap_or(&NOTHING)
    }

    /// The same flow; what is expected of the failure is not expected of the control.
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
        if let NodeValue::Number(_) = times.value {
            names.reader.count(times)?;
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
