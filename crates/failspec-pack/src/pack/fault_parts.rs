//! The parts of a request: those that a scenario sends, and those in which its fault is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use failspec_base::{
    syntax::{Decoder, Fields},
    template::{JsonTemplate, Template},
};

use super::{
    control::Control,
    multipart::{FormPart, PartContent},
    operation::RequestPart,
    provenance::Provenance,
    request::{BodyTemplate, RequestTemplate},
    row::Row,
};

/// Returns the query parameters and the members of the body that a request sends in at least one row. A list is one
/// member; a body that is no JSON object and no form has none.
pub fn request_parts(request: &RequestTemplate, rows: &[Row]) -> BTreeSet<RequestPart> {
    let mut parts = BTreeSet::new();
    for row in each(rows) {
        parts.extend(query(request, row).into_iter().map(|(name, _)| RequestPart::Query(name)));
        if let Some(Value::Object(body)) = body(request, row) {
            leaves(&body, "", &mut parts);
        }
    }
    parts
}

/// Returns the query parameters and members of the body that the fault of a case is in: the control has another value
/// there, or has or lacks them. None if the fault is elsewhere, or there is no control.
pub fn faulty_parts(faulty: &RequestTemplate, control: &Control, row: Option<&Row>) -> BTreeSet<RequestPart> {
    match control {
        // Of a request that differs elsewhere as well, nobody knows which part is the fault.
        Control::Flow(control) if differs_elsewhere(faulty, &control.request, row) => BTreeSet::new(),
        Control::Flow(control) => differences(faulty, &control.request, row),
        Control::Impossible(_) | Control::Missing => BTreeSet::new(),
    }
}

/// Returns a part of the request that no source names and that the fault is in: the control has another value there.
pub(super) fn inferred_fault(
    faulty: &RequestTemplate,
    control: &Control,
    rows: &[Row],
) -> Option<RequestPart> {
    let Control::Flow(control) = control else { return None };
    let control = &control.request;
    // Most packs say nothing of the sources of parts, and have many scenarios.
    let says_something = |request: &RequestTemplate| *request.line.sources != Default::default();
    if !says_something(faulty) && !says_something(control) {
        return None;
    }
    let is_inferred =
        |part: &RequestPart| [faulty, control].iter().any(|it| it.line.sources.is_inferred(part));
    each(rows).flat_map(|row| differences(faulty, control, row)).find(is_inferred)
}

/// Returns the source of a scenario: what a fault means in a part that no source names is always inferred.
pub(super) fn scenario_source(
    fields: &Fields<'_>,
    reader: &Decoder,
    inferred: Option<&RequestPart>,
) -> Provenance {
    let stated = fields.get("source").map(|node| (node, Provenance::read(node, reader)));
    match (stated, inferred) {
        (Some((node, stated)), Some(part)) if stated.is_binding() => {
            let title = format!("the fault is in {part}, which no source names");
            reader.error_hint(node.span, title, "write `source: inferred`, or name it in the operation");
            Provenance::Inferred
        }
        (_, Some(_)) => Provenance::Inferred,
        (stated, None) => stated.map_or(Provenance::Documented, |(_, stated)| stated),
    }
}

/// Returns every row, or none once if there are none.
fn each(rows: &[Row]) -> impl Iterator<Item = Option<&Row>> {
    rows.iter().map(Some).chain(rows.is_empty().then_some(None))
}

/// Returns the parts in which two requests differ. A body that is an object in only one of them is wrong as a whole.
fn differences(one: &RequestTemplate, other: &RequestTemplate, row: Option<&Row>) -> BTreeSet<RequestPart> {
    let mut parts = BTreeSet::new();
    let queries = [query(one, row), query(other, row)];
    for (name, value) in queries.iter().flatten() {
        let has = |query: &[(String, Value)]| query.iter().any(|it| it.0 == *name && it.1 == *value);
        if !queries.iter().all(|query| has(query)) {
            parts.insert(RequestPart::Query(name.clone()));
        }
    }
    if let (Some(Value::Object(one)), Some(Value::Object(other))) = (body(one, row), body(other, row)) {
        changed(&one, &other, "", &mut parts);
    }
    parts
}

