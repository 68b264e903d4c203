//! The name of the part of the request that is wrong.

use std::collections::BTreeSet;

use serde_json::Value;

use failspec_base::encoding::unescape_pointer_step;
use failspec_pack::pack::RequestPart;

use super::{
    definition::{Check, When},
    finding::Finding,
    identification::Identity,
    response_view::show,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "names-fault",
    summary: "the response names the parameter or member that is wrong",
    source: "`names` of the failure in the contract",
    text: "The documentation says that the response names what is wrong, and a form shows the message beside that field. The \
part that is wrong is the query parameter or the member of the body in which the request differs from its control; a \
parameter of the path, a header or a body that is wrong as a whole has no name here. The name must stand at the place \
that the contract gives, in the spelling of the request, or that of an object or a list that the member is in, alone or within a text (`limit`, `query.limit`, `/items/0/limit`, \
`limit must be a number`), in a list or as a key. A path that leads to another member of the request (`billing.zip` for \
`shipping.zip`) does not name it. If several parts differ, one of them must be named.",
    when: When::RefusedInWords,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let parts = &subject.observed.faulty_parts;
    let Some(pointer) = subject.failure.names.as_ref().filter(|_| !parts.is_empty()) else {
        return Vec::new();
    };
    let Identity::Triggered { .. } = subject.identity else { return Vec::new() };
    let Some(judged) = subject.view.judged() else { return Vec::new() };
    // To name the object or the list that the wrong member is in is to name what is wrong.
    let names: BTreeSet<_> = parts.iter().flat_map(RequestPart::names).collect();
    let own: BTreeSet<_> = parts.iter().map(RequestPart::name).collect();
    let members = Members::of(subject.exchange.request.body.as_ref().map(|body| &*body.bytes), parts);
    let mut seen = Vec::new();
    let found = pointer.find_first(judged, &mut |value| {
        seen.push(value);
        names.iter().any(|name| is_named(value, name, &members))
    });
    if found.is_some() {
        return Vec::new();
    }
    let expected = format!(
        "{} at {pointer}",
        own.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
    );
    let actual = match seen.as_slice() {
        [] => "nothing".to_owned(),
        seen => seen.iter().take(MAX_SHOWN).map(|value| show(value)).collect::<Vec<_>>().join(", "),
    };
    let message = format!("the response does not name what is wrong: expected {expected}, got {actual}");
    vec![subject.finding(CHECK.id, subject.failure.source, expected, actual).saying(message)]
}

/// Maximum number of values that a message quotes.
const MAX_SHOWN: usize = 5;

/// The members of the body of a request, by the names and indexes on the way to each.
#[derive(Debug, Default)]
struct Members {
    /// Those that are wrong, and what they are in.
    wrong: Vec<Vec<String>>,
    others: Vec<Vec<String>>,
}

/// Maximum number of members of a body that are told apart.
const MAX_MEMBERS: usize = 5_000;

impl Members {
    fn of(body: Option<&[u8]>, parts: &BTreeSet<RequestPart>) -> Self {
        let mut wrong: Vec<Vec<String>> = Vec::new();
        for part in parts {
            let RequestPart::Body(pointer) = part else { continue };
            let steps: Vec<String> =
                pointer.split('/').skip(1).map(|step| unescape_pointer_step(step).into_owned()).collect();
            wrong.extend((1..=steps.len()).map(|length| steps[..length].to_vec()));
        }
        let body = body.and_then(|body| serde_json::from_slice(body).ok());
        let mut others = Vec::new();
        if let Some(body) = body.filter(|_| !wrong.is_empty()) {
            collect(&body, &mut Vec::new(), &mut others);
        }
        others.retain(|path| !wrong.contains(path));
        Self { wrong, others }
    }

    /// Returns true if a path leads to a member that is not wrong. What is before the body in it may be anything, and a name alone
    /// says nothing of what it is in.
    fn lead_to_another(&self, path: &[&str]) -> bool {
        let ends = |known: &[Vec<String>], end: &[&str]| {
            known.iter().any(|path| {
                path.len() >= end.len()
                    && path.iter().rev().zip(end.iter().rev()).all(|(one, other)| one == other)
            })
        };
        let longest_first = (0..path.len().saturating_sub(1)).map(|skipped| &path[skipped..]);
        let mut known = longest_first.filter(|end| ends(&self.wrong, end) || ends(&self.others, end));
        known.next().is_some_and(|end| !ends(&self.wrong, end))
    }
}

fn collect(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut add = |step: String, value: &Value| {
        if found.len() < MAX_MEMBERS {
            path.push(step);
            found.push(path.clone());
            collect(value, path, found);
            path.pop();
        }
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| add(name.clone(), value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| add(index.to_string(), value));
        }
        _ => {}
    }
}

