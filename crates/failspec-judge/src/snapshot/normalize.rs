//! Normalizes a response for a snapshot.

use std::{borrow::Cow, collections::HashMap};

use serde_json::Value;

use failspec_base::{message::Response, secret::Mask};
use failspec_pack::pack::{CodePart, Failure, Part, Pointer};

/// Maximum size of a body that is approved word for word, in bytes: people do not review more, and a hostile response
/// must not fill the disk of the tester.
const MAX_BODY_SIZE: usize = 64 << 10;

/// Input of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct NormalizedResponse<'a> {
    /// The response.
    pub response: &'a Response,
    /// The part of it that is judged in place of the whole: an item of a stream, or the error of a job.
    pub item: Option<&'a Value>,
    /// The failure under test, which lists the values that vary.
    pub failure: &'a Failure,
    /// Values of this case only (`${unique}`, `${uuid}`).
    pub own_values: &'a [String],
    /// Secrets.
    pub mask: &'a Mask,
}

/// Returns the response as text: status, documented headers, body. Values that vary are masked; the mask names them.
pub fn picture(of: NormalizedResponse<'_>) -> String {
    let mut text = format!("HTTP {}\n", of.response.status);
    for (name, value) in headers(of) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    let document = of.response.document();
    if of.item.is_none() && document.is_xml() && document.value.is_some() {
        // Prefixes, the order of attributes and the white space between elements say nothing.
        text.push_str("[XML, its elements as members]\n");
    }
    let is_large = of.response.body.len() > MAX_BODY_SIZE
        && of.item.is_none_or(|item| item.to_string().len() > MAX_BODY_SIZE);
    match of.item.or(document.value.as_ref()) {
        _ if is_large => {
            text.push_str(&format!("[a body of more than {MAX_BODY_SIZE} bytes]"));
        }
        // If no secret is known, as is usual, nothing is copied to be masked.
        Some(value) if of.mask.is_empty() => {
            let mut body =
                Body { text: Vec::new(), known: known(value, of.failure), own_values: of.own_values };
            body.write(value, 0);
            text.push_str(&String::from_utf8_lossy(&body.text));
        }
        Some(value) => {
            let masked = of.mask.json(&masked(value, of));
            text.push_str(&serde_json::to_string_pretty(&masked).unwrap_or_default());
        }
        None => {
            let body = of.response.text_lossy();
            let body = own_text(&body, of.own_values);
            text.push_str(&of.mask.text(&body).escape_debug().to_string().replace("\\n", "\n"));
        }
    }
    text.trim_end().to_owned()
}

/// Returns the documented headers, in the order of the contract.
fn headers(of: NormalizedResponse<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if of.failure.envelope.media_type.is_some() {
        // Like the check `media-type`, the snapshot compares only type and subtype.
        let value = of.response.header("content-type").unwrap_or("(none)");
        let value = of.mask.text(value);
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        headers.push(("content-type".to_owned(), essence));
    }
    let id = of.failure.envelope.request_id.as_ref().and_then(|ruled| ruled.rule.header.as_ref());
    if let Some(name) = id {
        let there = of.response.header(name).is_some();
        headers.push((name.to_ascii_lowercase(), if there { "[request-id]" } else { "(none)" }.to_owned()));
    }
    let places = of.failure.envelope.code.iter().flat_map(|ruled| ruled.rule.places());
    for place in places {
        if let CodePart::Header { name, .. } = &place.part {
            let value = of.response.header(name);
            let value = value.map(|value| of.mask.text(&own_text(value, of.own_values)).into_owned());
            headers.push((name.to_ascii_lowercase(), value.unwrap_or_else(|| "(none)".to_owned())));
        }
    }
    for ruled in &of.failure.rules.headers {
        let name = ruled.rule.name.to_ascii_lowercase();
        if headers.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let varies = of
            .failure
            .varies
            .iter()
            .any(|part| matches!(part, Part::Header(header) if header.eq_ignore_ascii_case(&name)));
        let value = match of.response.header(&name) {
            None => "(none)".to_owned(),
            Some(_) if varies => format!("[{name}]"),
            Some(value) => of.mask.text(&own_text(value, of.own_values)).into_owned(),
        };
        headers.push((name, value));
    }
    headers
}

/// Returns a body with masks for message, request id, the values that vary according to the contract, and the values
/// of this case only.
fn masked(value: &Value, of: NormalizedResponse<'_>) -> Value {
    let mut value = value.clone();
    for (pointer, mask) in varying(of.failure) {
        pointer.change_each(&mut value, &mut |found| {
            if can_vary(found) {
                *found = Value::String(mask.clone());
            }
        });
    }
    mask_own(&mut value, of);
    value
}

/// The masks of values that vary, by the address of the value: a list may have any number of them.
type Masks = HashMap<*const Value, String>;

/// Returns the masks of the values of a body that vary. Of several masks for one location the last one applies.
fn known(value: &Value, failure: &Failure) -> Masks {
    let mut known = Masks::new();
    for (pointer, mask) in varying(failure) {
        pointer.find_first(value, &mut |found| {
            if can_vary(found) {
                known.insert(std::ptr::from_ref(found), mask.clone());
            }
            false
        });
    }
    known
}

