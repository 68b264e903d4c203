//! The control of a scenario: its requests without the fault.

use failspec_base::syntax::{Field, Fields, MappingSchema, ValueType};

use super::{
    expect::{EXPECT, Expect},
    fixture::{FIXTURES, FixtureSteps},
    read_context::ReadContext,
    request::{self, RequestPatch},
    request_flow::{AT, At, Flow, REPEAT, Repeat},
    scenario::Shared,
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

/// The beginnings that a control can have in place of the fixtures and the setup of its scenario.
pub(super) struct BeforeSetup<'n, 's> {
    /// The names that are known before the fixtures.
    pub before_fixtures: ReadContext<'n>,
    /// The names that are known after the fixtures of the scenario.
    pub before_setup: ReadContext<'n>,
    /// The name of the scenario.
    pub scenario: &'s str,
    /// The parts that the scenarios of the pack share.
    pub shared: &'s Shared<'s>,
}

pub(super) static CONTROL: MappingSchema = MappingSchema {
    name: "control",
    about: "overrides that remove the fault",
    fields: &[
        Field::optional(
            "fixtures",
            ValueType::Either(&[FIXTURES, ValueType::Null]),
            "fixtures that replace those of the scenario",
        ),
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
    /// Reads the control of a scenario. `fixtures` are those of the scenario; those that the control adds are added to their
    /// names.
    pub(super) fn read<'n>(
        fields: &Fields<'_>,
        before: BeforeSetup<'n, '_>,
        after_setup: &ReadContext<'n>,
        faulty: &Flow,
        condition: bool,
        fixtures: &mut FixtureSteps,
    ) -> Self {
        let reader = after_setup.reader;
        let of_scenario = fields;
        let (control, reason) = (fields.get("control"), fields.get("no_control"));
        if let (Some(_), Some(reason)) = (control, reason) {
            reader.error(reason.span, "a scenario can have `control` or `no_control`, not both");
        }
        let Some(node) = control else {
            return match reason {
                Some(reason) => Self::Impossible(reader.reason(reason).unwrap_or_default()),
                // If the fault is a condition, or a matter of time, the control is the same request without it.
                None if condition => Self::Flow(Box::new(faulty.clone().without_expectations())),
                None => Self::Missing,
            };
        };
        let Some(fields) = reader.fields(node, &CONTROL) else {
            return Self::Missing;
        };
        let own_setup = fields.get("setup").or_else(|| of_scenario.get("setup"));
        let (setup, mut names) = if let Some(node) = fields.get("fixtures") {
            let mut names = before.before_fixtures;
            let own = before.shared.fixtures.set_up(node, &mut names, before.scenario);
            let more = own.names.into_iter().filter(|name| !fixtures.names.contains(name));
            fixtures.names.extend(more.collect::<Vec<_>>());
            let mut setup = own.setup;
            setup.extend(own_setup.into_iter().flat_map(|node| Step::read_all(node, &mut names, None)));
            (setup, names)
        } else if let Some(node) = fields.get("setup") {
            let (mut setup, mut names) = (fixtures.setup.clone(), before.before_setup);
            setup.extend(Step::read_all(node, &mut names, None));
            (setup, names)
        } else {
            (faulty.setup.clone(), after_setup.clone())
        };
        let before = reader.count_mistakes();
        let patch = RequestPatch::read(&fields, &names);
        // What the scenario leaves out is its fault: the control has the credentials of its role again.
        let mut whole = faulty.request.clone();
        whole.suppressed.clear();
        whole.suppressed_query.clear();
        let request = whole.with(&patch);
        let same = request == faulty.request
            && !["fixtures", "setup", "repeat", "at"].iter().any(|key| fields.has(key));
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
