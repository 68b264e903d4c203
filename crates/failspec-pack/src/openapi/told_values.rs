//! Values that only the words of a description tell: ``Supports `RS256` and `ES256` ``. They are likely to be valid, but words are
//! no schema: that another value is refused is no promise.

use serde_json::Value;

/// Phrases after which a description lists the values, in lower case.
const BEFORE_ALL: [&str; 17] = [
    "one of",
    "supported values",
    "allowed values",
    "possible values",
    "valid values",
    "accepted values",
    "permitted values",
    "available values",
    "supported options",
    "valid options",
    "possible options",
    "supports",
    "can be either",
    "may be either",
    "must be either",
    "should be either",
    "is either",
];

/// Words that may be between such a phrase and the values.
const BETWEEN: [&str; 14] = [
    "are",
    "is",
    "the",
    "these",
    "following",
    "values",
    "value",
    "strings",
    "options",
    "include",
    "includes",
    "include:",
    "either",
    "currently",
];

/// Words that turn the meaning of a sentence round.
const NOT: [&str; 8] = ["not", "cannot", "never", "no", "except", "reserved", "than", "without"];

/// Maximum length of a value, in bytes: longer ones are sentences.
const MAX_LEN: usize = 60;

/// The keyword of a bundled schema with the values that its description tells.
const TOLD: &str = "x-failspec-told";

/// Keywords with values of their own, which say more than words.
const VALUES: [&str; 6] = ["enum", "const", "default", "example", "examples", "format"];

/// Returns the values that the description of a text tells, if its schema has none: the first is likely to be valid.
pub fn told_of(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get(TOLD).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Adds to a bundled schema the values that a description of it tells, if it is one of a text and has no values of its own.
pub(super) fn add_told(schema: &mut Value, description: Option<&str>) {
    let Some(entries) = schema.as_object_mut() else { return };
    let is_text = match entries.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().all(|kind| kind == "string" || kind == "null"),
        _ => false,
    };
    if !is_text || entries.contains_key(TOLD) || VALUES.iter().any(|key| entries.contains_key(*key)) {
        return;
    }
    let told = description.map(told_values).unwrap_or_default();
    if !told.is_empty() {
        entries.insert(TOLD.to_owned(), told.into());
    }
}

/// Returns the values that a description lists, at least two single words; none if it lists none.
fn told_values(description: &str) -> Vec<String> {
    let lower = description.to_ascii_lowercase();
    let lists = BEFORE_ALL.iter().flat_map(|phrase| {
        lower.match_indices(phrase).map(|(at, found)| (at, at + found.len())).collect::<Vec<_>>()
    });
    let mut lists: Vec<(usize, usize)> = lists.collect();
    lists.sort_unstable();
    let values = lists.into_iter().filter(|(at, end)| {
        let is_letter = |c: char| c.is_ascii_alphanumeric();
        !lower[..*at].ends_with(is_letter) && !lower[*end..].starts_with(is_letter)
    });
    let values = values.filter(|(at, _)| !is_turned_round(&lower[..*at]));
    values.map(|(_, end)| listed(&description[end..])).find(|values| values.len() > 1).unwrap_or_default()
}

/// Returns true if the sentence that goes on after a text says the contrary.
fn is_turned_round(before: &str) -> bool {
    let sentence = before.rsplit(['.', ';', '\n']).next().unwrap_or_default();
    let mut words = sentence.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'');
    words.any(|word| NOT.contains(&word) || word.ends_with("n't"))
}

/// Returns the values with which a text begins. They are quoted; bare words need a colon, and nothing but them until the sentence
/// ends.
fn listed(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut has_colon = false;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(':') {
            has_colon = true;
            rest = after;
            continue;
        }
        let word = rest.split(|c: char| c.is_whitespace() || c == ':').next().unwrap_or_default();
        if has_colon || !BETWEEN.contains(&word.to_ascii_lowercase().as_str()) {
            break;
        }
        rest = &rest[word.len()..];
    }
    let mut values: Vec<String> = Vec::new();
    let mut is_bare = false;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '*' | '[' | '('));
        let Some((value, after, quoted)) = value(rest) else { break };
        is_bare |= !quoted;
        values.push(value.to_owned());
        match after_separator(after) {
            Some(next) => rest = next,
            None => {
                rest = after;
                break;
            }
        }
    }
    let ends = rest.trim_start_matches([' ', ')', ']']);
    let is_whole = ends.is_empty() || ends.starts_with(['.', ';', '\n', '\r']);
    if is_bare && !(has_colon && is_whole) { Vec::new() } else { values }
}

