//! The difference between a resource that a case removed and one that a teardown did not find.

use serde_json::Value;

use failspec_base::{
    message::{Request, is_safe},
    template::Scope,
};
use failspec_judge::check::Record;
use failspec_pack::pack::RequestTemplate;

use super::case_runner::CaseRunner;

impl CaseRunner<'_> {
    /// Returns true if a teardown rightly found nothing to remove (404, 410): a request of the case removed the
    /// resource, or none created it. Otherwise the request may have gone to the wrong place, and something is left.
    pub(super) fn is_gone(&self, teardown: &Record, template: &RequestTemplate, scope: &Scope) -> bool {
        let Ok(response) = &teardown.exchange.result else { return false };
        if !matches!(response.status, 404 | 410) {
            return false;
        }
        let url = &teardown.exchange.request.url;
        let is_control = teardown.phase.is_of_control();
        let of_flow = |record: &&Record| record.phase.is_of_control() == is_control;
        let records = || self.observed.records.iter().filter(of_flow);
        let is_success = |record: &Record| {
            record.exchange.result.as_ref().is_ok_and(|response| (200..300).contains(&response.status))
        };
        let removes = |record: &&Record| {
            record.exchange.request.method == "DELETE" && record.exchange.request.url == *url
        };
        if records().filter(removes).any(is_success) {
            return true;
        }
        let creates = |record: &&Record| {
            let method = &record.exchange.request.method;
            !record.phase.is_teardown() && !is_safe(method) && method != "DELETE"
        };
        let mut created = records().filter(creates).filter(|record| is_success(record));
        let is_captured = template.names_in_path().any(|name| scope.is_captured(name));
        let id = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        !is_captured && !created.any(|record| names(&record.exchange.request, &id))
    }
}

/// Returns true if a request names an id: as the last part of its path, or as a value in its body.
fn names(request: &Request, id: &str) -> bool {
    let in_path = request.url.path_segments().and_then(|mut segments| segments.next_back());
    let body = request.body.as_ref().map(|body| &body.bytes[..]).unwrap_or_default();
    let in_form = || url::form_urlencoded::parse(body).any(|(_, value)| value == id);
    in_path.is_some_and(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy() == id)
        || match serde_json::from_slice::<Value>(body) {
            Ok(value) => contains(&value, id),
            Err(_) => in_form(),
        }
}

/// Returns true if a scalar somewhere in `value` is `id`.
fn contains(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        Value::Array(items) => items.iter().any(|item| contains(item, id)),
        Value::Object(members) => members.values().any(|member| contains(member, id)),
        Value::Null | Value::Bool(_) => false,
    }
}
