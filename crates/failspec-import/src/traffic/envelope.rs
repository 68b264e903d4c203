//! The envelope that the failures of a recording share.

use std::collections::{BTreeMap, BTreeSet};

use failspec_pack::pack::Pointer;
use serde_json::Value;

use super::collected::{Kept, is_code};
use crate::envelope::DraftEnvelope;

/// Names of members with the code, the best first.
const CODES: [&str; 12] = [
    "errno",
    "code",
    "errorcode",
    "error_code",
    "errcode",
    "type",
    "reason",
    "key",
    "slug",
    "error",
    "kind",
    "id",
];

/// Names of members with the text for people, the best first.
const MESSAGES: [&str; 8] = [
    "message",
    "detail",
    "error_description",
    "errormessage",
    "error_message",
    "msg",
    "description",
    "title",
];

/// Names of members with the request id.
const REQUEST_IDS: [&str; 6] =
    ["requestid", "request_id", "traceid", "trace_id", "correlationid", "correlation_id"];

/// Names of members with the status.
const STATUSES: [&str; 4] = ["status", "statuscode", "status_code", "code"];

/// Maximum depth of a member of the envelope.
const MAX_DEPTH: usize = 3;

/// A member that failures have.
#[derive(Default)]
struct Member {
    count: usize,
    values: BTreeSet<String>,
    are_codes: bool,
    are_texts: bool,
    are_statuses: bool,
}

/// Returns the envelope of the failures: the members that nearly all of them have, and that have the right names.
pub(super) fn detect(failures: &[Kept]) -> DraftEnvelope {
    let bodies: Vec<(u16, &Value)> = failures
        .iter()
        .filter_map(|kept| Some((kept.status, kept.body.as_ref().filter(|body| body.is_object())?)))
        .collect();
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    for (status, body) in &bodies {
        scalars(body, String::new(), 0, &mut |pointer, value| {
            let member = members.entry(pointer).or_insert_with(|| Member {
                are_codes: true,
                are_texts: true,
                are_statuses: true,
                ..Member::default()
            });
            member.count += 1;
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let is_number = value.as_i64().is_some();
            member.are_codes &= is_number || value.as_str().is_some_and(is_code);
            member.are_texts &= value.as_str().is_some_and(|text| !text.trim().is_empty());
            member.are_statuses &= value.as_u64() == Some(u64::from(*status));
            member.values.insert(text);
        });
    }
    // A gateway may have given some of the failures.
    let least = bodies.len() - bodies.len() / 10;
    let shared: Vec<(&String, &Member)> =
        members.iter().filter(|(_, member)| member.count >= least).collect();
    let find = |names: &[&str], fits: &dyn Fn(&Member) -> bool| -> Option<(Pointer, String)> {
        let fitting = shared.iter().filter(|(_, member)| fits(member));
        let named = fitting.filter_map(|(pointer, member)| {
            let name = pointer.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            Some((names.iter().position(|known| *known == name)?, pointer.len(), *pointer, *member))
        });
        let (.., pointer, member) = named.min_by_key(|(place, length, ..)| (*place, *length))?;
        let seen = format!("seen in {} of {} failures", member.count, bodies.len());
        Some((Pointer::parse(pointer)?, seen))
    };
    DraftEnvelope {
        json: !bodies.is_empty() && bodies.len() * 10 >= failures.len() * 9,
        code: find(&CODES, &|member| member.are_codes && !member.are_statuses),
        message: find(&MESSAGES, &|member| member.are_texts),
        request_id: find(&REQUEST_IDS, &|member| member.are_texts && member.values.len() == member.count),
        status: find(&STATUSES, &|member| member.are_statuses),
        // What was seen is our reading of it.
        named: true,
        ..DraftEnvelope::default()
    }
}

fn scalars(value: &Value, at: String, depth: usize, each: &mut dyn FnMut(String, &Value)) {
    match value {
        Value::Object(members) if depth < MAX_DEPTH => {
            for (name, member) in members {
                let name = failspec_base::encoding::escape_pointer_step(name);
                scalars(member, format!("{at}/{name}"), depth + 1, each);
            }
        }
        Value::String(_) | Value::Number(_) => each(at, value),
        _ => {}
    }
}
