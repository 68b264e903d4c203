//! One request in a setup, a teardown, or after the failure.

use std::{sync::Arc, time::Duration};

use failspec_base::{
    message::is_token,
    syntax::{
        Decoder, Entry, Field, Fields, Location, MappingSchema, Node, NodeValue, Span, ValueType,
        parse_duration,
    },
    template::Template,
};

use super::{
    expect::{EXPECT, Expect},
    pointer::Pointer,
    read_context::ReadContext,
    request::{self, RequestPatch, RequestTemplate},
};

/// One request in a setup, a teardown, or after the failure (`then`).
#[derive(Debug, Clone)]
pub struct Step {
    /// The request; `None` for a step that only waits.
    pub request: Option<RequestTemplate>,
    /// True if it is sent as the role of the request under test, because it names no role itself.
    pub inherits_role: bool,
    /// The expected response; by default a success.
    pub expect: Expect,
    /// Values taken from the response.
    pub capture: Vec<Capture>,
    /// The response that ends the repetition of the request.
    pub until: Option<Expect>,
    /// The maximum time that `until` may take.
    pub within: Wait,
    /// The pause between two requests of `until`; `None` for the usual one.
    pub every: Option<Duration>,
    /// The wait before the request.
    pub wait: Option<WaitFor>,
    /// The longest wait that a response may demand.
    pub at_most: Option<Wait>,
    /// True if the step sends the scenario's own request again, which must succeed unless `expect` or `until` says
    /// otherwise.
    pub resend: bool,
    /// Its location in the file.
    pub span: Span,
    /// The fixture that it is of, if it does not stand in the scenario itself.
    pub fixture: Option<Arc<StepOfFixture>>,
}

/// The place of a step in a fixture.
#[derive(Debug)]
pub struct StepOfFixture {
    /// The name of the fixture.
    pub name: String,
    /// The number of the step in its setup or teardown, from 1.
    pub number: usize,
    /// Its location in the file of the fixture.
    pub place: Location,
}

/// A wait before a request.
#[derive(Debug, Clone)]
pub enum WaitFor {
    /// The time that the response under test states.
    RetryAfter,
    /// The given time span.
    Time(Wait),
}

/// A time span, possibly from a variable.
#[derive(Debug, Clone)]
pub struct Wait(pub Template);

/// A value taken from a response.
#[derive(Debug, Clone)]
pub struct Capture {
    /// The name for use in templates.
    pub name: String,
    /// Its location in the response.
    pub part: super::Part,
    /// Other locations in the body, in order, if there is no value.
    pub otherwise: Vec<Pointer>,
    /// True if the last segment of the header `Location` is taken if no location has a value.
    pub location: bool,
    /// True if a value may be the name of a resource, such as `pets/17` in the response to `POST …/pets`, whose id is `17`.
    pub resource_name: bool,
    /// The value if nothing is there: a text that the request sent.
    pub default: Option<Template>,
    /// True if it must never be shown.
    pub secret: bool,
}

pub(super) static STEP: MappingSchema = MappingSchema {
    name: "step",
    about: "a request in addition to the one under test",
    fields: &[
        Field::optional(
            "expect",
            ValueType::MappingSchema(&EXPECT),
            "the expected response (default: a success)",
        ),
        Field::optional(
            "capture",
            CAPTURES,
            "values taken from the response: name → pointer, { header }, or { body, secret }",
        ),
        Field::optional(
            "until",
            ValueType::MappingSchema(&EXPECT),
            "repeats the request until the response matches",
        ),
        Field::optional("within", ValueType::Duration, "how long `until` may take (default 30s)"),
        Field::optional(
            "wait",
            ValueType::Either(&[ValueType::Words(&["retry_after"]), ValueType::Duration]),
            "a wait before the request: `retry_after` (as the response under test states) or a time span",
        ),
        Field::optional("at_most", ValueType::Duration, "the longest wait that the response may demand"),
        Field::optional(
            "resend",
            ValueType::Bool,
            "`true`, under `then`: sends the scenario's own request again, with the overrides of this step; it must \
             succeed, or be what `expect` says",
        ),
    ],
    also: request::KEYS,
};

/// The values of the key `capture`.
pub(super) const CAPTURES: ValueType =
    ValueType::Map(&ValueType::Either(&[ValueType::Pointer, ValueType::MappingSchema(&CAPTURE)]));

