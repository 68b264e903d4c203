//! How every mutant must be noticed, written by hand: a table for the mutants that fit every contract, and one for
//! each API's own.
//!
//! The mutants themselves live in [`failspec_reference`], which knows no checks; the checks know no mutants.

mod apinizer;
mod k0rdent;
mod kubeadapt;
mod kubeglass;
mod kubevision;
mod lenient;
mod responses;

use std::sync::Arc;

use super::{EmbeddedError, ExpectedDetection, Subject, api};
use failspec_pack::pack::Pack;
use failspec_reference::{Mutant, mutants_of};

/// Every mutant of a pack's reference implementation, and how it must be noticed.
///
/// # Errors
/// When the pack has no reference implementation.
pub fn subjects(pack: &Arc<Pack>) -> Result<Vec<Subject>, EmbeddedError> {
    let mutants = mutants_of(&*api(&pack.name)?);
    let refusals = api(&pack.name)?.refusals();
    let subject = |mutant: Mutant| {
        let harmless = mutant.harmless.then_some(ExpectedDetection::Harmless);
        let noticed = harmless
            .or_else(|| own(&pack.name, &mutant.id))
            .or_else(|| lenient::noticed(pack, &refusals, &mutant.id))
            .or_else(|| responses::noticed(&pack.name, &mutant.id))
            .unwrap_or(UNKNOWN);
        Subject { pack: Arc::clone(pack), mutant, noticed }
    };
    Ok(mutants.into_iter().map(subject).collect())
}

/// For a mutant that no table knows. No check has that name, so that it survives and is noticed.
pub const UNKNOWN: ExpectedDetection = ExpectedDetection::violation("(no entry in src/proof/expected)");

/// A violation of a check at a failure, for each mutant of a table.
fn violation_in(table: &'static [(&str, &str, &str)], mutant: &str) -> Option<ExpectedDetection> {
    let (_, failure, check) = table.iter().find(|(known, ..)| *known == mutant)?;
    Some(ExpectedDetection::violation(check).at(*failure))
}

fn own(pack: &str, mutant: &str) -> Option<ExpectedDetection> {
    match pack {
        "kubeglass" => kubeglass::noticed(mutant),
        "kubevision" => kubevision::noticed(mutant),
        "kubeadapt" => kubeadapt::noticed(mutant),
        "k0rdent" => k0rdent::noticed(mutant),
        "apinizer" => apinizer::noticed(mutant),
        _ => None,
    }
}
