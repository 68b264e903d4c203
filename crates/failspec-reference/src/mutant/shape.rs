//! Mutants with a different structure of the envelope.

use serde_json::{Map, Value, json};

use super::{
    Mutant,
    scene::{edit, take},
};
use crate::Envelope;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("code-key-renamed", "the error code is under another key", |scene, response| {
            edit(response, |document| rename(document, scene.envelope.code.map(|(pointer, _)| pointer)));
        })
        .only_if(|envelope| envelope.code.is_some()),
        Mutant::harmful(
            "message-key-renamed",
            "the error message is under another key",
            |scene, response| {
                edit(response, |document| rename(document, Some(scene.envelope.message)));
            },
        ),
        Mutant::harmful(
            "request-id-key-renamed",
            "the request id is under another key",
            |scene, response| {
                edit(response, |document| rename(document, scene.envelope.request_id));
            },
        )
        .only_if(|envelope| envelope.request_id.is_some()),
        Mutant::harmful("envelope-nested", "the envelope is nested one level deeper", |_, response| {
            edit(response, |document| *document = json!({ "problem": document.take() }));
        }),
        Mutant::harmful(
            "envelope-flattened",
            "the envelope is flattened: no nested objects",
            |_, response| {
                edit(response, flatten);
            },
        )
        .only_if(is_nested),
        Mutant::harmful(
            "envelope-problem-details",
            "errors are application/problem+json instead",
            |_, response| {
                response.set_header("Content-Type", "application/problem+json");
                response.set_document(
                    &json!({ "type": "about:blank", "title": "Error", "status": response.status }),
                );
            },
        ),
    ]
}

fn is_nested(envelope: &Envelope) -> bool {
    [envelope.code.map(|(pointer, _)| pointer), Some(envelope.message), envelope.request_id]
        .iter()
        .flatten()
        .any(|pointer| pointer.matches('/').count() > 1)
}

/// Renames a member within its object.
fn rename(document: &mut Value, pointer: Option<&str>) {
    let Some((parent, name)) = pointer.and_then(|pointer| pointer.rsplit_once('/')) else {
        return;
    };
    let Some(value) = pointer.and_then(|pointer| take(document, pointer)) else {
        return;
    };
    if let Some(members) = document.pointer_mut(parent).and_then(Value::as_object_mut) {
        members.insert(format!("{name}_"), value);
    }
}

fn flatten(document: &mut Value) {
    let Some(members) = document.as_object_mut() else {
        return;
    };
    let mut flat = Map::new();
    for (name, value) in std::mem::take(members) {
        match value {
            Value::Object(inner) => flat.extend(inner),
            other => drop(flat.insert(name, other)),
        }
    }
    *members = flat;
}
