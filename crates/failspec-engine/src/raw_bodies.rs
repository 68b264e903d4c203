//! Changes to bodies that are written as texts because no JSON value is like them: a JSON object followed by more, or with a number
//! or a text that JSON does not have.

use failspec_base::template::{JsonTemplate, Template};
use failspec_pack::pack::{BodyTemplate, RequestTemplate};
use serde_json::Value;

use super::body_changes::{Change, changed_json};

/// The character before and after the number of a word that JSON does not have, while its text is read as JSON.
const MARK: char = '\u{E0F5}';

/// Returns the request with these changes to its body, if that is the text of a JSON object or list, with or without more behind it;
/// `None` if it is not, or none of the changes applies.
pub(super) fn changed_text(template: &RequestTemplate, changes: &[Change]) -> Option<RequestTemplate> {
    let BodyTemplate::Text(text) = template.body.as_deref()? else { return None };
    let changes: Vec<Change> = changes.iter().filter_map(|change| change.for_request(template)).collect();
    let body = Some(Box::new(BodyTemplate::Text(changed_in(text, &changes)?)));
    Some(RequestTemplate { body, ..template.clone() })
}

fn changed_in(text: &Template, changes: &[Change]) -> Option<Template> {
    let written = text.written();
    if written.contains(MARK) {
        return None;
    }
    let (marked, words) = without_odd_words(&written);
    let mut values = serde_json::Deserializer::from_str(&marked).into_iter::<Value>();
    let first = values.next()?.ok().filter(|first| first.is_object() || first.is_array())?;
    let rest = marked.get(values.byte_offset()..)?;
    let whole = changed_json(JsonTemplate::parse(&first).ok()?, changes)?;
    let marked = format!("{}{rest}", whole.written());
    let unmarked = words.iter().enumerate();
    let unmarked = unmarked.fold(marked, |text, (number, word)| text.replace(&marked_word(number), word));
    Template::parse(&unmarked).ok()
}

fn marked_word(number: usize) -> String {
    format!("\"{MARK}{number}{MARK}\"")
}

/// Returns the text with each word that no JSON value is, such as `NaN` and half a character, or that would be rounded, as the text
/// of a mark, and these words.
fn without_odd_words(text: &str) -> (String, Vec<&str>) {
    let (mut marked, mut words) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            _ if is_of_word(first) => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (part, behind) = rest.split_at(length);
        let is_odd = (is_of_word(first) || first == '"')
            && !serde_json::from_str::<Value>(part)
                .is_ok_and(|value| value.is_string() || written(&value) == part);
        match is_odd {
            true => {
                marked.push_str(&marked_word(words.len()));
                words.push(part);
            }
            false => marked.push_str(part),
        }
        rest = behind;
    }
    (marked, words)
}

fn written(value: &Value) -> String {
    value.to_string()
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')
}

/// Returns the length of the string at the beginning of a text, with its quotes, in bytes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_added_to_the_text_of_an_object_and_the_fault_stays() {
        let kind = Change::add(
            vec!["kind".to_owned()],
            JsonTemplate::parse(&json!("${unique}")).expect("a template"),
        );
        for (body, expected) in [
            ("{\"name\":\"a\"}}", Some("{\"name\":\"a\",\"kind\":\"${unique}\"}}")),
            ("{\"size\":NaN}", Some("{\"size\":NaN,\"kind\":\"${unique}\"}")),
            ("{\"size\":1e400} x", Some("{\"size\":1e400,\"kind\":\"${unique}\"} x")),
            (
                "{\"name\":\"NaN \\\" ${unique}\"} NaN",
                Some("{\"name\":\"NaN \\\" ${unique}\",\"kind\":\"${unique}\"} NaN"),
            ),
            (
                "{\"size\":\"${unique}\\ud800\"}",
                Some("{\"size\":\"${unique}\\ud800\",\"kind\":\"${unique}\"}"),
            ),
            ("{}", Some("{\"kind\":\"${unique}\"}")),
            // It has the member; it is no object; it is cut off.
            ("{\"kind\":1}", None),
            ("null", None),
            ("[{}]", None),
            ("{\"failspec\": ", None),
            ("", None),
        ] {
            let of = |text: &str| Template::parse(text).expect("a template");
            let found = changed_in(&of(body), std::slice::from_ref(&kind));
            assert_eq!(found, expected.map(of), "{body}");
        }
    }
}
