//! Mutants with changes that clients must tolerate.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use super::{
    Mutant,
    scene::{Scene, edit, edit_at},
};
use crate::Response;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmless("field-added", "the error body has an additional, optional field", |_, response| {
            edit(response, |document| {
                if let Some(members) = document.as_object_mut() {
                    members.insert("documentationHint".to_owned(), json!("see the handbook"));
                }
            });
        }),
        Mutant::harmless("message-reworded", "the error message has another wording", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| {
                // Contracts without codes distinguish failures by their text, so the old wording stays part of the
                // new one.
                if let Value::String(text) = message {
                    *text = format!("Sorry: {text} (please check)");
                }
            });
        }),
        Mutant::harmless(
            "keys-reversed",
            "the keys of the error body are in another order",
            |_, response| {
                edit(response, reverse);
            },
        ),
        Mutant::harmless(
            "pretty-printed",
            "the JSON of the error body has line breaks and a trailing one",
            |_, response| {
                if let Some(pretty) =
                    response.document().and_then(|document| serde_json::to_vec_pretty(&document).ok())
                {
                    response.body = pretty;
                    response.body.push(b'\n');
                }
            },
        ),
        Mutant::harmless(
            "letters-escaped",
            "letters in the error body are written as \\u escapes",
            |_, response| {
                escape_first_letters(&mut response.body);
            },
        ),
        Mutant::harmless(
            "headers-added",
            "error responses have additional well-known headers",
            |_, response| {
                *response = response
                    .clone()
                    .with_header("Cache-Control", "no-store")
                    .with_header("Server", "nginx")
                    .with_header("Via", "1.1 gateway")
                    .with_header("Strict-Transport-Security", "max-age=31536000");
            },
        ),
        Mutant::harmless("compressed", "error responses are compressed if the client accepts gzip", compress)
            .sometimes(),
        Mutant::harmless("unknown-header", "error responses have an unknown header", |_, response| {
            response.set_header("X-Served-On", "a Tuesday");
        }),
        Mutant::harmless(
            "charset-added",
            "the media type of error responses has a charset",
            |_, response| {
                if let Some(media_type) = response.header("Content-Type").map(str::to_owned)
                    && !media_type.contains("charset")
                {
                    response.set_header("Content-Type", &format!("{media_type}; charset=utf-8"));
                }
            },
        ),
        Mutant::harmless(
            "media-type-upper-case",
            "the media type of error responses is in upper case",
            |_, response| {
                if let Some(media_type) = response.header("Content-Type").map(str::to_uppercase) {
                    response.set_header("Content-Type", &media_type);
                }
            },
        ),
        Mutant::harmless("slow", "every response is delayed by 50 ms", |_, response| {
            response.delay += Duration::from_millis(50);
        })
        .on_everything(),
    ]
}

fn compress(scene: &Scene<'_>, response: &mut Response) {
    let accepted = scene.request.headers("Accept-Encoding").any(|accepted| accepted.contains("gzip"));
    if !accepted || response.body.is_empty() {
        return;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    if let Ok(compressed) = encoder.write_all(&response.body).and_then(|()| encoder.finish()) {
        response.body = compressed;
        response.set_header("Content-Encoding", "gzip");
    }
}

fn reverse(value: &mut Value) {
    match value {
        Value::Object(members) => {
            *members = std::mem::take(members).into_iter().rev().collect();
            members.values_mut().for_each(reverse);
        }
        Value::Array(items) => items.iter_mut().for_each(reverse),
        _ => {}
    }
}

/// Escapes the first letter of every string: keys and values remain the same JSON.
fn escape_first_letters(body: &mut Vec<u8>) {
    let mut escaped = Vec::with_capacity(body.len() * 2);
    let mut bytes = body.iter().copied().peekable();
    let mut within = false;
    while let Some(byte) = bytes.next() {
        escaped.push(byte);
        match byte {
            b'\\' if within => escaped.extend(bytes.next()),
            b'"' => {
                within = !within;
                if within && let Some(letter) = bytes.next_if(u8::is_ascii_alphanumeric) {
                    escaped.extend_from_slice(format!("\\u{letter:04x}").as_bytes());
                }
            }
            _ => {}
        }
    }
    *body = escaped;
}
