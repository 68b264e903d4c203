//! Rules about documented failures without a scenario and about scenarios without a control.

use std::collections::BTreeSet;

use failspec_base::syntax::Diagnostic;
use failspec_pack::pack::{Control, Pack};

/// Reports documented failures that no scenario triggers.
pub(super) fn failures_without_scenario(pack: &Pack) -> Vec<Diagnostic> {
    let triggered: BTreeSet<usize> = pack.scenarios.iter().map(|scenario| scenario.failure).collect();
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
        pack.scenarios.iter().filter_map(|scenario| Some((scenario.failure, scenario.cause?))).collect();
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

/// Reports scenarios without a control. They prove nothing, because it is unknown what triggered the failure.
pub(super) fn scenarios_without_control(pack: &Pack) -> Vec<Diagnostic> {
    pack.scenarios
        .iter()
        .filter(|scenario| matches!(scenario.control, Control::Missing))
        .map(|scenario| {
            Diagnostic::error(
                scenario.place.clone(),
                format!("the scenario `{}` has no control", scenario.name),
            )
            .hint("add `control:` with the changes that remove the fault, or `no_control: <reason>`")
        })
        .collect()
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
    let written_by_hand = !pack.texts.contains_key(&format!("scenarios/{}/generated.yaml", pack.name));
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
