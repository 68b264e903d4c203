//! Logins of roles.

use std::time::Duration;

use crate::pack::{Part, Pointer};
use failspec_base::{
    syntax::{Decoder, Entry, Field, MappingSchema, Node, ValueType},
    template::{JsonTemplate, Template},
};

use super::{endpoint::Address, environment::Environment};

/// The login of a role. It is done once, shared by all scenarios, and repeated when its result has expired.
#[derive(Debug, Clone)]
pub struct Login {
    /// The requests, in order; a later one may use what an earlier one captured.
    pub steps: Vec<LoginStep>,
    /// The header that is then sent with every request.
    pub header: (String, Template),
    /// Pointer to the lifetime of the login, in seconds, in the last response.
    pub expires_in: Option<Pointer>,
    /// The lifetime of the login if no response states it.
    pub lifetime: Option<Duration>,
}

/// One request of a login; any 2xx is a success if all values can be captured, and so is a redirect that sets a cookie
/// which is captured.
#[derive(Debug, Clone)]
pub struct LoginStep {
    /// The method.
    pub method: String,
    /// Its address.
    pub address: Address,
    /// Request headers.
    pub headers: Vec<(String, Template)>,
    /// A JSON body.
    pub json: Option<JsonTemplate>,
    /// A form-encoded body.
    pub form: Vec<(String, Template)>,
    /// Values taken from the response; they are always secret.
    pub capture: Vec<(String, Captured)>,
}

/// A value that a login takes from a response.
#[derive(Debug, Clone, PartialEq)]
pub enum Captured {
    /// A part of the response. Of the header `Set-Cookie` it is what a client sends back: all cookies as
    /// `name=value; …`, without attributes.
    Part(Part),
    /// The value of the cookie with this name.
    Cookie(String),
}

pub(super) static LOGIN: MappingSchema = MappingSchema {
    name: "login",
    about: "requests that log the role in, and the header that it then sends",
    fields: &[
        Field::required("steps", ValueType::List(&ValueType::MappingSchema(&STEP)), "the requests, in order"),
        Field::required(
            "header",
            ValueType::Text,
            "the header that is sent after the login, such as `Authorization: Bearer ${token}`",
        ),
        Field::optional(
            "expires_in",
            ValueType::Pointer,
            "pointer to the lifetime of the login, in seconds, in the last response",
        ),
        Field::optional(
            "lifetime",
            ValueType::Duration,
            "the lifetime of the login if no response states it",
        ),
    ],
    also: &[],
};

static STEP: MappingSchema = MappingSchema {
    name: "login step",
    about: "one request of a login; any 2xx is a success, and a redirect that sets a captured cookie",
    fields: &[
        Field::required("request", ValueType::Text, "METHOD /path under the target's URL, or METHOD URL"),
        Field::optional("headers", ValueType::Map(&ValueType::Text), "request headers by name"),
        Field::optional("json", ValueType::Any, "a JSON body; write secrets as `${env:NAME}`"),
        Field::optional("form", ValueType::Map(&ValueType::Text), "a form-encoded body"),
        Field::optional(
            "capture",
            ValueType::Map(&ValueType::Text),
            "name → pointer into the response, `header NAME` or `cookie NAME`; always secret. Of \
             `header Set-Cookie` it is what a client sends back: all cookies, without attributes",
        ),
    ],
    also: &[],
};

impl Login {
    pub(super) fn read(node: &Node, reader: &Decoder, environment: &Environment) -> Option<Self> {
        let fields = reader.fields(node, &LOGIN)?;
        let steps: Vec<LoginStep> = reader
            .list(fields.get("steps")?)
            .iter()
            .filter_map(|node| LoginStep::read(node, reader, environment))
            .collect();
        let header = fields.get("header")?;
        let text = reader.text(header)?;
        let Some((name, value)) = text.split_once(':') else {
            reader.error_hint(header.span, "this is not a header", "write `Authorization: Bearer ${token}`");
            return None;
        };
        let value = match Template::parse(value.trim()) {
            Ok(template) => template,
            Err(error) => {
                reader.error(header.span, error.to_string());
                return None;
            }
        };
        let captured =
            |name: &str| steps.iter().any(|step| step.capture.iter().any(|(known, _)| known == name));
        for name in value.holes().filter_map(|hole| hole.name()).filter(|name| !captured(name)) {
            reader.error(header.span, format!("no step captures `{name}`"));
        }
        Some(Self {
            header: (name.trim().to_owned(), value),
            expires_in: fields.get("expires_in").and_then(|node| pointer(node, reader)),
            lifetime: fields.get("lifetime").and_then(|node| reader.duration(node)),
            steps,
        })
    }
}

impl LoginStep {
    fn read(node: &Node, reader: &Decoder, environment: &Environment) -> Option<Self> {
        let fields = reader.fields(node, &STEP)?;
        let (method, address) = Address::with_method(fields.get("request")?, reader, *environment)?;
        let by_name = |key: &str| {
            let entries = fields.get(key).map(|node| reader.entries(node)).unwrap_or_default();
            let pair = |entry: &Entry| Some((entry.key.clone(), environment.template(&entry.value, reader)?));
            entries.iter().filter_map(pair).collect()
        };
        let capture = fields.get("capture").map(|node| reader.entries(node)).unwrap_or_default();
        Some(Self {
            method,
            address,
            headers: by_name("headers"),
            json: fields.get("json").and_then(|node| environment.json_template(node, reader)),
            form: by_name("form"),
            capture: capture
                .iter()
                .filter_map(|entry| {
                    reader.check_free_name(&entry.key, entry.key_span);
                    let text = reader.text(&entry.value)?;
                    let captured = match text.split_once(' ') {
                        Some(("header", name)) => Captured::Part(Part::Header(name.trim().to_owned())),
                        Some(("cookie", name)) => Captured::Cookie(name.trim().to_owned()),
                        _ => Captured::Part(Part::Body(pointer(&entry.value, reader)?)),
                    };
                    Some((entry.key.clone(), captured))
                })
                .collect(),
        })
    }
}

fn pointer(node: &Node, reader: &Decoder) -> Option<Pointer> {
    let text = reader.text(node)?;
    let pointer = Pointer::parse(text);
    if pointer.is_none() {
        reader.error_hint(
            node.span,
            "this is not a JSON Pointer",
            "write `/access_token`, `header NAME` or `cookie NAME`",
        );
    }
    pointer
}
