//! The expected detection of every mutant, written by hand: a table for the general mutants, and one for each API.
//!
//! The mutants are defined in [`failspec_reference`], which does not depend on the checks; the checks do not depend
//! on the mutants.

mod apinizer;
mod k0rdent;
mod kubeadapt;
mod kubeglass;
mod kubevision;
mod lenient;
mod responses;

use std::sync::Arc;

use super::{EmbeddedError, ExpectedDetection, Subject, api_of_version};
use failspec_pack::pack::Pack;
use failspec_reference::{Mutant, mutants_of};

/// Returns every mutant of a pack's reference implementation with its expected detection.
///
/// # Errors
/// When the pack has no reference implementation.
pub fn subjects(pack: &Arc<Pack>) -> Result<Vec<Subject>, EmbeddedError> {
    let api = api_of_version(&pack.name, pack.version.as_ref())?;
    let mutants = mutants_of(&*api);
    let refusals = api.refusals();
    let subject = |mutant: Mutant| {
        let harmless = mutant.harmless.then_some(ExpectedDetection::Harmless);
        let noticed = harmless
            .or_else(|| own(pack, &mutant.id))
            .or_else(|| lenient::noticed(pack, &refusals, &mutant.id))
            .or_else(|| responses::noticed(&pack.name, &mutant.id))
            .unwrap_or(UNKNOWN);
        Subject { pack: Arc::clone(pack), mutant, noticed }
    };
    Ok(mutants.into_iter().map(subject).collect())
}

/// The expected detection of a mutant that is in no table. No check has that name, so the mutant survives and the
/// missing entry is noticed.
pub const UNKNOWN: ExpectedDetection =
    ExpectedDetection::violation("(no entry in crates/failspec-mutants/src/expected)");

/// Looks up a mutant in a table and expects a violation of its check at its failure.
fn violation_in(table: &'static [(&str, &str, &str)], mutant: &str) -> Option<ExpectedDetection> {
    let (_, failure, check) = table.iter().find(|(known, ..)| *known == mutant)?;
    Some(ExpectedDetection::violation(check).at(*failure))
}

fn own(pack: &Pack, mutant: &str) -> Option<ExpectedDetection> {
    match pack.name.as_str() {
        "kubeglass" => kubeglass::noticed(mutant),
        "kubevision" => kubevision::noticed(pack, mutant),
        "kubeadapt" => kubeadapt::noticed(mutant),
        "k0rdent" => k0rdent::noticed(mutant),
        "apinizer" => apinizer::noticed(mutant),
        _ => None,
    }
}
