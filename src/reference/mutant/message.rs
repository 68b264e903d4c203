//! Wrong messages.

use serde_json::{Value, json};

use super::{
    Mutant,
    scene::{edit, edit_at, take},
};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("message-missing", "an error has no message", |scene, answer| {
            edit(answer, |document| drop(take(document, scene.envelope.message)));
        }),
        Mutant::harmful("message-empty", "the message of an error is an empty text", |scene, answer| {
            edit_at(answer, Some(scene.envelope.message), |message| *message = json!(""));
        }),
        Mutant::harmful("message-null", "the message of an error is null", |scene, answer| {
            edit_at(answer, Some(scene.envelope.message), |message| *message = Value::Null);
        }),
        Mutant::harmful("message-number", "the message of an error is a number", |scene, answer| {
            edit_at(answer, Some(scene.envelope.message), |message| *message = json!(7));
        }),
    ]
}
