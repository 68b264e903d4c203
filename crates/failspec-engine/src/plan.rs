//! What a run will do: the selected cases, and why others are skipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use failspec_judge::report_model::{MissingRequirement, RequirementKind, Selection, Shard};
use failspec_pack::{
    pack::{Contract, Pack, Row, Scenario, case_names},
    target_config::{Condition, Target, glob},
};

use super::shard_conflicts::Shared;

/// One case: a scenario, or one row of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its place in the run.
    pub index: usize,
    /// `pack::failure::scenario[::row]`.
    pub name: Arc<str>,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Which row of it.
    pub row: Option<usize>,
    /// Why it cannot run on this target.
    pub skip: Option<String>,
}

impl Case {
    /// The row, if the scenario has rows.
    pub fn row(&self) -> Option<&Row> {
        self.scenario.rows.get(self.row?)
    }
}

impl Case {
    /// The locks that it takes, sorted: its own, and one for each exclusive role that it uses.
    pub(super) fn locks(&self, target: &Target) -> Vec<String> {
        let roles = self.scenario.needs().roles.into_iter();
        let exclusive = roles
            .filter(|role| target.roles.get(*role).is_some_and(|role| role.exclusive))
            .map(|role| format!("role {role}"));
        let names: BTreeSet<String> = self.scenario.locks.iter().cloned().chain(exclusive).collect();
        names.into_iter().collect()
    }
}

/// The cases of one pack on one target.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The pack.
    pub pack: Arc<Pack>,
    /// The target.
    pub target: Arc<Target>,
    /// The cases that will run, in the order of the pack: those that are selected, or a shard of them.
    pub cases: Vec<Case>,
    /// What the target does not bring.
    pub missing_requirements: Vec<MissingRequirement>,
    /// What was selected, where it is not everything.
    pub selection: Option<Selection>,
    /// How many cases are selected, all shards taken together.
    pub selected: usize,
    /// Which part of them this is.
    pub shard: Option<Shard>,
    /// What holds within one process alone and the selected cases need, in words: shards would get in each other's
    /// way.
    pub shared: Vec<String>,
}

/// Which cases are asked for: prefixes or globs of their names.
#[derive(Debug, Clone, Default)]
pub struct Selectors(pub Vec<String>);

impl Selectors {
    /// Whether one of them picks `name`; none picks everything.
    pub fn pick(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|selector| picks(selector, name))
    }

    /// Those that pick nothing of `names`.
    pub fn without_match<'a>(&'a self, names: &[&str]) -> Vec<&'a str> {
        let idle = |selector: &&String| !names.iter().any(|name| picks(selector, name));
        self.0.iter().filter(idle).map(String::as_str).collect()
    }
}

/// A selector is a prefix of the name, or a glob of the name or of its first parts.
fn picks(selector: &str, name: &str) -> bool {
    if !selector.contains(['*', '?']) {
        return name.starts_with(selector);
    }
    let ends = name.match_indices("::").map(|(at, _)| at).chain([name.len()]);
    ends.into_iter().any(|end| glob(selector, &name[..end]))
}

impl Plan {
    /// The plan for a pack on a target; `first` is the index of its first case in the run.
    pub fn new(pack: Arc<Pack>, target: Arc<Target>, selectors: &Selectors, first: usize) -> Self {
        Self::of_shard(pack, target, selectors, first, None)
    }

