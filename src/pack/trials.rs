//! The trials that a pack has, by their names.

use std::sync::Arc;

use super::{Pack, Scenario};

/// The names of all trials of a pack, in order: `pack::failure::scenario[::row]`, with the scenario and the index of the
/// row.
pub fn trial_names(pack: &Pack) -> impl Iterator<Item = (String, &Arc<Scenario>, Option<usize>)> {
    pack.scenarios.iter().flat_map(move |scenario| {
        let failure = &pack.contract.failures[scenario.failure].id;
        let name = format!("{}::{failure}::{}", pack.name, scenario.name);
        let rows: Vec<(String, Option<usize>)> = if scenario.rows.is_empty() {
            vec![(name, None)]
        } else {
            let rows = scenario.rows.iter().enumerate();
            rows.map(|(index, row)| (format!("{name}::{}", row.name), Some(index))).collect()
        };
        rows.into_iter().map(move |(name, row)| (name, scenario, row))
    })
}
