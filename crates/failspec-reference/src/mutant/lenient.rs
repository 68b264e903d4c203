//! APIs that do not refuse what they must: one mutant for each documented refusal, and one for each condition.

use serde_json::json;

use super::{Mutant, Scene, scene::edit_at};
use crate::{Api, Mark, Response};

/// One mutant for each documented refusal of an API: the request succeeds instead.
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

/// One mutant for each documented refusal that has a sibling: another one of the same status, with another code.
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

/// One mutant for each condition: it has no effect, so what must fail while it lasts succeeds.
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

/// Gives a response what marks another refusal.
fn mark(scene: &Scene<'_>, response: &mut Response, mark: Mark) {
    let (pointer, value) = match mark {
        Mark::Code(code) => (scene.envelope.code.map(|(pointer, _)| pointer), json!(code)),
        Mark::Number(code) => (scene.envelope.code.map(|(pointer, _)| pointer), json!(code)),
        Mark::Text(text) => (Some(scene.envelope.message), json!(text)),
        Mark::Status => return,
    };
    edit_at(response, pointer, |old| *old = value);
}

/// Some success of the API, with an id of its own where successes have one.
pub(super) fn succeed(scene: &Scene<'_>, response: &mut Response) {
    *response = Response::empty(200).with_header("Content-Type", "application/json");
    response.body = scene.envelope.success.as_bytes().to_vec();
}