pub(super) static CAPTURE: MappingSchema = MappingSchema {
    name: "capture",
    about: "a value taken from a response",
    fields: &[
        Field::optional("header", ValueType::Text, "the name of the header"),
        Field::optional("body", ValueType::Pointer, "pointer into the body"),
        Field::optional(
            "or",
            ValueType::List(&ValueType::Pointer),
            "other pointers into the body, in order; the first value that is there is taken",
        ),
        Field::optional(
            "location",
            ValueType::Bool,
            "whether the last segment of the header `Location` is taken if nothing else is there",
        ),
        Field::optional(
            "resource_name",
            ValueType::Bool,
            "whether the value may be the name of a resource, such as `pets/17` in the response to `POST …/pets`: then its last \
             segment is taken",
        ),
        Field::optional(
            "default",
            ValueType::Text,
            "the value if nothing is there, such as the name that the request sent",
        ),
        Field::optional("secret", ValueType::Bool, "whether the value is secret and must never be shown"),
    ],
    also: &[],
};

impl Step {
    /// Reads a step. `own` is the scenario's request, which `resend` sends again; captures are added to `names`.
    pub(super) fn read(
        node: &Node,
        names: &mut ReadContext<'_>,
        own: Option<&RequestTemplate>,
    ) -> Option<Self> {
        let reader = names.reader;
        let fields = reader.fields(node, &STEP)?;
        let resend = fields.get("resend").and_then(|node| reader.bool(node)).unwrap_or(false);
        if own.is_none() {
            refuse_outside_then(&fields, resend, reader);
        }
        let wait = fields.get("wait").and_then(|node| WaitFor::read(node, names));
        let patch = RequestPatch::read(&fields, names);
        let request = match own.filter(|_| resend) {
            Some(own) => Some(own.with(&patch)),
            None if !patch.has_line() && !fields.has("request") && wait.is_none() => {
                reader.error_hint(
                    node.span,
                    "the step has no request",
                    "give `request`, or `resend: true` under `then`",
                );
                None
            }
            None => patch.into_request(),
        };
        match &request {
            Some(request) => check_parameters(request, names, node),
            None if wait.is_some() && !fields.has("request") => refuse_beside_wait(node, reader),
            None => {}
        }
        if let Some(entry) = fields.entry("expect").filter(|_| fields.has("until")) {
            reader.error_hint(
                entry.key_span,
                "`until` says which response ends the step, so `expect` is never looked at",
                "write all of it under `until`",
            );
        }
        if let Some(entry) = fields.entry("at_most").filter(|_| !fields.has("wait")) {
            reader.error_hint(entry.key_span, "`at_most` limits `wait`, but there is no `wait`", "remove it");
        }
        let expect = |key: &str| fields.get(key).and_then(|node| Expect::read_of_step(node, names));
        let (expectation, until) = (expect("expect").unwrap_or_default(), expect("until"));
        if fields.has("within") && until.is_none() {
            reader.error(node.span, "`within` limits `until`, but there is no `until`");
        }
        let within = fields
            .get("within")
            .and_then(|node| Wait::read(node, names))
            .unwrap_or_else(|| Wait(Template::literal("30s")));
        let at_most = fields.get("at_most").and_then(|node| Wait::read(node, names));
        let capture = Capture::read_all(&fields, names);
        Some(Self {
            request,
            inherits_role: !resend && !fields.has("as"),
            expect: expectation,
            capture,
            until,
            within,
            every: None,
            wait,
            at_most,
            resend,
            span: node.span,
            fixture: None,
        })
    }

    /// Reads a list of steps.
    pub(super) fn read_all(
        node: &Node,
        names: &mut ReadContext<'_>,
        own: Option<&RequestTemplate>,
    ) -> Vec<Self> {
        let nodes = names.reader.list(node);
        nodes.iter().filter_map(|node| Self::read(node, names, own)).collect()
    }
}

/// Reports keys that refer to the request under test, in a step that runs before or after it.
fn refuse_outside_then(fields: &Fields<'_>, resend: bool, reader: &Decoder) {
    if let Some(entry) = fields.entry("resend").filter(|_| resend) {
        reader.error_hint(
            entry.key_span,
            "`resend` sends the request under test again, which only a step of `then` can do",
            "write the request, or move the step to `then`",
        );
    }
    if let Some(node) = fields.get("wait").filter(|node| node.as_text() == Some("retry_after")) {
        reader.error_hint(
            node.span,
            "no response says how long to wait here: only a step of `then` follows the failure",
            "give a time span such as `30s`, or move the step to `then`",
        );
    }
}

/// Reports keys of a request in a step that only waits.
fn refuse_beside_wait(node: &Node, reader: &Decoder) {
    let entries = node.as_map().unwrap_or_default();
    for entry in entries.iter().filter(|entry| !["wait", "at_most", "resend"].contains(&entry.key.as_str())) {
        let is_known = STEP.keys().any(|field| field.name == entry.key);
        if is_known {
            reader.error_hint(
                entry.key_span,
                format!("this step only waits, so `{}` is never looked at", entry.key),
                "give the step a `request`, or remove the key",
            );
        }
    }
}