/// Returns true if two requests differ in method, path, role or headers.
fn differs_elsewhere(one: &RequestTemplate, other: &RequestTemplate, row: Option<&Row>) -> bool {
    let values = |named: &[(String, Template)]| -> Vec<(String, Value)> {
        named.iter().map(|(name, template)| (name.to_ascii_lowercase(), text(template, row))).collect()
    };
    let path = |request: &RequestTemplate| request.line.path.written.split('?').next().map(str::to_owned);
    one.line.method != other.line.method
        || path(one) != path(other)
        || one.role != other.role
        || one.suppressed != other.suppressed
        || values(&one.headers) != values(&other.headers)
        || values(&one.path) != values(&other.path)
}

fn changed(
    one: &Map<String, Value>,
    other: &Map<String, Value>,
    at: &str,
    parts: &mut BTreeSet<RequestPart>,
) {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    for name in names {
        let place = below(at, name);
        match (one.get(name), other.get(name)) {
            (Some(Value::Object(one)), Some(Value::Object(other))) => changed(one, other, &place, parts),
            (one, other) if one == other => {}
            (Some(Value::Array(one)), Some(Value::Array(other))) => items(one, other, &place, parts),
            // The members of an object that is not there at all are those that the fault is in.
            (Some(Value::Object(only)), None) | (None, Some(Value::Object(only))) => {
                leaves(only, &place, parts)
            }
            _ => {
                parts.insert(RequestPart::Body(place));
            }
        }
    }
}

/// Adds the members of items that differ; the list itself, if its items are no objects or not as many.
fn items(one: &[Value], other: &[Value], at: &str, parts: &mut BTreeSet<RequestPart>) {
    let are_objects = [one, other].iter().all(|items| items.iter().all(Value::is_object));
    if one.len() != other.len() || !are_objects {
        parts.insert(RequestPart::Body(at.to_owned()));
        return;
    }
    for (index, pair) in one.iter().zip(other).enumerate() {
        if let (Value::Object(one), Value::Object(other)) = pair {
            changed(one, other, &below(at, &index.to_string()), parts);
        }
    }
}

fn leaves(object: &Map<String, Value>, at: &str, parts: &mut BTreeSet<RequestPart>) {
    if object.is_empty() && !at.is_empty() {
        parts.insert(RequestPart::Body(at.to_owned()));
    }
    for (name, value) in object {
        let place = below(at, name);
        match value {
            Value::Object(object) => leaves(object, &place, parts),
            _ => {
                parts.insert(RequestPart::Body(place));
            }
        }
    }
}

fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns the query parameters, also those in the address of the request.
fn query(request: &RequestTemplate, row: Option<&Row>) -> Vec<(String, Value)> {
    let address = request.line.path.written.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let in_address = url::form_urlencoded::parse(address.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())));
    let all = request.query.iter().map(|(name, template)| (name.clone(), text(template, row)));
    in_address.chain(all.filter(|(_, value)| !value.is_null())).collect()
}

/// Returns the body with the values of a row, if it consists of named members. Other placeholders stay what they are.
fn body(request: &RequestTemplate, row: Option<&Row>) -> Option<Value> {
    match request.body.as_deref()? {
        BodyTemplate::Json(template) => Some(json(template, row)),
        BodyTemplate::Form(fields) => {
            let fields = fields.iter().map(|(name, template)| (name.clone(), text(template, row)));
            Some(Value::Object(fields.collect()))
        }
        BodyTemplate::Multipart(parts) => {
            let value = |part: &FormPart| match &part.content {
                PartContent::Text(template) => text(template, row),
                PartContent::Json(template) => json(template, row),
                // Another file is another value.
                PartContent::File(file) => format!("{file:?}").into(),
            };
            // The name of the file and the media type of a part are faults of that part too.
            let value = |part: &FormPart| match (&part.filename, &part.media_type) {
                (None, None) => value(part),
                (filename, media_type) => {
                    let filename = filename.as_ref().map(|template| text(template, row));
                    Value::Array(vec![value(part), filename.into(), media_type.clone().into()])
                }
            };
            Some(Value::Object(parts.iter().map(|part| (part.name.clone(), value(part))).collect()))
        }
        BodyTemplate::Text(_) | BodyTemplate::Bytes(_) | BodyTemplate::File { .. } => None,
    }
}

