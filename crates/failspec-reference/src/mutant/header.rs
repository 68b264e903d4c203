//! Mutants without the headers that a client needs for its next step, or with unusable ones.

use super::Mutant;
use crate::Envelope;

pub(super) fn all() -> Vec<Mutant> {
    vec![
        without(
            "www-authenticate-missing",
            "WWW-Authenticate",
            "a 401 has no WWW-Authenticate (RFC 9110, 15.5.2)",
        )
        .only_if(|envelope| envelope.statuses.contains(&401)),
        without("allow-missing", "Allow", "a 405 has no Allow (RFC 9110, 15.5.6)")
            .only_if(|envelope| envelope.statuses.contains(&405)),
        without("retry-after-header-missing", "Retry-After", "Retry-After is missing").only_if(limits),
        with("retry-after-header-in-words", "in a minute", "Retry-After contains words instead of a number")
            .only_if(limits),
        with("retry-after-header-negative", "-5", "Retry-After is negative").only_if(limits),
    ]
}

fn limits(envelope: &Envelope) -> bool {
    envelope.statuses.contains(&429)
}

fn without(id: &'static str, header: &'static str, about: &'static str) -> Mutant {
    Mutant::harmful(id, about, move |_, response| response.remove_header(header)).sometimes()
}

fn with(id: &'static str, value: &'static str, about: &'static str) -> Mutant {
    Mutant::harmful(id, about, move |_, response| {
        if response.header("Retry-After").is_some() {
            response.set_header("Retry-After", value);
        }
    })
    .sometimes()
}
