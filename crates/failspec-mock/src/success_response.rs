//! The success that a contract, or its OpenAPI document, documents for an operation.

use serde_json::{Map, Value, json};

use failspec_pack::{
    openapi::{Content as Declared, Operation, ResponseStatus},
    pack::{Capture, Contract, HeaderRule, Part, Pointer, StatusPattern, Success},
};

use super::{
    body::{merge, place, set},
    error_response::concrete,
    response::{Content, Response},
    sample::Sampler,
};

/// The id that the mock gives to whatever is created.
const ID: &str = "mock-1";

/// The parts that a scenario needs of a success: those that it expects, and those that it takes from it.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The expected status.
    pub status: Option<StatusPattern>,
    /// Schemas of values in the body, by pointer.
    pub body: Vec<(Pointer, Value)>,
    /// Schemas of headers.
    pub headers: Vec<HeaderRule>,
    /// Values that later requests take from it.
    pub captures: Vec<Capture>,
}

impl Wanted {
    /// Adds what another scenario needs of the same response.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.status = self.status.or(other.status);
        self.body.extend(other.body.iter().cloned());
        self.headers.extend(other.headers.iter().cloned());
        self.captures.extend(other.captures.iter().cloned());
        self
    }
}

/// Builds a success: the declared one of the operation, with what the contract and the scenario want of it.
pub fn success_response(
    contract: &Contract,
    operation: Option<&Operation>,
    path: &str,
    wanted: &Wanted,
    sampler: &Sampler,
) -> Response {
    let declared = operation.and_then(|operation| {
        let successes = operation.responses.iter().filter_map(|response| match response.status {
            ResponseStatus::Exactly(status) => Some((status, response)),
            ResponseStatus::Class(2) => Some((200, response)),
            ResponseStatus::Class(_) | ResponseStatus::Default => None,
        });
        let wanted = |status: u16| wanted.status.is_none_or(|pattern| pattern.matches(status));
        successes
            .filter(|(status, _)| (200..300).contains(status) && wanted(*status))
            .min_by_key(|(status, _)| *status)
    });
    let has_body = |success: &&Success| success.status.iter().all(|status| status.exactly() != Some(204));
    let by_contract = contract.success.iter().find(has_body).or(contract.success.first());
    let by_contract = by_contract.and_then(|success| success.status.first()).copied();
    let status = match (wanted.status, declared) {
        (_, Some((status, _))) => status,
        (Some(pattern), None) => concrete(pattern),
        (None, None) => by_contract.map_or(200, concrete),
    };
    let content = declared.map(|(_, response)| response.content.as_slice()).unwrap_or_default();
    let json = content.iter().find(|it| it.is_json()).or_else(|| content.iter().find(|it| it.takes_json()));
    let mut body = match (json, declared) {
        (Some(content), _) => declared_body(content, sampler),
        (None, _) => Value::Object(Map::new()),
    };
    let form = contract.success.iter().find(|success| success.status.iter().any(|it| it.matches(status)));
    for (pointer, schema) in form.into_iter().flat_map(|success| &success.matches) {
        merge(place(&mut body, pointer), sampler.value(&schema.value));
    }
    for (pointer, schema) in &wanted.body {
        merge(place(&mut body, pointer), sampler.value(schema));
    }
    let mut response = Response::new(status, Content::Nothing);
    for rule in wanted.headers.iter().filter(|rule| !rule.optional) {
        let value = sampler.value(&rule.schema);
        response.add_header(&rule.name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    for capture in &wanted.captures {
        match &capture.part {
            Part::Header(name) => response.add_header(name, ID),
            Part::Body(pointer) if pointer.find(&body).is_none_or(Value::is_null) => {
                set(&mut body, pointer, json!(ID));
            }
            Part::Body(_) => {}
        }
        if capture.location {
            response.add_header("Location", format!("{}/{ID}", path.trim_end_matches('/')));
        }
    }
    let has_none = matches!(status, 204 | 205 | 304)
        || declared.is_some_and(|(_, response)| response.content.is_empty() && response.lost.is_none());
    if let Some(other) = content.first().filter(|_| json.is_none()) {
        response.add_header("Content-Type", other.media_type.clone());
        let example = other.examples.first().and_then(Value::as_str).unwrap_or("mock");
        response.body = Content::Text(example.to_owned());
    } else if !has_none || body.as_object().is_some_and(|members| !members.is_empty()) {
        let kind = json.map(|content| content.media_type.as_str()).filter(|kind| !kind.contains('*'));
        response.add_header("Content-Type", kind.unwrap_or("application/json"));
        response.body = Content::Json(body);
    }
    response
}

fn declared_body(content: &Declared, sampler: &Sampler) -> Value {
    let example = content.examples.iter().find(|example| !example.is_null()).cloned();
    let of_schema = || content.schema.as_ref().map(|schema| sampler.value(schema));
    example.or_else(of_schema).unwrap_or_else(|| Value::Object(Map::new()))
}