/// Returns true if a value names a part: a text that contains its name, a list with such a text, or an object with such a
/// key.
fn is_named(value: &Value, name: &str, members: &Members) -> bool {
    match value {
        Value::String(text) => contains_name(text, name, members),
        Value::Array(items) => {
            let texts: Vec<String> = items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            // Such a list is a path: `["body", "billing", "zip"]`.
            let is_path = texts.first().is_some_and(|first| PLACES.contains(&first.as_str()));
            let path: Vec<&str> = texts.iter().map(String::as_str).collect();
            texts.iter().any(|text| contains_name(text, name, members))
                && !(is_path && members.lead_to_another(&path))
        }
        Value::Object(entries) => entries.keys().any(|key| contains_name(key, name, members)),
        _ => false,
    }
}

/// Words with which a list begins that is the path to what is wrong.
const PLACES: [&str; 5] = ["body", "query", "path", "header", "cookie"];

/// Returns true if a text contains a name that is not a part of a longer one, and not at the end of a path to another member.
fn contains_name(text: &str, name: &str, members: &Members) -> bool {
    !name.is_empty()
        && text.match_indices(name).any(|(start, _)| {
            let (before, after) = (&text[..start], &text[start + name.len()..]);
            let continues = |letter: Option<char>| letter.is_some_and(is_of_name);
            let is_whole = !continues(before.chars().next_back()) && !continues(after.chars().next());
            let mut path = steps_before(before);
            path.push(name);
            path.extend(steps_after(after));
            is_whole && !members.lead_to_another(&path)
        })
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-'
}

/// Returns the steps of the path that a text ends with: `items` and `0` of `wrong: items[0].`, and of `/items/0/`.
fn steps_before(text: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some(inner) = rest.strip_suffix(['.', '/', '[', ']']) {
        rest = inner.trim_end_matches(['.', '/', '[', ']', '"', '\'']);
        let start = rest.char_indices().rev().take_while(|(_, letter)| is_of_name(*letter)).last();
        let Some((start, _)) = start else { break };
        steps.push(&rest[start..]);
        rest = &rest[..start];
    }
    steps.reverse();
    steps
}

/// Returns the steps of a path that goes on at the beginning of a text: `0` and `count` of `[0].count is wrong`.
fn steps_after(text: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = text;
    while rest.starts_with(['.', '/', '[', ']']) {
        let inner = rest.trim_start_matches(['.', '/', '[', ']', '"', '\'']);
        let (step, after) = inner.split_at(inner.find(|letter| !is_of_name(letter)).unwrap_or(inner.len()));
        if step.is_empty() {
            break;
        }
        steps.push(step);
        rest = after;
    }
    steps
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_in_their_own_spelling() {
        for text in
            ["limit", "/limit", "query.limit", "$.limit", "items[0].limit", "`limit` is wrong", "limit: 1"]
        {
            assert!(contains_name(text, "limit", &Members::default()), "{text}");
        }
        for text in ["Limit", "limits", "page_limit", "limit-max", "", "offset"] {
            assert!(!contains_name(text, "limit", &Members::default()), "{text}");
        }
        assert!(contains_name("filter[status] is unknown", "filter[status]", &Members::default()));
    }

    #[test]
    fn a_path_to_another_member_names_that_one() {
        let body = json!({
            "billing": { "zip": "1" },
            "shipping": { "zip": 1 },
            "items": [{ "count": 1 }, { "count": -1 }],
        });
        let named = |part: &str, value: Value| {
            let parts = BTreeSet::from([RequestPart::Body(part.to_owned())]);
            let members = Members::of(Some(body.to_string().as_bytes()), &parts);
            parts.iter().flat_map(RequestPart::names).any(|name| is_named(&value, &name, &members))
        };
        for right in [
            json!("zip"),
            json!("shipping"),
            json!("shipping.zip"),
            json!("$.shipping.zip must be a text"),
            json!("/shipping/zip"),
            json!("address.zip"),
            json!(["body", "shipping", "zip"]),
            // A list of what is wrong, not a path.
            json!(["billing", "zip"]),
            json!({ "shipping[zip]": ["is no text"] }),
        ] {
            assert!(named("/shipping/zip", right.clone()), "{right}");
        }
        for wrong in [
            json!("billing.zip"),
            json!("body.billing.zip: must be a text"),
            json!("/billing/zip"),
            json!(["body", "billing", "zip"]),
            json!({ "billing[zip]": ["is no text"] }),
        ] {
            assert!(!named("/shipping/zip", wrong.clone()), "{wrong}");
        }
        assert!(
            named("/items/1/count", json!("items[1].count"))
                && named("/items/1/count", json!("items.1.count"))
        );
        assert!(
            named("/items/1/count", json!("items")) && named("/items/1/count", json!("count of an item"))
        );
        assert!(!named("/items/1/count", json!("/items/0/count")));
        assert!(named("/shipping/zip", json!("shipping. It lacks a code")));
        assert!(!named("/items/1/count", json!(["body", "items", 0, "count"])));
    }
}
