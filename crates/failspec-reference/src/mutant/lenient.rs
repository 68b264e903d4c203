//! Mutants that do not reject what the API must reject: one for each documented error, and one for each condition.

use serde_json::json;

use super::{Mutant, Scene, scene::edit_at};
use crate::{Api, Mark, Response};

/// Creates one mutant for each documented error of an API: the request succeeds instead.
pub(super) fn accepting(api: &dyn Api) -> Vec<Mutant> {
    let mutants = api.refusals().into_iter().map(|refusal| {
        Mutant::harmful(
            format!("accepts-{}", refusal.name.replace('_', "-").to_lowercase()),
            format!("requests that must fail with {} {} succeed", refusal.status, refusal.name),
            move |scene, response| {
                if refusal.is(response, scene.envelope) {
                    succeed(scene, response);
                }
            },
        )
        .on_everything()
        .sometimes()
    });
    mutants.collect()
}

/// Creates one mutant for each documented error that has a sibling: the response has the code of the sibling, which
/// is another error of the same status.
pub(super) fn mistaking(api: &dyn Api) -> Vec<Mutant> {
    let refusals = if api.envelope().loose_codes { Vec::new() } else { api.refusals() };
    let mutants = refusals.iter().filter_map(|refusal| {
        let (refusal, other) = (*refusal, refusal.sibling(&refusals)?);
        Some(
            Mutant::harmful(
                format!("mistakes-{}", refusal.name.replace('_', "-").to_lowercase()),
                format!("another validation comes first: {} is reported as {}", refusal.name, other.name),
                move |scene, response| {
                    if refusal.is(response, scene.envelope) {
                        mark(scene, response, other.mark);
                    }
                },
            )
            .on_everything()
            .sometimes(),
        )
    });
    mutants.collect()
}

/// Creates one mutant for each condition: it has no effect, so a request succeeds that must fail while it is on.
pub(super) fn ignoring(api: &dyn Api) -> Vec<Mutant> {
    let mutants = api.conditions().known().iter().map(|condition| {
        Mutant::ignoring(
            condition.name,
            format!("{}-ignored", condition.name),
            format!("requests succeed although {}", condition.about),
        )
    });
    mutants.collect()
}

/// Replaces the mark of a response with that of another documented error.
fn mark(scene: &Scene<'_>, response: &mut Response, mark: Mark) {
    let (pointer, value) = match mark {
        Mark::Code(code) => (scene.envelope.code.map(|(pointer, _)| pointer), json!(code)),
        Mark::Number(code) => (scene.envelope.code.map(|(pointer, _)| pointer), json!(code)),
        Mark::Text(text) => (Some(scene.envelope.message), json!(text)),
        Mark::Status => return,
    };
    edit_at(response, pointer, |old| *old = value);
}

/// Replaces a response with a success of the API.
pub(super) fn succeed(scene: &Scene<'_>, response: &mut Response) {
    *response = Response::empty(200).with_header("Content-Type", "application/json");
    response.body = scene.envelope.success.as_bytes().to_vec();
}
