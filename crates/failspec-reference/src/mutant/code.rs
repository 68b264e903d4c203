//! Mutants with wrong codes.

use serde_json::{Value, json};

use super::{
    Mutant,
    everything::{NOWHERE, ask},
    scene::{Scene, edit, edit_at, take},
};
use crate::{CodeKind, Envelope, Response};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("code-undocumented", "the error code is not documented", |scene, response| {
            replace(scene, response, |old| {
                if old.is_number() { json!(49_999) } else { json!("flux_capacitor_empty") }
            });
        })
        .only_if(has_code),
        Mutant::harmful("code-other", "the code is that of another documented failure", |scene, response| {
            if let Some(other) = code_of_another(scene, response) {
                replace(scene, response, |_| other);
            }
        })
        .only_if(has_code),
        Mutant::harmful("code-missing", "the error code is missing", |scene, response| {
            edit(response, |document| drop(pointer(scene).and_then(|pointer| take(document, pointer))));
        })
        .only_if(has_code),
        Mutant::harmful("code-null", "the error code is null", |scene, response| {
            replace(scene, response, |_| Value::Null);
        })
        .only_if(has_code),
        Mutant::harmful("code-empty", "the error code is an empty string", |scene, response| {
            replace(scene, response, |_| json!(""));
        })
        .only_if(has_code),
        Mutant::harmful(
            "code-wrong-type",
            "the error code is a number instead of a string, or vice versa",
            |scene, response| {
                replace(scene, response, |old| match old {
                    Value::Number(number) => json!(number.to_string()),
                    _ => json!(1),
                });
            },
        )
        .only_if(has_code),
        Mutant::harmful(
            "code-wrong-case",
            "the error code is in the wrong letter case",
            |scene, response| {
                replace_text(scene, response, |text| {
                    let upper = text.to_uppercase();
                    if upper == text { text.to_lowercase() } else { upper }
                });
            },
        )
        .only_if(has_text_code),
        Mutant::harmful("code-padded", "the error code has a trailing space", |scene, response| {
            replace_text(scene, response, |text| format!("{text} "));
        })
        .only_if(has_text_code),
        Mutant::harmful(
            "code-dashed",
            "the error code has dashes instead of underscores, or a trailing dash",
            |scene, response| {
                replace_text(scene, response, |text| {
                    if text.contains('_') { text.replace('_', "-") } else { format!("{text}-") }
                });
            },
        )
        .only_if(has_text_code),
    ]
}

fn has_code(envelope: &Envelope) -> bool {
    envelope.code.is_some()
}

fn has_text_code(envelope: &Envelope) -> bool {
    envelope.code.is_some_and(|(_, kind)| kind == CodeKind::Text)
}

fn pointer(scene: &Scene<'_>) -> Option<&'static str> {
    scene.envelope.code.map(|(pointer, _)| pointer)
}

/// The code of the API's response to a request without credentials; if the response has that code, the code of an
/// unknown path.
fn code_of_another(scene: &Scene<'_>, response: &Response) -> Option<Value> {
    let code = |response: &Response| response.document()?.pointer(pointer(scene)?).cloned();
    let own = code(response)?;
    [scene.envelope.protected, NOWHERE]
        .iter()
        .filter_map(|target| code(&ask(scene, target)))
        .find(|other| *other != own)
}

fn replace(scene: &Scene<'_>, response: &mut Response, with: impl FnOnce(&Value) -> Value) {
    edit_at(response, pointer(scene), |code| *code = with(code));
}

fn replace_text(scene: &Scene<'_>, response: &mut Response, with: impl FnOnce(&str) -> String) {
    replace(scene, response, |old| old.as_str().map_or(Value::Null, |text| json!(with(text))));
}
