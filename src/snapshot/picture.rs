//! An answer as a snapshot shows it.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    http::Answer,
    pack::{Failure, Part},
    secret::Mask,
};

/// The largest body that is approved word for word, in bytes: nobody reads more, and a hostile answer must not fill
/// the disk of whoever tests it.
const LARGEST_BODY: usize = 64 << 10;

/// What a snapshot is made of.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// The failure under test, which says what varies.
    pub failure: &'a Failure,
    /// Values of this trial alone (`${unique}`, `${uuid}`).
    pub own_values: &'a [String],
    /// Secrets.
    pub mask: &'a Mask,
}

/// The answer as text: status, documented headers, body. What varies is masked and says what was there.
pub fn picture(of: Picture<'_>) -> String {
    let mut text = format!("HTTP {}\n", of.answer.status);
    for (name, value) in headers(of) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text.push('\n');
    match &of.answer.document().value {
        _ if of.answer.body.len() > LARGEST_BODY => {
            text.push_str(&format!("[a body of more than {LARGEST_BODY} bytes]"));
        }
        Some(value) => {
            let mut value = value.clone();
            mask_known(&mut value, of.failure);
            mask_own(&mut value, of);
            if !of.mask.is_empty() {
                value = of.mask.json(&value);
            }
            text.push_str(&serde_json::to_string_pretty(&value).unwrap_or_default());
        }
        None => {
            let body = of.answer.text_lossy();
            let body = own_text(&body, of.own_values);
            text.push_str(&of.mask.text(&body).escape_debug().to_string().replace("\\n", "\n"));
        }
    }
    text.trim_end().to_owned()
}

/// The documented headers, in the order of the contract.
fn headers(of: Picture<'_>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if of.failure.envelope.media_type.is_some() {
        // The check `media-type` compares type and subtype alone, and so does the snapshot.
        let value = of.answer.header("content-type").unwrap_or("(none)");
        let value = of.mask.text(value);
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        headers.push(("content-type".to_owned(), essence));
    }
    let id = of.failure.envelope.request_id.as_ref().and_then(|ruled| ruled.rule.header.as_ref());
    if let Some(name) = id {
        let there = of.answer.header(name).is_some();
        headers.push((name.to_ascii_lowercase(), if there { "[request-id]" } else { "(none)" }.to_owned()));
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
        let value = match of.answer.header(&name) {
            None => "(none)".to_owned(),
            Some(_) if varies => format!("[{name}]"),
            Some(value) => of.mask.text(&own_text(value, of.own_values)).into_owned(),
        };
        headers.push((name, value));
    }
    headers
}

/// Masks message, request id and what the contract says varies.
fn mask_known(value: &mut Value, failure: &Failure) {
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
    for (pointer, mask) in message.into_iter().chain(id).chain(varies) {
        if let Some(found) = pointer.find_mut(value)
            // Only what has the documented type is what the mask says: anything else is worth seeing.
            && (found.is_string() || found.is_number())
        {
            *found = Value::String(mask);
        }
    }
}

/// Masks this trial's own values wherever they stand.
fn mask_own(value: &mut Value, of: Picture<'_>) {
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
        // Most texts of an answer are shorter than any value of ours.
        if masked.len() >= value.len() && masked.contains(value.as_str()) {
            masked = Cow::Owned(masked.replace(value.as_str(), "[unique]"));
        }
    }
    masked
}
