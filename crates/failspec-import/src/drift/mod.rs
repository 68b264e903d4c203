//! Drift: differences between a contract and the documentation that it was taken from.

mod openapi;
mod operations;
mod pages;

use failspec_pack::pack::{Envelope, Pointer, Provenance};

pub use openapi::drift_openapi;
pub use pages::{Documented, drift};

/// Returns the documented parts of an envelope that are in a JSON body: name and place.
fn documented_pointers(envelope: &Envelope) -> impl Iterator<Item = (&'static str, &Pointer)> {
    let is_documented = |source: Provenance| source == Provenance::Documented;
    let code = envelope.code.as_ref().filter(|code| is_documented(code.source));
    let code = code.and_then(|code| Some(("code", code.rule.pointer()?)));
    let parts = [("message", &envelope.message), ("status", &envelope.status)];
    let parts = parts.into_iter().filter_map(move |(part, ruled)| {
        let ruled = ruled.as_ref().filter(|ruled| is_documented(ruled.source) && !ruled.rule.is_xml())?;
        Some((part, &ruled.rule))
    });
    code.into_iter().chain(parts)
}
