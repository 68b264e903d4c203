//! Mutants with wrong request ids.

use serde_json::{Value, json};

use super::{
    Mutant,
    scene::{Scene, edit, edit_at, take},
};
use crate::{Envelope, Response};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("request-id-missing", "the request id is missing", |scene, response| {
            edit(response, |document| {
                drop(scene.envelope.request_id.and_then(|pointer| take(document, pointer)))
            });
        })
        .only_if(has_id),
        Mutant::harmful("request-id-empty", "the request id is an empty string", |scene, response| {
            edit_at(response, scene.envelope.request_id, |id| *id = json!(""));
        })
        .only_if(has_id),
        Mutant::harmful("request-id-null", "the request id is null", |scene, response| {
            edit_at(response, scene.envelope.request_id, |id| *id = Value::Null);
        })
        .only_if(has_id),
        Mutant::harmful("request-id-number", "the request id is a number", |scene, response| {
            edit_at(response, scene.envelope.request_id, |id| *id = json!(1));
        })
        .only_if(has_id),
        Mutant::harmful("request-id-constant", "every request has the same id", constant).only_if(has_id),
        Mutant::harmful(
            "request-id-header-differs",
            "body and header have different request ids",
            |scene, response| {
                if let Some(header) = scene.envelope.request_id_header {
                    response.set_header(header, &crate::store::uuid());
                }
            },
        )
        .only_if(|envelope| envelope.request_id_header.is_some()),
        Mutant::harmful(
            "request-id-header-missing",
            "the request id header is missing",
            |scene, response| {
                if let Some(header) = scene.envelope.request_id_header {
                    response.remove_header(header);
                }
            },
        )
        .only_if(|envelope| envelope.request_id_header.is_some()),
    ]
}

fn has_id(envelope: &Envelope) -> bool {
    envelope.request_id.is_some()
}

/// Repeats one request id. It has the form of the API's own ids, so that only the repetition is wrong.
fn constant(scene: &Scene<'_>, response: &mut Response) {
    let mut same = String::new();
    edit_at(response, scene.envelope.request_id, |id| {
        same = flattened(id.as_str().unwrap_or_default());
        *id = json!(same);
    });
    if let Some(header) = scene.envelope.request_id_header {
        response.set_header(header, &same);
    }
}

/// Replaces every part that consists of hexadecimal digits only with zeros, because the digits and letters of a UUID
/// are in other positions each time. A part such as `req` is a name and is the same in every id.
fn flattened(id: &str) -> String {
    let is_random = |part: &str| part.chars().all(|letter| letter.is_ascii_hexdigit());
    id.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric())
        .map(|part| {
            let (digits, end) = match part.char_indices().last() {
                Some((at, letter)) if !letter.is_ascii_alphanumeric() => part.split_at(at),
                _ => (part, ""),
            };
            if is_random(digits) { "0".repeat(digits.len()) + end } else { part.to_owned() }
        })
        .collect()
}
