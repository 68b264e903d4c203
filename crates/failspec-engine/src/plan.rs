//! Plans a run: selects its cases, and determines which are skipped and why.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use failspec_base::message::is_safe;
use failspec_judge::report_model::{
    MissingRequirement, Reason, Requirement, RequirementKind, Selection, Shard,
};
use failspec_pack::{
    pack::{Contract, Pack, RequestPart, Row, Scenario, case_names, faulty_parts},
    target_config::{Condition, ConditionAction, Target, glob},
};

use super::{locks::Lock, shard_conflicts::Shared};

/// A case: a scenario, or one row of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its index in the run, all shards taken together.
    pub index: usize,
    /// `pack::failure::scenario[::row]`.
    pub name: Arc<str>,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The index of its row, if the scenario has rows.
    pub row: Option<usize>,
    /// The reason why it is skipped on this target, if it is.
    pub skip: Option<Reason>,
}

impl Case {
    /// The row, if the scenario has rows.
    pub fn row(&self) -> Option<&Row> {
        self.scenario.rows.get(self.row?)
    }

    /// Returns the parts of its request that the fault is in, if its failure documents that it names them.
    pub(super) fn faulty_parts(&self, contract: &Contract) -> BTreeSet<RequestPart> {
        let failure = self.scenario.failure.map(|index| &contract.failures[index]);
        if failure.is_none_or(|failure| failure.names.is_none()) {
            return BTreeSet::new();
        }
        faulty_parts(&self.scenario.faulty.request, &self.scenario.control, self.row())
    }
}

impl Case {
    /// Returns the locks that it acquires, sorted: those of the scenario, and one for each exclusive
    /// role that it uses.
    pub(super) fn locks(&self, target: &Target) -> Vec<Lock> {
        let roles = self.scenario.needs().roles.into_iter();
        let exclusive = roles
            .filter(|role| target.roles.get(*role).is_some_and(|role| role.exclusive))
            .map(|role| Lock::Role(role.to_owned()));
        let named = self.scenario.locks.iter().cloned().map(Lock::Named);
        let locks: BTreeSet<Lock> = named.chain(exclusive).collect();
        locks.into_iter().collect()
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
    /// The requirements of these cases that the target does not provide.
    pub missing_requirements: Vec<MissingRequirement>,
    /// The failures and causes of these cases; `None` if the plan contains all cases of the pack.
    pub selection: Option<Selection>,
    /// Number of selected cases of all shards.
    pub selected: usize,
    /// The shard that this plan is for, if it is sharded.
    pub shard: Option<Shard>,
    /// Descriptions of the locks and global conditions that the selected cases need and that work only within one
    /// process: concurrent shards would interfere with each other.
    pub shared: Vec<String>,
}

/// Selects cases by prefixes or globs of their names.
#[derive(Debug, Clone, Default)]
pub struct Selectors(pub Vec<String>);

impl Selectors {
    /// Returns true if a selector matches `name`, or if there are no selectors.
    pub fn pick(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|selector| picks(selector, name))
    }

    /// Makes a selector that is exactly the name of a pack, a failure, a scenario or a row select that one, and not also
    /// those whose names begin in the same way. `names` are the names of all cases.
    #[must_use]
    pub fn exact(self, names: &[&str]) -> Self {
        let exact = |selector: String| {
            let whole = format!("{selector}::");
            let is_name = |name: &&str| **name == selector || name.starts_with(&whole);
            if names.iter().any(is_name) { whole } else { selector }
        };
        Self(self.0.into_iter().map(exact).collect())
    }

    /// Returns the selectors that match none of `names`.
    pub fn without_match<'a>(&'a self, names: &[&str]) -> Vec<&'a str> {
        let idle = |selector: &&String| !names.iter().any(|name| picks(selector, name));
        self.0.iter().filter(idle).map(String::as_str).collect()
    }
}

/// Returns true if a selector matches a name. A selector is a prefix of the name, the name itself with `::` after it, or
/// a glob of the name or of its leading `::`-separated parts.
fn picks(selector: &str, name: &str) -> bool {
    if !selector.contains(['*', '?']) {
        return name.starts_with(selector) || selector.strip_suffix("::") == Some(name);
    }
    let ends = name.match_indices("::").map(|(at, _)| at).chain([name.len()]);
    ends.into_iter().any(|end| glob(selector, &name[..end]))
}

