//! The common envelope of the errors in a document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{body_path::BodyPath, envelope::DraftEnvelope};
use failspec_pack::openapi::{Api, Bundle, Content, Response, ResponseStatus};

use super::value_generator::{kind, texts};

/// The envelope that most of the declared errors have.
#[derive(Debug, Clone)]
pub(super) struct ErrorEnvelope {
    /// The outline that distinguishes it from others.
    outline: SchemaOutline,
    /// The members that every error body has.
    pub envelope: DraftEnvelope,
    /// The location of the code, even if not every error has one.
    pub code: Option<BodyPath>,
}

/// Names of properties that contain a code.
const CODES: &[&str] = &["code", "error_code", "errorCode", "errorcode", "error", "type", "reason", "title"];
/// Names of properties that contain a text for people.
const MESSAGES: &[&str] = &[
    "message",
    "detail",
    "error_description",
    "description",
    "msg",
    "error_message",
    "errorMessage",
    "title",
];
/// Names of properties that contain a request id.
const REQUEST_IDS: &[&str] =
    &["request_id", "requestId", "requestid", "trace_id", "traceId", "correlation_id", "correlationId"];
/// Names of properties that contain the status.
const STATUSES: &[&str] = &["status", "statusCode", "status_code", "http_status"];

/// Returns the JSON content with a schema of a response.
pub(super) fn json(response: &Response) -> Option<&Content> {
    response.content.iter().find(|content| content.takes_json() && content.schema.is_some())
}

impl ErrorEnvelope {
    /// Finds the envelope of the declared errors. At least half of the errors with a JSON schema must have it, and
    /// not only errors with one exact status.
    pub fn of(api: &Api) -> Option<Self> {
        let mut counts: BTreeMap<SchemaOutline, (usize, &Content)> = BTreeMap::new();
        let mut all = 0;
        for response in
            api.operations.iter().flat_map(|it| &it.responses).filter(|it| it.status.may_be_failure())
        {
            let Some(content) = json(response) else { continue };
            all += 1;
            counts.entry(SchemaOutline::of(content, &api.bundle)).or_insert((0, content)).0 += 1;
        }
        let (outline, (count, content)) = counts.into_iter().max_by_key(|(_, (count, _))| *count)?;
        let with_it: Vec<&Response> = api
            .operations
            .iter()
            .flat_map(|it| &it.responses)
            .filter(|it| it.status.may_be_failure())
            .filter(|it| json(it).is_some_and(|it| SchemaOutline::of(it, &api.bundle) == outline))
            .collect();
        let is_same = with_it.iter().all(|it| json(it).is_some_and(|it| it.schema == content.schema));
        let statuses: BTreeSet<ResponseStatus> = with_it.iter().map(|it| it.status).collect();
        // An envelope that only one status has is specific to that error.
        if let [ResponseStatus::Exactly(_)] = statuses.iter().collect::<Vec<_>>().as_slice() {
            return None;
        }
        if count * 2 < all {
            return None;
        }
        let schema = content.schema.clone()?;
        let found = properties(&schema, &api.bundle, &BodyPath::root());
        if found.is_empty() {
            return None;
        }
        let plain = with_it.iter().filter_map(|it| json(it)).all(|it| it.media_type == "application/json");
        let seen = "from the error schema of the document".to_owned();
        let is_text = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("string");
        let is_number = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("integer");
        let looks_like_code = |schema: &Value| has_values(schema) || is_text(schema) || is_number(schema);
        let code = find(&found, CODES, false, looks_like_code).filter(|(path, _)| {
            path.name() != Some("title") || find(&found, MESSAGES, false, is_text).is_some()
        });
        let sure =
            |names, fits: &dyn Fn(&Value) -> bool| find(&found, names, true, fits).map(|(path, _)| path);
        let code = code.map(|(path, _)| path);
        let sure_code = sure(CODES, &looks_like_code).filter(|path| Some(path) == code.as_ref());
        let message = sure(MESSAGES, &is_text).filter(|path| Some(path) != code.as_ref());
        let place = |path: Option<BodyPath>| path.map(|path| (path.pointer(), seen.clone()));
        Some(Self {
            envelope: DraftEnvelope {
                json: plain,
                code: place(sure_code),
                code_header: None,
                message: place(message),
                request_id: place(sure(REQUEST_IDS, &is_text)),
                status: place(sure(STATUSES, &is_number)),
                named: true,
                // If the schemas differ, for example in their codes, the envelope is the part that they have in
                // common.
                schema: Some(with_dialect(match is_same {
                    true => api.bundle.complete(&schema),
                    false => outline.schema(),
                })),
            },
            code,
            outline,
        })
    }

    /// Returns true if a declared response has this envelope.
    pub fn fits(&self, response: &Response, bundle: &Bundle) -> bool {
        json(response).is_some_and(|content| SchemaOutline::of(content, bundle) == self.outline)
    }

