//! Scenarios that disturb each other when they run at the same time.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use failspec_base::{
    syntax::Diagnostic,
    template::{Placeholder, Scope, VariableValue},
};
use failspec_pack::pack::{Control, Pack, RequestTemplate, Scenario};

/// Reports scenarios that remove a resource which another one uses, or create one which another one expects to be absent,
/// at an address that is the same in each run: they need a lock in common.
pub(super) fn scenarios_without_lock(pack: &Pack) -> Vec<Diagnostic> {
    let addresses = Addresses::of(pack);
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut told: HashSet<(&str, String)> = HashSet::new();
    let changes = pack.scenarios.iter().flat_map(|scenario| {
        addresses.changes(scenario).into_iter().map(move |(request, address)| (scenario, request, address))
    });
    for (scenario, request, address) in changes {
        let method = request.line.method.as_str();
        let disturbed = pack.scenarios.iter().find(|other| {
            let is_locked = scenario.locks.iter().any(|lock| other.locks.contains(lock));
            other.name != scenario.name && !is_locked && addresses.is_disturbed(other, method, &address)
        });
        let Some(other) = disturbed else { continue };
        let does = if method == "DELETE" { "removes" } else { "creates" };
        let title = format!(
            "`{}` {does} {}, which `{}` works on: they may run at the same time",
            scenario.name, request.line.path.written, other.name
        );
        let hint = "give both the same lock, such as `locks: [here]`, or an id of their own (`${unique}`)";
        if told.insert((&scenario.name, address)) {
            found.push(Diagnostic::warning(scenario.place.clone(), title).hint(hint));
        }
    }
    found
}

/// The addresses of requests that do not depend on the case.
struct Addresses<'p> {
    pack: &'p Pack,
    /// Each variable of the contract has its name as its value.
    scope: Scope,
}

impl<'p> Addresses<'p> {
    fn of(pack: &'p Pack) -> Self {
        let variables = pack.contract.variables.keys();
        let named = variables.map(|name| (name.clone(), VariableValue::open(name.as_str())));
        Self { pack, scope: Scope::new(Arc::new(named.collect::<HashMap<_, _>>()), "unique") }
    }

    /// Returns the address of a request, without its query; `None` if it differs from case to case.
    fn of_request(&self, request: &RequestTemplate) -> Option<String> {
        let given = request.path.iter().flat_map(|(_, template)| template.holes());
        let is_fixed = |hole: &Placeholder| {
            hole.name().is_some_and(|name| self.pack.contract.variables.contains_key(name))
        };
        // What a query names is another thing than what its path does.
        if !given.chain(request.line.path.holes()).all(is_fixed) || request.removed_by_query().is_some() {
            return None;
        }
        let path = request.line.path.fill(&request.path, &self.scope).ok()?.sent;
        Some(path.split('?').next().unwrap_or_default().to_owned())
    }

    /// Returns the requests of a scenario that remove something or put it there.
    fn changes<'s>(&self, scenario: &'s Scenario) -> Vec<(&'s RequestTemplate, String)> {
        let control = match &scenario.control {
            Control::Flow(control) => Some(&control.request),
            _ => None,
        };
        let steps = scenario.steps().filter(|(part, _)| *part != "then");
        let requests = steps.filter_map(|(_, step)| step.request.as_ref()).chain(control);
        let changing = requests.filter(|request| matches!(request.line.method.as_str(), "DELETE" | "PUT"));
        changing.filter_map(|request| Some((request, self.of_request(request)?))).collect()
    }

    /// Returns true if a scenario uses what is removed at an address, or expects that what is created is absent.
    fn is_disturbed(&self, scenario: &Scenario, method: &str, address: &str) -> bool {
        let is_there = |request: &RequestTemplate| self.of_request(request).as_deref() == Some(address);
        let failure = scenario.failure.map(|index| &self.pack.contract.failures[index]);
        let is_absent =
            failure.is_some_and(|failure| [404, 410].into_iter().any(|status| failure.allows_status(status)));
        match method {
            "DELETE" => scenario.requests().any(is_there),
            _ => is_absent && is_there(&scenario.faulty.request),
        }
    }
}

#[cfg(test)]
mod tests {
    use failspec_pack::pack::Files;

    use super::*;

    fn linted(first: &str, second: &str) -> usize {
        let contract = "contract: t
as_of: 2026-11-20
requires: { variables: { note: { about: a note } } }
failures:
  - { id: absent, status: 404, summary: x }
  - { id: used, status: 409, summary: x }
";
        let scenarios = format!("contract: t\nscenarios:\n  one: {{ {first} }}\n  two: {{ {second} }}\n");
        let texts = [
            ("schemas/t/contract.yaml".to_owned(), contract.to_owned()),
            ("scenarios/t/s.yaml".to_owned(), scenarios),
        ];
        let pack = Pack::from_texts(&Files::Directory(".".into()), "t", texts);
        scenarios_without_lock(&pack.unwrap_or_else(|error| panic!("{error}"))).len()
    }

    #[test]
    fn scenarios_that_disturb_each_other_need_a_lock() {
        let reads =
            "triggers: absent, request: GET /notes/absent, control: { request: 'GET /notes/${note}' }";
        let removes = |address: &str, more: &str| {
            format!(
                "triggers: used, request: 'POST /notes', control: {{ request: 'GET /notes' }}, \
                 teardown: [ {{ request: 'DELETE {address}' }} ]{more}"
            )
        };
        let creates = "triggers: used, request: 'POST /notes', control: { request: 'GET /notes' }, \
                       setup: [ { request: 'PUT /notes/absent' } ]";
        for (first, second, count) in [
            (removes("/notes/${note}", "").as_str(), reads, 1),
            (&removes("/notes/${unique}", ""), reads, 0),
            (&removes("/notes/other", ""), reads, 0),
            (&removes("/notes/${note}", ", locks: [notes]"), reads, 1),
            (&removes("/notes/${note}", ", locks: [notes]"), &format!("{reads}, locks: [notes]"), 0),
            (creates, reads, 1),
            (&creates.replace("absent", "${note}"), reads, 0),
            (reads, reads, 0),
        ] {
            assert_eq!(linted(first, second), count, "{first}\n{second}");
        }
    }
}
