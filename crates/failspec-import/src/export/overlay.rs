//! An OpenAPI Overlay that declares the documented failures at the operations whose scenarios trigger them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use failspec_pack::{
    openapi::Declared,
    pack::{BodyRule, CodePart, CodePlace, Envelope, Failure, Pack, Pointer, Scenario, StatusPattern},
};

use super::codes::codes;

/// An overlay, and what it does not say.
#[derive(Debug)]
pub struct ExportedOverlay {
    /// The overlay (version 1.0).
    pub overlay: Value,
    /// The failures that it declares nowhere, and why.
    pub not_declared: Vec<(String, NotDeclared)>,
}

/// The reason why a failure stands at no operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDeclared {
    /// It is inferred, and nothing to publish.
    #[error("it is inferred")]
    Inferred,
    /// No scenario triggers it.
    #[error("no scenario triggers it")]
    NoScenario,
    /// It is in an item of a response that is a success as a whole.
    #[error("it is judged in an item of a response")]
    InItems,
    /// The document has no operation for the requests that trigger it.
    #[error("no operation of the document fits its requests")]
    NoOperation,
}

/// Method and path of an operation in the document.
type Place = (String, String);

/// Returns an overlay that adds the failures of a pack to a document. Without one, the paths are those of the operations
/// that the contract names.
pub fn overlay(pack: &Pack, document: Option<&Declared>) -> ExportedOverlay {
    let mut declared: BTreeMap<Place, BTreeMap<String, Vec<&Failure>>> = BTreeMap::new();
    let mut not_declared = Vec::new();
    for (index, failure) in pack.contract.failures.iter().enumerate() {
        let scenarios = || pack.scenarios.iter().filter(|scenario| scenario.failure == Some(index));
        let whole = || scenarios().filter(|scenario| scenario.faulty.at.is_none());
        let mut places: Vec<Place> = whole().filter_map(|scenario| place(scenario, document)).collect();
        places.sort();
        places.dedup();
        let reason = match () {
            () if !failure.source.is_binding() => Some(NotDeclared::Inferred),
            () if scenarios().next().is_none() => Some(NotDeclared::NoScenario),
            () if whole().next().is_none() => Some(NotDeclared::InItems),
            () => places.is_empty().then_some(NotDeclared::NoOperation),
        };
        if let Some(reason) = reason {
            not_declared.push((failure.id.clone(), reason));
            continue;
        }
        for place in places {
            let responses = declared.entry(place).or_default();
            for status in failure.statuses() {
                responses.entry(key(*status)).or_default().push(failure);
            }
        }
    }
    let actions = declared.iter().map(|((method, path), responses)| {
        let responses: Map<String, Value> =
            responses.iter().map(|(status, failures)| (status.clone(), response(failures))).collect();
        json!({ "target": format!("$.paths['{}'].{method}", quoted(path)), "update": { "responses": responses } })
    });
    let info = json!({
        "title": format!("Documented errors of {}", pack.label()),
        "version": pack.contract.as_of.map_or_else(|| "1".to_owned(), |day| day.to_string()),
    });
    let overlay = json!({ "overlay": "1.0.0", "info": info, "actions": actions.collect::<Vec<_>>() });
    ExportedOverlay { overlay, not_declared }
}

/// Returns the operation that the request under test is sent to.
fn place(scenario: &Scenario, document: Option<&Declared>) -> Option<Place> {
    let line = &scenario.faulty.request.line;
    let path = line.path.written.split('?').next().unwrap_or_default();
    match document {
        Some(document) => {
            let operation = document.operation(&line.method, path)?;
            Some((operation.method.to_ascii_lowercase(), operation.path.clone()))
        }
        None => line.operation.as_ref().map(|_| (line.method.to_ascii_lowercase(), path.to_owned())),
    }
}

/// Returns the key of a status among the responses of an operation.
fn key(status: StatusPattern) -> String {
    status.to_string().to_ascii_uppercase()
}

/// Quotes a path for a name in a JSONPath (RFC 9535, section 2.3.1.1).
fn quoted(path: &str) -> String {
    path.replace('\\', "\\\\").replace('\'', "\\'")
}

fn response(failures: &[&Failure]) -> Value {
    let mut summaries: Vec<&str> = failures.iter().map(|failure| failure.summary.as_str()).collect();
    summaries.dedup();
    let mut response = json!({ "description": summaries.join("; ") });
    let mut content: BTreeMap<&str, Vec<&Failure>> = BTreeMap::new();
    for failure in failures {
        let envelope = &failure.envelope;
        let has_members = places(envelope).iter().any(Option::is_some);
        if envelope.body == BodyRule::Empty || (envelope.media_type.is_none() && !has_members) {
            continue;
        }
        match &envelope.media_type {
            Some(types) => types.rule.iter().for_each(|it| content.entry(it).or_default().push(failure)),
            None => content.entry("application/json").or_default().push(failure),
        }
    }
    if !content.is_empty() {
        let content: Map<String, Value> = content
            .into_iter()
            .map(|(media_type, failures)| (media_type.to_owned(), json!({ "schema": schema(&failures) })))
            .collect();
        response["content"] = Value::Object(content);
    }
    let headers = code_headers(failures);
    if !headers.is_empty() {
        response["headers"] = Value::Object(headers);
    }
    response
}

