//! Mutants with wrong statuses.

use super::Mutant;
use crate::Envelope;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful(
            "status-other",
            "errors have the status of another documented error",
            |scene, response| {
                let statuses = scene.envelope.statuses;
                let at = statuses.iter().position(|status| *status == response.status);
                let next = at.map_or(0, |at| (at + 1) % statuses.len());
                response.status = statuses.get(next).copied().unwrap_or(response.status);
            },
        )
        .only_if(|envelope| envelope.statuses.len() > 1),
        Mutant::harmful("status-200", "errors have status 200", |_, response| response.status = 200)
            .only_if(|envelope| !always_200(envelope)),
        Mutant::harmful("status-204", "errors have status 204 and no body", |_, response| {
            response.status = 204;
            response.body.clear();
        }),
        Mutant::harmful("status-500", "errors have status 500, or 400 instead of 500", |_, response| {
            response.status = if response.status == 500 { 400 } else { 500 };
        }),
        Mutant::harmful("status-418", "errors have an undocumented status", |_, response| {
            response.status = 418;
        }),
    ]
}

fn always_200(envelope: &Envelope) -> bool {
    envelope.statuses == [200]
}
