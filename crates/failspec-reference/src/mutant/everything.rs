//! Mutants with one response to every request, as from the wrong API or from none.

use super::{Mutant, Scene};
use crate::{Request, Response};

/// A path that no API has.
pub(super) const NOWHERE: &str = "/no/such/endpoint";

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful(
            "always-unauthorized",
            "every request is refused as if it had no credentials",
            |scene, response| {
                *response = ask(scene, scene.envelope.protected);
            },
        )
        .on_everything(),
        Mutant::harmful(
            "always-not-found",
            "every request gets the response for an unknown path",
            |scene, response| {
                *response = ask(scene, NOWHERE);
            },
        )
        .on_everything(),
        Mutant::harmful("always-success", "every request succeeds", |scene, response| {
            *response = Response::empty(200).with_header("Content-Type", "application/json");
            response.body = scene.envelope.success.as_bytes().to_vec();
        })
        .on_everything(),
        Mutant::harmful("always-empty", "every response is HTTP 200 with an empty body", |_, response| {
            *response = Response::empty(200)
        })
        .on_everything(),
    ]
}

/// Returns the API's own response to a request without credentials.
pub(super) fn ask(scene: &Scene<'_>, target: &str) -> Response {
    scene.api.response(&Request::new("GET", target).from_remote(scene.request.remote))
}
