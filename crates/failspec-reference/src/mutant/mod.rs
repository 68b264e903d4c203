//! Mutants: deliberate changes to the responses of an API.
//!
//! A harmful mutant violates the documentation and must be detected; a harmless one changes something that clients
//! must tolerate, and must pass. Most of them change a response after the API has created it and depend only on its
//! [`Envelope`](super::Envelope), so they fit every contract. The others switch on a quirk of the domain.

mod body;
mod code;
mod everything;
mod harmless;
mod header;
mod leak;
mod lenient;
mod list_message;
mod media_type;
mod message;
mod request_id;
mod scene;
mod second;
mod shape;
mod specimen;
mod status;

pub use scene::Scene;
pub use specimen::Mutant;

use super::Api;

/// Returns every mutant that depends only on the envelope. [`Mutant::fits`] returns true if one fits an API.
#[must_use]
pub fn mutants() -> Vec<Mutant> {
    [
        status::all(),
        code::all(),
        message::all(),
        request_id::all(),
        media_type::all(),
        body::all(),
        shape::all(),
        header::all(),
        leak::all(),
        second::all(),
        everything::all(),
        harmless::all(),
        list_message::all(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns every mutant that fits an API: those of [`mutants`], those for its documented errors and conditions, and
/// one for each quirk of its domain.
#[must_use]
pub fn mutants_of(api: &dyn Api) -> Vec<Mutant> {
    let quirks = api.quirks().known().iter().map(|quirk| {
        let mutant = Mutant::switching(quirk.name, quirk.about);
        if api.harmless_quirks().contains(&quirk.name) { mutant.tolerated() } else { mutant }
    });
    let general = mutants().into_iter().filter(|mutant| mutant.fits(api.envelope()));
    let lenient = [lenient::accepting(api), lenient::mistaking(api), lenient::ignoring(api)];
    general.chain(lenient.into_iter().flatten()).chain(quirks).collect()
}
