//! Wrong media types.

use super::Mutant;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful("media-type-plain", "an error is declared as text/plain", |_, response| {
            response.set_header("Content-Type", "text/plain; charset=utf-8");
        }),
        Mutant::harmful("media-type-html", "an error is declared as text/html", |_, response| {
            response.set_header("Content-Type", "text/html");
        }),
        Mutant::harmful("media-type-missing", "an error declares no media type", |_, response| {
            response.remove_header("Content-Type");
        }),
        Mutant::harmful(
            "media-type-malformed",
            "the media type of an error is no media type",
            |_, response| {
                response.set_header("Content-Type", "json");
            },
        ),
    ]
}
