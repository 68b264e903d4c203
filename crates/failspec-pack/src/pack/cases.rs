//! The cases of a pack, by name.

use std::sync::Arc;

use super::{Pack, Scenario};

/// Returns the names of all cases of a pack in order, `pack::failure::scenario[::row]` (`success` in place of the failure
/// if the request must succeed), each with its scenario and
/// the index of its row. They begin with [`Pack::prefix`].
pub fn case_names(pack: &Pack) -> impl Iterator<Item = (String, &Arc<Scenario>, Option<usize>)> {
    pack.scenarios.iter().flat_map(move |scenario| {
        let failure = scenario.failure_id(&pack.contract);
        (0..cases_of(scenario)).map(move |index| {
            let (pack, name) = (pack.prefix(), &scenario.name);
            match scenario.rows.get(index) {
                Some(row) => (format!("{pack}::{failure}::{name}::{}", row.name), scenario, Some(index)),
                None => (format!("{pack}::{failure}::{name}"), scenario, None),
            }
        })
    })
}

/// Returns the number of cases of a pack.
pub fn case_count(pack: &Pack) -> usize {
    pack.scenarios.iter().map(|scenario| cases_of(scenario)).sum()
}

/// Returns the number of cases of a scenario: one for each row, or one if there are no rows.
fn cases_of(scenario: &Scenario) -> usize {
    scenario.rows.len().max(1)
}
