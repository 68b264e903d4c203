//! A `failspec.toml` for a run against the mock.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use failspec_pack::pack::Pack;

use super::pattern::{ROLE_PREFIX, value_of};

/// Returns a target file with the mock of a pack: the credentials by which it knows the roles, and conditions that ask for
/// their failure. A condition that several failures need is left out. `packs` is the folder of the pack, if it is in none of the built-in
/// ones.
#[must_use]
pub fn target_file(pack: &Pack, url: &str, packs: Option<&str>) -> String {
    let mut text = format!("# Written by `failspec mock {}`: it proves nothing about any API.\n", pack.name);
    let quoted = |text: &str| Value::from(text).to_string();
    if let Some(packs) = packs {
        let _ = writeln!(text, "packs = {}", quoted(packs));
    }
    let _ = writeln!(text, "default_target = \"mock\"\n\n[target.mock]\nurl = {}", quoted(url));
    for role in pack.contract.roles.keys() {
        let _ = writeln!(text, "roles.{role} = {{ bearer = {} }}", quoted(&format!("{ROLE_PREFIX}{role}")));
    }
    for (name, variable) in &pack.contract.variables {
        if variable.default.is_none() {
            let _ = writeln!(text, "variables.{name} = {}", quoted(&value_of(name)));
        }
    }
    let mut failures: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scenario in &pack.scenarios {
        if let (Some(condition), Some(index)) = (&scenario.condition, scenario.failure) {
            let of_condition = failures.entry(condition).or_default();
            let id = pack.contract.failures[index].id.as_str();
            if !of_condition.contains(&id) {
                of_condition.push(id);
            }
        }
    }
    for (condition, failures) in failures {
        if let [failure] = failures.as_slice() {
            let value = quoted(&format!("failure={failure}"));
            let _ = writeln!(text, "conditions.{condition} = {{ headers = {{ Prefer = {value} }} }}");
        }
    }
    text
}