impl Plan {
    /// Creates the plan for a pack on a target; `first` is the index of its first case in the run.
    pub fn new(pack: Arc<Pack>, target: Arc<Target>, selectors: &Selectors, first: usize) -> Self {
        Self::of_shard(pack, target, selectors, first, None)
    }

    /// Creates the plan for one shard of a pack on a target, or for the whole pack; `first` is the index of the
    /// pack's first case in the run, all shards taken together.
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
            let skip =
                skip_reason(&lacking).or_else(|| writes(scenario, &target).then_some(Reason::ReadOnly));
            let name = Arc::from(name);
            let case = Case { index: first + selected, name, scenario: Arc::clone(scenario), row, skip };
            selected += 1;
            shared.note(&case, &target);
            if shard.is_some_and(|shard| !shard.holds(&case.name)) {
                all = false;
                continue;
            }
            selection.failures.extend(scenario.failure);
            selection.causes.extend(scenario.failure.zip(scenario.cause));
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

    /// Returns the variables that are empty although they are a part of a path, each with a request that it is a part
    /// of: such a request would go to another resource, and a control could succeed there.
    pub fn empty_path_variables(&self) -> BTreeMap<&str, String> {
        let is_empty = |name: &str| {
            let held = self.target.variables.get(name).map(|held| &held.value);
            let default = || self.pack.contract.variables.get(name)?.default.as_ref();
            held.or_else(default).is_some_and(|value| value == "")
        };
        let mut found = BTreeMap::new();
        for case in &self.cases {
            let own: BTreeSet<&str> =
                case.row().into_iter().flat_map(|row| &row.values).map(|(name, _)| name.as_str()).collect();
            for request in case.scenario.requests() {
                for name in request.names_in_path().filter(|name| !own.contains(name) && is_empty(name)) {
                    let Some((name, _)) = self.pack.contract.variables.get_key_value(name) else { continue };
                    let line = format!("{} {}", request.line.method, request.line.path.written);
                    found.entry(name.as_str()).or_insert(line);
                }
            }
        }
        found
    }

    /// Returns true if a case needs a condition that affects every client of the target: it runs after all others.
    pub(super) fn is_under_global_condition(&self, case: &Case) -> bool {
        let condition = case.scenario.condition.as_ref().and_then(|name| self.target.conditions.get(name));
        matches!(condition, Some(Condition::Global(_)))
    }

    /// Returns the number of selected failures.
    pub fn failures_selected(&self) -> usize {
        self.selection
            .as_ref()
            .map_or(self.pack.contract.failures.len(), |selection| selection.failures.len())
    }
}

/// Returns the requirements of a scenario that the target does not provide, as kind and name, in the order in which
/// they are reported.
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

/// Returns the reason why a scenario is skipped, if it is.
fn skip_reason(lacking: &[(RequirementKind, &str)]) -> Option<Reason> {
    let mut requirements: Vec<Requirement> =
        lacking.iter().map(|(kind, name)| Requirement { kind: *kind, name: (*name).to_owned() }).collect();
    requirements.sort_by_key(|requirement| requirement.kind);
    (!requirements.is_empty()).then_some(Reason::MissingRequirements { requirements })
}

/// Returns true if a scenario sends a request that may change something, or needs a condition that does, and the target
/// is read-only.
fn writes(scenario: &Scenario, target: &Target) -> bool {
    let condition = scenario.condition.as_ref().and_then(|name| target.conditions.get(name));
    let changes = match condition {
        Some(Condition::Global(global)) => {
            // Nobody knows what a command changes.
            [&global.begin, &global.end].into_iter().any(|action| match action {
                ConditionAction::Request(request) => !is_safe(&request.method),
                ConditionAction::Run(_) => true,
            })
        }
        Some(Condition::Scoped { .. }) | None => false,
    };
    target.read_only && (changes || scenario.requests().any(|request| !request.is_safe()))
}

/// Returns the description of a requirement from the contract.
fn about(kind: RequirementKind, name: &str, contract: &Contract) -> String {
    let about = match kind {
        RequirementKind::Role => contract.roles.get(name),
        RequirementKind::Variable => contract.variables.get(name).map(|variable| &variable.about),
        RequirementKind::Condition => contract.conditions.get(name),
    };
    about.cloned().unwrap_or_default()
}
