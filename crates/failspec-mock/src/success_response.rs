//! The success that a contract, or its OpenAPI document, documents for an operation.

use serde_json::{Map, Value};

use failspec_pack::{
    openapi::{Content as DeclaredContent, Declared, Direction, Operation, ResponseStatus},
    pack::{Capture, Contract, HeaderRule, Part, Pointer, StatusPattern, Success},
};

use super::{
    body::{merge, place, set},
    error_response::{concrete, header_text},
    response::{Content, Response},
    sample::{FREE_TEXT, Sampler, UUID},
};

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

/// The request that a success responds to.
#[derive(Clone, Copy)]
pub struct Succeeding<'r> {
    /// The document with its operation, if there is one.
    pub operation: Option<(&'r Declared, &'r Operation)>,
    /// The path, as it was sent.
    pub path: &'r str,
    /// The number of the response, which is in the ids that it gives.
    pub number: u64,
}

/// Builds a success: the declared one of the operation, with what the contract and the scenario want of it. Returns the ids that
/// it gives, too.
pub fn success_response(
    contract: &Contract,
    request: Succeeding<'_>,
    wanted: &Wanted,
    sampler: &Sampler,
) -> (Response, Vec<String>) {
    let declared = request.operation.and_then(|operation| {
        let successes = operation.1.responses.iter().filter_map(|response| match response.status {
            ResponseStatus::Exactly(status) => Some((status, response)),
            ResponseStatus::Class(2) => Some((200, response)),
            ResponseStatus::Class(_) | ResponseStatus::Default => None,
        });
        // A scenario that expects no more than "no server error" may want a refusal.
        let is_open = wanted.status.is_none();
        let wanted = |status: u16| wanted.status.is_none_or(|pattern| pattern.matches(status));
        successes
            .filter(|(status, _)| if is_open { (200..300).contains(status) } else { wanted(*status) })
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
    let document = request.operation.map(|(document, _)| document);
    let mut body = match (json, document) {
        (Some(content), Some(document)) => declared_body(document, content, sampler),
        _ => Value::Object(Map::new()),
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
        response.add_header(&rule.name, header_text(&value));
    }
    let mut ids: Vec<String> = Vec::new();
    let own = format!("mock-{}", request.number);
    let schema = document.zip(json).and_then(|(document, json)| document.content(json, Direction::Response));
    let fits = |body: &Value| schema.as_ref().is_none_or(|schema| schema.fits(body));
    for capture in &wanted.captures {
        match &capture.part {
            Part::Header(name) => response.add_header(name, own.clone()),
            Part::Body(pointer) => {
                let before = body.clone();
                let id = id_like(pointer.find(&body), request.number);
                set(&mut body, pointer, id);
                // A value that is documented as it is stays.
                if fits(&before) && !fits(&body) {
                    body = before;
                }
                ids.extend(pointer.find(&body).map(header_text));
            }
        }
        if capture.location {
            response.add_header("Location", format!("{}/{own}", request.path.trim_end_matches('/')));
        }
    }
    ids.push(own);
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
    (response, ids)
}

/// Returns the id in place of the one that was made up, if it was: each thing has its own.
fn id_like(made_up: Option<&Value>, number: u64) -> Value {
    match made_up {
        None | Some(Value::Null) => format!("mock-{number}").into(),
        Some(Value::Number(one)) if one.is_i64() || one.is_u64() => number.into(),
        Some(Value::String(text)) if text == FREE_TEXT => format!("mock-{number}").into(),
        Some(Value::String(text)) if text == UUID => {
            format!("{}{number:012x}", &UUID[..UUID.len() - 12]).into()
        }
        Some(other) => other.clone(),
    }
}

/// Makes the body that a document declares.
pub fn declared_body(document: &Declared, content: &DeclaredContent, sampler: &Sampler) -> Value {
    let example = content.examples.iter().find(|example| !example.is_null()).cloned();
    // The schema refers to others of the document.
    let complete = |schema: &Value| document.api.bundle.complete(schema);
    let of_schema = || content.schema.as_ref().map(|schema| sampler.value(&complete(schema)));
    example.or_else(of_schema).unwrap_or_else(|| Value::Object(Map::new()))
}
