//! The values that a refusal lists as those that would be taken.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

/// Maximum number of values that are read from one message.
const MAX_VALUES: usize = 100;

/// Words after which a message lists the values that would be taken, those that say most first.
const LISTS: [&str; 20] = [
    "accepted for enum class",
    "must be one of",
    "should be one of",
    "is not one of",
    "expected one of",
    "one of:",
    "one of",
    "permitted:",
    "allowed values are",
    "allowed values",
    "allowed:",
    "accepted values are",
    "accepted values",
    "valid values are",
    "valid values",
    "valid choices are",
    "valid options are",
    "supported values",
    "input should be",
    "expected",
];

/// Words behind which a message says what it got instead.
const INSTEAD: [&str; 7] = [", received", " received ", ", got", " but ", "you sent", ", given", "(was"];

/// Returns the values that a message lists as those that would be taken.
pub(super) fn allowed_values(message: &str) -> Vec<Value> {
    let lower = message.to_ascii_lowercase();
    let found = LISTS.iter().filter_map(|marker| Some((*marker, lower.find(marker)? + marker.len())));
    found
        .map(|(marker, from)| listed_after(marker, &message[from..]))
        .find(|it| !it.is_empty())
        .unwrap_or_default()
}

/// Returns the values that stand behind a marker.
fn listed_after(marker: &str, rest: &str) -> Vec<Value> {
    let lower = rest.to_ascii_lowercase();
    let end = INSTEAD.iter().filter_map(|words| lower.find(words)).min().unwrap_or(rest.len());
    let begins_list = rest.trim_start().starts_with([':', '[', '(']) || marker.ends_with(':');
    let rest = rest[..end].trim_start_matches([' ', ':']);
    let values = quoted(rest);
    match marker {
        "input should be" => return values,
        // What is expected may be anything: only several values are a list.
        "expected" => return if values.len() > 1 { values } else { Vec::new() },
        _ if !values.is_empty() => return values,
        _ => {}
    }
    // Without quotes, the list ends with the sentence.
    let end = rest.find(['.', ';', '\n', ')', ']', '}']).unwrap_or(rest.len());
    let list = rest[..end].trim_start_matches(['[', '(', '{']).replace(" or ", ",").replace(" and ", ",");
    let is_value = |item: &&str| {
        !item.is_empty()
            && item.len() <= 40
            && item.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/+".contains(&byte))
    };
    let items = list.split([',', '|']).map(str::trim);
    let mut items: Vec<&str> = items.filter(|item| !item.is_empty()).collect();
    // Go writes lists with blanks alone.
    if let ([one], true) = (items.as_slice(), begins_list) {
        items = one.split_whitespace().collect();
    }
    if items.len() < 2 || !items.iter().all(is_value) {
        return Vec::new();
    }
    items.into_iter().take(MAX_VALUES).map(read_value).collect()
}

/// Returns the texts in quotes, each read as the value that it is.
pub(super) fn quoted(text: &str) -> Vec<Value> {
    static QUOTED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"'([^'"]{1,60})'|"([^'"]{1,60})"|`([^`]{1,60})`"#).ok());
    let found = QUOTED.iter().flat_map(|pattern| pattern.captures_iter(text));
    let group = |captures: &regex::Captures<'_>| {
        (1..=3).find_map(|group| captures.get(group)).map(|found| found.as_str().to_owned())
    };
    found.filter_map(|captures| group(&captures)).take(MAX_VALUES).map(Value::from).collect()
}

/// Reads a value without quotes: a number, a boolean, or a text.
fn read_value(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.is_number() || value.is_boolean() => value,
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::allowed_values;

    #[test]
    fn values_are_read_where_a_message_lists_them() {
        for (message, expected) in [
            ("must be one of 'wide', 'narrow'", json!(["wide", "narrow"])),
            ("must be one of: 1, 2 or 3", json!([1, 2, 3])),
            ("Expected 'a' | 'b', received 'c'", json!(["a", "b"])),
            ("Invalid option: expected one of \"a\"|\"b\"", json!(["a", "b"])),
            ("must be equal to one of the allowed values. You sent \"failspec\".", json!([])),
            ("not one of the values accepted for Enum class: [B, A]", json!(["B", "A"])),
            ("Accepted values: [wide, narrow]", json!(["wide", "narrow"])),
            ("is not one of the available choices.", json!([])),
            ("one of the things is broken", json!([])),
            ("expected 'name' to be a string", json!([])),
            ("must be one of \u{e9}, \u{e8}", json!([])),
            ("", json!([])),
        ] {
            assert_eq!(json!(allowed_values(message)), expected, "{message}");
        }
    }
}
