//! Says what a response has where a value that should be captured is missing.

use serde_json::Value;

use failspec_base::{message::Response, sanitize::one_line, secret::Mask};
use failspec_pack::pack::Pointer;

/// Maximum number of members that are named.
const MAX_MEMBERS: usize = 8;

/// Maximum number of words of a text that are shown: enough to recognise a page or a sentence.
const MAX_WORDS: usize = 8;

/// Maximum length of the beginning of a text that is read, in bytes. Secrets are masked in it before it is cut to words.
const MAX_READ: usize = 2000;

/// Returns what the body of a response has in place of what a pointer names: the members of the innermost object that the pointer
/// reaches, or the media type and the first words. Of a body with a secret only its form is told.
pub(super) fn body_in_place(response: &Response, pointer: &Pointer, is_secret: bool, mask: &Mask) -> String {
    if response.body.is_empty() {
        return "the body is empty".to_owned();
    }
    if let Some(body) = response.document().value.as_ref().filter(|body| body.is_object() || body.is_array())
    {
        let told = in_document(body, pointer);
        return one_line(&mask.text(&told));
    }
    let form = response.media_type().map_or_else(|| "no media type".to_owned(), |it| it.essence());
    let words = if is_secret { String::new() } else { first_words(response, mask) };
    let quoted = if words.is_empty() { String::new() } else { format!(": `{words}`") };
    format!("the body is no JSON ({}){quoted}", one_line(&form))
}

/// Returns what the innermost value has that a pointer reaches.
fn in_document(body: &Value, pointer: &Pointer) -> String {
    let (mut value, mut reached) = (body, Vec::new());
    let steps: Vec<String> = pointer.steps().map(std::borrow::Cow::into_owned).collect();
    for step in &steps {
        let next = Pointer::from_steps([step.as_str()]);
        let Some(inner) = next.find(value) else { break };
        value = inner;
        reached.push(step.as_str());
    }
    let place = match reached.is_empty() {
        true => "the body".to_owned(),
        false => Pointer::from_steps(reached).to_string(),
    };
    match value {
        Value::Null => format!("{place} is null"),
        Value::Bool(_) => format!("{place} is a boolean"),
        Value::Number(_) => format!("{place} is a number"),
        Value::String(_) => format!("{place} is a text"),
        Value::Array(items) => format!("{place} is a list with {}", items_of(items.len())),
        Value::Object(members) if members.is_empty() => format!("{place} is an object without members"),
        Value::Object(members) => {
            let named: Vec<&str> = members.keys().take(MAX_MEMBERS).map(String::as_str).collect();
            let more = match members.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{place} has {}{more}", named.join(", "))
        }
    }
}

fn items_of(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

/// Returns the first words of a body. A word with a digit may be an id: it ends them, as cases with the same reason are reported as
/// one.
fn first_words(response: &Response, mask: &Mask) -> String {
    let begin = &response.body[..response.body.len().min(MAX_READ)];
    let text = String::from_utf8_lossy(begin);
    let text = one_line(&mask.text(&text));
    let has_no_digit = |word: &&str| !word.bytes().any(|byte| byte.is_ascii_digit());
    let shown: Vec<&str> = text.split(' ').take(MAX_WORDS).take_while(has_no_digit).collect();
    let shown = shown.join(" ");
    let more = if shown.len() < text.len() { " …" } else { "" };
    format!("{shown}{more}").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;

    fn told(body: &str, media_type: &str, pointer: &str, is_secret: bool) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", media_type.parse().unwrap());
        let response = Response::new(200, headers, body.to_owned());
        body_in_place(&response, &Pointer::parse(pointer).unwrap(), is_secret, &Mask::default())
    }

    #[test]
    fn body_in_place_names_the_members_that_are_there() {
        let json = |body: &Value, pointer: &str| told(&body.to_string(), "application/json", pointer, true);
        assert_eq!(json(&json!({ "result": {}, "ok": true }), "/id"), "the body has result, ok");
        assert_eq!(json(&json!({ "result": { "name": "n" } }), "/result/id"), "/result has name");
        assert_eq!(json(&json!([1]), "/id"), "the body is a list with 1 item");
        assert_eq!(json(&json!({ "id": null }), "/id"), "/id is null");
        let many: Value =
            (0..10).map(|number| (format!("m{number}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(json(&many, "/id"), "the body has m0, m1, m2, m3, m4, m5, m6, m7 and 2 more");
    }

    #[test]
    fn body_in_place_quotes_no_id_and_no_secret() {
        let text = "Created the note 4f2a for you";
        assert_eq!(
            told(text, "text/plain", "/id", false),
            "the body is no JSON (text/plain): `Created the note …`"
        );
        assert_eq!(told(text, "text/plain", "/id", true), "the body is no JSON (text/plain)");
        assert_eq!(told("", "text/plain", "/id", false), "the body is empty");
    }
}
