//! What a run will do: the selected trials, and why others are skipped.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    pack::{Contract, Pack, Row, Scenario},
    target::{Condition, Target, glob},
    verdict::{Lack, LackKind, Selection},
};

/// One trial: a scenario, or one row of it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Its place in the run.
    pub index: usize,
    /// `pack::failure::scenario[::row]`.
    pub name: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Which row of it.
    pub row: Option<usize>,
    /// What the target lacks for it; with anything here it is skipped.
    pub lacks: Vec<Lack>,
}

impl Trial {
    /// The row, if the scenario has rows.
    pub fn row(&self) -> Option<&Row> {
        self.scenario.rows.get(self.row?)
    }
}

/// The trials of one pack on one target.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The pack.
    pub pack: Arc<Pack>,
    /// The target.
    pub target: Arc<Target>,
    /// The selected trials, in the order of the pack.
    pub trials: Vec<Trial>,
    /// What was selected, where it is not everything.
    pub selection: Option<Selection>,
}

/// Which trials are asked for: prefixes or globs of their names.
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

/// The names of all trials of a pack, in order.
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

impl Plan {
    /// The plan for a pack on a target; `first` is the index of its first trial in the run.
    pub fn new(pack: Arc<Pack>, target: Arc<Target>, selectors: &Selectors, first: usize) -> Self {
        let mut trials = Vec::new();
        let mut selection = Selection::default();
        let mut all = true;
        for (name, scenario, row) in trial_names(&pack) {
            if !selectors.pick(&name) {
                all = false;
                continue;
            }
            selection.failures.insert(scenario.failure);
            selection.causes.extend(scenario.cause.map(|cause| (scenario.failure, cause)));
            let lacks = lacks(scenario, &pack.contract, &target);
            trials.push(Trial {
                index: first + trials.len(),
                name,
                scenario: Arc::clone(scenario),
                row,
                lacks,
            });
        }
        Self { pack, target, trials, selection: (!all).then_some(selection) }
    }

    /// How many failures are asked for.
    pub fn failures_selected(&self) -> usize {
        self.selection
            .as_ref()
            .map_or(self.pack.contract.failures.len(), |selection| selection.failures.len())
    }
}

/// What the target lacks for a scenario.
fn lacks(scenario: &Scenario, contract: &Contract, target: &Target) -> Vec<Lack> {
    let needs = scenario.needs();
    let mut lacks = Vec::new();
    let mut lack = |kind, name: &str, about: Option<&String>| {
        lacks.push(Lack { kind, name: name.to_owned(), about: about.cloned().unwrap_or_default() });
    };
    for role in needs.roles.iter().filter(|role| !target.roles.contains_key(**role)) {
        lack(LackKind::Role, role, contract.roles.get(*role));
    }
    let rows: BTreeSet<&str> =
        scenario.rows.iter().flat_map(|row| &row.values).map(|(name, _)| name.as_str()).collect();
    let condition = scenario.condition.as_ref();
    let by_condition: BTreeSet<&str> = match condition.and_then(|name| target.conditions.get(name)) {
        Some(Condition::Scoped { variables, .. }) => {
            variables.iter().map(|(name, _)| name.as_str()).collect()
        }
        _ => BTreeSet::new(),
    };
    for name in needs.names.iter().copied() {
        let Some(variable) = contract.variables.get(name).filter(|variable| variable.default.is_none())
        else {
            continue;
        };
        if !target.variables.contains_key(name) && !rows.contains(name) && !by_condition.contains(name) {
            lack(LackKind::Variable, name, Some(&variable.about));
        }
    }
    if let Some(condition) = condition.filter(|name| !target.conditions.contains_key(*name)) {
        lack(LackKind::Condition, condition, contract.conditions.get(condition));
    }
    lacks
}
