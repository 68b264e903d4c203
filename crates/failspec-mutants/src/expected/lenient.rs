//! Expected detection of the mutants that affect a single documented error.

use crate::ExpectedDetection;
use failspec_pack::pack::{Failure, Pack};
use failspec_reference::DocumentedError;

/// Returns the expected detection of a mutant that accepts a request it must reject, or rejects it with another
/// error.
pub(super) fn noticed(pack: &Pack, refusals: &[DocumentedError], mutant: &str) -> Option<ExpectedDetection> {
    if let Some(name) = mutant.strip_prefix("accepts-") {
        let (index, _) = failure(pack, refusal(refusals, name)?)?;
        return Some(by("not-rejected", pack, index));
    }
    let refusal = refusal(refusals, mutant.strip_prefix("mistakes-")?)?;
    let (index, failure) = failure(pack, refusal)?;
    let mistaken = refusal.sibling(refusals)?.code()?;
    if failure.accepts(&mistaken) {
        return Some(ExpectedDetection::Unpromised("the documentation allows either code for this fault"));
    }
    Some(by("code", pack, index))
}

fn refusal<'r>(refusals: &'r [DocumentedError], name: &str) -> Option<&'r DocumentedError> {
    refusals.iter().find(|refusal| refusal.name.replace('_', "-").to_lowercase() == name)
}

/// Finds the failure of the contract, and its index, for a documented error.
fn failure<'p>(pack: &'p Pack, refusal: &DocumentedError) -> Option<(usize, &'p Failure)> {
    let code = refusal.code();
    pack.contract.failures.iter().enumerate().find(|(_, failure)| match &code {
        Some(code) => failure.code() == Some(code),
        None => failure.allows_status(refusal.status),
    })
}

/// Expects a violation if the fault of at least one scenario of the failure is documented, otherwise a warning.
fn by(check: &'static str, pack: &Pack, failure: usize) -> ExpectedDetection {
    let mut scenarios = pack.scenarios.iter().filter(|scenario| scenario.failure == Some(failure));
    let documented = scenarios.any(|scenario| scenario.source.is_binding());
    let noticed =
        if documented { ExpectedDetection::violation(check) } else { ExpectedDetection::warning(check) };
    noticed.at(pack.contract.failures[failure].id.clone())
}
