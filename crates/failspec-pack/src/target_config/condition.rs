//! Conditions: states that a target creates, because no request of a scenario can.

use std::time::Duration;

use serde_json::Value;

use failspec_base::{
    message::Header,
    syntax::{Decoder, Field, Fields, MappingSchema, Node, ValueType},
    template::VariableValue,
};

use super::{command::program, endpoint::Address, environment::Environment};

/// The definition of how a target creates a condition.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A condition for only the requests of failspec: through other values, headers or another URL.
    Scoped {
        /// Variables for the request under test.
        variables: Vec<(String, VariableValue)>,
        /// Headers that are added to the request under test.
        headers: Vec<Header>,
        /// The base URL for the request under test.
        url: Option<url::Url>,
    },
    /// A condition for all clients of the target; its cases run separately from all others, and last.
    Global(Box<GlobalCondition>),
}

/// The requests or commands that create a condition for all clients.
#[derive(Debug, Clone)]
pub struct GlobalCondition {
    /// Creates the condition.
    pub begin: ConditionAction,
    /// Ends the condition.
    pub end: ConditionAction,
    /// Is repeated after `begin` until it succeeds.
    pub ready: Option<ConditionAction>,
    /// Is repeated after `end` until it succeeds.
    pub recovered: Option<ConditionAction>,
    /// The maximum time of a command, and that each of `ready` and `recovered` may take.
    pub within: Duration,
}

impl GlobalCondition {
    /// Returns all that it does: how it begins and ends, and how it is seen.
    pub fn actions(&self) -> impl Iterator<Item = &ConditionAction> {
        let others = [&self.ready, &self.recovered];
        [&self.begin, &self.end].into_iter().chain(others.into_iter().flatten())
    }
}

/// A step of a condition.
#[derive(Debug, Clone)]
pub enum ConditionAction {
    /// A request; any 2xx is a success.
    Request(Box<ConditionRequest>),
    /// A program and its arguments; no shell is used, and exit code 0 is a success.
    Run(Vec<String>),
}

/// A request of a condition; any 2xx is a success.
#[derive(Debug, Clone)]
pub struct ConditionRequest {
    /// The method.
    pub method: String,
    /// Its address.
    pub address: Address,
    /// Request headers.
    pub headers: Vec<Header>,
    /// A JSON body.
    pub json: Option<Value>,
}

pub(super) static CONDITION: MappingSchema = MappingSchema {
    name: "condition",
    about: "how the target creates the condition: only for requests of failspec (`variables`, \
            `headers`, `url`), or for all clients (`begin` and `end`)",
    fields: &[
        Field::optional("variables", ValueType::Map(&ValueType::Any), "variables for the request under test"),
        Field::optional(
            "headers",
            ValueType::Map(&ValueType::Text),
            "headers that are added to the request under test",
        ),
        Field::optional("url", ValueType::Text, "the base URL for the request under test"),
        Field::optional(
            "begin",
            ValueType::MappingSchema(&CONDITION_REQUEST),
            "the request or command that creates the condition for all clients",
        ),
        Field::optional(
            "end",
            ValueType::MappingSchema(&CONDITION_REQUEST),
            "the request or command that ends the condition; also done before a run",
        ),
        Field::optional(
            "ready",
            ValueType::MappingSchema(&CONDITION_REQUEST),
            "a request or command that is repeated after `begin` until it succeeds",
        ),
        Field::optional(
            "recovered",
            ValueType::MappingSchema(&CONDITION_REQUEST),
            "a request or command that is repeated after `end` until it succeeds",
        ),
        Field::optional(
            "within",
            ValueType::Duration,
            "how long a command, `ready` and `recovered` may take (default 30s)",
        ),
    ],
    also: &[],
};

static CONDITION_REQUEST: MappingSchema = MappingSchema {
    name: "condition request",
    about: "a request, where any 2xx is a success, or a command",
    fields: &[
        Field::optional("request", ValueType::Text, "METHOD /path under the target's URL, or METHOD URL"),
        Field::optional(
            "run",
            ValueType::List(&ValueType::Text),
            "in place of `request`: a program and its arguments, run without a shell and only with \
             `--allow-commands`; exit code 0 is a success",
        ),
        Field::optional("headers", ValueType::Map(&ValueType::Text), "request headers by name"),
        Field::optional("json", ValueType::Any, "a JSON body"),
    ],
    also: &[],
};

impl Condition {
    pub(super) fn read(node: &Node, reader: &Decoder, environment: &Environment) -> Option<Self> {
        let fields = reader.fields(node, &CONDITION)?;
        let scoped = ["variables", "headers", "url"].iter().any(|key| fields.has(key));
        let (begin, end) = (fields.get("begin"), fields.get("end"));
        let request =
            |key: &str| fields.get(key).and_then(|node| ConditionAction::read(node, reader, environment));
        match (begin, end) {
            (Some(begin), Some(end)) if !scoped => Some(Self::Global(Box::new(GlobalCondition {
                begin: ConditionAction::read(begin, reader, environment)?,
                end: ConditionAction::read(end, reader, environment)?,
                ready: request("ready"),
                recovered: request("recovered"),
                within: fields
                    .get("within")
                    .and_then(|node| reader.duration(node))
                    .unwrap_or(Duration::from_secs(30)),
            }))),
            (None, None) if scoped => Some(Self::Scoped {
                variables: fields
                    .get("variables")
                    .into_iter()
                    .flat_map(|node| reader.named(node))
                    .filter_map(|entry| Some((entry.key.clone(), environment.held(&entry.value, reader)?)))
                    .collect(),
                headers: headers(fields.get("headers"), reader, environment),
                url: fields.get("url").and_then(|node| super::read_url(node, reader, environment)),
            }),
            _ => {
                reader.error_hint(
                    node.span,
                    "this does not define how to create the condition",
                    "give `variables`, `headers` or `url` (only for requests of failspec), \
                     or `begin` and `end` (for all clients)",
                );
                None
            }
        }
    }
}

impl ConditionAction {
    fn read(node: &Node, reader: &Decoder, environment: &Environment) -> Option<Self> {
        let fields = reader.fields(node, &CONDITION_REQUEST)?;
        match (fields.get("request"), fields.get("run")) {
            (Some(request), None) => {
                ConditionRequest::read(request, &fields, reader, environment).map(Box::new).map(Self::Request)
            }
            (None, Some(run)) => {
                for key in ["headers", "json"] {
                    if let Some(entry) = fields.entry(key) {
                        reader.error_hint(entry.key_span, format!("a command has no `{key}`"), "remove it");
                    }
                }
                program(run, reader).map(Self::Run)
            }
            _ => {
                reader.error_hint(
                    node.span,
                    "this is neither one request nor one command",
                    "give `request = \"METHOD /path\"`, or `run = [\"program\", \"argument\"]`",
                );
                None
            }
        }
    }
}

impl ConditionRequest {
    fn read(
        request: &Node,
        fields: &Fields<'_>,
        reader: &Decoder,
        environment: &Environment,
    ) -> Option<Self> {
        let (method, address) = Address::with_method(request, reader, *environment)?;
        Some(Self {
            method,
            address,
            headers: headers(fields.get("headers"), reader, environment),
            json: fields.get("json").and_then(|node| environment.json(node, reader)),
        })
    }
}

fn headers(node: Option<&Node>, reader: &Decoder, environment: &Environment) -> Vec<Header> {
    let entries = node.map(|node| reader.entries(node)).unwrap_or_default();
    entries.iter().filter_map(|entry| environment.header(&entry.key, &entry.value, reader)).collect()
}
