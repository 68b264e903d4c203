//! The response that a contract documents for a failure.

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use serde_json::{Value, json};

use failspec_base::message::{BodyFormat, MediaType};
use failspec_pack::pack::{
    BodyRule, CodePart, CodePlace, CodeRule, Envelope, Failure, HeaderRule, Part, Pointer,
    RetryAfterLocation, Schema, StatusPattern, WaitForm, text_matching,
};

use super::{
    body::{merge, place, set},
    response::{Content, Response},
    sample::Sampler,
    xml::{members_of, xml_of},
};

/// The wait that retry advice of the mock states, in seconds.
const WAIT: i64 = 1;

/// The parts that a scenario adds to the response of its failure.
#[derive(Debug, Default)]
pub struct Addition {
    /// The names of the parts of the request that are wrong.
    pub names: Vec<String>,
    /// Schemas of values in the body, by pointer.
    pub body: Vec<(Pointer, Value)>,
    /// Schemas of headers.
    pub headers: Vec<HeaderRule>,
}

/// Builds the response to the request with this number.
pub fn error_response(failure: &Failure, addition: &Addition, number: u64, sampler: &Sampler) -> Response {
    let status =
        failure.rules.status.as_ref().and_then(|rule| rule.rule.first()).map_or(400, |it| concrete(*it));
    let mut response = Response::new(status, Content::Nothing);
    let envelope = &failure.envelope;
    let request_id = request_id(envelope, number);
    let code = code(failure);
    let text = code.as_ref().map(text_of_code);
    for place in envelope.code.iter().flat_map(|rule| rule.rule.places()).take(1) {
        if let (CodePart::Header { name, .. }, Some(code)) = (&place.part, &text) {
            response.add_header(name, place.text_with(code).unwrap_or_else(|| code.clone()));
        }
    }
    let rules = failure.rules.headers.iter().map(|rule| &rule.rule).chain(&addition.headers);
    let rules: Vec<&HeaderRule> = rules.filter(|rule| !rule.optional).collect();
    for rule in &rules {
        // Of one header there may be several rules, all of which hold.
        let own = rules.iter().filter(|other| other.name.eq_ignore_ascii_case(&rule.name));
        let all: Vec<&Value> = own.map(|rule| &rule.schema).collect();
        response.add_header(&rule.name, header_text(&sampler.value(&json!({ "allOf": all }))));
    }
    if let Some(name) = envelope.request_id.as_ref().and_then(|rule| rule.rule.header.as_ref()) {
        response.add_header(name, request_id.clone());
    }
    let mut kind = envelope.media_type.as_ref().and_then(|rule| rule.rule.iter().next()).map(str::to_owned);
    response.body = match &mut kind {
        _ if envelope.body == BodyRule::Empty || matches!(status, 204 | 304) => Content::Nothing,
        Some(kind) if is_json(kind) => {
            Content::Json(body(failure, addition, code.as_ref(), &request_id, status, sampler))
        }
        kind if is_xml(failure, kind.as_deref()) => {
            kind.get_or_insert_with(|| "application/xml".to_owned());
            let members = body(failure, addition, code.as_ref(), &request_id, status, sampler);
            Content::Text(xml_of(&members, namespace(envelope)))
        }
        None if has_json(failure) => {
            kind = Some("application/json".to_owned());
            Content::Json(body(failure, addition, code.as_ref(), &request_id, status, sampler))
        }
        Some(_) => Content::Text(plain(failure, text.as_deref())),
        None => {
            kind = Some("text/plain".to_owned());
            Content::Text(plain(failure, text.as_deref()))
        }
    };
    if let Some(kind) = kind.filter(|_| response.body != Content::Nothing) {
        response.add_header("Content-Type", kind);
    }
    for location in failure.rules.retry_after.iter().flat_map(|rule| &rule.rule) {
        add_wait(&mut response, location);
    }
    // What RFC 9110 demands of these statuses, where the contract says nothing.
    match status {
        401 => response.add_header("WWW-Authenticate", "Bearer"),
        407 => response.add_header("Proxy-Authenticate", "Basic"),
        426 => response.add_header("Upgrade", "h2c"),
        _ => {}
    }
    response
}

