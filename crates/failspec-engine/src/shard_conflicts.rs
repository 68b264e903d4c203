//! What keeps several processes from running the cases of one target side by side.

use std::collections::{BTreeMap, BTreeSet};

use failspec_pack::target_config::{Condition, Target};

use super::plan::Case;

/// What cases need that holds within one process alone.
#[derive(Debug, Default)]
pub(super) struct Shared {
    conditions: BTreeSet<String>,
    /// Locks, and how many cases take each.
    locks: BTreeMap<String, usize>,
}

impl Shared {
    /// Notes what a selected case needs.
    pub fn note(&mut self, case: &Case, target: &Target) {
        if case.skip.is_some() {
            return;
        }
        for lock in case.locks(target) {
            *self.locks.entry(lock).or_default() += 1;
        }
        let condition = case.scenario.condition.as_ref();
        let global = |name: &&String| matches!(target.conditions.get(*name), Some(Condition::Global(_)));
        self.conditions.extend(condition.filter(global).cloned());
    }

    /// What would be shared between processes, if several ran these cases.
    pub fn in_words(self) -> Vec<String> {
        let conditions = self.conditions.into_iter().map(|name| format!("condition {name}"));
        // Nobody gets in the way of a lock that one case takes.
        let locks = self.locks.into_iter().filter(|(_, cases)| *cases > 1);
        let locks = locks.map(|(name, _)| match name.strip_prefix("role ") {
            Some(role) => format!("exclusive role {role}"),
            None => format!("lock {name}"),
        });
        conditions.chain(locks).collect()
    }
}