    /// Returns the codes that the schema of an error lists.
    pub fn codes(schema: &Value, bundle: &Bundle) -> Vec<Value> {
        let found = properties(schema, bundle, &BodyPath::root());
        let Some((_, property)) = find(&found, CODES, false, has_values) else { return Vec::new() };
        let values = property.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
        let scalars = values.into_iter().chain(property.get("const").cloned());
        scalars.filter(|value| value.is_string() || value.is_i64()).collect()
    }
}

/// The outline of a schema: its properties without the details of a single error, such as its code, its examples and
/// its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum SchemaOutline {
    /// The location of each property → true if it is required, and its type.
    Properties(BTreeMap<BodyPath, (bool, String)>),
    /// The text of a schema without properties.
    Other(String),
}

impl SchemaOutline {
    fn of(content: &Content, bundle: &Bundle) -> Self {
        let Some(schema) = &content.schema else { return Self::Other(String::new()) };
        let mut outline: BTreeMap<BodyPath, (bool, String)> = BTreeMap::new();
        for (path, sure, property) in properties(schema, bundle, &BodyPath::root()) {
            let entry = outline.entry(path).or_default();
            entry.0 |= sure;
            if entry.1.is_empty() {
                entry.1 = property.as_object().and_then(kind_or_value).unwrap_or_default().to_owned();
            }
        }
        if outline.is_empty() { Self::Other(schema.to_string()) } else { Self::Properties(outline) }
    }

    /// Returns the schema of the common properties.
    fn schema(&self) -> Value {
        let Self::Properties(properties) = self else { return Value::Bool(true) };
        let (mut whole, mut required) = (serde_json::Map::new(), Vec::new());
        // Outer properties come before nested ones.
        for (path, (sure, kind)) in properties {
            let steps: Vec<&str> = path.names().collect();
            let mut schema = serde_json::Map::new();
            if !kind.is_empty() {
                schema.insert("type".to_owned(), kind.as_str().into());
            }
            let [name] = steps.as_slice() else {
                if let [outer, inner] = steps.as_slice() {
                    put(&mut whole, outer, inner, *sure, schema.into());
                }
                continue;
            };
            if *sure {
                required.push(Value::from(*name));
            }
            whole.insert((*name).to_owned(), schema.into());
        }
        serde_json::json!({ "type": "object", "required": required, "properties": whole })
    }
}

/// Adds a property to the object in the property `outer`.
fn put(whole: &mut serde_json::Map<String, Value>, outer: &str, inner: &str, sure: bool, schema: Value) {
    let Some(Value::Object(object)) = whole.get_mut(outer) else { return };
    let properties = object.entry("properties").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(inner.to_owned(), schema);
    }
    if sure
        && let Some(required) =
            object.entry("required").or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
    {
        required.push(inner.into());
    }
}

/// Returns the type that a schema names or that its values have.
fn kind_or_value(entries: &serde_json::Map<String, Value>) -> Option<&str> {
    let values = entries.get("enum").and_then(Value::as_array).and_then(|values| values.first());
    kind(entries).or(match values.or(entries.get("const"))? {
        Value::String(_) => Some("string"),
        Value::Number(_) => Some("integer"),
        Value::Bool(_) => Some("boolean"),
        _ => None,
    })
}

fn with_dialect(schema: Value) -> Value {
    let mut whole = serde_json::Map::new();
    whole.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    if let Value::Object(entries) = schema {
        whole.extend(entries);
    }
    Value::Object(whole)
}

fn has_values(schema: &Value) -> bool {
    schema.get("enum").is_some() || schema.get("const").is_some()
}

/// A property of errors: its location, true if every error has it, and its schema.
type Found<'a> = (BodyPath, bool, &'a Value);

/// Finds the first of `names` among the properties. Outer properties are searched first.
fn find<'a>(
    found: &[Found<'a>],
    names: &[&str],
    required: bool,
    fits: impl Fn(&Value) -> bool,
) -> Option<(BodyPath, &'a Value)> {
    let deepest = found.iter().map(|(path, ..)| path.depth()).max().unwrap_or_default();
    (1..=deepest).find_map(|level| {
        names.iter().find_map(|name| {
            let mut fitting = found.iter().filter(|(path, sure, schema)| {
                path.depth() == level && path.name() == Some(name) && (*sure || !required) && fits(schema)
            });
            fitting.next().map(|(path, _, schema)| (path.clone(), *schema))
        })
    })
}

/// Collects the properties of the object at `at`, and those of the objects in the whole body.
fn properties<'a>(schema: &'a Value, bundle: &'a Bundle, at: &BodyPath) -> Vec<Found<'a>> {
    let schema = bundle.resolve(schema);
    let mut found = Vec::new();
    let required: Vec<&str> = texts(schema.get("required")).collect();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let property = bundle.resolve(property);
        let sure = required.contains(&name.as_str());
        let path = at.member(name);
        if at.depth() == 0 {
            let within = properties(property, bundle, &path).into_iter();
            found.extend(within.map(|(path, inner, schema)| (path, sure && inner, schema)));
        }
        found.push((path, sure, property));
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        found.extend(properties(part, bundle, at));
    }
    found
}