/// Returns why a response is not what the contract documents: what could not be made up.
pub fn misfit(failure: &Failure, response: &Response) -> Option<String> {
    for rule in failure.rules.headers.iter().map(|rule| &rule.rule).filter(|rule| !rule.optional) {
        let value = response.header(&rule.name).unwrap_or_default();
        if let Some(misfit) = rule.value.misfits(value).first() {
            return Some(format!("{}: {}", rule.name, misfit.message));
        }
    }
    let body = match &response.body {
        Content::Nothing => return None,
        Content::Json(body) => body.clone(),
        Content::Text(text) => members_of(text).unwrap_or_else(|| text.clone().into()),
    };
    let schemas = failure.envelope.schema.iter().map(|rule| &rule.rule);
    for schema in schemas.chain(failure.rules.schema.iter().map(|rule| &rule.rule)) {
        if let Some(misfit) = schema.misfits(&body).first() {
            return Some(format!("{}: {}", misfit.at, misfit.message));
        }
    }
    for (pointer, schema) in failure.rules.matches.iter().map(|rule| &rule.rule) {
        let is_right = pointer.find_first(&body, &mut |value| schema.fits(value)).is_some();
        if !is_right {
            return Some(format!("{pointer}: no value that its schema allows was made up"));
        }
    }
    None
}

/// Returns the status of a pattern; of a class, its first one.
pub fn concrete(pattern: StatusPattern) -> u16 {
    match pattern {
        StatusPattern::Exactly(status) => status,
        StatusPattern::Class(hundreds) => hundreds * 100,
    }
}

/// Returns the code that the documentation gives, or one that it does not give if it says only that there is one.
fn code(failure: &Failure) -> Option<Value> {
    match failure.rules.code.as_ref().map(|rule| &rule.rule) {
        Some(CodeRule::Exactly(code)) => Some(code.clone()),
        Some(CodeRule::Any) => Some(failure.rules.codes.first().cloned().unwrap_or_else(|| "mock".into())),
        None => failure.rules.codes.first().cloned(),
    }
}

/// Returns a code as it stands in a header or a text.
pub fn text_of_code(code: &Value) -> String {
    code.as_str().map_or_else(|| code.to_string(), str::to_owned)
}

/// Returns a value as it stands in a header or a path.
pub fn header_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn request_id(envelope: &Envelope, number: u64) -> String {
    let rule = envelope.request_id.as_ref().map(|rule| &rule.rule);
    let pattern =
        rule.and_then(|rule| rule.pattern.as_ref()).and_then(|schema| schema.value.get("pattern")?.as_str());
    let plain = format!("mock-{number}");
    let Some(pattern) = pattern else { return plain };
    let schema = rule.and_then(|rule| rule.pattern.as_ref());
    let fits = |text: &String| schema.is_none_or(|schema| schema.fits(&Value::from(text.as_str())));
    let made = text_matching(pattern, None).unwrap_or_default();
    // Digits at the end count up, so that each request has an id of its own.
    let digits = format!("{number:x}");
    let counted = made.get(..made.len().saturating_sub(digits.len())).map(|head| format!("{head}{digits}"));
    [Some(plain), counted, Some(format!("{made}{digits}"))].into_iter().flatten().find(fits).unwrap_or(made)
}

