//! The name of the part of the request that is wrong.

use std::collections::BTreeSet;

use serde_json::Value;

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
`limit must be a number`), in a list or as a key. If several parts differ, one of them must be named.",
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
    let mut seen = Vec::new();
    let found = pointer.find_first(judged, &mut |value| {
        seen.push(value);
        names.iter().any(|name| is_named(value, name))
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

/// Returns true if a value names a part: a text that contains its name, a list with such a text, or an object with such a
/// key.
fn is_named(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => contains_name(text, name),
        Value::Array(items) => {
            items.iter().any(|item| item.as_str().is_some_and(|text| contains_name(text, name)))
        }
        Value::Object(members) => members.keys().any(|key| contains_name(key, name)),
        _ => false,
    }
}

/// Returns true if a text contains a name that is not a part of a longer one.
fn contains_name(text: &str, name: &str) -> bool {
    let continues =
        |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_' || it == '-');
    !name.is_empty()
        && text.match_indices(name).any(|(start, _)| {
            let (before, after) = (&text[..start], &text[start + name.len()..]);
            !continues(before.chars().next_back()) && !continues(after.chars().next())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_their_own_spelling() {
        for text in
            ["limit", "/limit", "query.limit", "$.limit", "items[0].limit", "`limit` is wrong", "limit: 1"]
        {
            assert!(contains_name(text, "limit"), "{text}");
        }
        for text in ["Limit", "limits", "page_limit", "limit-max", "", "offset"] {
            assert!(!contains_name(text, "limit"), "{text}");
        }
        assert!(contains_name("filter[status] is unknown", "filter[status]"));
    }
}
