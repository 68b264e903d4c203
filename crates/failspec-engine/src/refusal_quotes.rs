//! Refusals that quote a value: what they quote is what they are about, if nothing else in the request has that value.

use failspec_base::message::Request;
use serde_json::Value;

use super::refusal_names::texts_of;

/// Minimum length of a value by which it is told from other words.
const MIN_LEN: usize = 3;

/// Number of characters of a long value that a refusal quotes if it quotes it at all.
const MAX_LEN: usize = 40;

/// The beginning of a text that an import makes up for the id of nothing.
const NO_SUCH: &str = "no-such-";

/// Returns true if a refusal quotes the value that a part of a request has, and no other part has it.
pub(super) fn quotes(refusal: &[u8], request: &Request, part: &str) -> bool {
    let (values, path) = values_of(request);
    quotes_one_of(&texts_of(refusal), &values, &path, part)
}

/// Returns true if a refusal quotes the value that another part of a request has, and not that of this one.
pub(super) fn quotes_other(refusal: &[u8], request: &Request, part: &str) -> bool {
    let (values, path) = values_of(request);
    quotes_another(&texts_of(refusal), &values, &path, part)
}

fn quotes_another(said: &[String], values: &[(String, String)], path: &str, part: &str) -> bool {
    let within = format!("{part}_");
    let others =
        values.iter().map(|(name, _)| name).filter(|name| *name != part && !name.starts_with(&within));
    !quotes_one_of(said, values, path, part)
        && others.into_iter().any(|other| quotes_one_of(said, values, path, other))
}

/// Returns the parameter of a path that names nothing as well and whose value a refusal quotes, if it does not quote that of this one: of
/// two things that are not there, it is about the other.
pub(super) fn other_unknown(refusal: &[u8], request: &Request, path: &str, part: &str) -> Option<String> {
    let said = texts_of(refusal);
    let sent = failspec_base::encoding::percent_decode(request.url.path()).into_owned();
    let segments = path.trim_end_matches('/').rsplit('/').zip(sent.trim_end_matches('/').rsplit('/'));
    let parameters: Vec<(&str, &str)> = segments
        .filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)))
        .collect();
    let is_quoted = |value: &str| said.iter().any(|text| has_word(text, value, false));
    if parameters.iter().any(|(name, value)| *name == part && is_quoted(value)) {
        return None;
    }
    let is_other =
        |(name, value): &&(&str, &str)| *name != part && value.starts_with(NO_SUCH) && is_quoted(value);
    parameters.iter().find(is_other).map(|(name, _)| (*name).to_owned())
}

/// Returns the values of a request, each with its place, and its path.
fn values_of(request: &Request) -> (Vec<(String, String)>, String) {
    let mut values = Vec::new();
    let body = request.body.as_ref().and_then(|body| serde_json::from_slice::<Value>(&body.bytes).ok());
    if let Some(body) = &body {
        collect(body, "", &mut values);
    }
    values.extend(request.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())));
    let path = failspec_base::encoding::percent_decode(request.url.path()).into_owned();
    (values, path)
}

fn quotes_one_of(said: &[String], values: &[(String, String)], path: &str, part: &str) -> bool {
    let within = format!("{part}_");
    let is_own = |name: &str| name == part || name.starts_with(&within);
    let (own, others): (Vec<_>, Vec<_>) = values.iter().partition(|(name, _)| is_own(name));
    own.iter().any(|(_, value)| {
        let quoted: String = value.chars().take(MAX_LEN).collect();
        quoted.chars().count() >= MIN_LEN
            && !path.contains(&quoted)
            && !others.iter().any(|(_, other)| other.contains(&quoted))
            && said.iter().any(|text| has_word(text, &quoted, quoted.len() < value.len()))
    })
}

/// Returns true if a text has a value as words of its own. One that was cut goes on.
fn has_word(text: &str, value: &str, is_cut: bool) -> bool {
    text.match_indices(value).any(|(start, _)| {
        let (before, after) = (&text[..start], &text[start + value.len()..]);
        !before.ends_with(char::is_alphanumeric)
            && (is_cut || !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}

/// Collects the texts and numbers of a body, each with the names that lead to it.
fn collect(value: &Value, at: &str, values: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => values.push((at.to_owned(), text.clone())),
        Value::Number(number) => values.push((at.to_owned(), number.to_string())),
        Value::Array(items) => items.iter().for_each(|item| collect(item, at, values)),
        Value::Object(members) => {
            for (name, inner) in members {
                let place = if at.is_empty() { name.clone() } else { format!("{at}_{name}") };
                collect(inner, &place, values);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_is_about_the_part_whose_value_it_quotes() {
        let body = json!({
            "hash": "abcdef42", "kind": "wide-x", "size": 700, "same": "wide-x",
            "keys": [{ "alg": "failspec-no-such-value" }], "short": "a", "long": "y".repeat(900),
        });
        let mut values = Vec::new();
        collect(&body, "", &mut values);
        for (said, part, expected) in [
            ("Commit 'abcdef42' not found", "hash", true),
            ("Commit 'abcdef42' not found", "keys_alg", false),
            ("Commit 'abcdef424' not found", "hash", false),
            ("no such algorithm: failspec-no-such-value", "keys_alg", true),
            ("no such algorithm: failspec-no-such-value", "keys", true),
            ("700 is too many", "size", true),
            ("1700 is too many", "size", false),
            // Two members have it, or it is a word of any sentence.
            ("wide-x is none", "kind", false),
            ("a thing is wrong", "short", false),
            ("no thing of the name owner-1", "owner", false),
            ("Bad Request", "hash", false),
        ] {
            assert_eq!(
                quotes_one_of(&[said.to_owned()], &values, "/things/owner-1", part),
                expected,
                "{said} · {part}"
            );
        }
        for (said, part, expected) in [
            ("Commit 'abcdef42' not found", "meta_message", true),
            ("Commit 'abcdef42' not found", "hash", false),
            ("not found", "meta_message", false),
            ("no thing of the name owner-1", "hash", false),
        ] {
            let found = quotes_another(&[said.to_owned()], &values, "/things/owner-1", part);
            assert_eq!(found, expected, "{said} · {part}");
        }
        let url = "http://127.0.0.1/fiat/no-such-1/subscriptions/no-such-2".parse().unwrap();
        let request = Request::new("DELETE", url);
        for (said, part, expected) in [
            ("Provider 'no-such-1' is not supported", "subscription", Some("provider")),
            ("Provider 'no-such-1' is not supported", "provider", None),
            ("'no-such-1' has no subscription 'no-such-2'", "subscription", None),
            ("no such subscription", "subscription", None),
        ] {
            let path = "/fiat/{provider}/subscriptions/{subscription}";
            assert_eq!(other_unknown(said.as_bytes(), &request, path, part).as_deref(), expected, "{said}");
        }
        let long = format!("too long: {}…", "y".repeat(60));
        assert!(quotes_one_of(&[long], &values, "/", "long"));
    }
}
