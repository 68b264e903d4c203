//! Detects conflicts between shards: locks and global conditions work only within one process.

use std::collections::{BTreeMap, BTreeSet};

use failspec_pack::target_config::{Condition, Target};

use super::{locks::Lock, plan::Case};

/// Global conditions and locks that cases need, which work only within one process.
#[derive(Debug, Default)]
pub(super) struct Shared {
    conditions: BTreeSet<String>,
    /// The locks, and the number of cases that take each.
    locks: BTreeMap<Lock, usize>,
}

impl Shared {
    /// Records the global condition and the locks of a selected case.
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

    /// Returns a description of each conflict that concurrent shards of these cases would have.
    pub fn in_words(self) -> Vec<String> {
        let conditions = self.conditions.into_iter().map(|name| format!("condition {name}"));
        // A lock that only one case takes causes no conflict.
        let locks = self.locks.into_iter().filter(|(_, cases)| *cases > 1);
        conditions.chain(locks.map(|(lock, _)| lock.to_string())).collect()
    }
}
