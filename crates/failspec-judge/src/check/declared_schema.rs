//! Bodies compared with the schemas that an OpenAPI document declares.

use std::borrow::Cow;

use serde_json::Value;

use failspec_pack::{
    openapi::{Content, Direction, Response},
    pack::Provenance,
};

use super::{
    case_log::Observed,
    definition::{Check, When},
    finding::Finding,
    openapi_context::{Declaration, declarations},
};

pub(super) static CHECK: Check = Check {
    id: "declared-schema",
    summary: "the body matches the schema that the OpenAPI document declares for operation and status",
    source: "`openapi` of the contract: the schema under `content` of the response",
    text: "The body of the response does not match the schema that the OpenAPI document declares for this \
operation and status. Properties that the schema does not name are allowed unless it forbids them. If the \
media type is not declared, the body is compared with the JSON schema that is declared; if the status is not \
declared, with the schema that the operation's declared errors share, if there is one: that is a warning, \
and so is an error without a declared body. A reference of the document that leads nowhere is a warning, too: \
the body was not compared with what it stands for.",
    when: When::Always,
    run: |subject| schemas(subject.observed),
};

pub(super) fn schemas(observed: &Observed) -> Vec<Finding> {
    declarations(observed).flat_map(|it| misfits(&it)).collect()
}

fn misfits(it: &Declaration<'_>) -> Vec<Finding> {
    if let Some(missing) = missing(it) {
        return vec![missing];
    }
    if let Some(reason) = it.declared_response.and_then(|response| response.lost.as_ref()) {
        return vec![not_compared(it, "a document that has the response", reason)];
    }
    let Some((content, source)) = shape_of(it) else { return Vec::new() };
    let body = match is_text(it, content) {
        // Of a text that is no text/*, such as bytes, nothing is known.
        true if !content.media_type.to_ascii_lowercase().starts_with("text/") => return Vec::new(),
        true => Cow::Owned(Value::String(it.response.text_lossy().into_owned())),
        false => match it.json_body() {
            Some(body) => Cow::Borrowed(body),
            None => return Vec::new(),
        },
    };
    let mut found: Vec<Finding> = unknown(it, content).collect();
    let Some(schema) = it.declared.content(content, Direction::Response) else {
        let declared = content.schema.as_ref();
        let unusable = declared.and_then(|schema| it.declared.unusable(schema, Direction::Response));
        let expected = format!("a document whose {} can be used", name(content));
        found.extend(unusable.map(|why| not_compared(it, &expected, &why)));
        return found;
    };
    let expected = format!("a body that matches {}", name(content));
    let finding = |misfit: failspec_pack::pack::SchemaViolation| {
        let at = if misfit.at.is_empty() { "the body" } else { &misfit.at };
        let message =
            format!("{}, which does not match {}: {at}: {}", it.told(), name(content), misfit.message);
        let finding = Finding::new(CHECK.id, source, &expected, misfit.shape).saying(message);
        let finding = finding.breaking(misfit.rule.as_deref(), misfit.null_member.as_deref()).at(&misfit.at);
        let finding = Finding { written_as: misfit.written_as, ..finding };
        it.about(finding).about_annotation(misfit.is_annotation)
    };
    let mut misfits = schema.misfits(&body);
    if let Value::String(text) = &*body
        && is_text(it, content)
    {
        // The end of a line is seldom meant, and some servers write even texts as JSON.
        let trimmed = Value::from(text.trim_end_matches(['\r', '\n']));
        let is_right = |body: &Value| schema.misfits(body).is_empty();
        if is_right(&trimmed) || it.json_body().is_some_and(is_right) {
            misfits.clear();
        }
    }
    found.extend(misfits.into_iter().map(finding));
    found
}

/// Returns true if what is declared is a text in a media type that is not JSON: then the body is that text, and no document.
fn is_text(it: &Declaration<'_>, content: &Content) -> bool {
    let schema = content.schema.as_ref().map(|schema| it.declared.api.bundle.resolve(schema));
    let is_string = schema.and_then(|schema| schema.get("type")).and_then(Value::as_str) == Some("string");
    !content.is_json() && is_string
}

/// Returns a finding for each part of the schema that the document does not have: the body was not compared with it.
fn unknown<'a>(it: &Declaration<'a>, content: &'a Content) -> impl Iterator<Item = Finding> + use<'a> {
    let reasons = content.schema.iter().flat_map(|schema| it.declared.api.bundle.lost(schema));
    let (it, expected) = (*it, format!("a document that has {}", name(content)));
    reasons.map(move |reason| not_compared(&it, &expected, reason))
}

fn not_compared(it: &Declaration<'_>, expected: &str, reason: &str) -> Finding {
    let message = format!("{}, which was not compared with all that the document says: {reason}", it.told());
    let finding = Finding::new(CHECK.id, Provenance::Inferred, expected, reason).saying(message);
    it.about(Finding { not_compared: true, ..finding })
}

/// Returns a finding for an error without a body, if a body is declared. It is a warning, because the specification
/// calls such a body a potential one.
fn missing(it: &Declaration<'_>) -> Option<Finding> {
    let is_error = it.response.status >= 400 && it.record.exchange.request.method != "HEAD";
    let content = it.declared_response.and_then(json).filter(|_| is_error && it.response.body.is_empty())?;
    let message = format!("{} without the declared body", it.told());
    let expected = format!("a body that matches {}", name(content));
    Some(it.about(Finding::new(CHECK.id, Provenance::Inferred, expected, "no body").saying(message)))
}

/// Returns the content with the schema that the body must match, and how binding that is.
pub(super) fn shape_of<'a>(it: &Declaration<'a>) -> Option<(&'a Content, Provenance)> {
    if !it.has_body() {
        return None;
    }
    if let Some(response) = it.declared_response {
        let content = it.content().or_else(|| json(response))?;
        return Some((content, it.source()));
    }
    if it.response.status < 400 {
        return None;
    }
    let errors = it.operation.responses.iter().filter(|it| it.status.may_be_failure());
    let shapes: Vec<&Content> = errors.filter_map(json).collect();
    // A single declared error may have a schema of its own; a schema that several errors share can be expected of
    // others.
    let (first, others) = shapes.split_first().filter(|(_, others)| !others.is_empty())?;
    others.iter().all(|other| other.schema == first.schema).then_some((*first, Provenance::Inferred))
}

fn json(response: &Response) -> Option<&Content> {
    response.content.iter().find(|content| content.is_json() && content.schema.is_some())
}

/// Returns the name of the schema, as it appears in the document.
pub(super) fn name(content: &Content) -> String {
    let named = content.schema.as_ref().and_then(|schema| schema.get("$ref")).and_then(Value::as_str);
    let last = named.and_then(|reference| reference.rsplit('/').next());
    last.map_or_else(|| "the declared schema".to_owned(), |name| format!("the schema {name}"))
}
