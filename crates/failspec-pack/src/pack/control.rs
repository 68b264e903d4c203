//! The control of a scenario: its requests without the fault.

use failspec_base::syntax::{Field, Fields, MappingSchema, ValueType};

use super::{
    expect::{EXPECT, Expect},
    read_context::ReadContext,
    request::{self, RequestPatch},
    request_flow::{AT, At, Flow, REPEAT, Repeat},
    step::{CAPTURES, Capture, STEP, Step, check_parameters},
};

/// The control of a scenario, or the reason why there is none.
#[derive(Debug, Clone)]
pub enum Control {
    /// The flow without the fault; it must succeed.
    Flow(Box<Flow>),
    /// The reason why no control is possible.
    Impossible(String),
    /// The scenario has neither a control nor a reason.
    Missing,
}

pub(super) static CONTROL: MappingSchema = MappingSchema {
    name: "control",
    about: "overrides that remove the fault",
    fields: &[
        Field::optional(
            "setup",
            ValueType::Either(&[ValueType::List(&ValueType::MappingSchema(&STEP)), ValueType::Null]),
            "steps that replace the setup of the scenario",
        ),
        Field::optional(
            "expect",
            ValueType::Either(&[ValueType::MappingSchema(&EXPECT), ValueType::Null]),
            "the expected response (default: a success)",
        ),
        Field::optional(
            "at",
            ValueType::Either(&[ValueType::MappingSchema(&AT), ValueType::Null]),
            "the item of a bulk response that is checked",
        ),
        Field::optional(
            "repeat",
            ValueType::Either(&[ValueType::MappingSchema(&REPEAT), ValueType::Null]),
            "how often the request is sent",
        ),
        Field::optional(
            "capture",
            CAPTURES,
            "values taken from the response, and from that to the request with the fault if it is not rejected, for the \
             teardown: name → pointer, { header }, or { body, secret }",
        ),
    ],
    also: request::KEYS,
};

impl Control {
    pub(super) fn read<'n>(
        fields: &Fields<'_>,
        mut names: ReadContext<'n>,
        after_setup: &ReadContext<'n>,
        faulty: &Flow,
        condition: bool,
    ) -> Self {
        let reader = names.reader;
        let (control, reason) = (fields.get("control"), fields.get("no_control"));
        if let (Some(_), Some(reason)) = (control, reason) {
            reader.error(reason.span, "a scenario can have `control` or `no_control`, not both");
        }
        let Some(node) = control else {
            return match reason {
                Some(reason) => Self::Impossible(reader.reason(reason).unwrap_or_default()),
                // If the fault is a condition, the control is the same request without it.
                None if condition => Self::Flow(Box::new(faulty.clone().without_expectations())),
                None => Self::Missing,
            };
        };
        let Some(fields) = reader.fields(node, &CONTROL) else {
            return Self::Missing;
        };
        let setup = match fields.get("setup") {
            Some(node) => Step::read_all(node, &mut names, None),
            None => {
                names = after_setup.clone();
                faulty.setup.clone()
            }
        };
        let before = reader.count_mistakes();
        let patch = RequestPatch::read(&fields, &names);
        // What the scenario leaves out is its fault: the control has the credentials of its role again.
        let mut whole = faulty.request.clone();
        whole.suppressed.clear();
        whole.suppressed_query.clear();
        let request = whole.with(&patch);
        let same = request == faulty.request && !["setup", "repeat", "at"].iter().any(|key| fields.has(key));
        // An override with an error is missing from the patch, but was meant to change something.
        if same && !condition && reader.count_mistakes() == before {
            reader.error_hint(
                node.span,
                "this control changes nothing, so it cannot remove the fault",
                "override what is wrong with the request",
            );
        }
        check_parameters(&request, &names, node);
        if let Some(node) = fields.get("repeat").and_then(|node| node.get("until_triggered")) {
            reader.error_hint(
                node.span,
                "a control triggers nothing, so `until_triggered` is never looked at",
                "give only `times`: each of them must succeed",
            );
        }
        let own = |key: &str| fields.get(key).filter(|node| !node.is_null());
        let capture = match fields.has("capture") {
            true => Capture::read_all(&fields, &mut names).into(),
            // The response to another method is about something else.
            false if request.line.method != faulty.request.line.method => Box::default(),
            false => faulty.capture.clone(),
        };
        Self::Flow(Box::new(Flow {
            setup,
            request,
            expect: own("expect").and_then(|node| Expect::read_of_step(node, &names)).map(Box::new),
            at: if fields.has("at") {
                own("at").and_then(|node| At::read(node, &names)).map(Box::new)
            } else {
                faulty.at.clone()
            },
            repeat: if fields.has("repeat") {
                own("repeat").and_then(|node| Repeat::read(node, &names)).map(Box::new)
            } else {
                faulty.repeat.clone()
            },
            capture,
        }))
    }
}
