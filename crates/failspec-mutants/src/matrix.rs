//! The kill matrix: every mutant against every check.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use serde::Serialize;

use super::{MutantRun, ProofError, Subject};

/// The number of mutants that run concurrently. A run spends most of its time waiting for documented time windows, so
/// this is far more than the number of processors.
const AT_ONCE: usize = 24;

/// Checks that no built-in contract uses, or that no mutant of a response can break (`connection-closed`). They are tested
/// with contracts and servers of the tests.
pub const UNUSED: &[&str] = &[
    "after-failure",
    "body-status",
    "connection-closed",
    "declared-vacuous",
    "declared-headers",
    "duplicate-header",
    "empty-body",
    "success",
    "undeclared-requirement",
    "undeclared-restriction",
    "read-only",
    "removal",
    "removal-refused",
    "unsupported-method",
    "head",
    // No built-in pack documents these statuses, or bodies of this media type.
    "proxy-authenticate",
    "upgrade",
    "content-range",
    "problem-details",
    // No built-in pack documents what happens to requests that are sent at once.
    "concurrent",
    // No built-in pack promises the name of what is wrong.
    "names-fault",
    // The mutants send no Origin.
    "cross-origin",
];

/// The results of all mutants.
#[derive(Debug, Clone, Serialize)]
pub struct KillMatrix {
    /// The version of failspec.
    pub failspec: &'static str,
    /// The result of each mutant, in the order of packs and mutants.
    pub experiments: Vec<MutantRun>,
}

/// The numbers of mutants of a pack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The number of mutants that must be detected.
    pub harmful: usize,
    /// The number of those that were detected as expected.
    pub killed: usize,
    /// The number of changes that must pass.
    pub harmless: usize,
    /// The number of those that passed.
    pub passed: usize,
}

impl KillMatrix {
    /// Runs every mutant, several of them concurrently, and calls `progress` with each result.
    ///
    /// # Errors
    /// When a reference implementation or a client cannot be started.
    pub async fn run(subjects: &[Subject], mut progress: impl FnMut(&MutantRun)) -> Result<Self, ProofError> {
        // Each as a task: what it computes is shared by all processors.
        let runs = subjects.iter().cloned().enumerate().map(|(index, subject)| async move {
            let run = tokio::spawn(async move { subject.experiment(&[]).await });
            Ok::<_, ProofError>((index, run.await??))
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

    /// The names of the packs, in order.
    #[must_use]
    pub fn packs(&self) -> Vec<&str> {
        let mut packs: Vec<&str> = self.experiments.iter().map(|it| it.pack.as_str()).collect();
        packs.dedup();
        packs
    }

    /// The mutants that were not detected as expected, including harmless ones that were detected.
    pub fn survivors(&self) -> impl Iterator<Item = &MutantRun> {
        self.experiments.iter().filter(|experiment| experiment.survived.is_some())
    }

    /// Counts the mutants of a pack, or of all packs for `None`.
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

    /// The checks that found something, and the number of harmful mutants that each one detected.
    #[must_use]
    pub fn kills(&self) -> BTreeMap<&str, usize> {
        let mut kills = BTreeMap::new();
        let harmful = self.experiments.iter().filter(|experiment| !experiment.harmless);
        for check in harmful.flat_map(|experiment| experiment.noticed.keys()) {
            *kills.entry(check.as_str()).or_default() += 1;
        }
        kills
    }

    /// Checks that detected no mutant although a built-in contract uses them.
    #[must_use]
    pub fn idle(&self) -> Vec<&'static str> {
        let kills = self.kills();
        let ids = failspec_judge::check::CHECKS.iter().map(|check| check.id);
        ids.filter(|id| !kills.contains_key(id) && !UNUSED.contains(id)).collect()
    }
}
