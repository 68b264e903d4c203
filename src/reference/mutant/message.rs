//! Wrong messages.

use serde_json::{Value, json};

use super::{
    Mutant,
    scene::{edit, edit_at, take},
};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("message-missing", "an error has no message", |scene, response| {
            edit(response, |document| drop(take(document, scene.envelope.message)));
        }),
        Mutant::harmful("message-empty", "the message of an error is an empty text", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| *message = json!(""));
        }),
        Mutant::harmful("message-null", "the message of an error is null", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| *message = Value::Null);
        }),
        Mutant::harmful("message-number", "the message of an error is a number", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| *message = json!(7));
        }),
    ]
}
