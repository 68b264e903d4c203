//! A failure that comes later: the request is accepted, and the job that it started fails.

use std::time::Duration;

use failspec_base::{
    syntax::{Field, MappingSchema, Node, ValueType},
    template::Template,
};

use super::{
    expect::{EXPECT, Expect},
    pointer::Pointer,
    read_context::ReadContext,
    request::{self, RequestPatch},
    step::{CAPTURES, Capture, Step, Wait, check_parameters},
};

/// The job that a request starts, and how its failure is found.
#[derive(Debug, Clone)]
pub struct Later {
    /// Values taken from the response that accepted the request.
    pub capture: Vec<Capture>,
    /// The request that asks for the job, until it has ended.
    pub poll: Step,
    /// The place of the error in the response of the ended job; `None` if that response is the error.
    pub error: Option<Pointer>,
}

pub(super) static LATER: MappingSchema = MappingSchema {
    name: "later failure",
    about: "the request is accepted, and the job that it started fails",
    fields: &[
        Field::optional(
            "capture",
            CAPTURES,
            "values taken from the response that accepted the request: name → pointer, { header }, or { body, secret }",
        ),
        Field::required(
            "until",
            ValueType::MappingSchema(&EXPECT),
            "the response that says that the job has ended; the request is repeated until then",
        ),
        Field::optional("within", ValueType::Duration, "how long the job may take (default 30s)"),
        Field::optional(
            "every",
            ValueType::Duration,
            "the pause between two requests (default 1s, at least 50ms, at most 1000 requests)",
        ),
        Field::optional(
            "error",
            ValueType::Pointer,
            "pointer to the error of the job in that response, which is judged as the body of an error; without it, the \
             response itself is the error",
        ),
    ],
    also: request::KEYS,
};

/// The pause between two requests if the scenario does not say it.
const EVERY: Duration = Duration::from_secs(1);

/// The shortest pause between two requests.
const MIN_EVERY: Duration = Duration::from_millis(50);

impl Later {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &LATER)?;
        let mut names = names.clone();
        let capture = Capture::read_all(&fields, &mut names);
        let patch = RequestPatch::read(&fields, &names);
        if !fields.has("request") {
            let hint = "give `request: GET ${job}` with `capture: { job: { header: location } }`";
            reader.error_hint(node.span, "nothing says how to ask for the job", hint);
        }
        let request = patch.into_request()?;
        check_parameters(&request, &names, node);
        if !request.is_safe() {
            let hint = "ask for the job with GET";
            reader.error_hint(node.span, "a request that is repeated must be safe", hint);
        }
        let every = match fields.get("every") {
            Some(node) => {
                let time = reader.duration(node)?;
                if time < MIN_EVERY {
                    reader.error_hint(node.span, "`every` is too short", "write 50ms or more");
                }
                time
            }
            None => EVERY,
        };
        Some(Self {
            capture,
            poll: Step {
                request: Some(request),
                inherits_role: !fields.has("as"),
                expect: Expect::default(),
                capture: Vec::new(),
                until: Some(Expect::read_of_step(fields.get("until")?, &names)?),
                within: fields
                    .get("within")
                    .and_then(|node| Wait::read(node, &names))
                    .unwrap_or_else(|| Wait(Template::literal("30s"))),
                every: Some(every),
                wait: None,
                at_most: None,
                resend: false,
                span: node.span,
                fixture: None,
            },
            error: fields.get("error").and_then(|node| Pointer::read(node, reader)),
        })
    }
}
