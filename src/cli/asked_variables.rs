//! The variables that an imported pack asks for, and the cases that each of them brings.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use failspec_pack::pack::{Pack, case_names};
use failspec_report::{count, visible};

/// Maximum number of groups of variables that are shown.
const GROUPS_SHOWN: usize = 6;

/// Describes the variables without a value, those first that bring most cases. Variables that only cases need which need all of them
/// are one group: one alone brings nothing.
pub(super) fn asked_variables(pack: &Pack) -> String {
    let mut groups: Vec<(Vec<&str>, usize)> = groups(pack).into_iter().collect();
    if groups.is_empty() {
        return String::new();
    }
    groups.sort_by_key(|(names, cases)| (Reverse(*cases), names.len()));
    let mut text = String::from(
        "  This is enough to begin. Cases that need one of these variables are skipped without it:\n",
    );
    for (names, cases) in groups.iter().take(GROUPS_SHOWN) {
        let options: Vec<String> = names.iter().map(|name| format!("--var {name}=…")).collect();
        let _ = writeln!(
            text,
            "  {} {} {}:",
            options.join(" "),
            if names.len() > 1 { "bring" } else { "brings" },
            count(*cases, "case")
        );
        for name in names {
            let about = pack.contract.variables.get(*name).map_or("", |variable| variable.about.as_str());
            let _ = writeln!(text, "      {}", visible(about));
        }
    }
    if groups.len() > GROUPS_SHOWN {
        let hidden = &groups[GROUPS_SHOWN..];
        let names: BTreeSet<&str> = hidden.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        let cases: usize = hidden.iter().map(|(_, cases)| cases).sum();
        let _ = writeln!(
            text,
            "  … and {} more in contract.yaml, for {}: --value NAME=… sets all with that name",
            count(names.len(), "variable"),
            count(cases, "case")
        );
    }
    text
}

/// Returns the groups of variables without a value that cases need together, with the number of these cases.
fn groups(pack: &Pack) -> BTreeMap<Vec<&str>, usize> {
    let variables = &pack.contract.variables;
    let mut groups: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for (_, scenario, _) in case_names(pack) {
        let own: BTreeSet<&str> =
            scenario.rows.iter().flat_map(|row| &row.values).map(|(name, _)| name.as_str()).collect();
        let needs = scenario.needs();
        let is_asked = |name: &&str| {
            !own.contains(name) && variables.get(*name).is_some_and(|variable| variable.default.is_none())
        };
        let asked: BTreeSet<&str> = needs.names.iter().copied().filter(is_asked).collect();
        let asked = asked.iter().filter_map(|name| variables.get_key_value(*name));
        let asked: Vec<&str> = asked.map(|(name, _)| name.as_str()).collect();
        if !asked.is_empty() {
            *groups.entry(asked).or_default() += 1;
        }
    }
    groups
}
