//! Two requests that must get the same response.

use std::{collections::BTreeSet, sync::LazyLock};

use failspec_base::encoding::percent_decode;
use regex::Regex;
use serde_json::Value;
use url::Url;

use failspec_base::message::Response;
use failspec_pack::pack::{Envelope, Part, Pointer};

use super::{
    case_log::Phase,
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::show,
    subject::Subject,
};

/// Minimum length of a part of a URL that is searched for in responses, in bytes.
const MIN_QUOTE_LEN: usize = 3;

/// Values that differ in every response of a server.
static VARYING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b|\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}:\d{2}[\d.]*(Z|[+-]\d{2}:?\d{2})?)?|\b\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT\b|\b\d{10,}\b",
    )
    .ok()
});

pub(super) static CHECK: Check = Check {
    id: "indistinguishable",
    summary: "the comparison request gets the same response",
    source: "`indistinguishable_from` of the scenario; a warning unless the scenario says that it is \
documented",
    text: "The responses to two requests must not differ, for example to one for a resource that does not \
exist and to one for a resource of another tenant: a difference reveals that the second exists. Status and \
body are compared, without the request id and other values that vary; a body that is not JSON is compared as \
text, without UUIDs, dates and long numbers. The message is compared too, except \
for the parts of a URL that only one of the requests has, such as an id.",
    when: When::Refused,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(source) = subject.observed.indistinguishable_source else {
        return Vec::new();
    };
    let Some(record) = subject.observed.of(Phase::Comparison).last() else {
        return Vec::new();
    };
    let Ok(other) = &record.exchange.result else {
        return Vec::new();
    };
    let own = subject.response();
    // A comparison request that succeeds reveals the resource itself, regardless of the source of the rule.
    if Identity::of_any(super::View::new(other, None), subject.contract) == Identity::Success {
        let actual = format!("a success (HTTP {})", other.status);
        let finding =
            Finding::new(CHECK.id, subject.scenario.source, format!("{} too", subject.triggered.id), &actual);
        return vec![finding.saying(format!(
            "expected {} for the comparison request too, got {actual}",
            subject.triggered.id
        ))];
    }
    let mut wrong = Vec::new();
    if own.status != other.status {
        wrong.push(subject.cause_finding(
            CHECK.id,
            source,
            format!("HTTP {}", own.status),
            format!("HTTP {}", other.status),
        ));
    }
    let judged = &subject.observed.records[subject.observed.judged].exchange.request.url;
    let quoted = differing_parts(judged, &record.exchange.request.url);
    let (mine, theirs) = (comparable(own, subject, &quoted), comparable(other, subject, &quoted));
    if mine != theirs {
        let (expected, actual) = (show(&mine), show(&theirs));
        let finding = subject.cause_finding(CHECK.id, source, &expected, &actual);
        wrong.push(finding.saying(format!(
            "the response to the comparison request differs: expected {expected}, got {actual}"
        )));
    }
    wrong
}

/// Returns the body without the values that differ from request to request; a body that is neither JSON nor XML as text.
fn comparable(response: &Response, subject: &Subject<'_>, quoted: &[String]) -> Value {
    let Some(mut body) = response.document().value.clone() else {
        return Value::String(comparable_text(response, subject, quoted));
    };
    let Envelope { request_id, message, code, .. } = &subject.failure.envelope;
    let at = |pointer: &Pointer| pointer.find(&body).cloned().map(|value| (pointer.clone(), value));
    // A snapshot masks a message that quotes an id. Here the ids are known, and the rest of the text may reveal a
    // difference.
    let message = message.as_ref().and_then(|ruled| at(&ruled.rule)).map(|(pointer, mut text)| {
        without(&mut text, quoted);
        (pointer, text)
    });
    // A code contains no quotations.
    let code = code.as_ref().and_then(|ruled| at(ruled.rule.whole_value()?));
    without(&mut body, quoted);
    let id = request_id.as_ref().and_then(|ruled| ruled.rule.pointer.as_ref());
    let varies = subject.failure.varies.iter().filter_map(|part| match part {
        Part::Body(pointer) => Some(pointer),
        Part::Header(_) => None,
    });
    for pointer in id.into_iter().chain(varies) {
        if let Some(value) = pointer.find_mut(&mut body) {
            *value = Value::Null;
        }
    }
    for (pointer, kept) in message.into_iter().chain(code) {
        if let Some(value) = pointer.find_mut(&mut body) {
            *value = kept;
        }
    }
    body
}

/// Returns a body that is not JSON without the parts of the URLs, the request id of its header, and values that differ
/// in every response: UUIDs, long hexadecimal numbers, dates and times.
fn comparable_text(response: &Response, subject: &Subject<'_>, quoted: &[String]) -> String {
    let mut text = response.text_lossy().trim().to_owned();
    let id = subject.failure.envelope.request_id.as_ref().and_then(|ruled| ruled.rule.header.as_ref());
    let id = id.and_then(|name| response.combined_header(name)).filter(|id| id.len() >= MIN_QUOTE_LEN);
    for part in quoted.iter().map(String::as_str).chain(id.as_deref()) {
        text = text.replace(part, "…");
    }
    match VARYING.as_ref() {
        Some(varying) => varying.replace_all(&text, "…").into_owned(),
        None => text,
    }
}

/// Returns the parts that only one of two URLs has: segments of its path and values of its query, decoded. The
/// longest come first, so that none is found within another. Both responses are compared without any of them: a word
/// of one URL may be part of the text of both responses.
fn differing_parts(own: &Url, other: &Url) -> Vec<String> {
    let mut parts: Vec<String> = parts(own).symmetric_difference(&parts(other)).cloned().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

fn parts(url: &Url) -> BTreeSet<String> {
    let segments = url.path_segments().into_iter().flatten();
    let segments = segments.map(|segment| percent_decode(segment).into_owned());
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    // Shorter parts occur in many texts by chance.
    segments.chain(values).filter(|part| part.len() >= MIN_QUOTE_LEN).collect()
}

/// Removes the quoted parts from all texts.
fn without(value: &mut Value, quoted: &[String]) {
    match value {
        Value::String(text) => {
            for part in quoted {
                if text.contains(part.as_str()) {
                    *text = text.replace(part.as_str(), "…");
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, quoted)),
        Value::Object(entries) => entries.values_mut().for_each(|value| without(value, quoted)),
        _ => {}
    }
}
