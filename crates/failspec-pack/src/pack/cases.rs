//! The cases that a pack has, by their names.

use std::sync::Arc;

use super::{Pack, Scenario};

/// The names of all cases of a pack, in order: `pack::failure::scenario[::row]`, with the scenario and the index of the
/// row.
pub fn case_names(pack: &Pack) -> impl Iterator<Item = (String, &Arc<Scenario>, Option<usize>)> {
    pack.scenarios.iter().flat_map(move |scenario| {
        let failure = &pack.contract.failures[scenario.failure].id;
        (0..cases_of(scenario)).map(move |index| {
            let (pack, name) = (&pack.name, &scenario.name);
            match scenario.rows.get(index) {
                Some(row) => (format!("{pack}::{failure}::{name}::{}", row.name), scenario, Some(index)),
                None => (format!("{pack}::{failure}::{name}"), scenario, None),
            }
        })
    })
}

/// How many cases a pack has.
pub fn case_count(pack: &Pack) -> usize {
    pack.scenarios.iter().map(|scenario| cases_of(scenario)).sum()
}

/// Each row is one; without rows there is one.
fn cases_of(scenario: &Scenario) -> usize {
    scenario.rows.len().max(1)
}
