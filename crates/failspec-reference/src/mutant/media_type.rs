//! Mutants with wrong media types.

use super::Mutant;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("media-type-plain", "error responses are declared as text/plain", |_, response| {
            response.set_header("Content-Type", "text/plain; charset=utf-8");
        }),
        Mutant::harmful("media-type-html", "error responses are declared as text/html", |_, response| {
            response.set_header("Content-Type", "text/html");
        }),
        Mutant::harmful("media-type-missing", "error responses have no Content-Type", |_, response| {
            response.remove_header("Content-Type");
        }),
        Mutant::harmful(
            "media-type-malformed",
            "the Content-Type of error responses is not a valid media type",
            |_, response| {
                response.set_header("Content-Type", "json");
            },
        ),
    ]
}
