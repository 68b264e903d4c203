//! Mutants with wrong messages.

use serde_json::{Value, json};

use super::{
    Mutant,
    scene::{edit, edit_at, take},
};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("message-missing", "the error message is missing", |scene, response| {
            edit(response, |document| drop(take(document, scene.envelope.message)));
        }),
        Mutant::harmful("message-empty", "the error message is an empty string", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| *message = json!(""));
        }),
        Mutant::harmful("message-null", "the error message is null", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| *message = Value::Null);
        }),
        Mutant::harmful("message-number", "the error message is a number", |scene, response| {
            edit_at(response, Some(scene.envelope.message), |message| *message = json!(7));
        }),
    ]
}
