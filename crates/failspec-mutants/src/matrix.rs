//! The kill matrix: every mutant against every check.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use super::{MutantRun, ProofError, Subject};

/// Mutants at once. Most of the time of a run is spent waiting for documented windows to pass, so this is far more than
/// there are processors.
const AT_ONCE: usize = 24;

/// Checks that no built-in contract uses: they are proven on the tests' own contracts.
pub const UNUSED: &[&str] = &["body-status", "declared-vacuous", "declared-headers"];

/// What came of all mutants.
#[derive(Debug, Clone, Serialize)]
pub struct KillMatrix {
    /// The version of failspec.
    pub failspec: &'static str,
    /// What came of each, in the order of packs and mutants.
    pub experiments: Vec<MutantRun>,
}

/// A pack's mutants in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Mutants that must be noticed.
    pub harmful: usize,
    /// Those of them that were noticed as they must be.
    pub killed: usize,
    /// Changes that must pass.
    pub harmless: usize,
    /// Those of them that passed.
    pub passed: usize,
}

impl KillMatrix {
    /// Runs every mutant, many at once; `progress` hears of each one that is done.
    ///
    /// # Errors
    /// When a reference implementation or a client cannot be started.
    pub async fn run(subjects: &[Subject], mut progress: impl FnMut(&MutantRun)) -> Result<Self, ProofError> {
        let runs = subjects.iter().enumerate().map(|(index, subject)| async move {
            subject.experiment(&[]).await.map(|experiment| (index, experiment))
        });
        let mut runs = stream::iter(runs).buffer_unordered(AT_ONCE);
        let mut done = BTreeMap::new();
        while let Some(run) = runs.next().await {
            let (index, experiment) = run?;
            progress(&experiment);
            done.insert(index, experiment);
        }
        Ok(Self { failspec: env!("CARGO_PKG_VERSION"), experiments: done.into_values().collect() })
    }

    /// The packs, in order.
    #[must_use]
    pub fn packs(&self) -> Vec<&str> {
        let mut packs: Vec<&str> = self.experiments.iter().map(|it| it.pack.as_str()).collect();
        packs.dedup();
        packs
    }

    /// Those that were not noticed as they must be, and harmless ones that were.
    pub fn survivors(&self) -> impl Iterator<Item = &MutantRun> {
        self.experiments.iter().filter(|experiment| experiment.survived.is_some())
    }

    /// A pack's mutants in numbers; of all packs for `None`.
    #[must_use]
    pub fn tally(&self, pack: Option<&str>) -> Tally {
        let mut tally = Tally::default();
        for experiment in self.experiments.iter().filter(|it| pack.is_none_or(|pack| it.pack == pack)) {
            let (all, well) = match experiment.harmless {
                true => (&mut tally.harmless, &mut tally.passed),
                false => (&mut tally.harmful, &mut tally.killed),
            };
            *all += 1;
            *well += usize::from(experiment.survived.is_none());
        }
        tally
    }

    /// The checks that found something, and how many mutants each one noticed.
    #[must_use]
    pub fn kills(&self) -> BTreeMap<&str, usize> {
        let mut kills = BTreeMap::new();
        let harmful = self.experiments.iter().filter(|experiment| !experiment.harmless);
        for check in harmful.flat_map(|experiment| experiment.noticed.keys()) {
            *kills.entry(check.as_str()).or_default() += 1;
        }
        kills
    }

    /// Checks of the table that noticed nothing, though some built-in contract uses them.
    #[must_use]
    pub fn idle(&self) -> Vec<&'static str> {
        let kills = self.kills();
        let ids = failspec_judge::check::CHECKS.iter().map(|check| check.id);
        ids.filter(|id| !kills.contains_key(id) && !UNUSED.contains(id)).collect()
    }
}