fn is_json(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// Returns true if the body of a failure is XML.
fn is_xml(failure: &Failure, kind: Option<&str>) -> bool {
    let is_xml = |kind: &str| MediaType::parse(kind).is_some_and(|it| it.is_xml());
    let formats = failure.envelope.formats();
    kind.map_or(!formats.allow(BodyFormat::Json), is_xml) && formats.allow(BodyFormat::Xml)
}

/// Returns the namespace of the root element, if the contract says it.
fn namespace(envelope: &Envelope) -> Option<&str> {
    let code = envelope.code.iter().flat_map(|rule| rule.rule.in_body());
    let message = envelope.message.iter().map(|rule| &rule.rule);
    code.chain(message).find_map(Pointer::namespace)
}

/// Returns true if a contract that names no media type speaks of a JSON body.
fn has_json(failure: &Failure) -> bool {
    let envelope = &failure.envelope;
    let is_text = |rule: &Schema| rule.value.get("type").is_some_and(|kind| kind == "string");
    let has_code = |place: &CodePlace| matches!(place.part, CodePart::Body(_));
    envelope.code.as_ref().is_some_and(|rule| rule.rule.places().iter().any(has_code))
        || envelope.message.is_some()
        || envelope.status.is_some()
        || envelope.schema.as_ref().is_some_and(|rule| !is_text(&rule.rule))
        || !failure.rules.schema.is_empty()
        || !failure.rules.matches.is_empty()
        || failure.names.is_some()
}

fn plain(failure: &Failure, code: Option<&str>) -> String {
    let places = failure.envelope.code.iter().flat_map(|rule| rule.rule.places());
    let text = code.and_then(|code| {
        places.filter(|place| place.part == CodePart::Text).find_map(|place| place.text_with(code))
    });
    text.map_or_else(|| failure.summary.clone(), |text| format!("{text} {}", failure.summary))
}

fn body(
    failure: &Failure,
    addition: &Addition,
    code: Option<&Value>,
    request_id: &str,
    status: u16,
    sampler: &Sampler,
) -> Value {
    let envelope = &failure.envelope;
    let mut body = Value::Object(serde_json::Map::new());
    let schemas = envelope.schema.iter().map(|rule| &rule.rule);
    for schema in schemas.chain(failure.rules.schema.iter().map(|rule| &rule.rule)) {
        merge(&mut body, sampler.value(&schema.value));
    }
    for (pointer, schema) in failure.rules.matches.iter().map(|rule| &rule.rule) {
        merge(place(&mut body, pointer), sampler.value(&schema.value));
    }
    if let (Some(pointer), Some(name)) = (&failure.names, addition.names.first()) {
        let named = place(&mut body, pointer);
        *named = if named.is_array() { vec![name.clone()].into() } else { name.as_str().into() };
    }
    if let Some(pointer) = &envelope.message {
        set(&mut body, &pointer.rule, failure.summary.as_str().into());
    }
    if let Some(rule) = envelope.request_id.as_ref().and_then(|rule| rule.rule.pointer.as_ref()) {
        set(&mut body, rule, request_id.into());
    }
    if let Some(pointer) = &envelope.status {
        // A status in digits, where the schema wants a text.
        let is_text = place(&mut body, &pointer.rule).is_string();
        let value = if is_text { status.to_string().into() } else { status.into() };
        set(&mut body, &pointer.rule, value);
    }
    if let (Some(rule), Some(code)) = (&envelope.code, code)
        && rule.rule.absent() != Some(code)
        && let Some(place) = rule.rule.places().first()
        && let CodePart::Body(pointer) = &place.part
    {
        let is_whole = place.is_whole_value();
        let text = || place.text_with(&text_of_code(code)).map(Value::from);
        set(&mut body, pointer, if is_whole { code.clone() } else { text().unwrap_or_else(|| code.clone()) });
    }
    for (pointer, schema) in &addition.body {
        merge(place(&mut body, pointer), sampler.value(schema));
    }
    body
}

/// Adds how long to wait, in the documented form.
fn add_wait(response: &mut Response, location: &RetryAfterLocation) {
    let now = Timestamp::now();
    let until = now.checked_add(SignedDuration::from_secs(WAIT)).unwrap_or(now);
    let is_header = matches!(location.part, Part::Header(_));
    let value: Value = match location.form.unwrap_or(WaitForm::Seconds) {
        WaitForm::Seconds => WAIT.into(),
        WaitForm::Milliseconds => (WAIT * 1000).into(),
        WaitForm::Unix => until.as_second().into(),
        WaitForm::UnixMilliseconds => until.as_millisecond().into(),
        WaitForm::Date if is_header => http_date(until).into(),
        WaitForm::Date => until.to_string().into(),
        WaitForm::Duration => format!("{WAIT}s").into(),
    };
    match &location.part {
        Part::Header(name) => {
            response.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            response.add_header(name, header_text(&value));
        }
        Part::Body(pointer) => {
            if let Content::Json(body) = &mut response.body {
                set(body, pointer, value);
            }
        }
    }
}

fn http_date(time: Timestamp) -> String {
    Zoned::new(time, TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