/// Returns the headers that have the codes of these failures.
fn code_headers<'f>(failures: &[&'f Failure]) -> Map<String, Value> {
    let mut headers: BTreeMap<&str, Vec<&'f Failure>> = BTreeMap::new();
    for failure in failures {
        let places = failure.envelope.code.iter().flat_map(|code| code.rule.places());
        let of_header = |place: &'f CodePlace| match &place.part {
            CodePart::Header { name, .. } => Some(name.as_str()),
            _ => None,
        };
        for name in places.filter_map(of_header) {
            headers.entry(name).or_default().push(failure);
        }
    }
    let header = |(name, of): (&str, Vec<&'f Failure>)| {
        // Of several places, another one may have the code; a part of a header is not the whole of it.
        let places = |failure: &'f Failure| failure.envelope.code.iter().flat_map(|code| code.rule.places());
        let is_required = of.len() == failures.len() && of.iter().all(|failure| places(failure).count() == 1);
        let is_whole = of.iter().all(|failure| places(failure).all(CodePlace::is_whole_header));
        let is_closed = of.iter().all(|failure| !codes(failure).is_empty());
        let mut schema = json!({ "type": "string" });
        if is_required && is_whole && is_closed {
            let listed: Vec<&Value> = of.iter().flat_map(|failure| codes(failure)).collect();
            schema["enum"] = json!(listed);
        }
        (
            name.to_owned(),
            json!({ "description": "The code of the error", "required": is_required, "schema": schema }),
        )
    };
    headers.into_iter().map(header).collect()
}

/// Returns the schema of errors: where code, message and status are, and which codes there are. Failures whose codes are at
/// one place have one schema.
fn schema(failures: &[&Failure]) -> Value {
    let mut shapes: Vec<(Vec<Option<&Pointer>>, Vec<&Failure>)> = Vec::new();
    for failure in failures {
        let places = places(&failure.envelope).to_vec();
        match shapes.iter_mut().find(|(known, _)| *known == places) {
            Some((_, same)) => same.push(failure),
            None => shapes.push((places, vec![failure])),
        }
    }
    let mut schemas: Vec<Value> = shapes.iter().map(|(places, failures)| shape(places, failures)).collect();
    match schemas.pop() {
        Some(only) if schemas.is_empty() => only,
        last => {
            schemas.extend(last);
            json!({ "anyOf": schemas })
        }
    }
}

/// Returns where code, message and status are in a JSON body.
fn places(envelope: &Envelope) -> [Option<&Pointer>; 3] {
    let code = envelope.code.as_ref().and_then(|code| code.rule.pointer());
    // The schema of an XML body is another one.
    let others = [&envelope.message, &envelope.status];
    let [message, status] =
        others.map(|ruled| ruled.as_ref().map(|it| &it.rule).filter(|pointer| !pointer.is_xml()));
    [code, message, status]
}

fn shape(places: &[Option<&Pointer>], failures: &[&Failure]) -> Value {
    let mut listed: Vec<&Value> = Vec::new();
    // One failure with any code leaves nothing to list.
    let is_closed = failures.iter().all(|failure| !codes(failure).is_empty());
    for code in failures.iter().flat_map(|failure| codes(failure)).filter(|_| is_closed) {
        if !listed.contains(&code) {
            listed.push(code);
        }
    }
    let code = if listed.is_empty() { json!({}) } else { json!({ "enum": listed }) };
    let leaves = [code, json!({ "type": "string" }), json!({ "type": "integer" })];
    let mut schema = json!({});
    for (place, leaf) in places.iter().zip(leaves) {
        if let Some(place) = place {
            let steps: Vec<String> = place.steps().map(String::from).collect();
            declare(&mut schema, &steps, leaf);
        }
    }
    schema
}

/// Declares a member at a place, with what is above it.
fn declare(schema: &mut Value, steps: &[String], leaf: Value) {
    let Some((first, rest)) = steps.split_first() else {
        *schema = leaf;
        return;
    };
    if first == "*" {
        schema["type"] = "array".into();
        declare(&mut schema["items"], rest, leaf);
        return;
    }
    schema["type"] = "object".into();
    let required = &mut schema["required"];
    match required.as_array_mut() {
        Some(names) if names.iter().any(|name| name == first) => {}
        Some(names) => names.push(first.clone().into()),
        None => *required = json!([first]),
    }
    if schema["properties"][first].is_null() {
        schema["properties"][first] = json!({});
    }
    declare(&mut schema["properties"][first], rest, leaf);
}
