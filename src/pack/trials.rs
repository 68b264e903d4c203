//! The trials that a pack has, by their names.

use std::sync::Arc;

use super::{Pack, Scenario};

/// The names of all trials of a pack, in order: `pack::failure::scenario[::row]`, with the scenario and the index of the
/// row.
pub fn trial_names(pack: &Pack) -> impl Iterator<Item = (String, &Arc<Scenario>, Option<usize>)> {
    pack.scenarios.iter().flat_map(move |scenario| {
        let failure = &pack.contract.failures[scenario.failure].id;
        (0..trials_of(scenario)).map(move |index| {
            let (pack, name) = (&pack.name, &scenario.name);
            match scenario.rows.get(index) {
                Some(row) => (format!("{pack}::{failure}::{name}::{}", row.name), scenario, Some(index)),
                None => (format!("{pack}::{failure}::{name}"), scenario, None),
            }
        })
    })
}

/// How many trials a pack has.
pub fn trial_count(pack: &Pack) -> usize {
    pack.scenarios.iter().map(|scenario| trials_of(scenario)).sum()
}

/// Each row is one; without rows there is one.
fn trials_of(scenario: &Scenario) -> usize {
    scenario.rows.len().max(1)
}