fn json(template: &JsonTemplate, row: Option<&Row>) -> Value {
    match template {
        JsonTemplate::Constant(value) => value.clone(),
        JsonTemplate::Text(template) => text(template, row),
        JsonTemplate::List(items) => items.iter().map(|item| json(item, row)).collect(),
        JsonTemplate::Map(entries) => {
            Value::Object(entries.iter().map(|(name, value)| (name.clone(), json(value, row))).collect())
        }
    }
}

/// Returns the value of the row that the text stands for, else a text that only the same template has.
fn text(template: &Template, row: Option<&Row>) -> Value {
    let of_row = template
        .lone_name()
        .and_then(|name| row?.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()));
    of_row.unwrap_or_else(|| match template.as_literal() {
        Some(literal) => literal.into(),
        None => format!("{template:?}").into(),
    })
}

#[cfg(test)]
mod tests {
    use crate::pack::{Files, Pack};

    use super::*;

    /// Returns the parts in which the request of a scenario differs from its control.
    fn parts(scenario: &str) -> Vec<String> {
        let contract = "contract: t\nas_of: 2026-11-20\nfailures: [ { id: bad, status: 400, summary: x } ]\n\
                        requires: { roles: { user: a user, admin: an admin } }\n";
        let scenarios = format!("contract: t\nscenarios: {{ a: {{ triggers: bad, {scenario} }} }}\n");
        let texts = [("schemas/t/contract.yaml", contract), ("scenarios/t/a.yaml", scenarios.as_str())]
            .map(|(path, text)| (path.to_owned(), text));
        let pack = Pack::from_texts(&Files::Directory(".".into()), "t", texts);
        let pack = pack.unwrap_or_else(|error| panic!("{error}"));
        let scenario = &pack.scenarios[0];
        let parts = faulty_parts(&scenario.faulty.request, &scenario.control, None);
        parts.iter().map(|part| part.names().join(" ")).collect()
    }

    #[test]
    fn fault_is_in_the_part_that_differs_from_the_control() {
        for (scenario, expected) in [
            ("request: GET /a, query: { n: 0 }, control: { query: { n: 1 } }", &["n"][..]),
            ("request: GET /a?n=0&b=1, control: { request: GET /a?n=1&b=1 }", &["n"]),
            (
                "request: GET /a?b=1, query: { n: 0 }, control: { request: GET /a?b=1, query: { n: 1 } }",
                &["n"],
            ),
            ("request: GET /a?n=0, control: { request: GET /b?n=1 }", &[]),
            ("request: POST /a, json: { b: { zip: 1 } }, control: { json: { b: { zip: x } } }", &["b zip"]),
            // An object that is not there at all is missing, and so are its members.
            ("request: POST /a, json: { t: 1 }, control: { json: { t: 1, b: { zip: x } } }", &["b zip"]),
            (
                "request: POST /a, json: { l: [{ q: 0, s: 1 }] }, control: { json: { l: [{ q: 1, s: 1 }] } }",
                &["l q"],
            ),
            ("request: POST /a, json: { l: [] }, control: { json: { l: [{ q: 1 }] } }", &["l"]),
            ("request: POST /a, json: { l: [1] }, control: { json: { l: [x] } }", &["l"]),
            // The fault may be what differs besides.
            (
                "request: POST /a, json: { n: 1 }, headers: { X: a }, control: { json: { n: 2 }, headers: { X: b } }",
                &[],
            ),
            ("request: POST /a, as: user, json: { n: 1 }, control: { json: { n: 2 }, as: admin }", &[]),
            ("request: POST /a, json: { n: 1 }, headers: { X: a }, control: { json: { n: 2 } }", &["n"]),
        ] {
            assert_eq!(parts(scenario), expected, "{scenario}");
        }
    }
}