/// Returns the value with which a text begins, the text after it, and whether it is quoted.
fn value(text: &str) -> Option<(&str, &str, bool)> {
    let first = text.chars().next()?;
    let (value, after, quoted) = match first {
        '`' | '"' | '\'' => {
            let (value, after) = text[1..].split_once(first)?;
            (value, after, true)
        }
        '“' => {
            let (value, after) = text[first.len_utf8()..].split_once('”')?;
            (value, after, true)
        }
        _ => {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | ':' | '.');
            let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
            let value = text[..end].trim_end_matches(['.', ':', '/', '-']);
            (value, &text[value.len()..], false)
        }
    };
    // In Markdown, a quoted word may be code as well: "`a`".
    let value = value.trim_matches(['`', '"', '\'']);
    let is_word = !value.is_empty()
        && value.len() <= MAX_LEN
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && value.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && (quoted || !["or", "and"].contains(&value.to_ascii_lowercase().as_str()))
        // A form, and no value: `<name>`, `{id}`.
        && !value.contains(['<', '>', '{', '}', '*', '…']);
    is_word.then_some((value, after, quoted))
}

/// Returns the text after what separates two values: a comma, a bar, a word, or a line of its own. `None` if the list ends.
fn after_separator(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches(' ');
    let mut found = false;
    if let Some(after) = rest.strip_prefix([',', '|']) {
        (rest, found) = (after, true);
    }
    let trimmed = rest.trim_start();
    if trimmed.starts_with("- ") || trimmed.starts_with("* ") {
        return (found || rest.trim_start_matches(' ').starts_with(['\n', '\r'])).then_some(trimmed);
    }
    for word in ["or ", "and ", "and/or "] {
        if let Some(after) = trimmed.strip_prefix(word) {
            return Some(after);
        }
    }
    found.then_some(trimmed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{add_told, told_of, told_values};

    #[test]
    fn only_a_text_without_values_of_its_own_is_told_some() {
        for (schema, told) in [
            (json!({ "type": "string" }), "a b"),
            (json!({ "type": ["string", "null"], "maxLength": 3 }), "a b"),
            (json!({ "type": "string", "enum": ["c"] }), ""),
            (json!({ "type": "string", "default": "c" }), ""),
            (json!({ "type": "string", "format": "uuid" }), ""),
            (json!({ "type": "integer" }), ""),
            (json!({ "type": ["string", "integer"] }), ""),
            (json!({ "$ref": "#/$defs/a" }), ""),
            (json!({}), ""),
            (json!(true), ""),
        ] {
            let mut whole = schema.clone();
            add_told(&mut whole, Some("One of: a, b"));
            assert_eq!(told_of(&whole).collect::<Vec<&str>>().join(" "), told, "{schema}");
        }
    }

    #[test]
    fn a_description_tells_values_only_if_it_lists_them() {
        for (description, values) in [
            (
                "The algorithm to be used for creating the key. Supports `RS256`, `ES256`, and `HS256`.",
                "RS256 ES256 HS256",
            ),
            (
                "The algorithm. Supports \"RS256\", \"ES256\", \"ES512\", \"HS512\", and \"HS256\"",
                "RS256 ES256 ES512 HS512 HS256",
            ),
            ("one of: a, b, c", "a b c"),
            ("One of: asc or desc. The default is asc.", "asc desc"),
            ("Allowed values: `a`, `b`", "a b"),
            ("Allowed values are 'a' and 'b'.", "a b"),
            ("can be either \"x\" or \"y\"", "x y"),
            (
                "Must be one of the strings \"client\" or \"frontend\" (not case sensitive).",
                "client frontend",
            ),
            (
                "The \"use\" (public key use) parameter is used. Valid values are \"enc\" and \"sig\".",
                "enc sig",
            ),
            ("Possible values:\n- `on`\n- `off`\n", "on off"),
            ("Possible values: [on|off]", "on off"),
            ("It is not the name. One of “m/s” or “km/h”.", "m/s km/h"),
            ("One of `a` (the first), `b` (the second)", ""),
            ("", ""),
            ("The name of the key", ""),
            ("\"kty\" values should be registered, such as \"RSA\" or \"EC\".", ""),
            ("Must not be one of `admin`, `root`.", ""),
            ("It can't be one of \"admin\" or \"root\".", ""),
            ("Reserved words: one of `a`, `b`", ""),
            ("Anything other than one of `a`, `b`", ""),
            ("Unsupported values: `a`, `b`", ""),
            ("One of the users of the project, or a group", ""),
            ("The id of one of: the users, the groups", ""),
            ("Allowed values: letters, digits and the hyphen", ""),
            ("Supports Markdown, HTML and plain text", ""),
            ("Supports the operators `*` and `?`", ""),
            ("Supports `*` and `?`.", ""),
            ("One of `<name>`, `<name>/<version>`", ""),
            ("Supports `RS256`.", ""),
            ("Valid values: true", ""),
            ("is either a service or a user account", ""),
            ("one of", ""),
            ("one of:", ""),
            ("Grüße: one of \"ä\", \"ö\"", ""),
        ] {
            assert_eq!(told_values(description).join(" "), values, "{description}");
        }
    }
}
