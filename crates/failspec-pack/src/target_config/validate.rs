//! Validation of the names in a target against a contract.

use std::collections::BTreeSet;

use crate::pack::Contract;
use failspec_base::syntax::{Diagnostic, Diagnostics, closest};

use super::{Condition, Target};

impl Target {
    /// Checks that every operation that the target overrides is one of the contract. Otherwise requests would go to
    /// the wrong path without anyone noticing.
    ///
    /// # Errors
    /// Returns every operation that is not, and every `{parameter}` without a value: one that is neither in the
    /// pack's own path nor a variable of the contract.
    pub fn fits(&self, contract: &Contract) -> Result<(), Diagnostics> {
        let mut mistakes = Vec::new();
        for (name, operation) in &self.operations {
            let Some(own) = contract.operations.get(name) else {
                let near = closest(name, contract.operations.keys().map(String::as_str));
                let hint = near.map_or_else(
                    || format!("`failspec list {} --requires` lists the names", contract.name),
                    |near| format!("did you mean `{near}`?"),
                );
                let title = format!("the pack {} has no operation `{name}`", contract.name);
                mistakes.push(Diagnostic::error(operation.place.clone(), title).hint(hint));
                continue;
            };
            let known: Vec<&str> =
                own.path.parameters().chain(contract.variables.keys().map(String::as_str)).collect();
            for parameter in operation.path.parameters().filter(|parameter| !known.contains(parameter)) {
                let title = format!("the parameter `{{{parameter}}}` has no value");
                let hint = format!("the pack has the operation at {} {}", own.method, own.path.written);
                mistakes.push(Diagnostic::error(operation.place.clone(), title).hint(hint));
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(Diagnostics(mistakes)) }
    }

    /// Returns a message for each name that the target defines but the contract does not.
    ///
    /// Unknown names are not errors: they may be typos (then scenarios are skipped although the requirement seems to
    /// be provided), or belong to another pack.
    pub fn unknown_names(&self, contract: &Contract) -> Vec<String> {
        let mut notices = Vec::new();
        let mut look = |what: &str, own: Vec<&str>, known: Vec<&str>| {
            let unknown: BTreeSet<&str> = own.into_iter().filter(|name| !known.contains(name)).collect();
            for name in unknown {
                let near = closest(name, known.iter().copied());
                let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                notices.push(format!(
                    "the pack {} has no {what} `{}`, which the target {} defines{meant}",
                    contract.name,
                    name.escape_debug(),
                    self.name
                ));
            }
        };
        look("role", names(self.roles.keys()), names(contract.roles.keys()));
        let by_condition = self.conditions.values().flat_map(|condition| match condition {
            Condition::Scoped { variables, .. } => variables.iter().map(|(name, _)| name).collect(),
            _ => Vec::new(),
        });
        let variables = names(self.variables.keys().chain(by_condition));
        look("variable", variables, names(contract.variables.keys()));
        look("condition", names(self.conditions.keys()), names(contract.conditions.keys()));
        let features = contract.features.iter().map(|feature| feature.name.as_str()).collect();
        look("feature", names(self.features.keys()), features);
        for entry in &self.out_of_reach {
            let matches_one = |pattern: &&String| {
                contract
                    .failures
                    .iter()
                    .any(|it| super::glob(pattern, &format!("{}::{}", contract.name, it.id)))
            };
            for pattern in entry.failures.iter().filter(|pattern| !matches_one(pattern)) {
                notices.push(format!(
                    "no failure of the pack {} matches `{}`, which the target {} lists under out_of_reach",
                    contract.name,
                    pattern.escape_debug(),
                    self.name
                ));
            }
        }
        notices
    }
}

fn names<'n>(names: impl Iterator<Item = &'n String>) -> Vec<&'n str> {
    names.map(String::as_str).collect()
}