impl Capture {
    /// Reads the key `capture`. From then on the names are known.
    pub(super) fn read_all(fields: &Fields<'_>, names: &mut ReadContext<'_>) -> Vec<Self> {
        let reader = names.reader;
        let mut all = Vec::new();
        for entry in fields.get("capture").into_iter().flat_map(|node| reader.named(node)) {
            reader.check_free_name(&entry.key, entry.key_span);
            all.extend(Self::read(entry, names));
            names.known.insert(entry.key.clone());
        }
        all
    }

    /// Creates a capture of what is in one place.
    pub fn of(name: impl Into<String>, part: super::Part) -> Self {
        Self {
            name: name.into(),
            part,
            otherwise: Vec::new(),
            location: false,
            resource_name: false,
            default: None,
            secret: false,
        }
    }

    fn read(entry: &Entry, names: &ReadContext<'_>) -> Option<Self> {
        let reader = names.reader;
        let name = entry.key.clone();
        if entry.value.as_map().is_none() {
            let part = super::Part::Body(Pointer::read(&entry.value, reader)?);
            return Some(Self::of(name, part));
        }
        let fields = reader.fields(&entry.value, &CAPTURE)?;
        let part = match (fields.get("header"), fields.get("body")) {
            (Some(node), None) => super::Part::Header(reader.text(node)?.to_owned()),
            (None, Some(node)) => super::Part::Body(Pointer::read(node, reader)?),
            _ => {
                reader.error_hint(
                    entry.key_span,
                    "a capture is from a header or from the body",
                    "give `header` or `body`",
                );
                return None;
            }
        };
        let flag = |key: &str| fields.get(key).and_then(|node| reader.bool(node)).unwrap_or(false);
        let others = fields.get("or").into_iter().flat_map(|node| reader.list(node));
        Some(Self {
            name,
            part,
            otherwise: others.filter_map(|node| Pointer::read(node, reader)).collect(),
            location: flag("location"),
            resource_name: flag("resource_name"),
            default: fields.get("default").and_then(|node| names.template(node)),
            secret: flag("secret"),
        })
    }
}

impl WaitFor {
    fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        if node.as_text() == Some("retry_after") {
            return Some(Self::RetryAfter);
        }
        Wait::read(node, names).map(Self::Time)
    }
}

impl Wait {
    pub(super) fn read(node: &Node, names: &ReadContext<'_>) -> Option<Self> {
        let template = names.template(node)?;
        if let Some(text) = template.as_literal()
            && parse_duration(text).is_none()
        {
            names.reader.error_hint(
                node.span,
                "this is not a time span",
                "write it like `500ms`, `30s` or `2m`",
            );
            return None;
        }
        Some(Self(template))
    }
}

/// Reports path parameters without a value, values without a parameter, and headers that cannot be sent.
pub(super) fn check_parameters(request: &RequestTemplate, names: &ReadContext<'_>, node: &Node) {
    let path = &request.line.path;
    for parameter in path.parameters() {
        let given = request.path.iter().any(|(name, _)| name == parameter);
        if !given && !names.known.contains(parameter) && !names.contract.variables.contains_key(parameter) {
            names.reader.error_hint(
                request_span(node),
                format!(
                    "the parameter `{{{parameter}}}` of {} {} has no value",
                    request.line.method, path.written
                ),
                format!("give `path: {{ {parameter}: … }}`, or declare a variable of that name"),
            );
        }
    }
    for (name, _) in &request.path {
        if !path.parameters().any(|parameter| parameter == name) {
            names.reader.unknown(request_span(node), "path parameter", name, path.parameters());
        }
    }
    let in_path: Vec<&str> = path.query_names().collect();
    let query = request.query.iter().map(|(name, _)| name).chain(&request.suppressed_query);
    if let Some(name) = query.into_iter().find(|name| in_path.contains(&name.as_str())) {
        names.reader.error_hint(
            request_span(node),
            format!("the path has the parameter `{name}` already, which `query` does not change"),
            format!("write `query: {{ {name}: … }}` instead of `?{name}=` in the path"),
        );
    }
    for (name, value) in &request.headers {
        let is_token = is_token(name);
        let breaks = value.as_literal().is_some_and(|text| text.contains(['\r', '\n', '\0']));
        if !is_token || breaks {
            // The headers that a control inherits are written elsewhere.
            let written = node.get("headers").and_then(Node::as_map).unwrap_or_default();
            let written = written.iter().find(|entry| entry.key == *name);
            names.reader.error_hint(
                written.map_or_else(|| request_span(node), |entry| entry.key_span),
                format!("the header `{}` cannot be sent", name.escape_debug()),
                "a name must be a token (RFC 9110), a value a single line",
            );
        }
    }
}

/// Returns the location of the request of a step or scenario.
pub(super) fn request_span(node: &Node) -> Span {
    match &node.value {
        NodeValue::Map(entries) => entries
            .iter()
            .find(|entry| entry.key == "request")
            .or(entries.first())
            .map_or(node.span, |entry| entry.value.span),
        _ => node.span,
    }
}
