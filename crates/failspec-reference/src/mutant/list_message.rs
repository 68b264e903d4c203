//! Mutants with messages that may be a list or a string.

use serde_json::{Value, json};

use super::{Mutant, scene::edit_at};
use crate::Envelope;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmless(
            "message-list-as-text",
            "a message that may be a list or a string is a string",
            |scene, response| {
                edit_at(response, Some(scene.envelope.message), |message| {
                    if let Value::Array(problems) = message {
                        let texts: Vec<&str> =
                            problems.iter().filter_map(|problem| problem["msg"].as_str()).collect();
                        *message = json!(texts.join("; "));
                    }
                });
            },
        )
        .only_if(may_be_list),
    ]
}

/// Returns true for `detail`, the location of the message in FastAPI, where it may be a list.
fn may_be_list(envelope: &Envelope) -> bool {
    envelope.message == "/detail"
}
