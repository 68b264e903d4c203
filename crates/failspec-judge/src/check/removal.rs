//! Things that an API says it removed, and still has.

use std::collections::BTreeSet;

use serde_json::Value;

use failspec_base::{encoding::percent_decode, message::Response};
use failspec_pack::pack::{Provenance, Scenario};

use super::{
    case_log::{Observed, Phase, Record},
    definition::{Check, When},
    finding::Finding,
};

/// The kind of a case that removes a thing, having read it, and reads it again, as an import writes it.
const REMOVED: &str = "removed";

pub(super) static CHECK: Check = Check {
    id: "removal",
    summary: "what a successful DELETE removes is no longer there",
    source: "the words of the OpenAPI document that call the operation a removal; otherwise RFC 9110, section 9.3.5, and a warning",
    text: "The case made a thing, read it, and removed it with a DELETE that succeeded. Two seconds later the same GET still \
shows the thing as it was. Remove it, or say what the operation does instead. A removal that comes later (202), a thing that \
shows that it was removed by a member such as `status` or `deleted_at` that is new or another one, and a response that a cache \
may have kept are right. It is a violation if the summary or the `operationId` says that the operation deletes or removes.",
    when: When::Always,
    // A subject has a failure under test; see `still_there`.
    run: |_| Vec::new(),
};

/// Returns the finding that a thing is still there as it was after the request that removed it.
pub(super) fn still_there(scenario: &Scenario, observed: &Observed) -> Option<Finding> {
    let (removal, read) = what_is_still_there(scenario, observed)?;
    let (status, again) =
        (removal.exchange.result.as_ref().ok()?.status, read.exchange.result.as_ref().ok()?.status);
    let source = Provenance::Documented.weaken(scenario.source);
    let actual = format!("HTTP {again}, with the thing as it was before");
    let finding = Finding::new(CHECK.id, source, "what was removed is gone", actual);
    Some(finding.saying(format!(
        "DELETE succeeded (HTTP {status}), and a GET of the same address still shows the thing as it was before (HTTP {again})"
    )))
}

/// Returns the exchanges that removed a thing and read it afterwards, if it is still there as it was.
#[must_use]
pub fn what_is_still_there<'o>(
    scenario: &Scenario,
    observed: &'o Observed,
) -> Option<(&'o Record, &'o Record)> {
    if scenario.fault.as_deref() != Some(REMOVED) {
        return None;
    }
    let removal = observed.records.get(observed.judged)?;
    let removed = removal.exchange.result.as_ref().ok()?;
    // 202: it is removed later.
    if !matches!(removed.status, 200 | 203 | 204 | 205) || says_later(removed) {
        return None;
    }
    let read = observed.records[observed.judged..].iter().rfind(|record| record.phase == Phase::Then)?;
    let url = &read.exchange.request.url;
    let is_same = |record: &&Record| {
        record.phase == Phase::Setup
            && record.exchange.request.method == "GET"
            && record.exchange.request.url == *url
    };
    let before = observed.records[..observed.judged].iter().rfind(is_same)?;
    let (was, is) = (success(before)?, success(read)?);
    if is_old(is) {
        return None;
    }
    let (was, is) = (was.document().value.as_ref()?, is.document().value.as_ref()?);
    // A page for whatever is asked is no thing.
    let id = url.path().trim_end_matches('/').rsplit('/').next().map(percent_decode)?;
    let names = |text: &str| text == id || observed.own_values.iter().any(|own| text.contains(own.as_str()));
    (was == is && has_scalar(is, &names)).then_some((removal, read))
}

fn success(record: &Record) -> Option<&Response> {
    record.exchange.result.as_ref().ok().filter(|response| (200..300).contains(&response.status))
}

/// Returns true if a response may be older than the removal: a cache may keep it.
fn is_old(response: &Response) -> bool {
    let control = response.combined_header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let keeps = |directive: &str| {
        let (name, value) = directive.trim().split_once('=').unwrap_or((directive, ""));
        let is_age = matches!(name, "max-age" | "s-maxage" | "stale-while-revalidate");
        is_age && value.trim_matches('"').parse::<u64>().is_ok_and(|seconds| seconds > 0)
    };
    response.header("age").is_some() || control.split(',').any(keeps)
}

/// Returns true if the response to a removal has a member that tells of a job, or of a state in which the thing is now.
fn says_later(response: &Response) -> bool {
    let names: BTreeSet<&str> = [
        "status",
        "state",
        "phase",
        "job",
        "jobid",
        "task",
        "taskid",
        "operation",
        "operationid",
        "deletedat",
        "deleted",
        "scheduledat",
    ]
    .into();
    let folded = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
    let says = |value: &Value| {
        value
            .as_object()
            .is_some_and(|members| members.keys().any(|name| names.contains(folded(name).as_str())))
    };
    let body = response.document().value.as_ref();
    response.header("location").is_some()
        || body.is_some_and(|body| says(body) || body.as_object().is_some_and(|all| all.values().any(says)))
}

/// Returns true if a scalar somewhere in a value is meant.
fn has_scalar(value: &Value, is_meant: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_meant(text),
        Value::Number(number) => is_meant(&number.to_string()),
        Value::Array(items) => items.iter().any(|item| has_scalar(item, is_meant)),
        Value::Object(members) => members.values().any(|member| has_scalar(member, is_meant)),
        Value::Null | Value::Bool(_) => false,
    }
}
