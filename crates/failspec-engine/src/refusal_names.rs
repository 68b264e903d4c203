//! The one reader of the names of members in a refusal. A name may be written as words of a sentence (`Reply-To`, `Message ID` and
//! `reply_to` for `ReplyTo` and `messageId`), and of names within each other the longest one counts: `Reply-To` does not name `To`.

use std::ops::Range;

use serde_json::Value;

/// Maximum depth of a refusal that is searched for names.
const MAX_DEPTH: usize = 6;

/// Returns those of these names that a refusal has in a text, or as the name of what it says about a member, each once. The names that
/// errors have themselves, such as `name` and `message`, are none of them.
pub(super) fn members_in<'n>(refusal: &[u8], names: &'n [String]) -> Vec<&'n String> {
    let mut found: Vec<&String> = Vec::new();
    let mut add = |more: Vec<&'n String>| {
        for name in more {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    };
    let of_key = |key: &str| -> Vec<&'n String> {
        names.iter().filter(|name| fold(name) == fold(key) && !fold(key).is_empty()).collect()
    };
    match serde_json::from_slice::<Value>(refusal) {
        Ok(value) => {
            // The message of a map of members is a text beside its name.
            if let Value::Object(entries) = &value
                && let (1, Some(key)) = (entries.len(), entries.keys().next())
            {
                add(of_key(key));
            }
            read(&value, 0, &mut |said| match said {
                Said::Text(text) => add(names_in(text, names)),
                Said::Key(key) => add(of_key(key)),
            });
        }
        Err(_) => add(names_in(&String::from_utf8_lossy(refusal), names)),
    }
    found
}

/// Returns true if a refusal speaks of a member: in a text, or as the name of what it says about it.
pub(super) fn speaks_of(refusal: &[u8], name: &str) -> bool {
    !members_in(refusal, &[name.to_owned()]).is_empty()
}

/// Returns those of these names that a text has, in its order, each once.
pub(super) fn names_in<'n>(text: &str, names: &'n [String]) -> Vec<&'n String> {
    let text: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut places: Vec<(Range<usize>, &String)> =
        names.iter().flat_map(|name| places_of(&text, name).into_iter().map(move |at| (at, name))).collect();
    let all: Vec<Range<usize>> = places.iter().map(|(at, _)| at.clone()).collect();
    let is_within = |at: &Range<usize>| {
        all.iter().any(|it| it.start <= at.start && at.end <= it.end && it.len() > at.len())
    };
    places.retain(|(at, _)| !is_within(at));
    places.sort_by_key(|(at, _)| at.start);
    let mut found: Vec<&String> = Vec::new();
    for (_, name) in places {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Returns the texts of a refusal.
pub(super) fn texts_of(refusal: &[u8]) -> Vec<String> {
    let mut texts = Vec::new();
    match serde_json::from_slice::<Value>(refusal) {
        Ok(value) => read(&value, 0, &mut |said| {
            if let Said::Text(text) = said {
                texts.push(text.to_owned());
            }
        }),
        Err(_) => texts.push(String::from_utf8_lossy(refusal).into_owned()),
    }
    texts
}

/// Returns a name without what only tells its words apart.
pub(super) fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_ascii_lowercase()
}

/// A part of a refusal in which a member may be named.
enum Said<'v> {
    Text(&'v str),
    Key(&'v str),
}

fn read<'v>(value: &'v Value, depth: usize, say: &mut impl FnMut(Said<'v>)) {
    match value {
        Value::String(text) => say(Said::Text(text)),
        Value::Array(items) if depth < MAX_DEPTH => items.iter().for_each(|item| read(item, depth + 1, say)),
        Value::Object(entries) if depth < MAX_DEPTH => {
            for (key, inner) in entries {
                if inner.is_array() || inner.is_object() {
                    say(Said::Key(key));
                }
                read(inner, depth + 1, say);
            }
        }
        _ => {}
    }
}

/// Returns the places of a text in lower case at which a name stands as words of its own.
fn places_of(text: &[char], name: &str) -> Vec<Range<usize>> {
    let words = words_of(name);
    if words.is_empty() {
        return Vec::new();
    }
    let is_part = |at: usize| text.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let starts = (0..text.len()).filter(|at| *at == 0 || !is_part(at - 1));
    let place = |at: usize| Some(at..end_of(text, at, &words)?);
    starts.filter_map(place).filter(|at| !is_part(at.end)).collect()
}

/// Returns where these words end in a text if they begin at a place in it.
fn end_of(text: &[char], start: usize, words: &[Vec<char>]) -> Option<usize> {
    let mut at = start;
    for (number, word) in words.iter().enumerate() {
        if number > 0 && text.get(at).is_some_and(|c| matches!(c, '-' | '_' | ' ')) {
            at += 1;
        }
        let rest = text.get(at..)?;
        let spelt = if word.iter().collect::<String>() == "email" { "e-mail" } else { "" };
        let spelt: Vec<char> = spelt.chars().collect();
        at += match rest.starts_with(word) {
            true => word.len(),
            false if !spelt.is_empty() && rest.starts_with(&spelt) => spelt.len(),
            false => return None,
        };
    }
    Some(at)
}

/// Splits a name into its words, in lower case: `messageId`, `message_id`.
pub(super) fn words_of(name: &str) -> Vec<Vec<char>> {
    let mut words: Vec<Vec<char>> = Vec::new();
    let mut before = ' ';
    for c in name.chars() {
        let begins = !before.is_alphanumeric() || before.is_lowercase() && c.is_uppercase();
        if c.is_alphanumeric() {
            match words.last_mut() {
                Some(word) if !begins => word.push(c.to_ascii_lowercase()),
                _ => words.push(vec![c.to_ascii_lowercase()]),
            }
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts_however_it_is_written() {
        for (text, names, expected) in [
            ("invalid Reply-To address", &["to", "ReplyTo"][..], &["ReplyTo"][..]),
            ("Message ID is required", &["id", "messageId"], &["messageId"]),
            ("message_id is required", &["id", "messageId"], &["messageId"]),
            ("send it to ReplyTo", &["to", "ReplyTo"], &["to", "ReplyTo"]),
            ("E-mail already exists.", &["email", "name"], &["email"]),
            ("name and kind are required", &["kind", "name"], &["name", "kind"]),
            // A word is no part of another one, and words of a sentence are no name of one word.
            ("the username is missing", &["name"], &[]),
            ("pool_name is missing", &["name", "pool_name"], &["pool_name"]),
            ("it is a thing", &["isa"], &[]),
            ("Name must be set", &["name"], &["name"]),
            ("", &["name"], &[]),
            ("!", &["$"], &[]),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let found: Vec<&str> = names_in(text, &names).into_iter().map(String::as_str).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_refusal_speaks_of_a_member_in_a_text_or_by_its_name() {
        for (refusal, name, expected) in [
            (r#"{"name":"BadDataError","message":"You must specify username or email"}"#, "name", false),
            (r#"{"name":"BadDataError","message":"You must specify username or email"}"#, "email", true),
            (r#"{"name":["This field is required."]}"#, "name", true),
            (r#"{"name":"This field is required."}"#, "name", true),
            (r#"{"errors":{"kind":{"message":"no"}}}"#, "kind", true),
            (r#"{"loc":["body","pool_name"]}"#, "pool_name", true),
            (r#"{"code":7,"message":"no"}"#, "code", false),
            ("kind is wrong", "kind", true),
            ("", "kind", false),
        ] {
            assert_eq!(speaks_of(refusal.as_bytes(), name), expected, "{refusal} · {name}");
        }
    }
}