    /// The plan for one shard of a pack on a target, or for all of it; `first` is the index of the pack's first case
    /// in the run, all shards taken together.
    pub fn of_shard(
        pack: Arc<Pack>,
        target: Arc<Target>,
        selectors: &Selectors,
        first: usize,
        shard: Option<Shard>,
    ) -> Self {
        let mut cases: Vec<Case> = Vec::new();
        let mut selection = Selection::default();
        let mut all = true;
        let mut missing_requirements: BTreeMap<(RequirementKind, String), usize> = BTreeMap::new();
        let mut shared = Shared::default();
        let mut selected = 0;
        for (name, scenario, row) in case_names(&pack) {
            if !selectors.pick(&name) {
                all = false;
                continue;
            }
            let lacking = lacking(scenario, &pack.contract, &target);
            let skip = skip_reason(&lacking);
            let name = Arc::from(name);
            let case = Case { index: first + selected, name, scenario: Arc::clone(scenario), row, skip };
            selected += 1;
            shared.note(&case, &target);
            if shard.is_some_and(|shard| !shard.holds(&case.name)) {
                all = false;
                continue;
            }
            selection.failures.insert(scenario.failure);
            selection.causes.extend(scenario.cause.map(|cause| (scenario.failure, cause)));
            for (kind, name) in lacking {
                *missing_requirements.entry((kind, name.to_owned())).or_default() += 1;
            }
            cases.push(case);
        }
        let missing_requirements = missing_requirements.into_iter().map(|((kind, name), cases)| {
            let about = about(kind, &name, &pack.contract);
            MissingRequirement { kind, name, about, cases }
        });
        Self {
            missing_requirements: missing_requirements.collect(),
            pack,
            target,
            cases,
            selection: (!all).then_some(selection),
            selected,
            shard,
            shared: shared.in_words(),
        }
    }

    /// How many failures are asked for.
    pub fn failures_selected(&self) -> usize {
        self.selection
            .as_ref()
            .map_or(self.pack.contract.failures.len(), |selection| selection.failures.len())
    }
}

/// What the target missing_requirements for a scenario: kind and name, in the order in which they are told.
fn lacking<'s>(
    scenario: &'s Scenario,
    contract: &Contract,
    target: &Target,
) -> Vec<(RequirementKind, &'s str)> {
    let needs = scenario.needs();
    let roles = needs.roles.iter().copied().filter(|role| !target.roles.contains_key(*role));
    let unset = |name: &&str| {
        let variable = contract.variables.get(*name);
        variable.is_some_and(|variable| variable.default.is_none()) && !target.variables.contains_key(*name)
    };
    let own: BTreeSet<&str> =
        scenario.rows.iter().flat_map(|row| &row.values).map(|(name, _)| name.as_str()).collect();
    let scoped = scenario.condition.as_ref().and_then(|name| target.conditions.get(name));
    let by_condition: BTreeSet<&str> = match scoped {
        Some(Condition::Scoped { variables, .. }) => {
            variables.iter().map(|(name, _)| name.as_str()).collect()
        }
        _ => BTreeSet::new(),
    };
    let variables = needs
        .names
        .iter()
        .copied()
        .filter(unset)
        .filter(|name| !own.contains(name) && !by_condition.contains(name));
    let condition = scenario.condition.as_deref().filter(|name| !target.conditions.contains_key(*name));
    roles
        .map(|role| (RequirementKind::Role, role))
        .chain(variables.map(|variable| (RequirementKind::Variable, variable)))
        .chain(condition.map(|condition| (RequirementKind::Condition, condition)))
        .collect()
}

/// Why a scenario is skipped, in one sentence.
fn skip_reason(lacking: &[(RequirementKind, &str)]) -> Option<String> {
    let of = |kind| {
        let names: Vec<&str> =
            lacking.iter().filter(|(other, _)| *other == kind).map(|(_, name)| *name).collect();
        (!names.is_empty()).then(|| format!("the {} {}", kind.word(), names.join(", ")))
    };
    let parts: Vec<String> = [RequirementKind::Role, RequirementKind::Variable, RequirementKind::Condition]
        .into_iter()
        .filter_map(of)
        .collect();
    (!parts.is_empty()).then(|| format!("the target does not provide {}", parts.join(" and ")))
}

/// What a contract says about something that a target is to bring.
fn about(kind: RequirementKind, name: &str, contract: &Contract) -> String {
    let about = match kind {
        RequirementKind::Role => contract.roles.get(name),
        RequirementKind::Variable => contract.variables.get(name).map(|variable| &variable.about),
        RequirementKind::Condition => contract.conditions.get(name),
    };
    about.cloned().unwrap_or_default()
}