/// Returns true for a value of the documented type, which can be masked: any other value is worth showing.
fn can_vary(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

/// Returns the locations of message, request id and the values that vary according to the contract, with their masks.
fn varying(failure: &Failure) -> impl Iterator<Item = (&Pointer, String)> {
    let envelope = &failure.envelope;
    let message = envelope.message.as_ref().map(|ruled| (&ruled.rule, "[message]".to_owned()));
    let id = envelope.request_id.as_ref().and_then(|ruled| ruled.rule.pointer.as_ref());
    let id = id.map(|pointer| (pointer, "[request-id]".to_owned()));
    let varies = failure.varies.iter().filter_map(|part| match part {
        Part::Body(pointer) => {
            let name = pointer.as_str().rsplit('/').next().unwrap_or_default();
            Some((pointer, format!("[{name}]")))
        }
        Part::Header(_) => None,
    });
    message.into_iter().chain(id).chain(varies)
}

/// Writer for a body: it writes what [`serde_json::to_string_pretty`] would write for the [`masked`] one.
struct Body<'a> {
    text: Vec<u8>,
    known: Masks,
    own_values: &'a [String],
}

impl Body<'_> {
    fn write(&mut self, value: &Value, depth: usize) {
        if let Some(mask) = self.known.remove(&std::ptr::from_ref(value)) {
            return self.scalar(&mask);
        }
        match value {
            Value::String(text) => self.scalar(&own_text(text, self.own_values)),
            Value::Array(items) if !items.is_empty() => {
                self.text.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    self.line(at, depth + 1);
                    self.write(item, depth + 1);
                }
                self.end(b']', depth);
            }
            Value::Object(members) if !members.is_empty() => {
                self.text.push(b'{');
                for (at, (key, member)) in members.iter().enumerate() {
                    self.line(at, depth + 1);
                    self.scalar(key);
                    self.text.extend_from_slice(b": ");
                    self.write(member, depth + 1);
                }
                self.end(b'}', depth);
            }
            other => self.scalar(other),
        }
    }

    /// Writes text, a number, a boolean, null, or an empty list or object.
    fn scalar(&mut self, value: &(impl serde::Serialize + ?Sized)) {
        // Writing to a vector cannot fail.
        let _ = serde_json::to_writer(&mut self.text, value);
    }

    fn line(&mut self, at: usize, depth: usize) {
        self.text.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
        self.text.extend(std::iter::repeat_n(b' ', 2 * depth));
    }

    fn end(&mut self, bracket: u8, depth: usize) {
        self.text.push(b'\n');
        self.text.extend(std::iter::repeat_n(b' ', 2 * depth));
        self.text.push(bracket);
    }
}

/// Masks the values of this case only, in all texts.
fn mask_own(value: &mut Value, of: NormalizedResponse<'_>) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(masked) = own_text(text, of.own_values) {
                *text = masked;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_own(item, of)),
        Value::Object(entries) => entries.values_mut().for_each(|value| mask_own(value, of)),
        _ => {}
    }
}

fn own_text<'t>(text: &'t str, own_values: &[String]) -> Cow<'t, str> {
    let mut masked = Cow::Borrowed(text);
    for value in own_values.iter().filter(|value| value.len() >= 8) {
        // Most texts of a response are shorter than any value of this case.
        if masked.len() >= value.len() && masked.contains(value.as_str()) {
            masked = Cow::Owned(masked.replace(value.as_str(), "[unique]"));
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &Value, known: Masks, own_values: &[String]) -> String {
        let mut body = Body { text: Vec::new(), known, own_values };
        body.write(value, 0);
        String::from_utf8(body.text).unwrap()
    }

    #[test]
    fn a_body_is_written_as_serde_json_writes_it() {
        for value in [
            json!({"a": [1, -2.5, 1e300, true, null, [], {}, [[]], {"b": {"c": "\u{1}\"\\ü\n日本"}}], "\"k\n": ""}),
            json!([]),
            json!({}),
            json!("text"),
            json!([[1], [2, {"x": []}]]),
            json!(18_446_744_073_709_551_615_u64),
        ] {
            assert_eq!(written(&value, Masks::new(), &[]), serde_json::to_string_pretty(&value).unwrap());
        }
    }

    #[test]
    fn what_varies_and_own_values_are_masked_where_they_stand() {
        let value =
            json!({"message": "hi", "same": "hi", "list": ["hi", "of failspec-abc-1, and failspec-abc-1"]});
        let known = Masks::from([(std::ptr::from_ref(&value["message"]), "[last]".to_owned())]);
        let text = written(&value, known, &["failspec-abc-1".to_owned()]);
        let expected =
            json!({"message": "[last]", "same": "hi", "list": ["hi", "of [unique], and [unique]"]});
        assert_eq!(text, serde_json::to_string_pretty(&expected).unwrap());
    }
}
