//! Rules about documented failures without a scenario and about scenarios without a control.

use std::{collections::BTreeSet, sync::Arc};

use failspec_base::syntax::Diagnostic;
use failspec_pack::pack::{Failure, Pack, ProofGap, Scenario, Success};

use super::contract_keys::ContractKeys;

/// Reports documented failures that no scenario triggers.
pub(super) fn failures_without_scenario(pack: &Pack) -> Vec<Diagnostic> {
    let triggered: BTreeSet<usize> = pack.scenarios.iter().filter_map(|scenario| scenario.failure).collect();
    let failures = pack.contract.failures.iter().enumerate();
    failures
        .filter(|(index, failure)| !triggered.contains(index) && failure.excluded.is_none())
        .map(|(_, failure)| {
            Diagnostic::error(failure.place.clone(), format!("no scenario triggers `{}`", failure.id))
                .hint("write one, or exclude the failure in the contract: `excluded: <reason>`")
        })
        .collect()
}

/// Reports documented causes that no scenario triggers.
pub(super) fn causes_without_scenario(pack: &Pack) -> Vec<Diagnostic> {
    let triggered: BTreeSet<(usize, usize)> =
        pack.scenarios.iter().filter_map(|scenario| Some((scenario.failure?, scenario.cause?))).collect();
    let mut gaps = Vec::new();
    for (index, failure) in pack.contract.failures.iter().enumerate() {
        if failure.excluded.is_some() {
            continue;
        }
        for (at, cause) in failure.causes.iter().enumerate() {
            if !triggered.contains(&(index, at)) {
                let name = format!("{}/{cause}", failure.id);
                gaps.push(
                    Diagnostic::error(
                        failure.place.clone(),
                        format!("no scenario triggers the cause `{name}`"),
                    )
                    .hint(format!("write one with `triggers: {name}`")),
                );
            }
        }
    }
    gaps
}

/// Reports scenarios that prove nothing, because it is unknown what triggered the failure.
pub(super) fn scenarios_without_proof(pack: &Pack) -> Vec<Diagnostic> {
    let mistake = |scenario: &Arc<Scenario>| {
        let failure = &pack.contract.failures[scenario.failure?];
        let (title, hint) = match scenario.proof_gap(failure)? {
            ProofGap::NoControl => (
                format!("the scenario `{}` has no control", scenario.name),
                "add `control:` with the changes that remove the fault, or `no_control: <reason>`",
            ),
            ProofGap::ControlExpectsFailure => (
                format!("the control of `{}` expects the failure under test", scenario.name),
                "without the fault the request must succeed, or at least get another response",
            ),
        };
        Some(Diagnostic::error(scenario.place.clone(), title).hint(hint))
    };
    pack.scenarios.iter().filter_map(mistake).collect()
}

/// Reports forms of a success that a failure has too: nothing that fails would be noticed.
pub(super) fn success_with_errors(pack: &Pack) -> Vec<Diagnostic> {
    let takes_in_errors = |success: &&Success| {
        success.matches.is_empty()
            && success.status.iter().any(|pattern| (400..600).any(|status| pattern.matches(status)))
    };
    let wrong = pack.contract.success.iter().filter(takes_in_errors).map(|success| {
        let statuses: Vec<String> = success.status.iter().map(ToString::to_string).collect();
        let title = format!("`success` takes in errors: HTTP {}", statuses.join(" or "));
        Diagnostic::error(ContractKeys::of(&pack.contract).place(&["success"]), title)
            .hint("give only 2xx and 3xx, or a `match` that tells a success from an error")
    });
    wrong.collect()
}

/// Reports pairs of failures that no response can tell apart.
pub(super) fn failures_alike(pack: &Pack) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // The failures of an imported document are those of its statuses, and of what the faults have in common.
    if !is_written_by_hand(pack) {
        return found;
    }
    let failures = &pack.contract.failures;
    for (at, failure) in failures.iter().enumerate() {
        let is_like = |other: &&Failure| other.is_indistinguishable_from(failure);
        let Some(other) = failures[..at].iter().find(is_like) else { continue };
        let title = format!("nothing tells `{}` and `{}` apart", other.id, failure.id);
        found.push(Diagnostic::warning(failure.place.clone(), title).hint(
            "give `match` with what distinguishes their responses, or make them `causes` of one failure",
        ));
    }
    found
}

/// Returns true unless the pack was imported from an OpenAPI document.
fn is_written_by_hand(pack: &Pack) -> bool {
    !pack.texts.contains_key(&format!("scenarios/{}/generated.yaml", pack.name))
}

/// Returns true if a summary names alternatives: "absent or removed", but not "1 or more".
fn has_alternatives(summary: &str) -> bool {
    let words: Vec<String> = summary.split_whitespace().map(str::to_lowercase).collect();
    let compares =
        ["more", "less", "fewer", "later", "earlier", "equal", "above", "below", "longer", "shorter"];
    words.windows(2).any(|pair| pair[0] == "or" && !compares.contains(&pair[1].trim_matches([',', '.', ';'])))
}

/// Reports summaries that name alternatives although the contract lists fewer than two causes.
pub(super) fn summaries_with_or(pack: &Pack) -> Vec<Diagnostic> {
    // Summaries that were imported from a document are written for people and say little about causes.
    let written_by_hand = is_written_by_hand(pack);
    pack.contract
        .failures
        .iter()
        .filter(|failure| written_by_hand && failure.causes.len() < 2 && failure.excluded.is_none())
        .filter(|failure| has_alternatives(&failure.summary))
        .map(|failure| {
            let title = format!("`{}` has \"or\" in its summary, but fewer than two causes", failure.id);
            Diagnostic::warning(failure.place.clone(), title).hint(format!(
                "\"{}\": list the alternatives under `causes`, each with a scenario",
                failure.summary
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_alternatives_ignores_comparisons() {
        for summary in ["It is absent or was removed", "A token is missing or wrong", "no name Or no value"] {
            assert!(has_alternatives(summary), "{summary}");
        }
        for summary in ["The quantity must be 1 or more", "90 days or less, always", "an order", "or"] {
            assert!(!has_alternatives(summary), "{summary}");
        }
    }
}
